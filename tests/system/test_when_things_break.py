"""Processes that are killed, an EC2 that does not answer, a configuration that cannot be used."""

import os
import signal

import pytest
from anycast import HEALTHCHECK, PREFIXES, AnycastHost, MakeHost
from bird import IBGP, Bird, MakeRouter, Peering
from netns import Net

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, FaultKind
from tests.exabgps import EXABGP_42, EXABGP_50, EXABGPS, Exabgp
from tests.waiting import eventually

pytestmark = pytest.mark.system

with_an_encoder_each = pytest.mark.parametrize(
    ("exabgp", "encoder"), [(EXABGP_42, "text"), (EXABGP_50, "json")], ids=["4.2-text", "5.0-json"]
)
both_versions = pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)


def up(host: AnycastHost, router: Bird) -> None:
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)


def down(host: AnycastHost, router: Bird) -> None:
    router.wait_without(*PREFIXES)
    host.wait_without_vpc(*PREFIXES)


def test_a_killed_script_is_outlived_by_its_routes_for_restart_time(
    make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    host.configure(dns=host.healthcheck(), options="restart_time: 2, respawn: false")
    host.start_exabgp("exabgp.conf")
    up(host, router)
    host.kill(*HEALTHCHECK)
    down(host, router)
    host.wait_for_word("exabgp", "route deleted")  # logged once EC2 has answered
    story = host.said("exabgp")
    happened = [story.index(event) for event in ("kept_for=2", "stale paths removed", "route deleted")]
    assert happened == sorted(happened)


def test_a_killed_script_that_returns_costs_nobody_a_route(
    make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    host.configure(dns=host.healthcheck(), options="restart_time: 600")
    host.start_exabgp("exabgp.conf")
    up(host, router)
    seen = router.routes(PREFIXES[0])
    host.kill(*HEALTHCHECK)
    eventually(
        lambda: (dns := host.source("script")).get("restarts") == 1 and dns["paths"] == len(PREFIXES),
        "the script to run again and announce", host.story,
    )  # fmt: skip
    assert router.routes(PREFIXES[0]) == seen  # the time of its last change included
    assert not cloud.calls("DeleteRoute", "ReplaceRoute")


@both_versions
def test_a_killed_helper_returns_and_no_route_was_deleted_in_between(
    exabgp: Exabgp, make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    host, router = make_host(exabgp), start_router(IBGP)
    host.configure(dns=host.healthcheck(), extra="restart_time: 600")
    host.start_exabgp("exabgp.conf")
    up(host, router)
    host.kill("bgp2vpc", "helper")
    eventually(
        lambda: host.source("script").get("paths") == len(PREFIXES) and has_verdicts(host, "keep"),
        "the helper to be back with all paths", host.story,
    )  # fmt: skip
    up(host, router)
    assert not cloud.calls("DeleteRoute", "ReplaceRoute")
    eventually(lambda: len(host.pids_of(*HEALTHCHECK)) == 1, "the orphaned script to end", host.story)
    host.service.unlink()
    down(host, router)


@with_an_encoder_each
def test_a_helper_that_was_killed_knows_the_peers_paths_again_at_once(
    exabgp: Exabgp, encoder: str, make_host: MakeHost, start_router: MakeRouter
) -> None:
    heard = {"198.51.100.0/24", "2001:db8:53:99::/64"}
    host, router = make_host(exabgp), start_router(Peering(announced=tuple(sorted(heard))))
    host.configure(dns=host.healthcheck())
    host.start_exabgp("exabgp.conf", encoder)

    def of_peers() -> list[dict[str, object]]:
        status = host.status()
        peers = {source["name"] for source in status.get("sources", ()) if source["kind"] == "peer"}
        return [path for path in status.get("paths", ()) if path["source"] in peers]

    eventually(lambda: {path["prefix"] for path in of_peers()} == heard, "the router's paths to be known", host.story)
    before = of_peers()
    up(host, router)
    sessions = router.ask("show protocols")
    host.kill("bgp2vpc", "helper")
    eventually(lambda: len(of_peers()) == len(heard), "the paths to be known again", host.story)
    assert of_peers() == before
    assert router.ask("show protocols") == sessions  # no session was reset for it
    assert router.tell("disable all")
    eventually(lambda: not of_peers(), "the end of the sessions to be heard", host.story)


def has_verdicts(host: AnycastHost, verdict: str) -> bool:
    routes = host.status().get("routes", ())
    return bool(routes) and all(route["verdict"] == verdict for route in routes)


def test_what_died_while_the_helper_was_dead_is_withdrawn_by_the_next_one(
    make_host: MakeHost, start_router: MakeRouter
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    host.configure(dns=host.healthcheck(), extra="restart_time: 2")
    host.start_exabgp("exabgp.conf")
    up(host, router)
    host.service.unlink()
    host.kill("bgp2vpc", "helper")
    down(host, router)


def test_the_vpc_route_goes_when_exabgp_is_killed(make_host: MakeHost, start_router: MakeRouter) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    host.configure(dns=host.healthcheck())
    host.start_exabgp("exabgp.conf")
    up(host, router)
    host.kill("exabgp", "server")
    down(host, router)
    eventually(lambda: not host.pids_of("bgp2vpc", "helper"), "the helper to end", host.story)


def test_a_killed_healthcheck_behind_tee_is_started_again_by_exabgp(
    make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    host.configure()
    host.start_exabgp("tee.conf")
    up(host, router)
    before = host.pids_of(*HEALTHCHECK)
    host.kill(*HEALTHCHECK)
    eventually(lambda: bool(set(host.pids_of(*HEALTHCHECK)) - set(before)), "a new one", host.story)
    host.service.unlink()
    down(host, router)


def test_the_datacenter_does_not_notice_that_the_daemon_behind_tee_is_restarted(
    make_host: MakeHost, start_router: MakeRouter
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    host.configure()
    host.start_daemon()
    host.start_exabgp("tee-service.conf")
    up(host, router)
    seen = router.routes(PREFIXES[0])
    assert host.stop("bgp2vpc") == 0
    host.wait_without_vpc(*PREFIXES)
    host.start_daemon()
    host.wait_for_vpc(*PREFIXES)
    assert router.routes(PREFIXES[0]) == seen


class Trouble:
    """What can be wrong between the host and AWS, and its end."""

    def __init__(self, net: Net, cloud: Cloud, instance_id: str) -> None:
        self._net, self._cloud, self._instance_id = net, cloud, instance_id

    def begin(self, kind: str) -> None:
        match kind:
            case "EC2 hangs":
                self._cloud.fault(Fault("*", FaultKind.HANG, times=None))
            case "metadata hangs":
                self._cloud.metadata_fault(self._instance_id, "hang")
            case "network is cut":
                self._net.host.run("ip", "link", "set", "cloud", "down")

    def end(self) -> None:
        self._cloud.clear_faults()
        self._cloud.metadata_fault(self._instance_id, None)
        self._net.host.run("ip", "link", "set", "cloud", "up")


@pytest.mark.parametrize("kind", ["EC2 hangs", "metadata hangs", "network is cut"])
def test_the_datacenter_hears_everything_while_aws_does_not_answer(
    kind: str, make_host: MakeHost, start_router: MakeRouter, net: Net, cloud: Cloud
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    trouble = Trouble(net, cloud, host.instance.instance_id)
    host.configure(dns=host.healthcheck())
    trouble.begin(kind)
    try:
        host.start_exabgp("exabgp.conf")
        router.wait_for(*PREFIXES)
        host.service.unlink()
        router.wait_without(*PREFIXES)
        host.service.touch()
        router.wait_for(*PREFIXES)
        assert cloud.routes(host.instance.table) == ""
    finally:
        trouble.end()
    host.wait_for_vpc(*PREFIXES)


@both_versions
def test_a_configuration_that_cannot_be_used_does_not_end_exabgp_or_its_helper(
    exabgp: Exabgp, make_host: MakeHost, start_router: MakeRouter
) -> None:
    heard = "198.51.100.0/24"
    host, router = make_host(exabgp), start_router(Peering(announced=(heard,)))
    host.yaml.write_text("routetables: [this, is, wrong\n", "utf-8")
    host.start_exabgp("exabgp.conf")
    host.wait_for_word("exabgp", "waiting for a usable configuration")
    router.wait_established()
    (helper,) = host.pids_of("bgp2vpc", "helper")
    host.configure(dns=host.healthcheck())
    os.kill(helper, signal.SIGHUP)
    up(host, router)
    assert host.pids_of("bgp2vpc", "helper") == [helper]
    # ExaBGP told it once, while there was no configuration to make anything of it.
    assert heard in [path["prefix"] for path in host.status()["paths"]]
