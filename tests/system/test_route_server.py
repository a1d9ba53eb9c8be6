"""examples/route-server.yaml: two bridges write the tables for FRR, GoBGP and BIRD, which know nothing of bgp2vpc."""

import itertools
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import pytest
import speakers
from anycast import IPV4, IPV6, PREFIXES, AnycastHost
from netns import Net
from speakers import SPEAKERS, Bird2, Frr, GoBgp, Speaker
from subnet import Subnet

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudCall, CloudHost, World, WorldSpec
from tests.exabgps import EXABGPS, ROOT
from tests.waiting import eventually

# One worker has all of them (tests/suite/order.py): most share two bridges.
pytestmark = pytest.mark.system

EXAMPLE = ROOT / "examples/route-server.yaml"
ON_THE_PAGE = [(f"10.0.1.{number}", f"2001:db8:1::{number}") for number in range(10, 15)]
"""The addresses of the bridges and the speakers in the documents: IPv4 as in a new world."""
HOLD_TIME = 180
"""Seconds: what ends a session here is not that the machine stands still."""


@dataclass(frozen=True, slots=True)
class Site:
    """The subnet, and the two bridges in it."""

    cloud: Cloud
    world: World
    subnet: Subnet
    directory: Path
    bridges: tuple[AnycastHost, ...]
    addresses: Mapping[str, str]
    """The IPv6 address of each host, by the one that it has on the page."""
    speakers: ExitStack = field(default_factory=ExitStack)
    """Those that run."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def start(self, kind: type[Speaker]) -> Speaker:
        """Start a speaker of this kind."""
        seat = self.subnet.seats[len(self.bridges) + SPEAKERS.index(kind)]
        directory = self.directory / f"speaker-{next(self._numbers)}"
        return self.speakers.enter_context(kind(seat, directory, self.addresses))

    def sessions_of(self, bridge: AnycastHost) -> tuple[str, str]:
        """The addresses, IPv4 and IPv6, at which speakers know a bridge."""
        return bridge.instance.address, self.addresses[dict(ON_THE_PAGE)[bridge.instance.address]]

    def host_of(self, kind: type[Speaker]) -> CloudHost:
        """The instance on which a speaker of this kind runs."""
        return self.world.hosts[len(self.bridges) + SPEAKERS.index(kind)]

    def wait_for(self, kind: type[Speaker] | None, *prefixes: str) -> None:
        """Until every table points these at the speaker of this kind, None: has no route; and both bridges agree."""
        target = self.host_of(kind).interface_id if kind else None
        try:
            for table in self.world.tables:
                for prefix in prefixes:
                    self.cloud.wait_for_route(table, prefix, target)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.story()}") from None
        wanted = {(table, prefix, target) for table in self.world.tables for prefix in prefixes} if target else set()

        def agree() -> bool:
            return all(self.kept_by(bridge, *prefixes) == wanted for bridge in self.bridges)

        eventually(agree, f"both bridges to keep {wanted}", self.story)

    def kept_by(self, bridge: AnycastHost, *prefixes: str) -> set[tuple[str, str, str]]:
        """(table, prefix, target) of each route of these that a bridge has decided to keep."""
        rows = bridge.status().get("routes", ())
        return {
            (row["route_table_id"], row["prefix"], row["target"])
            for row in rows
            if row["prefix"] in prefixes and row["verdict"] == "keep"
        }

    def wait_for_paths(self, *kinds: type[Speaker]) -> None:
        """Until both bridges have a path to each prefix from a speaker of each of these kinds."""

        def heard(bridge: AnycastHost) -> bool:
            paths = bridge.status().get("paths", ())
            return all(sum(path["prefix"] == prefix for path in paths) == len(kinds) for prefix in PREFIXES)

        eventually(lambda: all(map(heard, self.bridges)), f"both bridges to hear {kinds}", self.story)

    def read(self, bridge: AnycastHost) -> str:
        """Have it read the tables and decide now, else it does so only when it is told something; what it decided."""
        done = bridge.bgp2vpc("reconcile", "--socket", str(bridge.socket))
        assert done.returncode == 0, f"{done.stderr}\n{self.story()}"
        return done.stdout

    def check_calm(self) -> None:
        """Both find nothing to change."""
        for bridge in self.bridges:
            assert "nothing to change" in self.read(bridge), self.story()

    def moves(self, prefix: str, table: str) -> list[str]:
        """What was done to this route, by whoever was first: repetitions by the other bridge change nothing."""
        done = [_told(call) for call in self.cloud.writes() if call.status == 200 and _is_about(call, prefix, table)]
        return [word for at, word in enumerate(done) if not at or word != done[at - 1]]

    def story(self) -> str:
        """What there is to say when something did not happen."""
        tables = [f"--- {table}\n{self.cloud.routes(table)}" for table in self.world.tables]
        bridges = [f"=== bridge {each.instance.address}\n{each.story()}" for each in self.bridges]
        writes = [f"{call.caller} {call}" for call in self.cloud.writes()]
        return "\n".join([*bridges, *tables, "--- writes", *writes])


def _is_about(call: CloudCall, prefix: str, table: str) -> bool:
    destinations = (call.parameters.get(f"Destination{family}CidrBlock") for family in ("", "Ipv6"))
    return prefix in destinations and call.parameters["RouteTableId"] == table


def _told(call: CloudCall) -> str:
    return f"{call.operation} {call.parameters.get('NetworkInterfaceId', '')}".strip()


def _ipv6_of(cloud: Cloud, world: World) -> list[str]:
    ids = [host.interface_id for host in world.hosts]
    found = cloud.ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"]
    by_id = {each["NetworkInterfaceId"]: each["Ipv6Addresses"][0]["Ipv6Address"] for each in found}
    return [str(ip_address(by_id[each])) for each in ids]


def _start_bridge(host: AnycastHost, addresses: Mapping[str, str], *, by_itself: bool, more: str) -> None:
    """`by_itself`: bgp2vpc runs ExaBGP, not the other way round. `more`: a further line of the file."""
    text = EXAMPLE.read_text("utf-8")
    file = host.directory / "exabgp.conf"
    changes = {
        "/run/bgp2vpc/bgp2vpc.sock": str(host.socket),
        "/etc/exabgp/route-server/exabgp.conf": str(file),
        "hold_time: 3": f"hold_time: {HOLD_TIME}\n  exabgp: {host.exabgp.programs / 'exabgp'}",
        "poll_time: 5": "poll_time: 600",
        **{f'"{old}"': f'"{new}"' for old, new in addresses.items() if f'"{old}"' in text},
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    host.yaml.write_text(f"startup_hold: 1\n{more}\n{text}", "utf-8")
    if by_itself:
        host.start_daemon()
        return
    written = host.bgp2vpc("exabgp-config", "-f", str(host.yaml), "--output", str(file))
    assert (written.returncode, written.stderr) == (0, "")
    host.start("exabgp", host.exabgp.serve(file))


@contextmanager
def _running(net: Net, cloud: Cloud, directory: Path, *, by_itself: bool = False, more: str = "") -> Iterator[Site]:
    """Two bridges, one for each major version of ExaBGP, and hosts for one speaker of each kind."""
    cloud.reset()
    spec = WorldSpec(instances=len(ON_THE_PAGE), zones=("us-east-1a",), tables_per_zone=2, ipv6=True)
    world = cloud.build(spec)
    ipv6 = _ipv6_of(cloud, world)
    addresses = {old: new for (_, old), new in zip(ON_THE_PAGE, ipv6, strict=True)}
    ipv4 = [host.address for host in world.hosts]
    assert ipv4 == [each for each, _ in ON_THE_PAGE]
    with ExitStack() as closing:
        subnet = Subnet(list(zip(ipv4, ipv6, strict=True)), net.cloud_address)
        closing.callback(subnet.close)
        bridges = []
        for number, exabgp in enumerate(EXABGPS):
            own = directory / f"bridge-{number}"
            own.mkdir()
            host = AnycastHost(subnet.seats[number], cloud, world.hosts[number], own, exabgp)
            bridges.append(closing.enter_context(host))
            _start_bridge(host, addresses, by_itself=by_itself, more=more)
        for bridge in bridges:
            eventually(lambda bridge=bridge: bridge.status().get("instance_id"), "the bridge to run", bridge.story)
        made = Site(cloud, world, subnet, directory, tuple(bridges), addresses)
        closing.enter_context(made.speakers)
        yield made


def bridges_that(**how: Mapping[str, object]) -> pytest.MarkDecorator:
    """On bridges that are started so, each by its name in the report."""
    return pytest.mark.parametrize("bridges", how.values(), ids=how, indirect=True)


HELPERS = {"more": "damping: {suppress: 1000000}"}
"""Their ExaBGP runs bgp2vpc as its helper. Their routes move more often than a route may by default."""
ALONE = {"by_itself": True}
HASTY = {"more": "settle_time: 0"}
"""Else whoever has made the route just now takes reads that show none for old."""


@pytest.fixture(scope="module")
def bridges(
    request: pytest.FixtureRequest, net: Net, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Started as `request.param` says."""
    if lacks := speakers.missing():
        pytest.skip("other BGP speakers need " + ", ".join(lacks))
    with _running(net, cloud, tmp_path_factory.mktemp("site"), **request.param) as made:
        yield made


