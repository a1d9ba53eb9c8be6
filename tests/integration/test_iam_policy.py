"""`iam-policy`: with just that policy everything works, without any part of it something does not, and nothing else is
allowed.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from site_kit import Site, rule

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, External, World, WorldSpec
from bgp2vpc.sources.client import ask

ACCOUNT = "123456789012"
A, B, OUTSIDE = "192.0.2.1/32", "192.0.2.2/32", "198.51.100.1/32"


@pytest.fixture
def world(cloud: Cloud) -> World:
    """A world, and beside it a VPC with the same tables and tags."""
    cloud.reset()
    return cloud.build(WorldSpec(twin=True, tag_zones=True))


@pytest.fixture(autouse=True)
def all_is_allowed_again(cloud: Cloud) -> Iterator[None]:
    yield
    cloud.reset()


def policy_of(site: Site, world: World, *options: str) -> dict[str, Any]:
    answer = site.command(
        "iam-policy", "-f", str(site.file),
        "--region", site.cloud.region, "--account", ACCOUNT, "--vpc", world.vpc_id, *options,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def permit(site: Site, document: dict[str, Any]) -> None:
    site.cloud.permit(site.host.instance_id, json.dumps(document))


def refusals(site: Site) -> set[str]:
    return {call.operation for call in site.cloud.calls() if call.error == "UnauthorizedOperation"}


@dataclass
class Life:
    """What a daemon does in its life: fills an empty table, takes a dead instance's route, withdraws both."""

    site: Site
    world: World
    table: str

    def until(self, done: Callable[[], bool]) -> bool:
        """Wait for it; False as soon as a call was refused instead."""
        self.site.cloud.wait_until(lambda: bool(refusals(self.site)) or done())
        return not refusals(self.site)

    def has(self, prefix: str, target: str | None) -> bool:
        rows = (line.split() for line in self.site.cloud.routes(self.table).splitlines())
        return [row[1] for row in rows if row[0] == prefix] == ([target] if target else [])

    def lives(self) -> bool:
        site, peer = self.site, self.world.hosts[1]
        site.cloud.write(External.create_route(self.table, B, peer.interface_id))
        site.cloud.set_status(peer.instance_id, instance="impaired")
        site.start(wait=False)
        if not self.until(
            lambda: self.is_told(f"announce route {A} next-hop self", f"announce route {B} next-hop self")
        ):
            return False
        ours = site.host.interface_id
        if not self.until(lambda: self.has(A, ours) and self.has(B, ours)):
            return False
        self.is_told(f"withdraw route {A} next-hop self", f"withdraw route {B} next-hop self")
        return self.until(lambda: self.has(A, None) and self.has(B, None))

    def is_told(self, *lines: str) -> bool:
        """Whether a daemon that knows the tables has heard the lines."""
        if not self.site.socket.exists() or not self.site.status()["ec2_observed"]:
            return False
        return all(ask(self.site.socket, ["bgp2vpc lasting", line])[-1].ok for line in lines)


FINDERS: dict[str, Any] = {
    "by_tag": {"type": "by_tag", "config": {"key": "type", "value": "private"}},
    "own zone": [
        {"type": "by_tag", "config": {"key": "type", "value": "private"}},
        {"type": "by_tag", "config": {"key": "az", "value": "SELF_AZ"}},
    ],
    "by_tag_regexp": {"type": "by_tag_regexp", "config": {"key": "Name", "regexp": "^private-"}},
    "by_az": {"type": "by_az", "config": {"az": "SELF"}},
    "ids": {"type": "ids", "config": {"ids": []}},
}


def configure(site: Site, finder: str) -> None:
    find = FINDERS[finder]
    if finder == "ids":
        find = {**find, "config": {"ids": [site.host.table]}}
    if isinstance(find, list):
        find = {"type": "and", "config": find}
    site.configure(routetables={"private": rule(find=find)})


@pytest.mark.parametrize("finder", FINDERS)
def test_with_the_least_policy_all_works(world: World, site: Site, finder: str) -> None:
    configure(site, finder)
    document = policy_of(site, world)
    permit(site, document)
    assert Life(site, world, site.host.table).lives(), site.log
    assert "not authorized" not in site.log
    allowed = {action.removeprefix("ec2:") for statement in document["Statement"] for action in statement["Action"]}
    assert {call.operation for call in site.cloud.calls()} == allowed


