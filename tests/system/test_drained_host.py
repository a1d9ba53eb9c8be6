"""Leaving as the datacenter sees it: real ExaBGP as nobody, a real router, and the VPC beside it."""

import os
import pwd
import signal
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest
from anycast import PREFIXES, AnycastHost
from bird import EBGP, Bird, MakeRouter
from netns import Net

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, World
from tests.exabgps import EXABGPS, Exabgp
from tests.waiting import eventually

pytestmark = pytest.mark.system


@pytest.fixture
def router(start_router: MakeRouter) -> Bird:
    return start_router(EBGP)


@pytest.fixture(params=EXABGPS, ids=lambda exabgp: exabgp.version)
def host(
    request, tmp_path: Path, net: Net, cloud: Cloud, world: World, router: Bird, closing: ExitStack
) -> AnycastHost:
    """A helper of ExaBGP, as nobody, with a healthcheck."""
    exabgp: Exabgp = request.param
    host = closing.enter_context(AnycastHost(net, cloud, world.hosts[0], tmp_path, exabgp))
    host.belong_to_nobody()
    host.configure(extra="poll_time: 0.5\ndrain_timeout: 600\non_exit: keep\nrestart_time: 600", dns=host.healthcheck())
    host.start_exabgp("exabgp.conf", peering=EBGP)
    router.wait_for(*PREFIXES)
    for table in world.tables:
        for prefix in PREFIXES:
            cloud.wait_for_route(table, prefix, host.instance.interface_id)
    return host


def is_last_resort(router: Bird) -> bool:
    routes = [router.routes(prefix) for prefix in PREFIXES]
    return all("BGP.med: 5" in each and "(65535,0)" in each for each in routes)


def is_as_ever(router: Bird) -> bool:
    routes = [router.routes(prefix) for prefix in PREFIXES]
    return all("BGP.med: 10" in each and "(65535,0)" not in each for each in routes)


def test_the_routers_hear_of_the_last_resort_then_of_the_end_and_of_the_return(
    host: AnycastHost, router: Bird, world: World, cloud: Cloud
) -> None:
    assert is_as_ever(router), router.routes(PREFIXES[0])
    assert host.bgp2vpc("drain", "--force", "--no-wait", "--socket", str(host.socket), *PREFIXES).returncode == 0
    eventually(lambda: is_last_resort(router), "the last resort", lambda: router.routes(PREFIXES[0]))
    for table in world.tables:
        for prefix in PREFIXES:
            cloud.write(External.replace_route(table, prefix, world.hosts[1].interface_id))
    router.wait_without(*PREFIXES)

    file = host.socket.with_name(f"{host.socket.name}.state")
    saved = lambda: file.read_text("utf-8").count("drained") == len(PREFIXES)  # noqa: E731
    eventually(saved, "the state to be saved", host.story)
    state = file.stat()
    assert (state.st_uid, stat.S_IMODE(state.st_mode)) == (pwd.getpwnam("nobody").pw_uid, 0o640)
    host.kill("bgp2vpc", "helper")  # ExaBGP starts it anew
    eventually(lambda: host.status().get("paths"), "the healthcheck to announce again", host.story)
    all_was_passed_on(host, router)
    assert not any(router.routes(prefix) for prefix in PREFIXES)
    assert [each["state"] for each in host.status()["leaving"]] == ["drained"] * len(PREFIXES)

    for table in world.tables:
        for prefix in PREFIXES:
            cloud.write(External.delete_route(table, prefix))
    assert host.bgp2vpc("undrain", "--socket", str(host.socket)).returncode == 0
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)
    eventually(lambda: is_as_ever(router), "the paths as before", lambda: router.routes(PREFIXES[0]))


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_helper_that_is_upgraded_moves_no_route_in_either_world(
    host: AnycastHost, router: Bird, cloud: Cloud, end: signal.Signals
) -> None:
    cloud.forget_calls()
    before = withdrawals(router)
    (old,) = host.pids_of("bgp2vpc", "helper")
    os.kill(old, end)
    eventually(lambda: old not in host.pids_of("bgp2vpc", "helper"), "its end", host.story)
    eventually(lambda: len(host.status().get("paths", ())) == len(PREFIXES), "the next one to announce", host.story)
    all_was_passed_on(host, router)
    eventually(lambda: {route["verdict"] for route in host.status()["routes"]} == {"keep"}, "its decision", host.story)
    assert withdrawals(router) == before
    assert cloud.writes() == []


def test_when_exabgp_is_stopped_nothing_is_left_behind(host: AnycastHost, world: World) -> None:
    host.configure(extra="drain_timeout: 30\non_exit: drain\nrestart_time: 600", dns=host.healthcheck())
    (helper,) = host.pids_of("bgp2vpc", "helper")
    os.kill(helper, signal.SIGHUP)
    host.wait_for_word("exabgp", "reloaded")
    host.stop("exabgp")
    for table in world.tables:
        for prefix in PREFIXES:
            host.cloud.wait_for_route(table, prefix, None)
    assert "stale route" not in host.said("exabgp")


def all_was_passed_on(host: AnycastHost, router: Bird) -> None:
    """Until the router has what is announced now, which the VPC does not accept, and so has all from before."""
    last = "203.0.113.1/32"
    assert host.bgp2vpc("api", "--socket", str(host.socket), f"announce route {last} next-hop self").returncode == 0
    router.wait_for(last)


def withdrawals(router: Bird) -> list[str]:
    """How many the router has received, per session and family."""
    found = [line for line in router.ask("show protocols all").splitlines() if "Import withdraws" in line]
    assert found
    return found
