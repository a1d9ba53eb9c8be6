"""Managed routes in helper mode: what a health check of our own keeps in the VPC, the datacenter hears as well."""

import json
import os
import signal
from collections.abc import Sequence

import pytest
from anycast import IPV4, IPV6, PREFIXES, AnycastHost, MakeHost
from bird import EBGP, IBGP, MakeRouter, Peering

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, FaultKind, World
from tests.exabgps import EXABGP_42, EXABGP_50, Exabgp
from tests.waiting import eventually

pytestmark = pytest.mark.system

DEFAULT, DEFAULT6 = "0.0.0.0/0", "::/0"
PLAIN, SILENT, THEIRS = "192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"


def manage(host: AnycastHost, *routes: dict[str, object], accept: Sequence[str] = (), **more: object) -> None:
    """Manage these, each bound to the check whether the service's file is there."""
    config = {"command": "test", "arguments": ["-e", str(host.service)]}
    check = {"type": "command", "destination": "127.0.0.1", "every": 0.1, "fall": 2, "timeout": 60, "config": config}
    rule: dict[str, object] = {
        "find": {"type": "by_tag", "config": {"key": "type", "value": "private"}},
        "manage_routes": [{"healthcheck": "service", **route} for route in routes],
    }
    if accept:
        rule["accept"] = list(accept)
    settings = {"socket": str(host.socket), "healthchecks": {"service": check}, "routetables": {"private": rule}}
    host.yaml.write_text(json.dumps({**settings, **more}), "utf-8")


@pytest.mark.parametrize(
    ("exabgp", "peering"),
    [pytest.param(EXABGP_42, IBGP, id="4.2-ibgp"), pytest.param(EXABGP_50, EBGP, id="5.0-ebgp")],
)
def test_a_managed_prefix_is_announced_with_its_attributes_while_its_check_is_healthy(
    exabgp: Exabgp, peering: Peering, make_host: MakeHost, start_router: MakeRouter
) -> None:
    host, router = make_host(exabgp), start_router(peering)
    attributes = {"med": 50, "community": "64512:53"}
    manage(host, *({"cidr": prefix, "announce": attributes} for prefix in PREFIXES))
    host.start_exabgp("exabgp.conf", peering=peering)
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)
    for prefix in PREFIXES:
        seen = router.routes(prefix)
        assert "BGP.med: 50\n" in seen
        assert "BGP.community: (64512,53)\n" in seen

    host.service.unlink()
    router.wait_without(*PREFIXES)
    host.wait_without_vpc(*PREFIXES)

    host.service.touch()
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)


def test_default_routes_and_those_of_others_are_announced_on_demand_only_and_a_reload_is_heard(
    make_host: MakeHost, start_router: MakeRouter, world: World
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    manage(
        host,
        {"cidr": PLAIN},
        {"cidr": SILENT, "announce": False},
        {"cidr": THEIRS, "instance": world.hosts[1].instance_id},
        {"cidr": DEFAULT},
        {"cidr": IPV6},
        {"cidr": DEFAULT6, "announce": True},
    )
    host.start_exabgp("exabgp.conf")
    host.wait_for_vpc(PLAIN, SILENT, DEFAULT, IPV6, DEFAULT6)
    router.wait_for(PLAIN, IPV6, DEFAULT6)
    assert router.prefixes() == {PLAIN, IPV6, DEFAULT6}

    manage(host, {"cidr": PLAIN}, {"cidr": DEFAULT, "announce": {"med": 7}}, {"cidr": SILENT, "announce": {}})
    (helper,) = host.pids_of("bgp2vpc", "helper")
    os.kill(helper, signal.SIGHUP)
    router.wait_for(DEFAULT, SILENT)
    router.wait_without(IPV6, DEFAULT6)
    assert router.prefixes() == {PLAIN, DEFAULT, SILENT}
    assert "BGP.med: 7\n" in router.routes(DEFAULT)
    host.wait_for_vpc(IPV6, DEFAULT6)  # left as they are


def test_a_prefix_that_a_script_announces_too_stays_announced_as_the_script_has_it(
    make_host: MakeHost, start_router: MakeRouter
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    line = f"announce route {IPV4} next-hop self med 100"
    script = {"run": ["sh", "-c", f"echo {line}; exec cat > /dev/null"]}
    manage(host, {"cidr": IPV4, "announce": {"med": 50}}, processes={"dns": script}, accept=[IPV4])
    host.start_exabgp("exabgp.conf")
    eventually(lambda: "BGP.med: 50\n" in router.routes(IPV4), "BIRD to hear the check", router.story)
    host.service.unlink()
    eventually(lambda: "BGP.med: 100\n" in router.routes(IPV4), "BIRD to hear the script", router.story)
    host.wait_for_vpc(IPV4)


def test_the_datacenter_hears_a_check_although_aws_does_not_answer(
    make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    manage(host, {"cidr": IPV4})
    cloud.fault(Fault("*", FaultKind.HANG, times=None))
    host.start_exabgp("exabgp.conf")
    router.wait_for(IPV4)
    host.service.unlink()
    router.wait_without(IPV4)
    host.service.touch()
    router.wait_for(IPV4)
    assert cloud.routes(host.instance.table) == ""
    cloud.clear_faults()
    host.wait_for_vpc(IPV4)
    eventually(lambda: host.source("check").get("paths") == 1, "the check to be a source", host.story)


def test_a_helper_stays_where_nothing_is_forwarded_and_the_datacenter_hears_it_all_the_same(
    make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    """By itself the daemon would not start; a helper's end would take ExaBGP along."""
    host, router = make_host(EXABGP_50), start_router(IBGP)
    manage(host, {"cidr": IPV4}, poll_time=0.5)
    interface = host.instance.interface_id
    cloud.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": True})
    host.start_exabgp("exabgp.conf")
    host.wait_for_word("exabgp", f"--network-interface-id {interface} --no-source-dest-check")
    router.wait_for(IPV4)
    cloud.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    host.wait_for_vpc(IPV4)
