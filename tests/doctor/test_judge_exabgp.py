"""What is said of ExaBGP's configuration, from the files that are there to be copied to the strangest ones."""

import json
from pathlib import Path

import pytest

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.exabgp import exabgp
from bgp2vpc.doctor.exabgp_conf import ExabgpConf, NeighborStanza, OwnRoute, ProcessStanza, read, told_by_exabgp
from bgp2vpc.doctor.model import Closed, Exabgp, Running, Trouble
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import parse_prefix
from tests.values import rule

READY = Path(__file__).parents[2] / "exabgp"
DATA = Path(__file__).parent / "data"
FILE = "/etc/bgp2vpc.yaml"
AWAY = Trouble("away")
HELPER = f"process b {{ run /opt/bgp2vpc/bin/bgp2vpc helper -f {FILE}; encoder json; }}\n"
API = "neighbor 10.0.0.1 { api { processes [ b ]; neighbor-changes; receive { parsed; update; } } }\n"
LISTED = "neighbor 10.0.0.1 { api { processes [ b ]; } }\n"


def config(**kwargs) -> Config:
    return Config(file=FILE, rules=(rule(**kwargs),))


def told(text: str, version: str = "5.0.15", refusal="", given: Config | None = None, **more) -> list[str]:
    found = Exabgp("/etc/exabgp/exabgp.conf", read(text), version, refusal, **more)
    return [f"{each.state.value} {each.message}" for each in exabgp(given or config(), found, AWAY)]


@pytest.mark.parametrize("file", sorted(READY.glob("*/exabgp.conf")), ids=str)
def test_the_files_to_copy_are_well(file: Path) -> None:
    best = config(takeover=Takeover.BEST_PATH)
    *_, helper = told(file.read_text(), given=best)
    assert helper == "ok process bgp2vpc runs `bgp2vpc helper` and hears peers"


