"""The ExaBGP that `bgp2vpc run` runs is missing, refuses its file, finds its port taken, dies, or hangs.

It is the ExaBGP of an instance that has left the route to the other one: no route moves, what is wrong is logged once
and in the status, and all is well again once the reason is gone.
"""

import os
import re
import shlex
import signal
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from awsnycast_kit import build, writes
from site_kit import Site, announcing, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World
from tests.addresses import HOME, free_port
from tests.exabgps import EXABGP_42, EXABGP_50, EXABGPS, Exabgp
from tests.waiting import PATIENCE

PREFIX = "192.0.2.53/32"
FLOW = "announce flow route { match { destination 203.0.113.9/32; } then { discard; } }"
FAILED = "error failed: ExaBGP"


@dataclass(frozen=True)
class Pair:
    """`owner` has the route, and hears nobody's trouble; `other` is the one whose ExaBGP is in trouble."""

    world: World
    owner: Site
    other: Site
    port: int

    @property
    def file(self) -> Path:
        """The other one's ExaBGP's."""
        return self.other.file.with_name("exabgp.conf")

    def configure(self, site: Site, program: Path, **more: Any) -> None:
        bgp = {
            "as": 64513,
            "peers_by_tag": {"key": "role", "value": "anycast"},
            "port": self.port,
            "exabgp": str(program),
            "config_file": str(site.file.with_name("exabgp.conf")),
        }
        # Decisions without BGP come soon; the neighbors are looked for at the start, and at a reload.
        settings = {"startup_hold": 1, "poll_time": 10 * PATIENCE, "processes": {"service": announcing(PREFIX)}}
        site.configure(bgp=bgp, **settings, **more)

    def start_other(self, program: Path, **more: Any) -> None:
        self.configure(self.other, program, **more)
        self.other.start()

    def exabgp(self) -> dict[str, Any]:
        found: dict[str, Any] = self.other.status()["exabgp"]
        return found

    def wait_for_session(self) -> None:
        """Until the other one hears the owner."""

        def hears() -> bool:
            return any(each["up"] and each["has_told_all"] for each in self.other.status()["neighbors"])

        eventually(hears, "the session", lambda: f"{self.owner.log}\n{self.other.log}")
        self.other.wait_for_verdict(self.world.tables[0], PREFIX, "yield peer-best")

    def wait_for_trouble(self, what: str, restarts: int) -> None:
        """Until it was tried so often, and EC2 alone tells how the owner is."""
        eventually(lambda: self.exabgp()["restarts"] >= restarts, f"{restarts} tries", lambda: self.other.log)
        assert self.other.status()["failing"]["ExaBGP"] == "ExabgpDown"
        (error,) = [each for each in self.other.status()["errors"] if each["subject"] == "ExaBGP"]
        assert what in error["message"]
        assert self.other.log.count(FAILED) == 1, self.other.log
        self.other.wait_for_verdict(self.world.tables[0], PREFIX, "yield owner-healthy")

    def wait_until_healed(self) -> None:
        """Until BGP decides again; of the trouble there is one line in the log."""
        self.wait_for_session()
        eventually(lambda: "ExaBGP" not in self.other.status()["failing"], "the recovery", lambda: self.other.log)
        assert self.other.log.count(FAILED) == 1, self.other.log
        assert self.other.log.count("recovered subject=ExaBGP") == 1
        assert writes(self.owner.cloud, self.other) == []


