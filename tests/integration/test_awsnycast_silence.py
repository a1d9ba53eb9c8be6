"""A health check and the routes it decides about: nothing without a verdict, and everything at once with one."""

from collections.abc import Iterator

import pytest
from awsnycast_kit import (
    PATIENT,
    POLL,
    Service,
    all_of,
    asks,
    build,
    check,
    managing,
    polls,
    wait_for_check,
    wait_for_polls,
    wait_for_verdicts,
    writes,
)
from site_kit import Site, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External

ABSENT, OURS, THEIRS = "192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.mark.parametrize(
    ("begin", "limits"),
    [
        pytest.param(Service.mute, {"timeout": 3600, "rise": 5}, id="no-answer"),
        pytest.param(Service.well, {"rise": 100_000}, id="not-well-for-long-enough"),
    ],
)
def test_without_a_verdict_nothing_is_created_deleted_or_taken_and_the_first_one_decides(
    cloud: Cloud, make_site, service: Service, begin, limits
) -> None:
    world = build(cloud)
    site, other = make_site(world.hosts[0]), world.hosts[1]
    for table in world.tables:
        cloud.write(External.create_route(table, OURS, site.host.interface_id))
        cloud.write(External.create_route(table, THEIRS, other.interface_id))
    begin(service)
    site.configure(
        healthchecks={"service": asks(service, **limits)},
        routetables=managing(*({"cidr": cidr, "healthcheck": "service"} for cidr in (ABSENT, OURS, THEIRS))),
        poll_time=POLL,
        restart_time=0,  # what is left from before our start has no other friend than the check's silence
    )
    site.start()
    eventually(lambda: service.connections, "the first probe")
    wait_for_polls(site)
    assert check(site, "service")["state"] == "no verdict yet"
    wait_for_verdicts(site, OURS, "keep leftover", *world.tables)
    assert writes(cloud) == []
    service.ill()
    site.wait_for_route(OURS, *world.tables, target=None)
    wait_for_polls(site)
    assert writes(cloud) == all_of("DeleteRoute", world.tables, OURS)


def test_every_change_of_a_check_is_written_at_once_in_every_table_however_rarely_ec2_is_polled(
    cloud: Cloud, make_site, service: Service
) -> None:
    world = build(cloud, tables_per_zone=3)
    site: Site = make_site(world.hosts[0])
    site.configure(
        healthchecks={"service": asks(service)},
        routetables=managing({"cidr": ABSENT, "healthcheck": "service"}),
        **PATIENT,
    )
    site.start()
    for _ in range(3):
        site.wait_for_route(ABSENT, *world.tables)
        cloud.forget_calls()
        service.ill()
        site.wait_for_route(ABSENT, *world.tables, target=None)
        assert writes(cloud) == all_of("DeleteRoute", world.tables, ABSENT)
        service.well()
    site.wait_for_route(ABSENT, *world.tables)
    assert polls(site) == 0


def test_a_check_that_refuses_connections_then_hangs_then_answers_is_followed(
    cloud: Cloud, make_site, service: Service
) -> None:
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    site.configure(
        healthchecks={"service": asks(service, timeout=1, fall=2)},
        routetables=managing({"cidr": ABSENT, "healthcheck": "service"}),
        **PATIENT,
    )
    service.stop()
    site.start()
    wait_for_check(site, "service", "unhealthy")
    reason = "connection refused"
    eventually(lambda: check(site, "service")["reason"] == reason, reason, lambda: site.log)
    service.start()
    site.wait_for_route(ABSENT, *world.tables)
    service.mute()
    site.wait_for_route(ABSENT, *world.tables, target=None)
    assert check(site, "service")["reason"].startswith("timed out after 1 s")
    service.well()
    site.wait_for_route(ABSENT, *world.tables)
