"""The relay, as a process of its own between a script, ExaBGP (this test) and a daemon's socket."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
from source_kit import Recorder, gone, is_running, python, run

from bgp2vpc.sources import tee
from bgp2vpc.sources.server import SocketServer, SocketSettings, serve
from bgp2vpc.sources.tee import default_name
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

RELAY = """
import sys
from pathlib import Path
from bgp2vpc.sources import tee
tee._GRACE = {grace}
sys.exit(tee.main(sys.argv[2:], Path(sys.argv[1]), "dns"))
"""
PATIENT_RELAY = RELAY.format(grace=PATIENCE)
EXABGPS_GRACE = 2.0
"""Seconds that ExaBGP gives a helper between SIGTERM and SIGKILL."""
A = "announce route 192.0.2.1/32 next-hop self"
B = "announce route 192.0.2.2/32 next-hop self"
OPENED = "tee:dns opened (tee)"
PATIENT = "for line in sys.stdin: print('# heard', line.strip())"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.sock"


class Relay:
    """The relay seen from ExaBGP."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self.process, self.stdin, self.stdout = process, process.stdin, process.stdout

    async def reads(self) -> str:
        return (await asyncio.wait_for(self.stdout.readline(), PATIENCE)).decode("latin-1").rstrip("\n")

    def answers(self, line: str) -> None:
        self.stdin.write(f"{line}\n".encode())

    async def ends(self) -> int:
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@asynccontextmanager
async def relaying(path: Path, *argv: str, limit: int = 2**16, code: str = PATIENT_RELAY) -> AsyncIterator[Relay]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, path, *argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=limit
    )
    try:
        yield Relay(process)
    finally:
        if process.returncode is None:
            process.kill()
        assert process.stdout
        await process.stdout.read()
        await process.wait()


