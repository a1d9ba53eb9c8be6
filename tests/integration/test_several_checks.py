"""Routes with several health checks, and managed routes beside announced ones."""

from pathlib import Path

import pytest
from awsnycast_kit import PATIENT, POLL, all_of, build, exists, managing, saying, wait_for_check, wait_for_polls, writes
from site_kit import Site

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World

ALL, ANY, TWO = "192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"
NAMES = ("a", "b", "c")
# Which checks are healthy, and which of the routes there are then. Nothing but one check changes from row to row.
STEPS = [
    ("abc", {ALL, ANY, TWO}),
    ("ab", {ANY, TWO}),
    ("a", {ANY}),
    ("", set()),
    ("c", {ANY}),
    ("bc", {ANY, TWO}),
    ("abc", {ALL, ANY, TWO}),
]


def test_a_route_with_several_checks_needs_all_any_or_so_many_of_them(cloud: Cloud, make_site, tmp_path: Path) -> None:
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    names = list(NAMES)
    site.configure(
        healthchecks={name: exists(tmp_path / name) for name in NAMES},
        routetables=managing(
            {"cidr": ALL, "healthcheck": names},
            {"cidr": ANY, "healthcheck": names, "healthcheck_policy": "any"},
            {"cidr": TWO, "healthcheck": names, "healthcheck_policy": "2"},
        ),
        **PATIENT,
    )
    for name in NAMES:
        (tmp_path / name).touch()
    site.start()
    for healthy, routes in STEPS:
        for name in NAMES:
            (tmp_path / name).touch() if name in healthy else (tmp_path / name).unlink(missing_ok=True)
        for name in NAMES:
            wait_for_check(site, name, "healthy" if name in healthy else "unhealthy")
        for prefix in (ALL, ANY, TWO):
            site.wait_for_route(prefix, *world.tables, target="" if prefix in routes else None)


ANNOUNCED, MANAGED, BOTH = "192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"


@pytest.fixture
def mixed(cloud: Cloud, make_site, tmp_path: Path) -> tuple[World, Site, Path]:
    """A script announces two of three prefixes, and a check decides about two of them."""
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    well = tmp_path / "well"
    well.touch()
    site.configure(
        processes={"dns": saying(ANNOUNCED, BOTH)},
        healthchecks={"web": exists(well)},
        routetables=managing(
            {"cidr": MANAGED, "healthcheck": "web"},
            {"cidr": BOTH, "healthcheck": "web"},
            accept=["192.0.2.0/24 le 32"],
        ),
        poll_time=POLL,
    )
    site.start()
    for prefix in (ANNOUNCED, MANAGED, BOTH):
        site.wait_for_route(prefix, *world.tables)
    wait_for_check(site, "web", "healthy")
    return world, site, well


def test_a_prefix_that_is_both_announced_and_managed_stays_until_neither_wants_it(
    cloud: Cloud, mixed: tuple[World, Site, Path]
) -> None:
    world, site, well = mixed
    cloud.forget_calls()
    well.unlink()
    site.wait_for_route(MANAGED, *world.tables, target=None)
    wait_for_polls(site)
    assert writes(cloud) == all_of("DeleteRoute", world.tables, MANAGED)

    well.touch()
    site.wait_for_route(MANAGED, *world.tables)
    cloud.forget_calls()
    site.announce(MANAGED)  # now this one has two who want it, and BOTH has three
    well.unlink()
    wait_for_check(site, "web", "unhealthy")
    wait_for_polls(site)
    assert writes(cloud) == []
    site.withdraw(MANAGED)
    site.wait_for_route(MANAGED, *world.tables, target=None)
    assert writes(cloud) == all_of("DeleteRoute", world.tables, MANAGED)


def test_when_the_daemon_ends_announced_routes_go_and_managed_ones_stay(
    cloud: Cloud, mixed: tuple[World, Site, Path]
) -> None:
    world, site, _ = mixed
    cloud.forget_calls()
    assert site.stop() == 0
    assert writes(cloud) == all_of("DeleteRoute", world.tables, ANNOUNCED)


def test_an_announcement_that_no_rule_accepts_does_not_keep_a_managed_route(
    cloud: Cloud, make_site, tmp_path: Path
) -> None:
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    well = tmp_path / "well"
    well.touch()
    site.configure(
        healthchecks={"web": exists(well)}, routetables=managing({"cidr": MANAGED, "healthcheck": "web"}), **PATIENT
    )
    site.start()
    site.wait_for_route(MANAGED, *world.tables)
    site.announce(MANAGED)
    site.wait_for_log("not permitted by any rule; not installed")
    well.unlink()
    site.wait_for_route(MANAGED, *world.tables, target=None)
    assert site.status()["not_accepted"] == [MANAGED]


def test_the_first_rule_of_the_file_that_knows_a_prefix_decides_in_the_tables_that_it_finds(
    cloud: Cloud, make_site, tmp_path: Path
) -> None:
    world = build(cloud, tag_zones=True)
    site: Site = make_site(world.hosts[0])
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    first = managing({"cidr": MANAGED, "healthcheck": "a"}, find={"type": "by_az", "config": "SELF"})["private"]
    second = managing({"cidr": MANAGED, "healthcheck": "b"}, accept=["192.0.2.0/24 le 32"])["private"]
    site.configure(
        healthchecks={name: exists(tmp_path / name) for name in "ab"},
        routetables={"1st": first, "2nd": second},
        **PATIENT,
    )
    here, elsewhere = world.tables
    site.start()
    site.wait_for_route(MANAGED, here, elsewhere)
    site.announce(MANAGED)  # the first rule does not accept it
    (tmp_path / "a").unlink()
    site.wait_for_route(MANAGED, here, target=None)
    (tmp_path / "b").unlink()
    wait_for_check(site, "b", "unhealthy")
    assert site.verdict(elsewhere, MANAGED) == "keep ours"
    site.withdraw(MANAGED)
    site.wait_for_route(MANAGED, elsewhere, target=None)