@pytest.fixture
def site(bridges: Site) -> Iterator[Site]:
    """The bridges, no speaker, no route, and nothing written yet."""
    bridges.wait_for(None, *PREFIXES)
    bridges.cloud.forget_calls()
    yield bridges
    bridges.speakers.close()


@bridges_that(helpers=HELPERS)
@pytest.mark.parametrize("kind", SPEAKERS, ids=lambda kind: kind.__name__)
def test_the_tables_follow_a_speaker_that_withdraws_dies_and_comes_back(kind: type[Speaker], site: Site) -> None:
    speaker = site.start(kind)
    site.wait_for(kind, *PREFIXES)
    for prefix in PREFIXES:
        speaker.withdraw(prefix)
        site.wait_for(None, prefix)
        site.wait_for(kind, *(each for each in PREFIXES if each != prefix))
        speaker.announce(prefix)
        site.wait_for(kind, *PREFIXES)
    speaker.kill()
    site.wait_for(None, *PREFIXES)
    speaker.start()
    site.wait_for(kind, *PREFIXES)
    site.check_calm()
    # A bridge that reads the table before it has heard of a withdrawal, of which the other has, may make a route again.
    create = f"CreateRoute {site.host_of(kind).interface_id}"
    for table in site.world.tables:
        for prefix in PREFIXES:
            moves = site.moves(prefix, table)
            assert len(moves) >= 5, site.story()
            assert moves[::2] == [create] * len(moves[::2]), site.story()
            assert set(moves[1::2]) == {"DeleteRoute"}, site.story()


