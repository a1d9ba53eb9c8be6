"""AWSnycast's other classic: one address, two instances that serve it, and each asks the other if it still does."""

import signal
from pathlib import Path

import pytest
from awsnycast_kit import (
    PATIENT,
    POLL,
    Service,
    all_of,
    asks_owner,
    build,
    check,
    exists,
    filled,
    managing,
    polls,
    wait_for_check,
    wait_for_polls,
    wait_for_verdicts,
    write,
    writes,
)
from site_kit import Site, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, Fault, FaultKind, World

SERVICE = "192.0.2.53/32"

TEXT = """
healthchecks:
  service:
    type: tcp
    destination: $address
    rise: 1
    every: 0.2
    config: {port: "$port", expect: ok}
remote_healthchecks:
  theirs:
    type: tcp
    rise: 1
    fall: 3
    every: 0.2
    config: {port: $port, expect: ok}
routetables:
  all:
    find: {type: by_tag, config: {key: type, value: private}}
    manage_routes:
      - cidr: 192.0.2.53
        healthcheck: service
        remote_healthcheck: theirs
        if_unhealthy: true
"""


class Pair:
    """Hosts with a service on each, of which the first has the prefix in both tables."""

    def __init__(self, cloud: Cloud, make_site, world: World) -> None:
        self.cloud = cloud
        self.tables = world.tables
        self.services = [Service(world.hosts[0].address)]
        self.services += [Service(host.address, self.services[0].port) for host in world.hosts[1:]]
        self.sites: list[Site] = [make_site(host) for host in world.hosts]

    def start(self, number: int, text: str = TEXT, **settings: object) -> Site:
        site, service = self.sites[number], self.services[number]
        write(site, filled(text, address=service.address, port=service.port), **settings)
        return site.start()

    def close(self) -> None:
        for service in self.services:
            service.stop()


@pytest.fixture
def pair(cloud: Cloud, make_site):
    made = Pair(cloud, make_site, build(cloud, instances=3))
    yield made
    made.close()


def test_a_service_that_dies_with_its_daemon_is_replaced_at_once_and_its_return_takes_nothing_back(
    cloud: Cloud, pair: Pair
) -> None:
    first = pair.start(0, **PATIENT)
    first.wait_for_route(SERVICE, *pair.tables)
    second = pair.start(1, **PATIENT)
    wait_for_verdicts(second, SERVICE, "yield owner-healthy", *pair.tables)
    wait_for_check(second, "theirs", "healthy", first.host.address)

    cloud.forget_calls()
    first.stop(signal.SIGKILL)  # EC2 goes on calling the instance well
    pair.services[0].stop()
    second.wait_for_route(SERVICE, *pair.tables)
    assert polls(second) == 0
    assert writes(cloud) == all_of("ReplaceRoute", pair.tables, SERVICE, second.host.interface_id)
    second.wait_for_log("reason=owner-failing")

    # The former owner is checked on: when it is well again, it may take the route back, and nobody would say so.
    pair.services[0].start()
    wait_for_check(second, "theirs", "healthy", first.host.address)

    # The first one is back, and so the roles are changed.
    cloud.forget_calls()
    pair.start(0, **PATIENT)
    wait_for_verdicts(first, SERVICE, "yield owner-healthy", *pair.tables)
    wait_for_check(first, "theirs", "healthy", second.host.address)
    assert writes(cloud) == []


def test_the_remote_check_follows_the_owner_when_somebody_else_moves_the_route(cloud: Cloud, pair: Pair) -> None:
    first, third = pair.sites[0].host, pair.sites[2].host
    for table in pair.tables:
        cloud.write(External.create_route(table, SERVICE, first.interface_id))
    second = pair.start(1, poll_time=POLL)
    wait_for_check(second, "theirs", "healthy", first.address)
    for table in pair.tables:
        cloud.write(External.replace_route(table, SERVICE, third.interface_id))
    wait_for_check(second, "theirs", "healthy", third.address)
    pair.services[0].stop()  # does not matter any more
    wait_for_polls(second)
    assert writes(cloud) == []
    pair.services[2].stop()
    second.wait_for_route(SERVICE, *pair.tables)
    assert writes(cloud) == all_of("ReplaceRoute", pair.tables, SERVICE, second.host.interface_id)


