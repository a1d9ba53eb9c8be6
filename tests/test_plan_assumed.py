"""`plan --assume`: the offers that are planned with."""

import pytest

from bgp2vpc.bgp.export import PrefixSet
from bgp2vpc.cli.plan import with_assumed
from bgp2vpc.config.model import Config
from bgp2vpc.policy.decision_input import DecisionInput
from tests.values import P1, rule


@pytest.mark.parametrize("drained", [PrefixSet(frozenset({P1})), PrefixSet(everything=True)])
def test_what_is_drained_is_not_assumed(drained: PrefixSet, capsys: pytest.CaptureFixture[str]) -> None:
    config = Config(file="f.yaml", rules=(rule(),))
    assert [each.source for each in with_assumed(DecisionInput(offers={}), config, [P1])[P1]] == ["(assumed)"]
    assert not capsys.readouterr().err
    assert with_assumed(DecisionInput(offers={}, drained=drained), config, [P1]) == {}
    assert f"{P1} is drained, so that announcing it changes nothing" in capsys.readouterr().err
