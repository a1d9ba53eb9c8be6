"""Everything that can go wrong on the way to EC2: each time one daemon comes to what is wished, without a storm."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from site_kit import Site

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, Fault, FaultKind, Quirks, World, WorldSpec

NUMBERS = count(1)
HASTY = 1.0
"""Seconds that a daemon gives EC2 which is to give up on calls."""
LATE = ("hang", "slow")
PASSING: dict[str, Callable[[str], Fault]] = {
    "500": lambda action: Fault.internal_error(action, times=2),
    "503": lambda action: Fault.unavailable(action, times=2),
    "502 page": lambda action: Fault(action, FaultKind.HTML, status=502, times=2),
    "200 page": lambda action: Fault(action, FaultKind.HTML, status=200, times=2),
    "empty 500": lambda action: Fault(action, FaultKind.EMPTY, status=500, times=2),
    "empty 200": lambda action: Fault(action, FaultKind.EMPTY, status=200, times=2),
    "truncated": lambda action: Fault(action, FaultKind.TRUNCATED, times=2),
    "reset before": lambda action: Fault(action, FaultKind.RESET_BEFORE, times=2),
    "reset after": lambda action: Fault(action, FaultKind.RESET_AFTER, times=2),
    "hang": lambda action: Fault(action, FaultKind.HANG, times=1),
    "slow": lambda action: Fault(action, FaultKind.DELAY, seconds=HASTY + 0.5, times=1),
    "throttled": lambda action: Fault.throttled(action, times=1),
}


@pytest.fixture(scope="module")
def shared(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Site, Site]]:
    """Two daemons for all tests of this file; each uses a prefix of its own. The second one gives up on calls.

    A third host has none: a daemon takes routes to its own interface that nobody announces for its own leftovers.
    """
    cloud.reset()
    world = cloud.build(WorldSpec(instances=3))
    directory: Path = tmp_path_factory.mktemp("faults")
    sites = []
    for host in world.hosts[:2]:
        (directory / host.instance_id).mkdir()
        sites.append(Site(cloud, host, directory / host.instance_id))
    sites[1].configure(ec2={"timeout": HASTY, "burst": 1000, "rate": 1000})
    for site in sites:
        site.start()
    yield world, *sites
    cloud.reset()
    for site in sites:
        site.process.kill()
        site.process.wait()


@pytest.fixture
def prefix(cloud: Cloud, shared: tuple[World, Site, Site]) -> Iterator[str]:
    cloud.forget_calls()
    yield f"192.0.2.{next(NUMBERS)}/32"
    cloud.clear_faults()
    cloud.unthrottle()
    cloud.stale_reads(0)
    cloud.quirks(Quirks())


@pytest.fixture
def site(shared: tuple[World, Site, Site], request: pytest.FixtureRequest) -> Site:
    """The daemon that gives up on calls, if the test's fault is to last longer than it waits."""
    callspec = getattr(request.node, "callspec", None)
    return shared[2 if callspec and callspec.params.get("fault") in LATE else 1]


@pytest.fixture
def world(shared: tuple[World, Site, Site]) -> World:
    return shared[0]


@pytest.mark.parametrize("fault", PASSING)
def test_a_create_that_fails_for_a_while_is_made(cloud, world, site, prefix, fault) -> None:
    check_create(cloud, world, site, prefix, fault)


@pytest.mark.parametrize("fault", ["truncated", "reset after", "hang"])
def test_a_create_whose_answer_is_lost_is_found_also_where_creating_it_twice_succeeds(
    cloud, world, site, prefix, fault
) -> None:
    cloud.quirks(Quirks(create_same_route_succeeds=True))
    check_create(cloud, world, site, prefix, fault)


def check_create(cloud: Cloud, world: World, site: Site, prefix: str, fault: str) -> None:
    cloud.fault(PASSING[fault]("CreateRoute"))
    site.announce(prefix)
    site.wait_for_route(prefix, *world.tables)
    for table in world.tables:
        site.wait_for_verdict(table, prefix, "keep ours")
    assert fault in LATE or len(cloud.calls("CreateRoute")) <= 6


@pytest.mark.parametrize("fault", PASSING)
def test_a_delete_that_fails_for_a_while_is_made(cloud, world, site, prefix, fault) -> None:
    site.announce(prefix)
    site.wait_for_route(prefix, *world.tables)
    cloud.fault(PASSING[fault]("DeleteRoute"))
    site.withdraw(prefix)
    site.wait_for_route(prefix, *world.tables, target=None)
    assert fault in LATE or len(cloud.calls("DeleteRoute")) <= 6


