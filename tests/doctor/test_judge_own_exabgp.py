"""What is said of the ExaBGP that `bgp2vpc run` runs, and of two wirings at once."""

import pytest

from bgp2vpc.config.model import Bgp, Config
from bgp2vpc.doctor.exabgp import own_exabgp, wirings
from bgp2vpc.doctor.exabgp_conf import read
from bgp2vpc.doctor.model import Exabgp, OwnExabgp, PortHolder, Running, Trouble
from bgp2vpc.doctor.subjects import runs_exabgp
from bgp2vpc.prefix import parse_address

FILE = "/etc/bgp2vpc.yaml"
CONFIG = Config(file=FILE, bgp=Bgp(asn=64513))
AWAY = Trouble("away")
OURS, ANY4, ANY6 = map(parse_address, ("10.0.1.5", "0.0.0.0", "::"))
RUNS = Running(7, runs_exabgp=True, exabgp_pid=8)
HELPER = f"process b {{ run /opt/bgp2vpc helper -f {FILE}; encoder json; }}\n"


def told(found, running=AWAY) -> list[str]:
    return [f"{each.state.value} {each.message}" for each in own_exabgp(CONFIG, found, running)]


def at(port: int, *holders: PortHolder, running=RUNS, **more) -> str:
    found = OwnExabgp("5.0.15", listens=frozenset({(OURS, port)}), holders=holders, **more)
    return told(found, running)[-1]


def test_one_that_is_well() -> None:
    assert told(OwnExabgp("5.0.15", listens=frozenset({(OURS, 1790)}))) == [
        "ok ExaBGP 5.0.15",
        "ok ExaBGP takes the file that is made from `bgp:`",
        "ok TCP port 1790 of 10.0.1.5 is free for ExaBGP",
    ]
    assert told(OwnExabgp("4.2.22"))[-1] == "ok ExaBGP listens nowhere: it connects to all neighbors"


@pytest.mark.parametrize(("version", "state"), [("4.2.21", "warn"), ("4.2.22", "ok"), ("6.0.0", "warn"), ("", "warn")])
def test_its_version(version: str, state: str) -> None:
    assert told(OwnExabgp(version))[0].split()[0] == state


def test_one_that_is_not_there() -> None:
    first, *_ = own_exabgp(CONFIG, OwnExabgp(Trouble("ExaBGP is not installed")), AWAY)
    assert (first.check, first.state.value) == ("exabgp", "fail")
    assert first.message == "`bgp2vpc run` cannot run ExaBGP: ExaBGP is not installed"
    assert first.mend == "pip install 'exabgp>=4.2.22,<6'"
    assert told(AWAY) == ["fail the ExaBGP for `bgp2vpc run` could not be looked at: away"]


def test_a_file_that_it_refuses_or_that_is_not_known() -> None:
    assert told(OwnExabgp("5.0.15", "no such word"))[1] == "fail of the file that is made from `bgp:`: no such word"
    assert told(OwnExabgp("5.0.15", AWAY))[1:] == ["warn what ExaBGP's file will be is not known: away"]
    # Nothing is said of its port, which the file would name.
    assert not any("TCP" in each or "listens" in each for each in told(OwnExabgp(Trouble("not installed"), AWAY)))


def test_its_port_is_held() -> None:
    assert at(1790, PortHolder(OURS, 1790, 8, "exabgp", 8)) == (
        "ok the ExaBGP of `bgp2vpc run` listens at TCP port 1790 of 10.0.1.5"
    )
    child = PortHolder(OURS, 1790, 9, "python3", 8)
    assert at(1790, child).startswith("ok ")
    other = PortHolder(ANY4, 1790, 99, "bird", 99)
    assert at(1790, other) == "fail process 99 (bird) listens at TCP port 1790 of 10.0.1.5, so our own ExaBGP cannot"
    unknown = "listens at TCP port 1790 of 10.0.1.5; it is not known whether it is our own ExaBGP"
    assert at(1790, other, running=AWAY) == f"warn process 99 (bird) {unknown}"
    assert at(1790, PortHolder(OURS, 1790)) == f"warn a process of another user {unknown}"


@pytest.mark.parametrize(
    ("address", "port", "is_in_the_way"),
    [(OURS, 1790, True), (ANY4, 1790, True), (ANY6, 1790, True), (OURS, 179, False),
     (parse_address("127.0.0.1"), 1790, False)],
)  # fmt: skip
def test_who_is_in_the_way(address, port: int, is_in_the_way: bool) -> None:
    assert at(1790, PortHolder(address, port, 99, "bird", 99)).startswith("fail ") is is_in_the_way


def test_a_port_that_needs_a_privilege() -> None:
    words = "TCP port 179 of 10.0.1.5: ports below 1024 need root or CAP_NET_BIND_SERVICE, and"
    assert at(179, may_bind_below=False).startswith(f"fail {words} the daemon has neither; set `bgp.port`")
    assert at(179, may_bind_below=None).startswith(f"warn {words} the packaged unit has neither; set `bgp.port`")
    assert at(179, may_bind_below=True).startswith("ok ")
    assert at(179, may_bind_below=False, first_port=179).startswith("ok ")
    assert at(1790, may_bind_below=False).startswith("ok ")


def test_which_wiring_it_is() -> None:
    helper = Exabgp("/x.conf", read(HELPER))
    assert runs_exabgp(CONFIG, AWAY, Exabgp())
    assert runs_exabgp(CONFIG, RUNS, helper)
    assert not runs_exabgp(CONFIG, AWAY, helper)
    assert not runs_exabgp(CONFIG, Running(7), AWAY)
    assert not runs_exabgp(Config(file=FILE), AWAY, Exabgp())


MIXED = [
    (RUNS, {}, HELPER, "(process 7) {}, and process b of /x.conf is"),
    (RUNS, {7: "run", 30: "helper"}, "", "(process 7) {}, and process 30 is"),
    (Running(30), {7: "run", 30: "helper"}, HELPER, "(process 7) {}, and process 30 is"),
]


@pytest.mark.parametrize(("running", "daemons", "conf", "who"), MIXED)
def test_both_wirings_at_once(running: Running, daemons: dict[int, str], conf: str, who: str) -> None:
    (finding,) = wirings(CONFIG, Exabgp("/x.conf", read(conf)), running, daemons)
    assert (finding.check, finding.state.value) == ("wiring", "fail")
    own = who.format("runs an ExaBGP of its own, since there is a `bgp:` section")
    assert finding.message == f"`bgp2vpc run` {own} a helper of another ExaBGP with the same file: stop one of the two"


@pytest.mark.parametrize(
    ("config", "running", "daemons", "conf"),
    [
        (CONFIG, RUNS, {7: "run"}, HELPER.replace(FILE, "/other.yaml")),
        (CONFIG, Running(30), {30: "helper"}, HELPER),
        (CONFIG, AWAY, {}, HELPER),
        (CONFIG, RUNS, {7: "run"}, HELPER.replace("helper", "tee")),
        (Config(file=FILE), Running(7), {7: "run", 30: "helper"}, HELPER),
    ],
)
def test_one_wiring(config: Config, running, daemons: dict[int, str], conf: str) -> None:
    assert list(wirings(config, Exabgp("/x.conf", read(conf)), running, daemons)) == []