@pytest.mark.parametrize(
    "action",
    [
        "DescribeRouteTables",
        "DescribeNetworkInterfaces",
        "DescribeInstanceStatus",
        "DescribeSubnets",
        "CreateRoute",
        "ReplaceRoute",
        "DeleteRoute",
    ],
)
def test_without_any_call_of_it_something_does_not_work(world: World, site: Site, action: str) -> None:
    configure(site, "by_az")
    document = policy_of(site, world)
    for statement in document["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != f"ec2:{action}"]
    permit(site, document)
    assert not Life(site, world, site.host.table).lives()
    assert refusals(site) == {action}
    site.wait_for_log("not authorized")


def test_without_any_statement_of_it_a_rule_does_not_work(world: World, make_site: Callable[[CloudHost], Site]) -> None:
    """Two rules with different verbs and tables: three statements."""
    managed = {"cidr": A, "healthcheck": "up", "never_delete": True}
    checks = {
        "up": {"type": "command", "destination": "127.0.0.1", "every": 0.1, "rise": 1, "config": {"command": "true"}}
    }
    public = {"type": "by_tag", "config": {"key": "Name", "value": "private-b-1"}}
    site = make_site(world.hosts[0])
    rules = {"ours": {"find": FINDERS["by_az"], "manage_routes": [managed]}, "other": rule(B, find=public)}
    site.configure(healthchecks=checks, routetables=rules)
    document = policy_of(site, world)
    assert [len(statement["Action"]) for statement in document["Statement"]] == [4, 2, 1]

    for missing in range(1, 3):
        rest = [statement for number, statement in enumerate(document["Statement"]) if number != missing]
        permit(site, {**document, "Statement": rest})
        site.cloud.forget_calls()
        site.start()
        site.announce(B)
        if missing == 2:
            site.wait_for_route(B, world.tables[1])
            site.withdraw(B)
        site.cloud.wait_until(lambda: bool(refusals(site)))
        site.stop()


def test_no_other_table_may_be_written(world: World, site: Site) -> None:
    configure(site, "own zone")
    permit(site, policy_of(site, world, "--zone", site.host.zone))
    subject = site.cloud.client(site.host.instance_id)

    def answer(table: str) -> str:
        with pytest.raises(ClientError) as error:
            subject.create_route(
                DryRun=True, RouteTableId=table, DestinationCidrBlock=A, NetworkInterfaceId=site.host.interface_id
            )
        return str(error.value.response["Error"]["Code"])

    assert world.twin is not None
    assert answer(site.host.table) == "DryRunOperation"
    wrong_tag, other_vpc, no_tag = world.tables[1], world.twin.tables[0], world.main_table
    assert {answer(table) for table in (wrong_tag, other_vpc, no_tag)} == {"UnauthorizedOperation"}


def test_the_explanation_goes_to_stderr_and_the_policy_to_stdout(site: Site) -> None:
    site.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"  # no network is needed
    answer = site.command("iam-policy", "-f", str(site.file))
    assert json.loads(answer.stdout)["Version"] == "2012-10-17"
    assert "CreateRoute: a prefix that a table does not have (private)" in answer.stderr
    assert "not narrowed: the account is not known: give --account" in answer.stderr


@pytest.mark.parametrize(
    "words", [["--region", "eu-west-1a"], ["--account", "12"], ["--vpc", "rtb-1"], ["--zone", "A"], ["more"]]
)
def test_wrong_usage_is_told(site: Site, words: list[str]) -> None:
    answer = site.command("iam-policy", "-f", str(site.file), *words)
    assert (answer.returncode, answer.stdout) == (2, "")


def test_a_policy_that_is_too_long_is_told(site: Site, tmp_path: Path) -> None:
    ids = [f"rtb-{number:017x}" for number in range(100)]
    site.configure(routetables={"many": rule(find={"type": "ids", "config": {"ids": ids}})})
    answer = site.command("iam-policy", "-f", str(site.file), "--region", "eu-west-1", "--account", ACCOUNT)
    assert answer.returncode == 0
    assert "too many for a managed policy (6144)" in answer.stderr
