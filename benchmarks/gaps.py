"""What a client notices when something befalls the host that has the route: milliseconds, and packets lost.

Two hosts with real ExaBGPs that peer with each other, the datacenter's BIRD, and a client that sends a packet every
10 ms to where the route table says; all in network namespaces (tests/system/rig.py), so this needs root.
"""

import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Bound, Figure, at_most
from bgp2vpc.demo.cloud.client import Cloud

if TYPE_CHECKING:
    from rig import Mesh, MeshHost, Setting
    from traffic import Loss
    from vpcnet import VpcNet

ROUNDS = 20
KIT = Path(__file__).parents[1] / "tests/system"
PHASE = 0.618
"""Of a second, by which each strike comes later than the one before: together they are all over it."""
ROUNDS_OF_A_MESH = 4
"""ExaBGP gives up when its helper dies for the fifth time within a minute."""
WATCHED = 5.0
"""Seconds after what is expected to move no route."""
HOLD_TIME = 3
"""Seconds: the least that BGP allows."""
QUICK = {"settle_time": 1, "damping": {"suppress": 1_000_000}}
"""Rounds follow each other as failures do not: nothing is damped, and a write of the last round shows by now."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is done to the owner, on hosts set up so. `moves`: whether the other host then takes the route."""

    name: str
    setting: "Setting"
    strike: "Callable[[MeshHost], object]"
    bounds: tuple[Bound, ...]
    moves: bool = True
    heal: "Callable[[Mesh, MeshHost], object]" = lambda _, host: host.recover()


def measure(_: Cloud, *, by_itself: bool) -> Iterator[Figure]:
    """Every case, 20 times. `by_itself`: bgp2vpc runs ExaBGP; else it is ExaBGP's helper.

    Raises OSError if this machine cannot make namespaces.
    """
    sys.path.insert(0, str(KIT))
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    import netns  # noqa: PLC0415
    import rig  # noqa: PLC0415
    import vpcnet  # noqa: PLC0415

    if lacks := netns.missing():
        raise OSError(f"gaps need {', '.join(lacks)}")
    with ExitStack() as stack:
        # As from the package, the trimmed model of EC2 is there at each start.
        cache = tempfile.TemporaryDirectory(prefix="bgp2vpc-cache-")
        os.environ["CACHE_DIRECTORY"] = stack.enter_context(cache)
        net = vpcnet.VpcNet(rig.addresses(2))
        stack.callback(net.close)
        cloud = stack.enter_context(Cloud.start(net.cloud_address))
        for case in _cases(by_itself=by_itself):
            losses = list(_losses(case, net, cloud))
            yield Figure(f"{case.name}: gap", "ms", [loss.gap_ms for loss in losses], case.bounds)
            yield Figure(f"{case.name}: lost", "packets", [loss.lost for loss in losses])


def _cases(*, by_itself: bool) -> Iterator[Case]:
    from rig import EC2_LATENCY, EVERY, FALL, Mesh, MeshHost, checked  # noqa: PLC0415

    run = "bgp2vpc run, " if by_itself else ""
    alone = replace(checked(remote=False, hold_time=HOLD_TIME, **QUICK), by_itself=by_itself)
    remote = checked(remote=True, hold_time=HOLD_TIME, remote_timeout=EVERY, **QUICK)
    remote = replace(remote, by_itself=by_itself)
    # By itself, bgp2vpc is told of an upgrade.
    kept = remote if by_itself else replace(remote, more={**remote.more, "on_exit": "keep"})
    nothing = (at_most(0),)
    until_taken = (at_most(1000 * (FALL * EVERY + 2 * EC2_LATENCY) + 50),)
    yield Case(f"{run}service killed", alone, MeshHost.kill_service, until_taken)
    yield Case(f"{run}service killed, remote check too", remote, MeshHost.kill_service, until_taken)
    yield Case(f"{run}bgp2vpc killed", remote, MeshHost.kill_bgp2vpc, nothing, moves=False)
    if by_itself:  # nobody starts that of a helper again
        yield Case(f"{run}ExaBGP killed", alone, MeshHost.kill_exabgp, nothing, moves=False, heal=lambda *_: None)
    for what, strike in (("host frozen", MeshHost.freeze), ("link cut", MeshHost.cut)):
        for how, setting, limit in (("remote check", remote, 1200), ("BGP alone", alone, 3500)):
            yield Case(f"{run}{what}, {how}", setting, strike, (at_most(limit),), heal=Mesh.recover_when_missed)
    yield Case(f"{run}drain", remote, MeshHost.drain, nothing, heal=lambda _, host: host.undrain())
    yield Case(f"{run}upgrade", kept, MeshHost.terminate_bgp2vpc, nothing, moves=False, heal=lambda *_: None)


def _losses(case: Case, net: "VpcNet", cloud: Cloud) -> "Iterator[Loss]":
    from rig import running  # noqa: PLC0415

    numbers = iter(range(ROUNDS))
    while some := list(itertools.islice(numbers, ROUNDS if case.moves else ROUNDS_OF_A_MESH)):
        with (
            tempfile.TemporaryDirectory(prefix="bgp2vpc-gaps-") as directory,
            running(net, cloud, Path(directory), case.setting) as mesh,
        ):
            for number in some:
                mesh.wait_until_well()
                time.sleep(number * PHASE % 1)
                yield _loss(case, mesh)


def _loss(case: Case, mesh: "Mesh") -> "Loss":
    from traffic import LATE  # noqa: PLC0415

    owner = mesh.owner()
    since = time.monotonic()
    case.strike(owner)
    if case.moves:
        mesh.wait_for_owner(*mesh.others(owner))
    else:
        time.sleep(WATCHED)
    mesh.wait_for_calm(since)
    loss = mesh.client.loss(since, LATE)
    case.heal(mesh, owner)
    return loss