@asynccontextmanager
async def unread(
    path: Path, *argv: str, code: str = PATIENT_RELAY
) -> AsyncIterator[tuple[asyncio.subprocess.Process, BinaryIO, int]]:
    """The relay, its stdout, of which no more is read than a test asks for, and the number that the script says first.

    `argv`: prints `# pid` and its number, and then something else.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as exabgp:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, path, *argv, stdin=subprocess.PIPE, stdout=writing
        )
        os.close(writing)
        try:
            first = b""
            while not first.endswith(b"\n"):
                first += await asyncio.to_thread(exabgp.read, 1)
            yield process, exabgp, int(first.split()[2])
        finally:
            exabgp.close()
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def daemon(path: Path) -> AsyncIterator[tuple[Recorder, SocketServer]]:
    listener = Recorder()
    server = await serve(path, listener, SocketSettings(restart_time=7))
    try:
        yield listener, server
    finally:
        await server.stop()


def speaking(*lines: str, then: str = PATIENT) -> tuple[str, ...]:
    prints = "\n".join(f"print({line!r})" for line in lines)
    return python(f"import os, signal, sys, time\n{prints}\n{then}")


def test_lines_reach_exabgp_and_the_daemon_and_answers_the_script(path: Path):
    async def story() -> None:
        async with daemon(path) as (listener, _), relaying(path, *speaking(A)) as relay:
            assert await relay.reads() == A
            relay.answers("done")
            assert await relay.reads() == "# heard done"
            relay.answers("error")
            assert await relay.reads() == "# heard error"
            await listener.until("tee:dns said # heard error")
            assert listener.log == [OPENED] + [f"tee:dns said {line}" for line in (A, "# heard done", "# heard error")]

    run(story())


def test_without_a_daemon_exabgp_notices_nothing_and_a_late_one_is_told_what_stands(path: Path):
    async def story() -> None:
        bye = "withdraw route 192.0.2.2/32"
        async with relaying(path, *speaking(A, B, A, bye)) as relay:
            assert [await relay.reads() for _ in range(4)] == [A, B, A, bye]
            async with daemon(path) as (listener, _):
                await listener.until(f"tee:dns said {A}")
                assert listener.log == [OPENED, f"tee:dns said {A}"]
                relay.answers("done")
                await listener.until("tee:dns said # heard done")

    run(story())


def test_a_restarted_daemon_is_told_again(path: Path):
    async def story() -> None:
        async with relaying(path, *speaking(A)) as relay:
            for _ in range(3):
                async with daemon(path) as (listener, _):
                    await listener.until(f"tee:dns said {A}")
                    assert listener.log == [OPENED, f"tee:dns said {A}"]
            assert await relay.reads() == A

    run(story())


def test_a_daemon_that_reads_nothing_does_not_slow_the_relay(path: Path):
    async def story() -> None:
        with socket.socket(socket.AF_UNIX) as mute:
            mute.bind(os.fspath(path))
            mute.listen()
            flood = f"for n in range(5000): print({A!r})\nprint('# end')"
            async with relaying(path, *speaking(then=flood), code=RELAY.format(grace=0.2)) as relay:
                count = 0
                while (line := await relay.reads()) != "# end":
                    assert line == A, f"the relay ended after {count} lines"
                    count += 1
                assert count == 5000
                assert await relay.ends() == 0

    run(story())


def lines_of(exabgp: BinaryIO) -> list[int]:
    """The numbers of all the lines of `flood` that are still to be read."""
    return [int(line.split()[2]) for line in exabgp.read().splitlines()]


def flood(lines: int) -> tuple[str, ...]:
    """A script that says so many lines of 40 bytes at least, and ends."""
    return speaking(then=f"print('# pid', os.getpid())\nfor n in range({lines}): print('announce route', n, 'x' * 24)")


async def stands_still(pid: int) -> None:
    """Wait until a program has ended, or waits for somebody: it reads and writes nothing for many looks in a row."""
    counters = Path(f"/proc/{pid}/io")

    def look() -> bytes:
        try:
            return counters.read_bytes()
        except FileNotFoundError:
            return b""

    done, looks = look(), 0
    async with asyncio.timeout(PATIENCE):
        while looks < 20:
            await asyncio.sleep(0.01)
            before, done = done, look()
            looks = looks + 1 if done == before else 0


def test_an_exabgp_that_does_not_read_makes_the_script_wait_and_loses_nothing(path: Path):
    async def story() -> None:
        async with unread(path, *flood(20_000)) as (process, exabgp, script):
            await stands_still(script)
            assert is_running(script)  # a megabyte does not fit into pipes and bounds
            assert await asyncio.to_thread(lines_of, exabgp) == list(range(20_000))
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0

    run(story())


def test_what_a_script_said_last_waits_for_exabgp(path: Path):
    """As it would in a pipe; this is more than one takes, and less than what makes the script wait."""

    async def story() -> None:
        async with unread(path, *flood(2500), code=RELAY.format(grace=0)) as (process, exabgp, script):
            await gone(script)
            await stands_still(process.pid)
            assert process.returncode is None
            assert await asyncio.to_thread(lines_of, exabgp) == list(range(2500))
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0

    run(story())


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT", "SIGHUP", "stdin", "stdout"])
def test_what_nobody_will_read_is_waited_for_no_longer(path: Path, end: str):
    async def story() -> None:
        async with unread(path, *flood(2500), code=RELAY.format(grace=0)) as (process, exabgp, script):
            await gone(script)
            await stands_still(process.pid)
            match end:
                case "stdin":
                    assert process.stdin
                    process.stdin.close()
                case "stdout":
                    exabgp.close()
                case _:
                    process.send_signal(signal.Signals[end])
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0  # the script's

    run(story())


def test_a_script_that_never_reads_its_answers_does_not_freeze_exabgp(path: Path):
    async def story() -> None:
        script = speaking(A, then="time.sleep(600)")
        async with relaying(path, *script, code=RELAY.format(grace=0.2)) as relay:
            assert await relay.reads() == A
            for _ in range(50):
                relay.stdin.write(b"done\n" * 10_000)
                await asyncio.wait_for(relay.stdin.drain(), PATIENCE)
            relay.process.terminate()
            await relay.ends()  # and the script with it

    run(story())


GOODBYE = """
def bye(*_):
    print("withdraw route 192.0.2.1/32"); sys.exit(5)
signal.signal(signal.SIGTERM, bye)
print("# ready", os.getpid())
while True: signal.pause()
"""


@pytest.mark.parametrize("end", ["stdin", "sigterm"])
def test_when_exabgp_ends_the_script_says_goodbye_to_the_daemon_too(path: Path, end: str):
    async def story() -> None:
        async with daemon(path) as (listener, _), relaying(path, *speaking(A, then=GOODBYE)) as relay:
            assert await relay.reads() == A
            await relay.reads()
            await listener.until(f"tee:dns said {A}")
            if end == "stdin":
                relay.stdin.close()
            else:
                relay.process.send_signal(signal.SIGTERM)
            assert await relay.reads() == "withdraw route 192.0.2.1/32"
            assert await relay.ends() == 5
            await listener.until("tee:dns closed, hold 7")
            assert listener.log[-2:] == ["tee:dns said withdraw route 192.0.2.1/32", "tee:dns closed, hold 7"]

    run(story())


GOODBYES = """
def bye(*_):
    for number in 1, 2, 3:
        print(f"withdraw route 192.0.2.{number}/32")
        sys.stdin.readline()
    sys.exit(5)
