"""Neighbors on the loopback interface: which ports answer, who listens at ours, and what the installed ExaBGP says."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from bgp2vpc.bgp.mesh import MeshPeer, Neighbor
from bgp2vpc.config.model import Bgp, Config
from bgp2vpc.doctor.facts import machine
from bgp2vpc.doctor.facts.reach import own_exabgp, sessions
from bgp2vpc.doctor.facts.running_exabgp import daemons
from bgp2vpc.doctor.model import PortHolder, Running, TcpAnswer, Trouble
from bgp2vpc.prefix import IPAddress, parse_address
from bgp2vpc.speaker import exabgp_file
from bgp2vpc.speaker.render_conf import Written, configuration
from tests.addresses import HOME, NETWORK, free_port, silence_at
from tests.exabgps import EXABGPS, Exabgp
from tests.waiting import eventually

pytestmark = pytest.mark.io
AWAY = Trouble("away")
OURS = f"{NETWORK}.0.2"


def answer(address: str, port: int, local: str = OURS) -> object:
    neighbor = Neighbor(parse_address(address), parse_address(local), 64513, True, False, port)
    found = sessions([neighbor], AWAY, 1.0)
    assert found.rules == AWAY
    return found.answers[neighbor.address]


def test_a_port_that_accepts_refuses_or_says_nothing() -> None:
    with socket.create_server((HOME, 0)) as server:
        port = server.getsockname()[1]
        assert answer(HOME, port) is TcpAnswer.ACCEPTED
        connection, (peer, _) = server.accept()
        connection.close()
        assert peer == OURS
    assert answer(HOME, free_port()) is TcpAnswer.REFUSED
    port = free_port()
    with silence_at(HOME, port):
        assert answer(HOME, port) is TcpAnswer.NONE


def test_an_address_that_is_not_this_hosts() -> None:
    found = answer(HOME, free_port(), local="192.0.2.77")
    assert isinstance(found, Trouble)
    assert "address" in found.why


@pytest.mark.parametrize(
    "address", [HOME, "0.0.0.0", "::1", "::", f"::ffff:{HOME}"], ids=["ours", "any", "::1", "any IPv6", "ours as IPv6"]
)
def test_who_listens(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as server:
        server.bind((address, 0))
        port = server.getsockname()[1]
        assert machine.listening([port]) == ()
        server.listen()
        name = Path("/proc/self/comm").read_text().strip()
        expected = IPAddress(address.removeprefix("::ffff:"))
        assert machine.listening([port]) == (PortHolder(expected, port, os.getpid(), name, os.getsid(0)),)


def test_who_may_bind_low_ports() -> None:
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("needs root and setpriv")
    drop = [setpriv, "--reuid=65534", "--clear-groups"]
    keep = ["--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service"]
    for options, may in ([[], True], [drop, False], [[*drop, *keep], True], [[setpriv, "--bounding-set=-all"], False]):
        with subprocess.Popen([*options, "cat"], stdin=subprocess.PIPE) as process:
            eventually(lambda: Path(f"/proc/{process.pid}/comm").read_text() == "cat\n", "cat to run")
            assert machine.may_bind_below(process.pid) is may, options
            process.communicate()
    assert machine.may_bind_below(0) is None


def test_the_daemons_of_a_configuration(tmp_path: Path) -> None:
    file, other = tmp_path / "b.yaml", tmp_path / "other.yaml"
    file.touch()
    code = "import sys; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"
    commands = (
        ["run", "-f", "b.yaml"],
        ["helper", f"--file={file}"],
        ["run", "-f", str(other)],
        ["check", "-f", str(file)],
    )
    with ExitStack() as stack:
        pids = []
        for words in commands:
            argv = [sys.executable, "-c", code, "bgp2vpc", *words]
            running = subprocess.Popen(argv, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            stack.enter_context(running)
            assert running.stdout is not None
            assert running.stdout.read(1) == b"x"
            pids.append(running.pid)
        assert daemons(str(file)) == {pids[0]: "run", pids[1]: "helper"}


def written(port: int, helper: tuple[str, ...] = ()) -> Written:
    bgp = Bgp(asn=64513, local_addresses=(parse_address(HOME),), peers=(MeshPeer(parse_address(OURS)),), port=port)
    command = helper or exabgp_file.relay_command()
    return configuration(bgp, (), (), instance_id="", helper=command, file="/etc/bgp2vpc.yaml")


@pytest.mark.parametrize("version", EXABGPS, ids=lambda each: each.version)
def test_the_exabgp_that_is_configured(version: Exabgp) -> None:
    program = version.programs / "exabgp"
    if not program.exists():
        pytest.skip(f"ExaBGP {version.version} is not installed: make setup")
    config = Config(file="/etc/bgp2vpc.yaml", bgp=Bgp(asn=64513, exabgp=program))
    with socket.create_server((HOME, 0)) as server:
        port = server.getsockname()[1]
        found = own_exabgp(config, written(port), Running(os.getpid()))
    assert (str(found.version)[:3], found.refusal) == (version.version, "")
    assert found.listens == {(parse_address(HOME), port)}
    assert [(each.port, each.pid) for each in found.holders] == [(port, os.getpid())]
    found = own_exabgp(config, written(port, ("/nowhere/bgp2vpc", "helper")), AWAY)
    assert isinstance(found.refusal, str)
    assert "/nowhere/bgp2vpc" in found.refusal
    assert (found.holders, found.may_bind_below) == ((), None)


def test_one_that_is_not_installed(tmp_path: Path) -> None:
    config = Config(file="/etc/bgp2vpc.yaml", bgp=Bgp(asn=64513, exabgp=tmp_path / "absent"))
    found = own_exabgp(config, AWAY, AWAY)
    assert isinstance(found.version, Trouble)
    assert str(tmp_path / "absent") in found.version.why