@pytest.mark.parametrize("fault", PASSING)
def test_reads_that_fail_for_a_while_are_made_again(cloud, world, site, prefix, fault) -> None:
    site.announce(prefix)
    site.wait_for_route(prefix, *world.tables)
    cloud.fault(PASSING[fault]("DescribeRouteTables"))
    site.withdraw(prefix)
    site.wait_for_route(prefix, *world.tables, target=None)


@pytest.mark.parametrize(
    "fault", [Fault.unauthorized("CreateRoute", times=1), Fault.expired("CreateRoute", times=1)], ids=lambda f: f.code
)
def test_what_an_operator_must_mend_in_one_table_does_not_hold_up_the_other(cloud, world, site, prefix, fault) -> None:
    first, second = world.tables
    cloud.fault(fault.but(times=1, where={"RouteTableId": first}))
    site.announce(prefix)
    site.wait_for_route(prefix, second)
    site.wait_for_log(f"failed: CreateRoute: {fault.code}")
    error = next(each for each in reversed(site.status()["errors"]) if each["code"] == fault.code)
    assert error["subject"] == f"{first} {prefix}"
    assert error["consequence"].startswith("needs an operator")
    site.withdraw(prefix)
    site.wait_for_route(prefix, second, target=None)


def test_the_whole_account_throttled_it_goes_at_the_pace_of_the_bucket(cloud, world, site, prefix) -> None:
    cloud.throttle(burst=2, rate=5.0)
    prefixes = [f"192.0.2.{next(NUMBERS)}/32" for _ in range(2)]
    site.say(*(f"announce route {each} next-hop self" for each in prefixes))
    for each in prefixes:
        site.wait_for_route(each, *world.tables)
    refused = [call for call in cloud.calls("CreateRoute") if call.error == "RequestLimitExceeded"]
    assert len(refused) <= 8  # four writes, none of them refused again and again


@pytest.mark.parametrize("flip", [False, True])
def test_old_reads_lead_to_one_write_and_no_second(cloud, world, site, prefix, flip) -> None:
    cloud.stale_reads(3, flip=flip)  # of the ten of settle_time
    site.announce(prefix)
    site.wait_for_route(prefix, *world.tables)
    for _ in range(2):
        assert site.reconcile() == ""
    site.withdraw(prefix)
    site.wait_for_route(prefix, *world.tables, target=None)
    for _ in range(2):
        assert site.reconcile() == ""
    # On a busy machine, calls that the second daemon has given up may come only now.
    assert sorted(str(call) for call in cloud.writes() if prefix in str(call)) == sorted(
        [f"CreateRoute {table} {prefix} {site.host.interface_id}" for table in world.tables]
        + [f"DeleteRoute {table} {prefix}" for table in world.tables]
    )


def test_somebody_who_writes_between_our_read_and_our_create_keeps_it(cloud, world, site, prefix) -> None:
    peer = world.hosts[2].interface_id
    cloud.before("CreateRoute", External.create_route(world.tables[0], prefix, peer))
    cloud.before("CreateRoute", External.create_route(world.tables[1], prefix, peer))
    site.announce(prefix)
    for table in world.tables:
        site.wait_for_verdict(table, prefix, "yield owner-healthy")
    # Of the test before, withdrawals may still be under way.
    assert {str(call) for call in cloud.writes() if prefix in str(call)} == {
        f"CreateRoute {table} {prefix} {site.host.interface_id} RouteAlreadyExists" for table in world.tables
    }
    site.withdraw(prefix)


def test_somebody_who_takes_the_route_before_our_delete_reads_keeps_it(cloud, world, site, prefix) -> None:
    site.announce(prefix)
    site.wait_for_route(prefix, *world.tables)
    table, peer = world.tables[0], world.hosts[2].interface_id
    cloud.before("DescribeRouteTables", External.replace_route(table, prefix, peer))
    site.withdraw(prefix)
    site.wait_for_route(prefix, world.tables[1], target=None)
    assert f"{prefix} {peer} active" in cloud.routes(table)
    assert f"DeleteRoute {table} {prefix}" not in map(str, cloud.writes())


def test_while_ec2_is_away_it_is_said_once(cloud, site, prefix) -> None:
    cloud.fault(Fault(action="*", kind=FaultKind.RESET_BEFORE, times=None))
    said = site.log.count("failed:")
    site.announce(prefix)
    cloud.wait_for_calls(count=6)
    assert site.log.count("failed:") - said <= 4  # the reads, and the write in each table
    cloud.clear_faults()
    site.wait_for_route(prefix)
    site.wait_for_log("recovered")