@pytest.fixture(scope="module")
def half(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both hosts; the owner's daemon runs, and has the route."""
    world = build(cloud)
    ids = [host.instance_id for host in world.hosts]
    cloud.ec2.create_tags(Resources=ids, Tags=[{"Key": "role", "Value": "anycast"}])
    # Of two, the one with the higher address listens.
    first, second = sorted(world.hosts, key=lambda host: host.address)
    owner, other = (Site(cloud, host, tmp_path_factory.mktemp("site")) for host in (first, second))
    made = Pair(world, owner, other, free_port(second.address))
    made.configure(owner, EXABGP_50.programs / "exabgp")
    try:
        owner.start()
        owner.wait_for_route(PREFIX, *world.tables)
        yield made
    finally:
        owner.stop()


@pytest.fixture
def pair(half: Pair, tmp_path: Path) -> Iterator[Pair]:
    """The owner's daemon is the same for all tests, the other one's is still to be started."""
    made = replace(half, other=Site(half.other.cloud, half.other.host, tmp_path))
    yield made
    made.other.stop()  # in order: the next one needs its port


def program(path: Path, script: str, exabgp: Exabgp = EXABGP_50) -> Path:
    """An `exabgp` that does something else first."""
    path.write_text(f'#!/bin/sh\n{script}\nexec {shlex.quote(str(exabgp.programs / "exabgp"))} "$@"\n')
    path.chmod(0o755)
    return path


def test_it_is_not_installed(pair: Pair, tmp_path: Path) -> None:
    missing = tmp_path / "exabgp"
    address = f"{HOME}:{free_port()}"
    pair.start_other(missing, web={"listen": address})

    def read(path: str) -> str:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def told() -> list[str]:
        return pair.other.command("status", "-f", str(pair.other.file)).stdout.splitlines()

    pair.wait_for_trouble("No such file or directory", restarts=3)
    lines = told()
    assert any(line.startswith("  ExaBGP fails since ") and ": ExaBGP cannot be run: " in line for line in lines), lines
    down = "  ExaBGP is down; nothing is heard of the neighbors; never connected in "
    assert any(line.startswith(down) for line in lines), lines
    assert "bgp2vpc_exabgp_connected 0.0\n" in read("/metrics")
    assert 'ExaBGP: <span class="word bad">down</span>, never connected in ' in read("/")
    program(missing, "")
    pair.wait_until_healed()
    assert any(line.startswith("  ExaBGP is connected; pid ") for line in told())
    assert "bgp2vpc_exabgp_connected 1.0\n" in read("/metrics")
    page = read("/")
    assert 'ExaBGP: <span class="word good">connected</span>' in page
    assert re.search(r", restarted \d+ times", page)


def test_it_refuses_its_file(pair: Pair) -> None:
    pair.start_other(EXABGP_42.programs / "exabgp")
    pair.wait_for_session()
    pair.file.write_text("neighbor nonsense {\n")
    os.kill(pair.exabgp()["pid"], signal.SIGKILL)
    eventually(lambda: pair.exabgp()["restarts"] >= 3, "three tries", lambda: pair.other.log)
    assert "ExaBGP has ended (exit 1): " in str(pair.other.status()["errors"])
    assert "nonsense" in pair.other.log
    # Once for the kill, once for all the refusals.
    assert pair.other.log.count(FAILED) == 2, pair.other.log
    pair.other.wait_for_verdict(pair.world.tables[0], PREFIX, "yield owner-healthy")
    pair.other.send(signal.SIGHUP)  # as the next poll would
    pair.wait_for_session()
    eventually(lambda: "ExaBGP" not in pair.other.status()["failing"], "the recovery", lambda: pair.other.log)
    assert pair.other.log.count(FAILED) == 2, pair.other.log
    assert writes(pair.other.cloud, pair.other) == []


def test_its_port_is_taken(pair: Pair) -> None:
    with socket.create_server((pair.other.host.address, pair.port)):
        pair.start_other(EXABGP_50.programs / "exabgp")
        pair.wait_for_trouble("the port may already be in use", restarts=3)
        # What it says at each start is no news either.
        assert pair.other.log.count("the port may already be in use") == 2, pair.other.log
    pair.wait_until_healed()


def test_it_dies_again_and_again(pair: Pair) -> None:
    pair.start_other(EXABGP_50.programs / "exabgp")
    for _ in range(4):
        eventually(lambda: pair.exabgp()["state"] == "connected", "ExaBGP", lambda: pair.other.log)
        os.kill(pair.exabgp()["pid"], signal.SIGKILL)
        eventually(lambda: pair.exabgp()["state"] != "connected", "its end", lambda: pair.other.log)
    pair.wait_for_trouble("SIGKILL", restarts=4)
    assert pair.other.log.count("ExaBGP started") == 1
    pair.wait_until_healed()


def test_it_hangs(pair: Pair) -> None:
    pair.start_other(EXABGP_50.programs / "exabgp")
    pair.wait_for_session()
    os.kill(pair.exabgp()["pid"], signal.SIGSTOP)
    pair.other.wait_for_log("ExaBGP hangs: killed")
    # Nothing was heard of the peer for more than its hold time: that was not the peer's doing.
    assert "hold timer expired" not in pair.other.log
    pair.wait_until_healed()


@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)
def test_what_was_said_meanwhile_reaches_the_next_one(pair: Pair, tmp_path: Path, exabgp: Exabgp) -> None:
    """Also lines of other families, such as flow, which mean nothing to a VPC."""
    there, log = tmp_path / "there", tmp_path / "exabgp.log"
    logging = f"export exabgp_log_processes=true exabgp_log_level=DEBUG; exec 2>> {log} >> {log}"
    pair.start_other(program(tmp_path / "exabgp", f"test -e {there} || exit 3; {logging}", exabgp))
    pair.wait_for_trouble("exit 3", restarts=1)
    pair.other.say(FLOW)
    pair.other.announce("192.0.2.80/32", "med 7")
    pair.other.announce("192.0.2.81/32")
    pair.other.withdraw("192.0.2.81/32")

    def owner_hears() -> set[str]:
        rows = pair.owner.status()["paths"]
        return {row["prefix"] for row in rows if row["source"] == f"peer {pair.other.host.address}"}

    def has_heard(times: int) -> bool:
        return log.read_text().count(FLOW) >= times and owner_hears() == {PREFIX, "192.0.2.80/32"}

    there.touch()
    pair.wait_for_session()
    eventually(lambda: has_heard(1), "all of it", lambda: log.read_text() + pair.owner.log)
    for line in log.read_text().splitlines():
        assert "192.0.2.81" not in line

    os.kill(pair.exabgp()["pid"], signal.SIGKILL)
    eventually(lambda: owner_hears() == set(), "the session's end", lambda: pair.owner.log)
    eventually(lambda: has_heard(2), "all of it again", lambda: log.read_text() + pair.owner.log)
