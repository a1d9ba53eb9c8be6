"""ExaBGP's own healthcheck, unmodified, as the script."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from source_kit import Recorder, gone, run

from bgp2vpc.sources.script import Script, ScriptSettings
from bgp2vpc.sources.turns import Turns
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

UP = "announce route 192.0.2.1/32 next-hop self med 100"
DOWN = "announce route 192.0.2.1/32 next-hop self med 1000"
WITHDRAWN = "withdraw route 192.0.2.1/32 next-hop self"


def healthcheck(service: Path, *more: str) -> tuple[str, ...]:
    options = "--no-ip-setup --no-syslog --rise 1 --fall 1 --interval 0.1 --fast-interval 0.1 --timeout 60"
    return (
        sys.executable,
        "-m",
        "exabgp",
        "healthcheck",
        "--cmd",
        f"test -e {service}",
        *options.split(),
        "--ip",
        "192.0.2.1/32",
        *more,
    )


@pytest.fixture
def service(tmp_path: Path) -> Path:
    return tmp_path / "up"


def spoken(listener: Recorder) -> list[str]:
    """What was said, without selectors and repeats."""
    said = [line.partition("said ")[2].removeprefix("neighbor * ") for line in listener.log if "said" in line]
    return [line for index, line in enumerate(said) if index == 0 or said[index - 1] != line]


@pytest.mark.parametrize(("more", "down"), [((), DOWN), (("--withdraw-on-down",), WITHDRAWN)])
def test_it_is_heard_through_its_whole_life(service: Path, more: tuple[str, ...], down: str):
    async def story() -> None:
        listener = Recorder()
        script = Script(ScriptSettings("dns", healthcheck(service, *more)), listener, Turns())
        task = asyncio.create_task(script.run())
        # Each step is heard only because the line before was answered: it waits for that.
        await listener.when(lambda: spoken(listener) == [down])
        os.close(os.open(service, os.O_CREAT))
        await listener.when(lambda: spoken(listener) == [down, UP])
        os.unlink(service)
        await listener.when(lambda: spoken(listener) == [down, UP, down])
        os.close(os.open(service, os.O_CREAT))
        await listener.when(lambda: spoken(listener) == [down, UP, down, UP])
        task.cancel()
        await asyncio.wait([task])
        assert spoken(listener) == [down, UP, down, UP, WITHDRAWN]
        assert listener.log[-1] == "dns closed, hold 10"
        assert script.status.last_exit == "exit 0"

    run(story())


DAEMON = """
import asyncio, sys
from bgp2vpc.sources.script import Script, ScriptSettings
from bgp2vpc.sources.session import Reply
from bgp2vpc.sources.turns import Turns

class Listener:
    def opened(self, source, kind, *, routine=False): pass
    def said(self, source, command):
        print(script.status.pid, flush=True)
        return Reply.to(command)
    def closed(self, source, *, hold, routine=False): pass

script = Script(ScriptSettings("dns", tuple(sys.argv[1:])), Listener(), Turns())
asyncio.run(script.run())
"""


def test_it_does_not_outlive_a_daemon_that_was_killed(service: Path):
    async def story() -> None:
        daemon = await asyncio.create_subprocess_exec(
            sys.executable, "-c", DAEMON, *healthcheck(service), stdout=subprocess.PIPE
        )
        assert daemon.stdout
        pid = int(await asyncio.wait_for(daemon.stdout.readline(), PATIENCE))
        daemon.send_signal(signal.SIGKILL)
        await daemon.wait()
        await gone(pid)

    run(story())
