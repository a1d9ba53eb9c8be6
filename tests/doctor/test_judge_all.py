"""All findings together, from facts that could not be had."""

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.judge import judge
from bgp2vpc.doctor.model import Exabgp, Finding, HostFacts, State, Trouble
from bgp2vpc.errors import Denied, Problem

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
