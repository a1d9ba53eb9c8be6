"""AWSnycast's flags, its refusal to start, and where its credentials come from."""

import os
import re
from pathlib import Path

import pytest
from awsnycast_kit import (
    PATIENT,
    POLL,
    Service,
    all_of,
    asks,
    asks_owner,
    build,
    exists,
    managing,
    saying,
    wait_for_check,
    wait_for_polls,
    writes,
)
from site_kit import Site

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, Fault, World

MISSING, LEFT, SERVED, STOLEN, ANNOUNCED = (f"192.0.2.{number}/32" for number in range(1, 6))
DEFAULT, BEHIND_NAT = "0.0.0.0/0", "198.51.100.0/24"


def every_hook(file: Path) -> dict[str, list[str]]:
    places = [f"{when}_{what}" for when in ("before", "after") for what in ("add", "replace", "delete")]
    return {f"run_{place}_route": ["touch", str(file)] for place in places}


def test_noop_says_what_it_would_do_and_does_nothing_of_it(cloud: Cloud, make_site, tmp_path: Path) -> None:
    world = build(cloud, nat_gateway=True)
    site: Site = make_site(world.hosts[0])
    us, them, gateway = site.host.interface_id, world.hosts[1], str(world.nat_gateway)
    table, ran, well, other = site.host.table, tmp_path / "ran", tmp_path / "well", tmp_path / "other"
    for file in (well, other):
        file.touch()
    present = {LEFT: us, SERVED: them.interface_id, STOLEN: them.interface_id, DEFAULT: us}
    for prefix, interface in present.items():
        cloud.write(External.create_route(table, prefix, interface))
    cloud.ec2.create_route(RouteTableId=table, DestinationCidrBlock=BEHIND_NAT, NatGatewayId=gateway)
    before = cloud.routes(table)
    changes = {"run_on_healthy": ["touch", str(ran)], "run_on_unhealthy": ["touch", str(ran)]}
    with Service(them.address) as theirs:
        routes = [
            {"cidr": MISSING, "healthcheck": "well"},
            {"cidr": LEFT, "healthcheck": "other"},
            {"cidr": SERVED, "healthcheck": "well", "if_unhealthy": True, "remote_healthcheck": "theirs"},
            {"cidr": STOLEN, "healthcheck": "well"},
            {"cidr": DEFAULT, "healthcheck": "other", "fallback": gateway},
            {"cidr": BEHIND_NAT, "healthcheck": "well", "fallback": gateway},
        ]
        site.configure(
            healthchecks={"well": exists(well, **changes), "other": exists(other, **changes)},
            remote_healthchecks={"theirs": asks_owner(theirs, **changes)},
            processes={"dns": saying(ANNOUNCED)},
            routetables=managing(
                *({**route, **every_hook(ran)} for route in routes),
                accept=[ANNOUNCED],
                find={"type": "ids", "config": {"ids": [table]}},
            ),
            on_exit="withdraw",
            poll_time=POLL,
        )
        site.start("-noop", "-debug")
        wait_for_check(site, "theirs", "healthy")
        wait_for_check(site, "other", "healthy")
        theirs.stop()
        other.unlink()
        for change in (
            f"create {table} {MISSING} {us}: absent",
            f"create {table} {ANNOUNCED} {us}: absent",
            f"delete {table} {LEFT} {us}: withdrawn",
            f"replace {table} {SERVED} {us} (was {them.interface_id}): owner-failing",
            f"replace {table} {STOLEN} {us} (was {them.interface_id}): takeover-always",
            f"replace {table} {DEFAULT} {gateway} (was {us}): fallback",
            f"replace {table} {BEHIND_NAT} {us} (was {gateway}): fallback",
        ):
            site.wait_for_log(f"would {change}")
        wait_for_polls(site)
        assert site.stop() == 0
    assert {call.operation for call in cloud.calls() if not call.operation.startswith("Describe")} == set()
    assert cloud.routes(table) == before
    assert not ran.exists()
    assert "hook not run" in site.log


@pytest.fixture
def failing(cloud: Cloud, make_site, tmp_path: Path) -> tuple[World, Site]:
    """A host whose check fails, and another one whose service does."""
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    for table in world.tables:
        cloud.write(External.create_route(table, SERVED, world.hosts[1].interface_id))
    with Service() as gone:
        gone.stop()
        site.configure(
            healthchecks={"service": asks(gone)},
            remote_healthchecks={"theirs": asks_owner(gone)},
            routetables=managing(
                {"cidr": MISSING, "healthcheck": "service"},
                {"cidr": SERVED, "healthcheck": "service", "if_unhealthy": True, "remote_healthcheck": "theirs"},
            ),
            **PATIENT,
        )
    return world, site


def test_oneshot_acts_once_whatever_the_health_checks_would_say(cloud: Cloud, failing: tuple[World, Site]) -> None:
    world, site = failing
    site.start("-oneshot", "-syslog", wait=False)
    assert site.ended() == 0
    assert writes(cloud) == all_of("CreateRoute", world.tables, MISSING, site.host.interface_id)
    assert "check unhealthy" not in site.log
    assert "syslog not available: logging to stderr" in site.log or os.path.exists("/dev/log")


def test_oneshot_that_fails_exits_1_and_has_written_the_rest(cloud: Cloud, failing: tuple[World, Site]) -> None:
    world, site = failing
    cloud.fault(Fault.unauthorized("CreateRoute", times=None, where={"RouteTableId": world.tables[0]}))
    site.start("-oneshot", wait=False)
    assert site.ended() == 1
    assert cloud.routes(world.tables[1]).startswith(f"{MISSING} {site.host.interface_id} active\n")
    assert "UnauthorizedOperation" in site.log


def test_oneshot_with_noop_writes_nothing_and_exits_0(cloud: Cloud, failing: tuple[World, Site]) -> None:
    world, site = failing
    site.start("-oneshot", "-noop", "-debug", wait=False)
    assert site.ended() == 0
    assert site.log.count(f" {MISSING} {site.host.interface_id}: absent") == len(world.tables)
    assert writes(cloud) == []


@pytest.mark.parametrize("options", [[], ["-oneshot"]])
def test_a_host_that_does_not_forward_is_no_router_and_the_daemon_does_not_start(
    cloud: Cloud, make_site, tmp_path: Path, options: list[str]
) -> None:
    world = build(cloud, source_dest_check=True)
    site: Site = make_site(world.hosts[0])
    site.configure(
        healthchecks={"web": exists(tmp_path / "never")}, routetables=managing({"cidr": MISSING, "healthcheck": "web"})
    )
    site.start(*options, wait=False)
    assert site.ended() == 1
    assert "critical daemon not started: source/destination check is on" in site.log
    mending = r"aws ec2 modify-network-interface-attribute --network-interface-id (\S+) --no-source-dest-check"
    assert set(re.findall(mending, site.log)) == {site.host.interface_id}
    assert writes(cloud) == []


def test_the_credentials_of_the_instance_role_are_enough(cloud: Cloud, make_site, tmp_path: Path) -> None:
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    site.environment = ours | cloud.environment(site.host.instance_id, role=True)
    assert "AWS_ACCESS_KEY_ID" not in site.environment
    well = tmp_path / "well"
    well.touch()
    site.configure(
        healthchecks={"web": exists(well)}, routetables=managing({"cidr": MISSING, "healthcheck": "web"}), **PATIENT
    )
    site.start()
    site.wait_for_route(MISSING, *world.tables)
    well.unlink()
    site.wait_for_route(MISSING, *world.tables, target=None)
