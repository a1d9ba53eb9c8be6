"""When EC2 fails for one table, or does not answer at all: the rest is written, and checks go on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from awsnycast_kit import EVERY, PATIENT, POLL, Service, asks, build, check, exists, managing, wait_for_check
from site_kit import Site, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, FaultKind, World

A = "192.0.2.1/32"
REMEMBERED = 60


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def world(cloud: Cloud) -> World:
    return build(cloud, tables_per_zone=3)


@pytest.fixture
def site(world: World, make_site, service: Service) -> Site:
    """A daemon that writes one prefix into six tables while the service is well."""
    made: Site = make_site(world.hosts[0])
    made.configure(
        healthchecks={"service": asks(service)},
        routetables=managing({"cidr": A, "healthcheck": "service"}),
        **{**PATIENT, "ec2": {"timeout": 3600, "burst": 1000, "rate": 1000}},
    )
    return made


def test_one_tables_error_leaves_the_others_written_and_is_mended_when_it_passes(
    cloud: Cloud, world: World, site: Site, service: Service
) -> None:
    wrong, *right = world.tables
    cloud.fault(Fault.internal_error("CreateRoute", times=None, where={"RouteTableId": wrong}))
    site.start()
    site.wait_for_route(A, *right)
    eventually(lambda: site.status()["errors"], "the error", lambda: site.log)
    assert {error["subject"] for error in site.status()["errors"]} == {f"{wrong} {A}"}
    assert cloud.routes(wrong) == ""
    cloud.clear_faults()
    site.wait_for_route(A, wrong)

    cloud.fault(Fault.unauthorized("DeleteRoute", times=None, where={"RouteTableId": wrong}))
    service.ill()
    site.wait_for_route(A, *right, target=None)
    site.wait_for_log("UnauthorizedOperation")
    assert A in cloud.routes(wrong)


def test_a_write_that_hangs_delays_no_other_table_and_no_check(
    cloud: Cloud, world: World, site: Site, service: Service
) -> None:
    hanging, *others = world.tables
    site.start()
    site.wait_for_route(A, *world.tables)
    cloud.fault(Fault("DeleteRoute", FaultKind.HANG, times=None, where={"RouteTableId": hanging}))
    for _ in range(2):
        service.ill()
        site.wait_for_route(A, *others, target=None)
        service.well()
        site.wait_for_route(A, *others)
    service.wait_for_connections(5)
    assert A in cloud.routes(hanging)
    (call,) = (call for call in cloud.calls("DeleteRoute") if call.parameters["RouteTableId"] == hanging)
    assert call.ended is None


def test_an_ec2_that_does_not_answer_stops_no_check_and_what_they_found_is_written_when_it_does(
    cloud: Cloud, world: World, site: Site, service: Service
) -> None:
    site.start()
    site.wait_for_route(A, *world.tables)
    cloud.fault(Fault("*", FaultKind.HANG, times=None))
    service.ill()
    wait_for_check(site, "service", "unhealthy")
    cloud.wait_for_calls("DescribeRouteTables", finished=False)
    remembered = len(check(site, "service")["history"])
    service.wait_for_connections(10)
    assert len(check(site, "service")["history"]) >= min(remembered + 8, REMEMBERED)
    assert A in cloud.routes(world.tables[0])
    cloud.clear_faults()
    site.wait_for_route(A, *world.tables, target=None)


def test_a_check_whose_program_hangs_and_a_hook_that_does_delay_no_other_check(
    cloud: Cloud, world: World, make_site, service: Service, tmp_path: Path
) -> None:
    hung = {
        "type": "command",
        "destination": "127.0.0.1",
        "every": EVERY,
        "timeout": 3600,
        "config": {"command": "sleep", "arguments": ["3600"]},
    }
    site: Site = make_site(world.hosts[0])
    site.configure(
        healthchecks={
            "hung": hung,
            "hooked": exists(tmp_path, run_on_healthy=["sleep", "3600"]),
            "service": asks(service),
        },
        routetables=managing(
            {"cidr": A, "healthcheck": ["service", "hung"], "healthcheck_policy": "any"},
            {"cidr": "192.0.2.2", "healthcheck": ["service", "hung"]},
        ),
        poll_time=POLL,
        hook_timeout=3600,
    )
    site.start()
    site.wait_for_route(A, *world.tables)
    wait_for_check(site, "hooked", "healthy")
    service.wait_for_connections(5)
    assert check(site, "hung")["state"] == "no verdict yet"
    assert {row["prefix"] for row in site.status()["routes"]} == {A}
    service.ill()
    wait_for_check(site, "service", "unhealthy")
    assert site.verdict(world.tables[0], A) == "keep ours"  # the other one may be well
    assert site.stop() == 0
