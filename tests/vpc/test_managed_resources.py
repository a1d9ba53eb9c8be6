"""What EKS, ECS, Lambda or WorkSpaces manage is asked for, too, by a botocore that knows how to ask."""

import gzip
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse

from bgp2vpc.vpc.aws import slim_model
from bgp2vpc.vpc.aws.ec2 import Ec2

MODEL = Path("ec2", slim_model.API_VERSION, "service-2.json")
MANAGED = "IncludeManagedResources"
ANSWERS = {
    "DescribeRouteTables": "RouteTables",
    "DescribeNetworkInterfaces": "NetworkInterfaces",
    "DescribeSubnets": "Subnets",
    "DescribeInstanceStatus": "InstanceStatuses",
    "DescribeInstances": "Reservations",
}
SHOWS_ALL = {"DescribeNetworkInterfaces", "DescribeInstanceStatus", "DescribeInstances"}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where botocore looks first for EC2's model; nothing is there yet."""
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return tmp_path


def asked() -> dict[str, dict[str, Any]]:
    """What each read says on the wire."""
    said: dict[str, dict[str, Any]] = {}

    def answer(model: Any, params: Any, **_: object) -> tuple[AWSResponse, dict[str, Any]]:
        said[model.name] = params["body"]
        return AWSResponse("http://ec2", 200, {}, BytesIO()), {ANSWERS[model.name]: []}

    ec2 = Ec2("us-east-1")
    ec2._clients.ready().reads.meta.events.register("before-call.ec2", answer)
    ec2.route_tables(["vpc-1"])
    ec2.interfaces("i-1")
    ec2.subnets(["vpc-1"])
    ec2.instance_health(["i-1"])
    ec2.members("vpc-1", "type", "router")
    return said


def test_they_are_asked_for_where_the_call_can(models: Path) -> None:
    said = asked()
    assert said.keys() == ANSWERS.keys()
    assert {operation for operation, body in said.items() if body.get(MANAGED) == "true"} == SHOWS_ALL


def test_an_older_botocore_asks_as_before(models: Path) -> None:
    data = Path(botocore.__file__).parent / "data"
    with gzip.open(data / MODEL.with_suffix(".json.gz")) as file:
        model = slim_model.trim(json.load(file))
    for operation in SHOWS_ALL:
        del model["shapes"][model["operations"][operation]["input"]["shape"]]["members"][MANAGED]
    (models / MODEL).parent.mkdir(parents=True)
    (models / MODEL).write_text(json.dumps(model))
    said = asked()
    assert said.keys() == ANSWERS.keys()
    assert not any(MANAGED in body for body in said.values())


def test_the_trimmed_model_keeps_them() -> None:
    data = Path(botocore.__file__).parent / "data"
    with gzip.open(data / MODEL.with_suffix(".json.gz")) as file:
        model = slim_model.trim(json.load(file))
    for operation in SHOWS_ALL:
        assert MANAGED in model["shapes"][model["operations"][operation]["input"]["shape"]]["members"]
