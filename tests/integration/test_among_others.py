"""Other instances, other writers and other VPCs: whose route it is, and what is left alone."""

import signal

import pytest
from site_kit import Site, announcing, rule

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, GoneInterface, Quirks, World, WorldSpec

A, B, C = "192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"


def test_the_other_vpc_with_the_same_tags_is_left_alone(cloud: Cloud, make_site) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(twin=True))
    site = make_site(world.hosts[0])
    site.start()
    site.announce(A)
    site.wait_for_route(A, *world.tables)
    assert [cloud.routes(table) for table in world.twin.tables] == ["", ""]
    assert {row["route_table_id"] for row in site.status()["routes"]} == set(world.tables)


@pytest.mark.parametrize("shows", GoneInterface)
def test_a_peer_that_is_terminated_loses_its_routes_to_us(
    world: World, site: Site, make_site, cloud: Cloud, shows: GoneInterface
) -> None:
    cloud.quirks(Quirks(gone_interface=shows))
    other = make_site(world.hosts[1]).start()
    other.announce(A)
    other.wait_for_route(A, *world.tables)
    site.start()
    site.announce(A)
    site.wait_for_verdict(site.host.table, A, "yield owner-healthy")
    other.stop(signal.SIGKILL)
    cloud.ec2.terminate_instances(InstanceIds=[world.hosts[1].instance_id])
    site.wait_for_route(A, *world.tables)


@pytest.mark.parametrize("shows", GoneInterface)
def test_a_black_hole_that_nobody_offers_is_deleted_if_the_rule_says_so_and_it_is_known_whose_it_was(
    world: World, site: Site, cloud: Cloud, shows: GoneInterface
) -> None:
    cloud.quirks(Quirks(gone_interface=shows))
    for table in world.tables:
        cloud.ec2.create_route(
            RouteTableId=table, DestinationCidrBlock=A, NetworkInterfaceId=world.hosts[1].interface_id
        )
    cloud.ec2.terminate_instances(InstanceIds=[world.hosts[1].instance_id])
    site.configure(settle_time=0, routetables={"private": rule(dead_routes="delete")})
    site.start()
    if shows is GoneInterface.NOTHING:  # of what nothing is known, somebody else may want to know more
        site.reconcile()
        site.reconcile()
        assert cloud.writes() == []
    else:
        site.wait_for_route(A, *world.tables, target=None)


@pytest.mark.parametrize("blackhole", [True, False])
def test_a_peer_that_is_stopped_loses_its_routes_whether_ec2_shows_a_black_hole_or_not(
    world, site, make_site, cloud, blackhole
) -> None:
    cloud.quirks(Quirks(stopped_is_blackhole=blackhole))
    for table in world.tables:
        cloud.ec2.create_route(
            RouteTableId=table, DestinationCidrBlock=A, NetworkInterfaceId=world.hosts[1].interface_id
        )
    site.start()
    site.announce(A)
    site.wait_for_verdict(site.host.table, A, "yield owner-healthy")
    cloud.ec2.stop_instances(InstanceIds=[world.hosts[1].instance_id])
    site.wait_for_route(A, *world.tables)


def test_a_peer_of_whom_ec2_reports_nothing_keeps_its_routes(world: World, site: Site, cloud: Cloud) -> None:
    peer = world.hosts[1]
    cloud.quirks(Quirks(unlisted=(peer.instance_id,)))
    cloud.ec2.create_route(RouteTableId=site.host.table, DestinationCidrBlock=A, NetworkInterfaceId=peer.interface_id)
    site.start()
    site.announce(A)
    site.wait_for_route(A, world.tables[1])
    cloud.wait_for_calls("DescribeInstanceStatus")
    assert site.reconcile() == ""
    assert site.verdict(site.host.table, A) == "yield owner-healthy"


def test_the_outage_of_a_zone_does_not_hide_who_is_impaired_elsewhere(make_site, cloud: Cloud) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(instances=3, zones=("us-east-1a", "us-east-1b", "us-east-1c")))
    own, impaired, away = world.hosts
    cloud.quirks(Quirks(failing_zones=(away.zone,)))
    cloud.set_status(impaired.instance_id, system="impaired")
    for prefix, host in ((A, impaired), (B, away)):
        cloud.ec2.create_route(
            RouteTableId=own.table, DestinationCidrBlock=prefix, NetworkInterfaceId=host.interface_id
        )
    site = make_site(own).start()
    site.announce(A)
    site.announce(B)
    site.wait_for_route(A)
    assert site.verdict(own.table, B) == "yield owner-healthy"


