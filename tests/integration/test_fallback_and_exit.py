"""Where a managed route goes when its check fails and when the daemon ends: to its fallback, away, or nowhere."""

import signal
from pathlib import Path

import pytest
from awsnycast_kit import POLL, all_of, build, exists, managing, saying, wait_for_polls, wait_for_verdicts, writes
from site_kit import Site

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External

DEFAULT, ANNOUNCED = "0.0.0.0/0", "192.0.2.1/32"


class Nat:
    """An instance that is to be the way out, with the NAT gateway behind it; `well` is the file that its check wants.

    The first table has a route to the NAT gateway, the second one to the internet gateway, the third one none.
    """

    def __init__(self, cloud: Cloud, make_site, well: Path) -> None:
        self.world = build(cloud, nat_gateway=True, zones=("us-east-1a", "us-east-1b", "us-east-1c"))
        self.site: Site = make_site(self.world.hosts[0])
        self.well = well
        self.us = self.site.host.interface_id
        self.gateway = str(self.world.nat_gateway)
        self.with_gateway, self.public, self.empty = self.world.tables
        cloud.ec2.create_route(RouteTableId=self.with_gateway, DestinationCidrBlock=DEFAULT, NatGatewayId=self.gateway)
        cloud.ec2.create_route(
            RouteTableId=self.public, DestinationCidrBlock=DEFAULT, GatewayId=self.world.internet_gateway
        )

    def start(self, **settings: object) -> None:
        self.site.configure(
            healthchecks={"public": exists(self.well)},
            routetables=managing(
                {"cidr": DEFAULT, "healthcheck": "public", "fallback": self.gateway}, accept=["192.0.2.0/24 le 32"]
            ),
            poll_time=POLL,
            processes={"dns": saying(ANNOUNCED)},
            **settings,
        )
        self.site.start()
        self.site.wait_for_route(ANNOUNCED, *self.world.tables)


@pytest.fixture
def nat(cloud: Cloud, make_site, tmp_path: Path) -> Nat:
    made = Nat(cloud, make_site, tmp_path / "well")
    made.well.touch()
    return made


def test_a_route_is_taken_from_its_fallback_and_put_back_there_and_never_deleted(cloud: Cloud, nat: Nat) -> None:
    nat.start()
    ours = (nat.with_gateway, nat.empty)
    nat.site.wait_for_route(DEFAULT, *ours)
    nat.well.unlink()
    nat.site.wait_for_route(DEFAULT, *ours, target=nat.gateway)
    wait_for_verdicts(nat.site, DEFAULT, "keep fallback", *ours)
    wait_for_polls(nat.site)
    nat.well.touch()
    nat.site.wait_for_route(DEFAULT, *ours)
    written = [line for line in writes(cloud) if DEFAULT in line]
    assert written == sorted(
        2 * [f"ReplaceRoute {nat.with_gateway} {DEFAULT} {nat.us}"]
        + [f"CreateRoute {nat.empty} {DEFAULT} {nat.us}", f"ReplaceRoute {nat.empty} {DEFAULT} {nat.us}"]
        + all_of("ReplaceRoute", ours, DEFAULT, nat.gateway)
    )
    # A gateway that is not the fallback is somebody's business, but not ours.
    nat.site.wait_for_verdict(nat.public, DEFAULT, "foreign foreign-target")
    assert f"{DEFAULT} {nat.world.internet_gateway} active" in cloud.routes(nat.public)


def test_on_exit_withdraw_puts_the_fallback_back(cloud: Cloud, nat: Nat) -> None:
    nat.start(on_exit="withdraw")
    nat.site.wait_for_route(DEFAULT, nat.with_gateway, nat.empty)
    cloud.forget_calls()
    assert nat.site.stop() == 0
    assert writes(cloud) == sorted(
        all_of("ReplaceRoute", [nat.with_gateway, nat.empty], DEFAULT, nat.gateway)
        + all_of("DeleteRoute", nat.world.tables, ANNOUNCED)
    )


@pytest.mark.parametrize(("on_exit", "gone"), [(None, [ANNOUNCED]), ("keep", [])])
def test_other_ends_leave_a_managed_route_where_it_is(cloud: Cloud, nat: Nat, on_exit, gone: list[str]) -> None:
    nat.start(on_exit=on_exit)
    nat.site.wait_for_route(DEFAULT, nat.with_gateway, nat.empty)
    cloud.forget_calls()
    assert nat.site.stop(signal.SIGTERM) == 0
    assert writes(cloud) == sorted(line for prefix in gone for line in all_of("DeleteRoute", nat.world.tables, prefix))


def test_a_route_of_another_instance_points_there_while_the_check_passes(
    cloud: Cloud, make_site, tmp_path: Path
) -> None:
    world = build(cloud, instances=3)
    site: Site = make_site(world.hosts[0])
    standby, stranger = world.hosts[1:]
    well = tmp_path / "well"
    well.touch()
    site.configure(
        healthchecks={"standby": exists(well)},
        routetables=managing({"cidr": ANNOUNCED, "instance": standby.instance_id, "healthcheck": "standby"}),
        poll_time=POLL,
    )
    cloud.write(External.create_route(world.tables[0], ANNOUNCED, stranger.interface_id))
    site.start()
    site.wait_for_route(ANNOUNCED, *world.tables, target=standby.interface_id)
    wait_for_verdicts(site, ANNOUNCED, "keep ours", *world.tables)
    well.unlink()
    site.wait_for_route(ANNOUNCED, *world.tables, target=None)
    well.touch()
    site.wait_for_route(ANNOUNCED, *world.tables, target=standby.interface_id)
    # When it is no more, there is nothing to point at, and what pointed there is left to those who are alive.
    cloud.ec2.terminate_instances(InstanceIds=[standby.instance_id])
    wait_for_verdicts(site, ANNOUNCED, "blocked no-interface", *world.tables)