def test_a_route_in_two_hands_has_a_remote_check_for_each_of_them(cloud: Cloud, pair: Pair) -> None:
    first, third = pair.sites[0].host, pair.sites[2].host
    cloud.write(External.create_route(pair.tables[0], SERVICE, first.interface_id))
    cloud.write(External.create_route(pair.tables[1], SERVICE, third.interface_id))
    second = pair.start(1, **PATIENT)

    def destinations() -> list[tuple[str, str]]:
        return sorted((each["destination"], each["state"]) for each in second.status()["checks"])

    wanted = sorted((service.address, "healthy") for service in pair.services)
    eventually(lambda: destinations() == wanted, str(wanted), lambda: f"instead: {destinations()}")
    pair.services[2].ill()
    second.wait_for_route(SERVICE, pair.tables[1])
    assert second.verdict(pair.tables[0], SERVICE) == "yield owner-healthy"
    assert writes(cloud) == all_of("ReplaceRoute", pair.tables[1:], SERVICE, second.host.interface_id)


def test_a_remote_check_without_a_verdict_takes_nothing(cloud: Cloud, pair: Pair) -> None:
    owner = pair.services[0]
    owner.mute()
    for table in pair.tables:
        cloud.write(External.create_route(table, SERVICE, pair.sites[0].host.interface_id))
    second = pair.start(1, poll_time=POLL)
    wait_for_check(second, "service", "healthy")
    eventually(lambda: owner.connections, "the remote check to ask")
    wait_for_polls(second)
    assert check(second, "theirs")["state"] == "no verdict yet"
    assert second.verdict(pair.tables[0], SERVICE) == "yield owner-healthy"
    assert writes(cloud) == []
    owner.ill()
    second.wait_for_route(SERVICE, *pair.tables)


def test_an_owner_that_fails_keeps_the_route_as_long_as_we_fail_too(cloud: Cloud, pair: Pair) -> None:
    for table in pair.tables:
        cloud.write(External.create_route(table, SERVICE, pair.sites[0].host.interface_id))
    pair.services[0].ill()
    pair.services[1].ill()
    second = pair.start(1, poll_time=POLL)
    wait_for_check(second, "service", "unhealthy")
    wait_for_check(second, "theirs", "unhealthy", pair.services[0].address)
    wait_for_polls(second)
    assert writes(cloud) == []
    pair.services[1].well()
    second.wait_for_route(SERVICE, *pair.tables)


def test_an_owner_that_ec2_calls_impaired_keeps_the_route_while_its_service_answers(cloud: Cloud, pair: Pair) -> None:
    for table in pair.tables:
        cloud.write(External.create_route(table, SERVICE, pair.sites[0].host.interface_id))
    second = pair.start(1, poll_time=POLL)
    wait_for_verdicts(second, SERVICE, "yield owner-healthy", *pair.tables)
    wait_for_check(second, "theirs", "healthy")
    cloud.set_status(pair.sites[0].host.instance_id, instance="impaired")
    wait_for_polls(second)
    assert writes(cloud) == []
    pair.services[0].ill()
    second.wait_for_route(SERVICE, *pair.tables)


def test_the_remote_check_asks_the_interface_that_has_the_route_and_needs_no_word_of_ec2s_about_instances(
    cloud: Cloud, make_site, tmp_path: Path
) -> None:
    prefix = "2001:db8:53::1/128"
    world = build(cloud, interfaces=2, ipv6=True)
    second = world.hosts[0].interfaces[1]
    (interface,) = cloud.ec2.describe_network_interfaces(NetworkInterfaceIds=[second])["NetworkInterfaces"]
    for table in world.tables:
        cloud.write(External.create_route(table, prefix, second))
    cloud.fault(Fault("DescribeInstanceStatus", FaultKind.HANG, times=None))
    site: Site = make_site(world.hosts[1])
    with Service(interface["PrivateIpAddress"]) as theirs:
        site.configure(
            healthchecks={"here": exists(tmp_path)},
            remote_healthchecks={"theirs": asks_owner(theirs)},
            routetables=managing(
                {"cidr": prefix, "healthcheck": "here", "remote_healthcheck": "theirs", "if_unhealthy": True}
            ),
            **{**PATIENT, "ec2": {"timeout": 2}},
        )
        site.start()
        wait_for_check(site, "theirs", "healthy", theirs.address)
    site.wait_for_route(prefix, *world.tables)