def test_a_peer_that_is_impaired_loses_its_routes(world: World, site: Site, cloud: Cloud) -> None:
    peer = world.hosts[1]
    cloud.ec2.create_route(RouteTableId=site.host.table, DestinationCidrBlock=A, NetworkInterfaceId=peer.interface_id)
    site.start()
    site.announce(A)
    site.wait_for_verdict(site.host.table, A, "yield owner-healthy")
    cloud.set_status(peer.instance_id, instance="impaired")
    site.wait_for_route(A)
    site.wait_for_verdict(site.host.table, A, "keep ours")


def test_propagated_routes_of_the_prefix_and_of_a_wider_one_stay_beside_ours(
    world: World, site: Site, cloud: Cloud
) -> None:
    wider = "192.0.2.0/24"
    gateway = cloud.propagate(site.host.table, A)
    cloud.propagate(site.host.table, wider)
    propagated = cloud.routes(site.host.table)
    site.start()
    for prefix in (A, B):
        site.announce(prefix)
        site.wait_for_route(prefix)
    assert set(propagated.splitlines()) < set(cloud.routes(site.host.table).splitlines())
    plan = site.command("plan", "-f", str(site.file)).stdout
    for prefix, covering in ((A, A), (B, wider)):
        (line,) = [each for each in plan.splitlines() if each.startswith(f"{prefix} in {site.host.table}")]
        assert line.endswith(f"rule private; covered by {covering} to {gateway} (propagated, active)")
    for prefix in (A, B):
        site.withdraw(prefix)
        site.wait_for_route(prefix, target=None)
    assert cloud.routes(site.host.table) == propagated


def test_a_route_somebody_deletes_is_written_again_at_the_next_poll(world: World, site: Site, cloud: Cloud) -> None:
    site.configure(settle_time=0)  # what was just written is doubted at once
    site.start()
    site.announce(A)
    site.wait_for_route(A, *world.tables)
    cloud.ec2.delete_route(RouteTableId=site.host.table, DestinationCidrBlock=A)
    site.wait_for_route(A)


def test_two_daemons_that_start_at_once_do_not_fight(world: World, make_site, cloud: Cloud) -> None:
    sites = [make_site(host) for host in world.hosts]
    for each in sites:
        each.configure(processes={"dns": announcing(A, B, C)})
        each.start(wait=False)
    for each in sites:
        each.wait_for_start()
    for table in world.tables:
        for prefix in (A, B, C):
            cloud.wait_until(lambda table=table, prefix=prefix: prefix in cloud.routes(table))
    before = [cloud.routes(table) for table in world.tables]
    for _ in range(2):
        assert [site.reconcile() for site in sites] == ["", ""]
    assert [cloud.routes(table) for table in world.tables] == before
    assert all(str(call).startswith("CreateRoute") for call in cloud.writes())


def test_an_instance_that_goes_takes_nothing_of_the_other_with_it(world: World, make_site, cloud: Cloud) -> None:
    first, second = (make_site(host).start() for host in world.hosts)
    first.announce(A)
    first.wait_for_route(A, *world.tables)
    second.announce(B)
    second.wait_for_route(B, *world.tables)
    assert first.stop() == 0
    assert all(cloud.routes(table) == f"{B} {second.host.interface_id} active\n" for table in world.tables)


def test_a_race_for_the_same_route_ends_with_one_owner(world: World, site: Site, cloud: Cloud) -> None:
    peer = world.hosts[1].interface_id
    site.start()
    cloud.before("CreateRoute", External.create_route(site.host.table, A, peer))
    site.announce(A)
    site.wait_for_verdict(world.tables[1], A, "keep ours")
    site.wait_for_verdict(site.host.table, A, "yield owner-healthy")
    assert cloud.routes(site.host.table) == f"{A} {peer} active\n"
