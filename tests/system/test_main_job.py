"""The main job on real input: an unmodified healthcheck drives a BGP router and the VPC, both ways, in every wiring."""

import pytest
from anycast import IPV4, IPV6, PREFIXES, AnycastHost, MakeHost
from bird import EBGP, IBGP, Bird, MakeRouter, Peering

from tests.exabgps import EXABGP_42, EXABGP_50, EXABGPS, Exabgp

pytestmark = pytest.mark.system

# Both majors with both encoders; iBGP and eBGP once with each of either.
WIRINGS = [
    pytest.param(EXABGP_42, "text", IBGP, id="4.2-text-ibgp"),
    pytest.param(EXABGP_42, "json", EBGP, id="4.2-json-ebgp"),
    pytest.param(EXABGP_50, "text", EBGP, id="5.0-text-ebgp"),
    pytest.param(EXABGP_50, "json", IBGP, id="5.0-json-ibgp"),
]


def both_follow_the_service(host: AnycastHost, router: Bird) -> None:
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)

    host.service.unlink()
    router.wait_without(*PREFIXES)
    host.wait_without_vpc(*PREFIXES)

    host.service.touch()
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)


@pytest.mark.parametrize(("exabgp", "encoder", "peering"), WIRINGS)
def test_router_and_vpc_follow_a_healthcheck_that_the_helper_runs(
    exabgp: Exabgp, encoder: str, peering: Peering, make_host: MakeHost, start_router: MakeRouter
) -> None:
    host, router = make_host(exabgp), start_router(peering)
    host.configure(dns=host.healthcheck())
    host.start_exabgp("exabgp.conf", encoder, peering)
    both_follow_the_service(host, router)


@pytest.mark.parametrize(("exabgp", "encoder", "peering"), WIRINGS[1:3])
def test_router_and_vpc_follow_a_healthcheck_behind_tee_with_a_helper_beside_it(
    exabgp: Exabgp, encoder: str, peering: Peering, make_host: MakeHost, start_router: MakeRouter
) -> None:
    host, router = make_host(exabgp), start_router(peering)
    host.configure()
    host.start_exabgp("tee.conf", encoder, peering)
    both_follow_the_service(host, router)


@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)
def test_router_and_vpc_follow_a_healthcheck_behind_tee_with_a_daemon_of_its_own(
    exabgp: Exabgp, make_host: MakeHost, start_router: MakeRouter
) -> None:
    host, router = make_host(exabgp), start_router(EBGP)
    host.configure()
    host.start_daemon()
    host.start_exabgp("tee-service.conf", peering=EBGP)
    both_follow_the_service(host, router)


@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)
def test_the_vpc_follows_the_same_healthcheck_without_exabgp(exabgp: Exabgp, make_host: MakeHost) -> None:
    host = make_host(exabgp)
    host.configure(dns=host.healthcheck())
    host.start_daemon()
    host.wait_for_vpc(*PREFIXES)
    host.service.unlink()
    host.wait_without_vpc(*PREFIXES)
    host.service.touch()
    host.wait_for_vpc(IPV4, IPV6)
