"""One prefix in two accounts: the role of one is refused, while the other's table is kept; and then it heals."""

import json
import urllib.request
from typing import Any

import pytest
from site_kit import Site, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, World, WorldSpec
from tests.addresses import HOME, free_port

OURS, THEIRS = "123456789012", "222222222222"
ROLE = f"arn:aws:iam::{THEIRS}:role/bgp2vpc-routes"
NAME = f"other ({THEIRS})"
A, B = "192.0.2.1/32", "192.0.2.2/32"


def find() -> dict[str, Any]:
    return {"type": "by_tag", "config": {"key": "type", "value": "private"}}


@pytest.fixture
def elsewhere(cloud: Cloud, world: World) -> World:
    return cloud.build(WorldSpec(account=THEIRS, instances=1, zones=("us-east-1a",), cidr="10.2.0.0/16"))


@pytest.fixture
def site(world: World, elsewhere: World, make_site) -> Site:
    """With a rule for each account, and a page; what the two roles may do is what `iam-policy` says."""
    host: CloudHost = world.hosts[0]
    made: Site = make_site(host)
    there = {"cidr": A, "instance": elsewhere.hosts[0].instance_id}
    made.configure(
        accounts={"other": {"role_arn": ROLE}},
        web={"listen": f"{HOME}:{free_port()}"},
        routetables={
            "here": {"find": find(), "accept": ["192.0.2.0/24 le 32"], "manage_routes": [{"cidr": A}]},
            "there": {"find": find(), "account": "other", "vpc_id": elsewhere.vpc_id, "manage_routes": [there]},
        },
    )
    return made


def policy(site: Site, *options: str) -> dict[str, Any]:
    answer = site.command("iam-policy", "-f", str(site.file), "--region", site.cloud.region, *options)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def accounts(site: Site) -> list[tuple[str, bool]]:
    return [(row["account"], row["answers"]) for row in site.status()["accounts"]]


def test_a_refused_role_leaves_the_other_account_alone_and_heals(
    cloud: Cloud, world: World, elsewhere: World, site: Site
) -> None:
    ours = policy(site, "--account", OURS, "--vpc", world.vpc_id)
    may_not_assume = [each for each in ours["Statement"] if each["Sid"] != "AssumeRole"]
    assert len(may_not_assume) == len(ours["Statement"]) - 1
    cloud.permit(site.host.instance_id, json.dumps({**ours, "Statement": may_not_assume}))
    cloud.permit(ROLE, json.dumps(policy(site, "--role", "other")))

    site.start()
    site.wait_for_route(A, *world.tables)
    site.announce(B)
    site.wait_for_route(B, *world.tables)
    eventually(lambda: accounts(site) == [(NAME, False)], "the refusal", lambda: site.log)
    assert site.status()["failing"] == {f"route tables of {NAME}": "AccessDenied"}
    assert site.log.count("is not authorized to perform: sts:AssumeRole") == 1, "said once, at many polls"
    plan = site.command("plan", "-f", str(site.file))
    assert f"rule there finds nothing: {NAME} gives no answer" in plan.stdout
    findings = json.loads(site.command("doctor", "-f", str(site.file), "--json").stdout)
    (account,) = (each for each in findings if each["check"] == "account")
    assert (account["state"], f"{ROLE} cannot be assumed" in account["message"]) == ("fail", True)

    cloud.permit(site.host.instance_id, json.dumps(ours))
    site.wait_for_route(A, elsewhere.tables[0], target=elsewhere.hosts[0].interface_id)
    eventually(lambda: accounts(site) == [(NAME, True)], "it to answer", lambda: site.log)
    assert site.status()["failing"] == {}
    site.wait_for_verdict(elsewhere.tables[0], A, "keep ours")
    assert not [call for call in cloud.calls() if call.error == "UnauthorizedOperation"], "the least policies suffice"
    plan = site.command("plan", "-f", str(site.file))
    assert f"rule there finds {elsewhere.tables[0]} (private-a-1) of {NAME}" in plan.stdout
    port = next(line for line in site.file.read_text().splitlines() if "listen" in line).rpartition(":")[2]
    with urllib.request.urlopen(f"http://{HOME}:{port}/metrics") as answer:
        metrics = answer.read().decode()
    assert f'bgp2vpc_account_answers{{account="{NAME}",account_id="{THEIRS}",region=""}} 1.0' in metrics


def test_both_sides_of_the_policy_are_printed(site: Site) -> None:
    ours = site.command("iam-policy", "-f", str(site.file))
    assert "--role other --trust --instance-role ARN" in ours.stderr
    assert json.loads(ours.stdout)["Statement"][-1]["Resource"] == ROLE
    trust = policy(site, "--role", ROLE, "--trust", "--instance-role", f"arn:aws:iam::{OURS}:role/anycast")
    assert trust["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{OURS}:role/anycast"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--role", "x"], "no rule is about a role 'x'; known: other"),
        (["--role", "other", "--trust"], "--trust needs --role NAME and --instance-role ARN"),
    ],
)
def test_wrong_roles_are_told(site: Site, words: list[str], told: str) -> None:
    answer = site.command("iam-policy", "-f", str(site.file), *words)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert told in answer.stderr