STANZAS = [
    (HELPER + API, "ok process b runs `bgp2vpc helper` and hears peers"),
    (HELPER + LISTED, "ok process b runs `bgp2vpc helper`; it need not hear peers"),
    (HELPER.replace("encoder json", "encoder gob") + API,
     "fail process b has encoder gob: write `encoder json;` or `encoder text;`"),
    (HELPER.replace("encoder json;", "") + API,
     "fail process b has no encoder: write `encoder json;` or `encoder text;`"),
    (HELPER.replace(FILE, "/srv/b.yaml") + API,
     f"warn process b reads /srv/b.yaml, not {FILE}, which was looked at here"),
    ("process x { run bgp2vpc tee -- python3 -m exabgp healthcheck; encoder text; }" + LISTED.replace("[ b", "[ x"),
     "ok x passes its lines on to a daemon beside ExaBGP (tee)"),
    ("process x { run cat; encoder text; }",
     "fail no process of /etc/exabgp/exabgp.conf runs bgp2vpc; add: process bgp2vpc "
     f"{{ run bgp2vpc helper -f {FILE}; encoder json; }}"),
    (HELPER + HELPER.replace("process b", "process c") + LISTED.replace("[ b", "[ b c"),
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
    (finding,) = exabgp(config(), Exabgp(), AWAY)
    assert finding.state.value == "ok"


def test_comments_quotes_and_what_is_never_closed() -> None:
    text = """
    # process no { run bgp2vpc helper; }
    process "one" { run sh -c "bgp2vpc helper; { } # no comment"; encoder text; }
    process two{run bgp2vpc helper --file '/a b.yaml';encoder   json;
    """
    one, two = read(text).processes
    assert one.run == ("sh", "-c", "bgp2vpc helper; { } # no comment")
    assert (two.name, two.part, two.file, two.encoder) == ("two", "helper", "/a b.yaml", "json")


@pytest.mark.parametrize(
    ("run", "part", "file"),
    [
        (("/x/bgp2vpc", "helper", "-f", "/a"), "helper", "/a"),
        (("/x/bgp2vpc", "helper", "--file=/a"), "helper", "/a"),
        (("/x/bgp2vpc", "helper"), "helper", ""),
        (("python3", "-m", "bgp2vpc", "helper", "-f", "/a"), "helper", "/a"),
        (("nice", "-n", "5", "bgp2vpc", "tee", "--", "x"), "tee", ""),
        (("/bin/sh", "-c", "exec /x/bgp2vpc helper -f /a 2>>/var/log/b.log"), "helper", "/a"),
        (("sh", "-c", "umask 27; bgp2vpc helper -f '/a b'|cat"), "helper", "/a b"),
        (("sh", "-c", "sleep 1 && sh -c 'bgp2vpc helper --file /a'"), "helper", "/a"),
        (("sh", "-c", "bgp2vpc helper -f /a 'unclosed"), "helper", "/a"),
        (("sh", "-c", "echo bgp2vpc"), "", ""),
        (("/x/bgp2vpc",), "", ""),
        ((), "", ""),
    ],
)
def test_what_bgp2vpc_is_in_a_stanza_also_behind_a_shell(run: tuple[str, ...], part: str, file: str) -> None:
    stanza = ProcessStanza("b", run, "json")
    assert (stanza.part, stanza.file) == (part, file)


def test_neighbors_of_templates_and_groups() -> None:
    text = """
    template { neighbor x { api y { processes [a b]; } } neighbor unused { api { processes [ z ]; } } }
    neighbor 10.0.0.1 { inherit x; }
    group g { api { processes [ d ]; } neighbor 10.0.0.2 { api { processes [ c ]; } } }
    """
    assert [(each.address, set(each.processes)) for each in read(text).neighbors] == [
        ("10.0.0.1", {"a", "b"}),
        ("10.0.0.2", {"c", "d"}),
    ]


REFUSED = (
    "fail no neighbor lists process bgp2vpc, so ExaBGP refuses all that it announces; "
    "in `neighbor`: api { processes [ bgp2vpc ]; }"
)


def test_a_process_that_no_neighbor_lists_is_refused_everything() -> None:
    assert REFUSED in told((DATA / "no-api.conf").read_text())
    assert REFUSED in told((DATA / "no-api.conf").read_text().partition("neighbor")[0])
    assert REFUSED in told((DATA / "no-api.conf").read_text().replace("helper", "tee"))


def test_a_helper_behind_a_shell_is_found() -> None:
    assert told((DATA / "shell-wrapped.conf").read_text())[2:] == [
        "ok process bgp2vpc runs `bgp2vpc helper`; it need not hear peers"
    ]


def test_neighbors_that_are_told_nothing() -> None:
    text = HELPER + LISTED + "neighbor 10.0.0.2 { }\nneighbor 10.0.0.3 { api { processes [ other ]; } }\n"
    assert told(text)[2] == (
        "warn not told to 10.0.0.2, 10.0.0.3, what process b announces; in `neighbor`: api { processes [ b ]; }"
    )


def test_a_script_that_starts_the_helper_is_known_by_the_running_daemon() -> None:
    text = "process b { run /srv/start now; encoder json; }\n" + LISTED
    assert told(text)[2].startswith("fail no process")
    for child in (("/srv/start", "now"), ("/bin/sh", "/srv/start", "now")):
        assert told(text, child=child)[2:] == ["ok process b runs `bgp2vpc helper`; it need not hear peers"]


def test_another_name_of_the_same_file() -> None:
    text = HELPER.replace(FILE, "bgp2vpc.yaml") + API
    assert told(text)[2].startswith("warn process b reads bgp2vpc.yaml, not /etc/bgp2vpc.yaml")
    assert told(text, same=frozenset({"bgp2vpc.yaml"}))[2] == "ok process b runs `bgp2vpc helper` and hears peers"


@pytest.mark.parametrize(("sure", "state"), [(True, "fail"), (False, "warn")])
def test_a_configuration_that_the_helper_cannot_read(sure: bool, state: str) -> None:
    closed = {FILE: Closed("nobody may not read it", "chmod a+r it", sure=sure)}
    found = Exabgp("/x.conf", read(HELPER + API), "5.0.15", closed=closed)
    _, _, finding, _ = exabgp(config(), found, AWAY)
    words = f"process b cannot read {FILE}: nobody may not read it; the helper waits until it can"
    assert (finding.state.value, finding.message, finding.mend) == (state, words, "chmod a+r it")


def own_routes(text: str, running=AWAY, **kwargs) -> list[str]:
    given = config(**kwargs)
    found = exabgp(given, Exabgp("/x.conf", read(text), "5.0.15"), running)
    return [f"{each.state.value} {each.message}" for each in found if each.check == "own-routes"]


def test_routes_of_exabgps_own_configuration_are_not_seen() -> None:
    text = (DATA / "watchdog.conf").read_text()
    tail = (
        "routes of ExaBGP's own configuration are not seen here, whatever `announce watchdog` says, so the VPC has "
        "none of them; let a script announce them, or `bgp2vpc api`"
    )
    assert own_routes(text) == [f"warn 192.0.2.25/32 (watchdog smtp), 192.0.2.26/32: {tail}"]
    offered = Running(1, frozenset({parse_prefix("192.0.2.25/32")}))
    assert own_routes(text, offered) == [f"warn 192.0.2.26/32: {tail}"]
    assert own_routes(text.replace("192.0.2.2", "198.51.100.2")) == []


def test_every_place_where_exabgp_has_routes_of_its_own() -> None:
    text = """
    template { neighbor t { static { route 10.0.0.1/32 { next-hop self; watchdog x; } } } }
    neighbor 192.0.2.254 { inherit t; announce { ipv4 { unicast 10.0.0.2/32 next-hop self; } } }
    """
    assert read(text).neighbors[0].routes == (OwnRoute("10.0.0.2/32"), OwnRoute("10.0.0.1/32"))


def test_what_exabgp_itself_tells() -> None:
    helper, other = {"run": ["/bgp2vpc", "helper"], "encoder": "json"}, {"run": [], "encoder": ""}
    neighbor = {
        "address": "10.0.0.1",
        "processes": [],
        "match": ["^b"],
        "hear": [["b"], ["b", "c"], ["b"]],
        "routes": [{"prefix": "192.0.2.1/32", "watchdog": "x"}],
    }
    answer = {"user": "bird", "processes": {"b": helper, "c": other}, "neighbors": [neighbor]}
    assert told_by_exabgp(f"noise\n{json.dumps(answer)}\n") == ExabgpConf(
        (ProcessStanza("b", ("/bgp2vpc", "helper"), "json"), ProcessStanza("c", (), "")),
        (NeighborStanza("10.0.0.1", frozenset("b"), frozenset("b"), (OwnRoute("192.0.2.1/32", "x"),)),),
        "bird",
    )


@pytest.mark.parametrize("text", ["", "}", "}}}", "{", ";;;", '"', "process", "process {", "a { b; } }"])
def test_whatever_is_written_is_read(text: str) -> None:
    read(text)


def test_names_in_commands_are_quoted() -> None:
    name = "/tmp/x; reboot #.conf"
    conf = read(HELPER.replace(FILE, "'/tmp/$(reboot)'") + API)
    found = list(exabgp(config(), Exabgp(name, conf, "5.0.15", "syntax error"), AWAY))
    assert [each.mend for each in found if each.mend] == [
        f"exabgp validate '{name}'",
        "bgp2vpc doctor -f '/tmp/$(reboot)'",
    ]
    old = list(exabgp(config(), Exabgp(name, conf, "4.2.25", "syntax error"), AWAY))
    assert [each.mend for each in old if each.check == "exabgp-conf"] == [f"exabgp --test '{name}'"]
    (*_, edit) = exabgp(config(), Exabgp(name, ExabgpConf(), "5.0.15"), AWAY)
    assert edit.mend == f"${{EDITOR:-vi}} '{name}'"


def test_what_the_file_says_is_shown_printable_and_never_in_a_command() -> None:
    conf = read(HELPER.replace(FILE, "'/tmp/\x1b[2J\n$x'") + API)
    *_, helper, _ = exabgp(config(), Exabgp("/x.conf", conf, "5.0.15", "\x1b]0;title\x07"), AWAY)
    assert (helper.message.isprintable(), helper.mend) == (True, "")
    assert r"/tmp/\x1b[2J\n$x" in helper.message
