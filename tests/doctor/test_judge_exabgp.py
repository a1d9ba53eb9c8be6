"""What is said of ExaBGP's configuration, from the files that are there to be copied to the strangest ones."""

from pathlib import Path

import pytest

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.exabgp import exabgp
from bgp2vpc.doctor.exabgp_conf import apis_of, parse, processes
from bgp2vpc.doctor.model import Exabgp, Trouble
from bgp2vpc.policy.rule import Takeover
from tests.values import rule

READY = Path(__file__).parents[2] / "exabgp"
FILE = "/etc/bgp2vpc.yaml"
HELPER = f"process b {{ run /opt/bgp2vpc/bin/bgp2vpc helper -f {FILE}; encoder json; }}\n"
API = "neighbor 10.0.0.1 { api { processes [ b ]; neighbor-changes; receive { parsed; update; } } }\n"


def config(**kwargs) -> Config:
    return Config(file=FILE, rules=(rule(**kwargs),))


def told(text: str, version: str = "5.0.15", refusal="", given: Config | None = None) -> list[str]:
    found = Exabgp("/etc/exabgp/exabgp.conf", text, version, refusal)
    return [f"{each.state.value} {each.message}" for each in exabgp(given or config(), found)]


@pytest.mark.parametrize("file", sorted(READY.glob("*/exabgp.conf")), ids=str)
def test_the_files_to_copy_are_well(file: Path) -> None:
    best = config(takeover=Takeover.BEST_PATH)
    *_, helper = told(file.read_text(), given=best)
    assert helper == "ok process bgp2vpc runs `bgp2vpc helper` and hears peers"


STANZAS = [
    (HELPER + API, "ok process b runs `bgp2vpc helper` and hears peers"),
    (HELPER, "ok process b runs `bgp2vpc helper`; it need not hear peers"),
    (HELPER.replace("encoder json", "encoder gob") + API,
     "fail process b has encoder gob: write `encoder json;` or `encoder text;`"),
    (HELPER.replace("encoder json;", "") + API,
     "fail process b has no encoder: write `encoder json;` or `encoder text;`"),
    (HELPER.replace(FILE, "/srv/b.yaml") + API,
     f"warn process b reads /srv/b.yaml, not {FILE}, which was looked at here"),
    ("process x { run bgp2vpc tee -- python3 -m exabgp healthcheck; encoder text; }",
     "ok x passes its lines on to a daemon beside ExaBGP (tee)"),
    ("process x { run cat; encoder text; }",
     "fail no process of /etc/exabgp/exabgp.conf runs bgp2vpc; add: process bgp2vpc "
     f"{{ run bgp2vpc helper -f {FILE}; encoder json; }}"),
    (HELPER + HELPER.replace("process b", "process c"),
     "fail b, c all run `bgp2vpc helper`: one is enough, two fight for the socket"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), STANZAS)
def test_the_stanza(text: str, said: str) -> None:
    assert told(text)[2] == said


@pytest.mark.parametrize(
    ("api", "missing"),
    [
        ("", "processes [ b ]; neighbor-changes; receive { parsed; update; }"),
        (API.replace("parsed; ", ""), "neighbor-changes; receive { parsed; update; }"),
        (API.replace("neighbor-changes;", ""), "neighbor-changes; receive { parsed; update; }"),
        (API.replace("[ b ]", "[ other ]"), "processes [ b ]; neighbor-changes; receive { parsed; update; }"),
    ],
)
def test_best_path_needs_to_hear_peers(api: str, missing: str) -> None:
    best = config(takeover=Takeover.BEST_PATH)
    assert told(HELPER + api, given=best)[-1] == (
        f"fail process b does not hear peers, which takeover: best_path needs; in `api`: {missing}"
    )


@pytest.mark.parametrize(
    ("version", "state"), [("5.0.15", "ok"), ("4.2.25", "ok"), ("4.2.21", "warn"), ("3.4.0", "warn"), ("6.0.0", "warn"),
                           ("", "warn")]
)  # fmt: skip
def test_versions(version: str, state: str) -> None:
    assert told(HELPER + API, version)[0].split()[0] == state


def test_a_file_that_exabgp_refuses_or_could_not_be_asked_about() -> None:
    assert told(HELPER, refusal="syntax error in line 2")[1].startswith("fail ExaBGP refuses /etc/exabgp/exabgp.conf: ")
    assert told(HELPER, refusal=Trouble("timed out"))[1].startswith("warn whether ExaBGP takes ")


def test_no_exabgp_at_all_is_fine() -> None:
    (finding,) = exabgp(config(), Exabgp())
    assert finding.state.value == "ok"


def test_comments_quotes_and_what_is_never_closed() -> None:
    text = """
    # process no { run bgp2vpc helper; }
    process "one" { run sh -c "bgp2vpc helper; { } # no comment"; encoder text; }
    process two{run bgp2vpc helper --file '/a b.yaml';encoder   json;
    """
    one, two = processes(parse(text))
    assert (one.run, one.part) == (("sh", "-c", "bgp2vpc helper; { } # no comment"), "")
    assert (two.name, two.part, two.file, two.encoder) == ("two", "helper", "/a b.yaml", "json")


def test_an_api_section_anywhere() -> None:
    top = parse("template { neighbor x { api y { processes [a b]; } } } neighbor 1.1.1.1 { api { processes [ c ]; } }")
    assert [api.words for api in apis_of(top, "b")] == [["api", "y"]]


@pytest.mark.parametrize("text", ["", "}", "}}}", "{", ";;;", '"', "process", "process {", "a { b; } }"])
def test_whatever_is_written_is_read(text: str) -> None:
    processes(parse(text))


def test_names_in_commands_are_quoted() -> None:
    name = "/tmp/x; reboot #.conf"
    found = list(exabgp(config(), Exabgp(name, HELPER.replace(FILE, "'/tmp/$(reboot)'"), "5.0.15", "syntax error")))
    assert [each.mend for each in found if each.mend] == [
        f"exabgp validate '{name}'",
        "bgp2vpc doctor -f '/tmp/$(reboot)'",
    ]
    (*_, edit) = exabgp(config(), Exabgp(name, "", "5.0.15"))
    assert edit.mend == f"${{EDITOR:-vi}} '{name}'"


def test_what_the_file_says_is_shown_printable_and_never_in_a_command() -> None:
    text = HELPER.replace(FILE, "'/tmp/\x1b[2J\n$x'")
    *_, helper, _ = exabgp(config(), Exabgp("/x.conf", text, "5.0.15", "\x1b]0;title\x07"))
    assert (helper.message.isprintable(), helper.mend) == (True, "")
    assert r"/tmp/\x1b[2J\n$x" in helper.message
