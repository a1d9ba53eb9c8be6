"""Programs as probes."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from health_kit import (
    LOCAL,
    LOCAL6,
    OK,
    SOON,
    nothing_is_left,
    open_descriptors,
    reason_of,
    result_of,
    run,
    trouble_of,
    until,
)
from processes import Family, gone

from bgp2vpc.health import programs
from bgp2vpc.health.model import ProbeResult, Program
from bgp2vpc.health.probes import command
from bgp2vpc.prefix import IPAddress
from bgp2vpc.sources.child import Child

pytestmark = pytest.mark.io


@pytest.mark.parametrize(
    ("script", "result"),
    [
        ("exit 0", OK),
        ("echo not shown; exit 0", OK),
        ("exit 1", ProbeResult(False, "exit 1")),
        ("echo 'no route to backend' >&2; exit 2", ProbeResult(False, "exit 2: no route to backend")),
        ("kill -SEGV $$", ProbeResult(None, "SIGSEGV")),
        ("no-such-program", ProbeResult(None, "exit 127: sh: 1: no-such-program: not found")),
        ("exit 126", ProbeResult(None, "exit 126")),
    ],
)
def test_exit_0_is_healthy_and_nothing_else(script: str, result: ProbeResult):
    async def story() -> None:
        assert await result_of(Program(("sh", "-c", script))) == result

    run(story())


def test_a_program_that_does_not_exist_tells_nothing():
    async def story() -> None:
        reason = await trouble_of(Program(("/no/such/check", "-v")))
        assert reason == "cannot start /no/such/check: No such file or directory"

    run(story())


@pytest.mark.parametrize("destination", [LOCAL, LOCAL6])
def test_the_destination_is_put_in_wherever_it_is_asked_for(destination: IPAddress):
    async def story() -> None:
        arguments = ("@%DESTINATION%", "%DESTINATION%%DESTINATION%", "$DESTINATION", "%destination%")
        show = Program(("sh", "-c", 'echo "$@"; exit 1', "sh", *arguments))
        there = str(destination)
        assert await reason_of(show, destination) == f"exit 1: @{there} {there}{there} $DESTINATION %destination%"

    run(story())


def test_one_given_up_is_killed_with_all_it_has_started(tmp_path: Path):
    async def story() -> None:
        family = Family(tmp_path)
        before = open_descriptors()
        probing = asyncio.create_task(reason_of(Program(family.argv), within=SOON))
        await family.started()
        assert await probing == "timed out after 0.3 s"
        await family.gone()
        await nothing_is_left(before)

    run(story(), jumping=True)


def test_many_given_up_at_once_leave_nothing_behind():
    async def story() -> None:
        before = open_descriptors()
        sleeping = Program(("sh", "-c", "sleep 1000 & wait"))
        reasons = await asyncio.gather(*(reason_of(sleeping, within=SOON) for _ in range(40)))
        assert set(reasons) == {"timed out after 0.3 s"}
        await nothing_is_left(before)

    run(story(), jumping=True)


class Unkillable(Child):
    """As one of another user's is, or one that hangs in the kernel."""

    def signal(self, number: signal.Signals) -> bool:
        return True


def test_one_that_cannot_be_killed_is_not_started_again_beside_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(programs, "Child", Unkillable)
    started = tmp_path / "pids"
    hanging = Program(("sh", "-c", f"echo $$ >> {started}; test -e {tmp_path}/well || exec sleep 1000"))

    async def story() -> None:
        probing = asyncio.create_task(reason_of(hanging, within=SOON))
        await until(lambda: started.exists() and bool(started.read_text()))
        assert await probing == "timed out after 0.3 s"
        pid = int(started.read_text())
        try:
            for _ in range(3):
                assert await reason_of(hanging) == f"the program of an earlier probe cannot be killed (pid {pid})"
            assert started.read_text() == f"{pid}\n"
            (tmp_path / "well").touch()
        finally:
            os.kill(pid, signal.SIGKILL)
        await gone(pid)
        await until(lambda: not command._survivors[hanging.argv].is_running)
        assert await result_of(hanging) == OK
        assert hanging.argv not in command._survivors

    run(story(), jumping=True)
