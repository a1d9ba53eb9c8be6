"""All findings together, from facts that could not be had."""

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.judge import judge
from bgp2vpc.doctor.model import Exabgp, Finding, HostFacts, State, Trouble
from bgp2vpc.errors import Problem

AWAY = Trouble("away")


def test_what_the_configuration_is_warned_of_and_what_cannot_be_run_here() -> None:
    no_shell, absent = Problem("/f", 2, "processes.p.run", "no shell"), Problem("/f", 3, "notify[0].run", "not there")
    facts = HostFacts(AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, Exabgp(), (absent,))
    findings = judge(Config(file="/f", warnings=(no_shell,)), facts, 500)
    assert findings[:2] == (
        Finding("config", State.WARN, "/f:2: processes.p.run: no shell", "${EDITOR:-vi} /f"),
        Finding("config", State.WARN, "/f:3: notify[0].run: not there", "${EDITOR:-vi} /f"),
    )
