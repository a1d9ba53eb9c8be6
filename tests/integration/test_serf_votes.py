"""The example with votes: daemons on two hosts, a real Serf agent beside each, and one on a host that only observes."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from awsnycast_kit import build, write
from site_kit import Site, eventually
from test_examples import WEB, Web, example

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost
from tests.addresses import NETWORK
from tests.serf.serf_kit import SerfAgent, needs_serf
from tests.waiting import PATIENCE


@pytest.fixture
def make_agent(tmp_path: Path) -> Iterator[Callable[..., SerfAgent]]:
    made: list[SerfAgent] = []

    def make(name: str, address: str, **options: str) -> SerfAgent:
        made.append(SerfAgent(tmp_path, name, address, **options))
        return made[-1]

    yield make
    for each in made:
        each.kill()


@needs_serf
def test_an_owner_that_is_dead_to_one_keeps_its_route_until_a_second_member_says_so(
    cloud: Cloud, make_site: Callable[[CloudHost], Site], make_agent: Callable[..., SerfAgent]
) -> None:
    world = build(cloud)
    first, second = (make_site(host) for host in world.hosts)
    web = Web(world.hosts[0].address)
    other = Web(world.hosts[1].address, web.port)
    observer = make_agent("observer", f"{NETWORK}.0.99", auth_key="secret").start()
    try:
        for site in (first, second):
            agent = make_agent(site.host.instance_id, site.host.address, auth_key="secret").start(observer)
            changes = {
                "127.0.0.1:7373": agent.rpc,
                "# auth_key: the agent's rpc_auth": "auth_key: secret",
                "destination: 127.0.0.1": f"destination: {site.host.address}",
                "port: 80,": f"port: {web.port},",
            }
            write(site, example("serf-votes.yaml", **changes), poll_time=10 * PATIENCE)
        first.start()
        first.wait_for_route(WEB, *world.tables)
        second.start()
        second.wait_for_verdict(world.tables[0], WEB, "yield owner-healthy")
        eventually(lambda: second.status()["serf"]["members"] == 3, "the members", lambda: second.log)

        # As if the network between the two were cut.
        first.send(signal.SIGSTOP)
        web.stop()
        second.wait_for_log("check unhealthy")
        assert second.reconcile() == ""
        second.wait_for_verdict(world.tables[0], WEB, "yield owner-healthy")

        observer.vote(f"withdraw web {first.host.address} from observer")
        second.wait_for_route(WEB, *world.tables)
        second.wait_for_log("owner-failing")
        shown = second.command("status", "--socket", str(second.socket)).stdout
        assert f"serf: up as {second.host.instance_id}, 3 members\n" in shown
        assert f"serf: withdraw web {first.host.address} from observer\n" in shown
    finally:
        first.send(signal.SIGCONT)
        for service in (web, other):
            service.stop()
