"""The test cloud has all of EC2's behaviour that the battery asks for."""

import pytest

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, FaultKind, Quirks
from tests.cloud.ec2_battery import QUESTIONS
from tests.cloud.ec2_battery.__main__ import main
from tests.cloud.ec2_battery.lab import Lab
from tests.cloud.ec2_battery.question import Question, question


@pytest.mark.parametrize("asked", [pytest.param(asked, id=asked.name) for asked in QUESTIONS])
def test_ec2_answers(lab: Lab, asked: Question) -> None:
    asked.ask(lab)


def test_there_are_77_questions() -> None:
    assert len(QUESTIONS) == len({asked.name for asked in QUESTIONS}) == 77


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match=r"two questions named create\.v6: in .*ec2_battery\.create"):
        question("create.v6", "the same again")(lambda lab: None)


def test_by_hand_every_question_is_a_line(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.reset()
    cloud.quirks(Quirks(route_quota=20))
    assert main([cloud.endpoint_url, "--route-quota=20"]) == 0
    *lines, score = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["pass", asked.name] for asked in QUESTIONS]
    assert score == "SCORE 77/77"


def test_by_hand_a_failure_says_what_was_found(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.reset()
    cloud.quirks(Quirks(route_quota=20))
    cloud.fault(Fault("ReplaceRoute", FaultKind.ERROR, code="NotImplemented", status=501, times=None))
    cloud.fault(Fault("ModifyManagedPrefixList", FaultKind.HTML, status=500, times=None))
    assert main([cloud.endpoint_url, "--stopped-stays-active", "--route-quota=20"]) == 1
    cloud.reset()
    out = capsys.readouterr().out
    failed = [line.split()[1] for line in out.splitlines() if line.startswith("FAIL")]
    replaced = [asked.name for asked in QUESTIONS if asked.name.startswith("replace.")]
    replaced.remove("replace.notarget")  # there any error will do
    assert failed == [*replaced, "blackhole.stop", "pl.cas", "pl.versions", "pl.modify"]
    assert ': assert error == ""\n' in out
    assert "error = 'NotImplemented'\n" in out
    assert "ClientError: " in out
    assert out.endswith("SCORE 67/77\n")
