"""A reload of health checks and managed routes: what goes on unchanged does not notice."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from awsnycast_kit import (
    PATIENT,
    Service,
    all_of,
    asks,
    asks_owner,
    build,
    check,
    managing,
    polls,
    saying,
    wait_for_check,
    wait_for_verdicts,
    writes,
)
from site_kit import Site, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, World

KEPT, ADDED, REMOVED, ANNOUNCED = (f"192.0.2.{number}/32" for number in range(1, 5))


@pytest.fixture
def web() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def dns() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def world(cloud: Cloud) -> World:
    return build(cloud)


@pytest.fixture
def site(world: World, make_site) -> Site:
    return make_site(world.hosts[0])


def reload(site: Site, **settings: Any) -> None:
    """Write the file anew and wait until the daemon works with it and has read EC2 again."""
    done, read = site.log.count(" reloaded file="), polls(site)
    site.configure(**{**PATIENT, **settings})
    site.send(signal.SIGHUP)
    site.wait_for_log(" reloaded file=", count=done + 1)
    eventually(lambda: polls(site) > read, "the poll after the reload", lambda: site.log)


def test_a_check_that_stays_keeps_its_verdict_and_routes_do_not_flap_when_others_come_and_go(
    cloud: Cloud, world: World, site: Site, web: Service, dns: Service
) -> None:
    checks = {"web": asks(web, timeout=3600), "old": asks(dns)}
    routes = [{"cidr": KEPT, "healthcheck": "web"}, {"cidr": REMOVED, "healthcheck": "old"}]
    scripts = {"script": saying(ANNOUNCED)}
    site.configure(healthchecks=checks, routetables=managing(*routes, accept=[ANNOUNCED]), processes=scripts, **PATIENT)
    site.start()
    for prefix in (KEPT, REMOVED, ANNOUNCED):
        site.wait_for_route(prefix, *world.tables)
    cloud.forget_calls()

    web.mute()  # a check that were begun anew would have no verdict for a minute
    web.wait_for_connections(1)
    since = check(site, "web")["since"]
    routes = [{"cidr": KEPT, "healthcheck": "web"}, {"cidr": ADDED, "healthcheck": "new"}]
    reload(
        site,
        healthchecks={"web": checks["web"], "new": asks(dns)},
        routetables=managing(*routes, accept=[ANNOUNCED]),
        processes=scripts,
    )
    site.wait_for_route(ADDED, *world.tables)
    assert check(site, "web")["since"] >= since
    assert check(site, "web")["state"] == "healthy"
    assert site.log.count("check healthy check=web ") == 1
    assert check(site, "old") == {}
    assert writes(cloud) == all_of("CreateRoute", world.tables, ADDED, site.host.interface_id)
    for table in world.tables:
        assert f"route left as it is: no rule matches it any more table={table} prefix={REMOVED}" in site.log
        assert f"{REMOVED} {site.host.interface_id} active" in cloud.routes(table)

    # What is not ours any more is not withdrawn later either.
    dns.ill()
    site.wait_for_route(ADDED, *world.tables, target=None)
    assert site.stop() == 0
    assert all(KEPT in cloud.routes(table) and REMOVED in cloud.routes(table) for table in world.tables)


def test_a_check_that_is_changed_begins_anew_and_its_route_stays_until_it_has_a_verdict(
    cloud: Cloud, world: World, site: Site, web: Service
) -> None:
    routetables = managing({"cidr": KEPT, "healthcheck": "web"})
    site.configure(healthchecks={"web": asks(web)}, routetables=routetables, **PATIENT)
    site.start()
    site.wait_for_route(KEPT, *world.tables)
    cloud.forget_calls()
    web.mute()
    reload(site, healthchecks={"web": asks(web, timeout=3600, rise=3)}, routetables=routetables)
    assert check(site, "web")["state"] == "no verdict yet"
    wait_for_verdicts(site, KEPT, "keep ours", *world.tables)
    assert writes(cloud) == []
    web.ill()
    site.wait_for_route(KEPT, *world.tables, target=None)


def test_a_route_that_gets_another_check_stays_until_that_one_has_a_verdict(
    cloud: Cloud, world: World, site: Site, web: Service, dns: Service
) -> None:
    checks = {"web": asks(web), "dns": asks(dns, timeout=3600)}
    dns.mute()
    site.configure(healthchecks=checks, routetables=managing({"cidr": KEPT, "healthcheck": "web"}), **PATIENT)
    site.start()
    site.wait_for_route(KEPT, *world.tables)
    cloud.forget_calls()
    reload(site, healthchecks=checks, routetables=managing({"cidr": KEPT, "healthcheck": ["dns", "web"]}))
    wait_for_verdicts(site, KEPT, "keep leftover", *world.tables)
    assert writes(cloud) == []
    dns.well()
    wait_for_verdicts(site, KEPT, "keep ours", *world.tables)
    web.ill()
    site.wait_for_route(KEPT, *world.tables, target=None)
    assert writes(cloud) == all_of("DeleteRoute", world.tables, KEPT)


def test_remote_checks_come_and_go_with_a_reload(cloud: Cloud, world: World, site: Site, web: Service) -> None:
    for table in world.tables:
        cloud.write(External.create_route(table, KEPT, world.hosts[1].interface_id))
    route = {"cidr": KEPT, "healthcheck": "web", "if_unhealthy": True}
    checks = {"web": asks(web)}
    site.configure(healthchecks=checks, routetables=managing(route), **PATIENT)
    site.start()
    wait_for_verdicts(site, KEPT, "yield owner-healthy", *world.tables)
    with Service(world.hosts[1].address) as theirs:
        remote = {
            "healthchecks": checks,
            "remote_healthchecks": {"theirs": asks_owner(theirs)},
            "routetables": managing({**route, "remote_healthcheck": "theirs"}),
        }
        reload(site, **remote)
        wait_for_check(site, "theirs", "healthy", theirs.address)
        reload(site, healthchecks=checks, routetables=managing(route))
        assert check(site, "theirs") == {}
        reload(site, **remote)
        wait_for_check(site, "theirs", "healthy", theirs.address)
    site.wait_for_route(KEPT, *world.tables)


def test_a_reload_with_a_mistake_in_a_check_keeps_the_old_checks_running(
    cloud: Cloud, world: World, site: Site, web: Service
) -> None:
    site.configure(
        healthchecks={"web": asks(web)}, routetables=managing({"cidr": KEPT, "healthcheck": "web"}), **PATIENT
    )
    site.start()
    site.wait_for_route(KEPT, *world.tables)
    site.configure(
        healthchecks={"web": {**asks(web), "type": "icmp"}},
        routetables=managing({"cidr": KEPT, "healthcheck": "wbe"}),
        **PATIENT,
    )
    site.send(signal.SIGHUP)
    site.wait_for_log("configuration not reloaded, the old one stays", count=2)
    assert "did you mean 'web'?" in site.log
    web.ill()
    site.wait_for_route(KEPT, *world.tables, target=None)
