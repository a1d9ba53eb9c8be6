"""The ExaBGP of `bgp2vpc run` while this host is short of what it takes to run one."""

import errno
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab

from bgp2vpc.config.model import Bgp

pytestmark = pytest.mark.io

DOUBLE = """#!{python} -IS
import os, socket
if "BGP2VPC_RELAY" in os.environ:
    # What ExaBGP and its relay do: a pipe each way, which the daemon gets.
    (read, theirs), (ours, write) = os.pipe(), os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as daemon:
        daemon.connect(os.environ["BGP2VPC_RELAY"])
        socket.send_fds(daemon, [b"\\n"], [read, write])
        daemon.recv(1)
"""


@pytest.fixture
def lab(make_lab: Callable[..., Lab], tmp_path: Path) -> Lab:
    program, file = tmp_path / "exabgp", tmp_path / "exabgp.conf"
    program.write_text(DOUBLE.format(python=sys.executable))
    program.chmod(0o755)
    file.write_text("")
    lab = make_lab(bgp=Bgp(asn=64513, exabgp=program, config_file=file), state_file=tmp_path / "state")
    lab.loop._jumping._grace = 0.05  # real seconds: a real process takes part
    return lab


def connects(lab: Lab) -> bool:
    """Whether it is connected within 30 s; the daemon asks after that whether it hangs."""
    assert lab.daemon.parts.exabgp is not None
    for _ in range(300):
        if lab.daemon.parts.exabgp.status().state == "connected":
            return True
        lab.wait(0.1)
    return False


def test_a_disk_that_is_full_at_the_start_is_waited_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    # As tempfile does where nothing can be written in any directory.
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    lab.start()
    lab.wait(5)
    assert lab.daemon.parts.journal.failing == {"ExaBGP": "ExabgpDown"}
    monkeypatch.undo()
    assert connects(lab)
    assert lab.stop() == 0


def test_without_a_descriptor_for_its_connection_it_is_connected_a_moment_later(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, failures = lab.loop.sock_accept, [errno.EMFILE, errno.ENFILE]

    async def sometimes(listening: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            number = failures.pop()
            raise OSError(number, os.strerror(number))
        return await accept(listening)

    monkeypatch.setattr(lab.loop, "sock_accept", sometimes)
    lab.start()
    assert connects(lab)
    assert lab.daemon.parts.journal.failing == {}
    assert lab.stop() == 0


def test_an_exabgp_whose_section_a_reload_removes_is_started_again_if_it_ends(lab: Lab) -> None:
    lab.start()
    assert connects(lab)
    lab.reload(bgp=None)
    assert lab.daemon.parts.exabgp is not None
    (child := lab.daemon.parts.exabgp._child).signal(signal.SIGKILL)
    lab.loop.run_until_complete(child.exited())
    lab.wait(1)
    assert connects(lab)
    assert lab.stop() == 0
