"""All findings together, from facts that could not be had."""

from pathlib import Path

import pytest

from bgp2vpc.config.model import Bgp, Config
from bgp2vpc.doctor.exabgp_conf import read
from bgp2vpc.doctor.judge import judge
from bgp2vpc.doctor.model import BgpSessions, Exabgp, Finding, HostFacts, OwnExabgp, State, Trouble
from bgp2vpc.errors import Denied, Problem
from bgp2vpc.sources.unix import SocketTimeout

AWAY = Trouble("away")


def test_what_the_configuration_is_warned_of_and_what_cannot_be_run_here() -> None:
    no_shell, absent = Problem("/f", 2, "processes.p.run", "no shell"), Problem("/f", 3, "notify[0].run", "not there")
    facts = HostFacts(AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, Exabgp(), (absent,))
    findings = judge(Config(file="/f", warnings=(no_shell,)), facts, 500)
    assert findings[:2] == (
        Finding("config", State.WARN, "/f:2: processes.p.run: no shell", "${EDITOR:-vi} /f"),
        Finding("config", State.WARN, "/f:3: notify[0].run: not there", "${EDITOR:-vi} /f"),
    )


def test_commands_that_mend_name_the_file_that_was_looked_at() -> None:
    denied = Trouble("no", Denied("DescribeRouteTables", "UnauthorizedOperation", "no"))
    facts = HostFacts(AWAY, AWAY, AWAY, AWAY, denied, AWAY, AWAY)
    mends = {each.check: each.mend for each in judge(Config(file="/srv/my own.yaml"), facts, 500)}
    assert mends["daemon"] == "bgp2vpc run -f '/srv/my own.yaml'"
    assert mends["credentials"].startswith("bgp2vpc iam-policy -f '/srv/my own.yaml' > policy.json")
    assert mends["permission"] == "bgp2vpc doctor -f '/srv/my own.yaml'"
    assert mends["exabgp"] == "bgp2vpc doctor -f '/srv/my own.yaml' --exabgp-conf /etc/exabgp/exabgp.conf"


def test_the_unit_is_started_only_for_the_file_that_it_runs_with() -> None:
    facts = HostFacts(AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, Exabgp())
    assert judge(Config(file="/etc/bgp2vpc.yaml"), facts, 500)[0].mend == "systemctl start bgp2vpc"


@pytest.mark.parametrize(
    ("file", "daemons", "mend"),
    [
        ("/etc/bgp2vpc.yaml", {7: "run"}, "systemctl restart bgp2vpc"),
        ("/etc/bgp2vpc.yaml", {7: "helper"}, "ps -o pid,stat,lstart,args -p 7"),
        ("/srv/b.yaml", {7: "run"}, "ps -o pid,stat,lstart,args -p 7"),
    ],
)
def test_a_daemon_that_hangs_is_named_and_no_second_one_is_started(file: str, daemons, mend: str) -> None:
    error = SocketTimeout(Path("/s"), 5.0)
    facts = HostFacts(AWAY, Trouble(str(error), error), AWAY, AWAY, AWAY, AWAY, Exabgp(), daemons=daemons)
    found = judge(Config(file=file), facts, 500)[0]
    assert found.message.startswith("process 7 runs with this file and does not answer: it hangs, is stopped")
    assert (found.state, found.mend) == (State.FAIL, mend)
    # One that this user may not ask need not be started either.
    facts = HostFacts(AWAY, Trouble("permission denied"), AWAY, AWAY, AWAY, AWAY, Exabgp(), daemons=daemons)
    found = judge(Config(file=file), facts, 500)[0]
    assert (found.state, found.mend) == (State.WARN, "")


def test_writes_that_were_not_tried_are_not_passed_over_in_silence() -> None:
    facts = HostFacts(AWAY, AWAY, AWAY, AWAY, AWAY, (), Exabgp())
    told = [each.message for each in judge(Config(file="/f"), facts, 500) if each.check == "permission"]
    assert told == ["whether routes may be written is not known, since the route tables are not"]


@pytest.mark.parametrize(
    ("part", "more"),
    [("helper", []), ("tee", ["exabgp", "exabgp-conf", "helper", "helper"])],
)
def test_of_another_exabgp_beside_our_own_only_the_lines_that_it_passes_on_matter(part: str, more: list[str]) -> None:
    config = Config(file="/f", bgp=Bgp(asn=64513))
    other = Exabgp("/x.conf", read(f"process x {{ run bgp2vpc {part} -f /other; encoder text; }}"), "5.0.15")
    facts = HostFacts(
        AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, other, sessions=BgpSessions(), own_exabgp=OwnExabgp("4.2.25")
    )  # fmt: skip
    checks = [each.check for each in judge(config, facts, 500)]
    assert checks[checks.index("exabgp") :] == ["exabgp", "exabgp-conf", "port", *more, "neighbor"]


def test_without_a_bgp_section_nothing_is_said_of_neighbors() -> None:
    checks = {each.check for each in judge(Config(file="/f"), HostFacts(*[AWAY] * 7), 500)}
    assert not checks & {"neighbor", "security-group", "port", "wiring"}
