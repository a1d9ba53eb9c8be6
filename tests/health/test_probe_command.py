"""Programs as probes."""

import asyncio
from pathlib import Path

import pytest
from health_kit import LOCAL, LOCAL6, OK, SOON, nothing_is_left, open_descriptors, reason_of, result_of, run, trouble_of
from processes import Family

from bgp2vpc.health.model import ProbeResult, Program
from bgp2vpc.prefix import IPAddress

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