signal.signal(signal.SIGTERM, bye)
print("# ready")
while True: signal.pause()
"""


def test_a_script_that_waits_for_answers_can_say_all_its_goodbyes(path: Path):
    """As a healthcheck of several prefixes does; an ExaBGP that ends answers nobody."""

    async def story() -> None:
        async with daemon(path) as (listener, _), relaying(path, *speaking(A, then=GOODBYES)) as relay:
            assert await relay.reads() == A
            assert await relay.reads() == "# ready"
            await listener.until(f"tee:dns said {A}")
            relay.process.send_signal(signal.SIGTERM)
            assert await relay.ends() == 5
            await listener.until("tee:dns closed, hold 7")
            assert listener.log[-4:-1] == [f"tee:dns said withdraw route 192.0.2.{n}/32" for n in (1, 2, 3)]

    run(story())


def test_when_nobody_reads_its_stdout_it_ends_the_script(path: Path):
    async def story() -> None:
        chatter = "print('# pid', os.getpid())\nfor n in sys.stdin: print('# more')"
        async with unread(path, *speaking(then=chatter)) as (process, exabgp, script):
            exabgp.close()
            assert process.stdin
            process.stdin.write(b"done\n")
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 128 + signal.SIGTERM
            await gone(script)

    run(story())


def test_one_that_ignores_sigterm_is_killed_before_exabgp_kills_us(path: Path):
    async def story() -> None:
        stubborn = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('# ready')\ntime.sleep(600)"
        assert tee._GRACE < EXABGPS_GRACE
        async with relaying(path, *speaking(then=stubborn), code=RELAY.format(grace=0.2)) as relay:
            await relay.reads()
            relay.process.terminate()
            assert await relay.ends() == 128 + signal.SIGKILL

    run(story())


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_other_signals_are_forwarded_and_the_script_decides(path: Path, number: signal.Signals):
    async def story() -> None:
        told = f"signal.signal({number}, lambda *_: print('# told'))\nprint('# ready')\n{PATIENT}"
        async with relaying(path, *speaking(then=told)) as relay:
            await relay.reads()
            relay.process.send_signal(number)
            assert await relay.reads() == "# told"
            relay.answers("still here")
            assert await relay.reads() == "# heard still here"

    run(story())


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("true",), 0),
        (("sh", "-c", "exit 3"), 3),
        (("sh", "-c", "kill -9 $$"), 137),
        (("/no/such/program",), 127),
    ],
)
def test_the_exit_code_is_the_scripts(path: Path, argv: tuple[str, ...], code: int):
    async def story() -> None:
        async with relaying(path, *argv) as relay:
            assert await relay.ends() == code

    run(story())


def test_without_anybody_on_stdin_the_script_runs_on(path: Path):
    done = subprocess.run(
        [sys.executable, "-c", PATIENT_RELAY, path, *speaking(then="print('# eof', repr(sys.stdin.read()))")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout == b"# eof ''\n"


def test_bytes_that_are_no_lines_pass_too(path: Path):
    odd = r"import os; os.write(1, b'\xff\x00' + b'x' * 50_000 + b'\r\nhalf')"
    done = subprocess.run(
        [sys.executable, "-c", PATIENT_RELAY, path, *python(odd)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout == b"\xff\x00" + b"x" * 50_000 + b"\r\nhalf"


def test_it_is_light():
    code = """
import sys
import bgp2vpc.sources.tee
heavy = {"boto3", "botocore", "pydantic", "netaddr", "rich", "yaml", "exabgp"} & set(sys.modules)
print(sorted(heavy), sorted(name for name in sys.modules if name.startswith("bgp2vpc.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True)
    ours = ["bgp2vpc.exabgp_api", "bgp2vpc.sources"]
    ours += (f"bgp2vpc.sources.{name}" for name in ("child", "lines", "pipes", "presence", "tee"))
    assert done.stdout == f"[] {ours}\n"


def test_its_default_name_stays_and_tells_scripts_apart():
    one, other = ["python3", "-m", "exabgp", "healthcheck"], ["python3", "-m", "exabgp", "healthcheck", "--name", "x"]
    assert default_name(one) == default_name(list(one))
    assert default_name(one) != default_name(other)
    assert default_name(["/usr/bin/python3"]).startswith("python3-")
    assert default_name(["/bin/gr\u00fcn sh", "\udcff"]).startswith("gr_n_sh-")