@bridges_that(helpers=HELPERS)
def test_a_route_moves_between_speakers_and_the_bridges_do_not_fight(site: Site) -> None:
    first = site.start(Frr)
    site.wait_for(Frr, *PREFIXES)
    for kind in (GoBgp, Bird2):
        site.start(kind)
    site.wait_for_paths(*SPEAKERS)
    first.kill()
    site.wait_for(GoBgp, *PREFIXES)  # of two equal ones the lower address
    first.start()
    site.wait_for_paths(*SPEAKERS)
    site.check_calm()
    moves = [f"CreateRoute {site.host_of(Frr).interface_id}", f"ReplaceRoute {site.host_of(GoBgp).interface_id}"]
    for table in site.world.tables:
        for prefix in PREFIXES:
            # Once, and not back: the paths are equal.
            assert site.moves(prefix, table) == moves, site.story()


def has_new_helper(bridge: AnycastHost, old: int) -> bool:
    return bridge.pids_of("bgp2vpc", "helper") not in ([], [old])


@bridges_that(helpers=HELPERS)
@pytest.mark.parametrize("kind", [Frr, Bird2], ids=lambda kind: kind.__name__)
def test_a_helper_that_is_started_again_moves_no_route(kind: type[Speaker], site: Site) -> None:
    """What its ExaBGP remembers of an IPv6 path is the link-local next hop."""
    site.start(kind)
    site.wait_for(kind, *PREFIXES)
    site.cloud.forget_calls()
    for bridge in site.bridges:
        (helper,) = bridge.pids_of("bgp2vpc", "helper")
        os.kill(helper, signal.SIGKILL)
        eventually(partial(has_new_helper, bridge, helper), "a new helper", bridge.story)
    site.wait_for(kind, *PREFIXES)
    site.check_calm()
    assert site.cloud.writes() == [], site.story()
    for bridge in site.bridges:
        paths = [path for path in bridge.status()["paths"] if path["prefix"] == IPV6]
        assert paths, bridge.story()
        assert not any(path["next_hop"].startswith("fe80") for path in paths)


@bridges_that(alone=ALONE)
def test_bridges_that_run_exabgp_themselves_do_the_same_and_one_that_is_gone_leaves_the_other_to_write(
    site: Site,
) -> None:
    first = site.start(Frr)
    site.wait_for(Frr, *PREFIXES)
    second = site.start(GoBgp)  # of our own AS, and so with a port of its own if none is named
    site.wait_for_paths(Frr, GoBgp)
    first.kill()
    site.wait_for(GoBgp, *PREFIXES)
    gone, other = site.bridges
    gone.net.host.kill_all()
    site.cloud.forget_calls()
    second.withdraw(IPV4)
    for table in site.world.tables:
        site.cloud.wait_for_route(table, IPV4, None)
    assert {call.caller for call in site.cloud.writes()} == {other.instance.instance_id}
    assert {_told(call) for call in site.cloud.writes()} == {"DeleteRoute"}


@bridges_that(hasty=HASTY)
@pytest.mark.parametrize("prefixes", [PREFIXES, (IPV4,)], ids=["both sessions", "IPv4 only"])
def test_a_bridge_that_alone_loses_a_session_does_not_fight_the_other(prefixes: Sequence[str], site: Site) -> None:
    speaker = site.start(Frr)
    assert isinstance(speaker, Frr)
    site.wait_for(Frr, *PREFIXES)
    sessions = site.sessions_of(site.bridges[0])[: len(prefixes)]
    speaker.configure(*(f"neighbor {address} shutdown" for address in sessions))
    create = f"CreateRoute {site.host_of(Frr).interface_id}"
    wanted = [create, "DeleteRoute", create]
    places = [(prefix, table) for prefix in prefixes for table in site.world.tables]
    eventually(lambda: all("DeleteRoute" in site.moves(*place) for place in places), "it to delete them", site.story)
    site.read(site.bridges[1])
    for prefix, table in places:
        site.cloud.wait_for_route(table, prefix, site.host_of(Frr).interface_id)
    site.check_calm()
    assert all(site.moves(*place) == wanted for place in places), site.story()
    speaker.configure(*(f"no neighbor {address} shutdown" for address in sessions))
    site.wait_for(Frr, *PREFIXES)
    assert all(site.moves(*place) == wanted for place in places), site.story()
