"""Real programs: how they end, and that nothing of them is left."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from health_kit import SOON, nothing_is_left, open_descriptors, run, until
from processes import Family, gone

from bgp2vpc.health import programs
from bgp2vpc.health.programs import Ending, run_program
from bgp2vpc.sources.child import Child, wait_without_threads
from tests.waiting import PATIENCE, eventually

pytestmark = pytest.mark.io


def shell(script: str) -> tuple[str, ...]:
    return ("sh", "-c", script)


@pytest.mark.parametrize(
    ("script", "ending"),
    [
        ("exit 0", Ending(0)),
        ("echo all is well; exit 0", Ending(0, "all is well")),
        ("exit 3", Ending(3, "", "exit 3")),
        ("echo first; echo last; exit 1", Ending(1, "last", "exit 1: last")),
        ("echo out; echo err >&2; exit 1", Ending(1, "err", "exit 1: err")),
        ("printf 'no line end' >&2; exit 1", Ending(1, "no line end", "exit 1: no line end")),
        ("printf 'blanks  \\n\\n \\n' >&2; exit 1", Ending(1, "blanks", "exit 1: blanks")),
        ("printf 'a\\377b'; exit 1", Ending(1, "a\\xffb", "exit 1: a\\xffb")),
        ("kill -9 $$", Ending(-9, "", "SIGKILL")),
        ("echo bye; kill $$", Ending(-15, "bye", "SIGTERM: bye")),
        ("head -c 100000 /dev/zero | tr '\\0' x; exit 1", Ending(1, "x" * 200, "exit 1: " + "x" * 200)),
    ],
)
def test_an_end_is_told_with_the_last_line(script: str, ending: Ending):
    async def story() -> None:
        assert await run_program(shell(script)) == ending
        assert ending.ok == (ending.code == 0)

    run(story())


@pytest.mark.parametrize(
    ("argv", "trouble"),
    [
        (("/no/such/program",), "cannot start /no/such/program: No such file or directory"),
        (("/etc/passwd",), "cannot start /etc/passwd: Permission denied"),
        (("echo", "a\0b"), "cannot start echo: embedded null byte"),
        (("echo", "x" * 10_000_000), "cannot start echo: Argument list too long"),
    ],
)
def test_what_cannot_be_started_is_an_end_too(argv: tuple[str, ...], trouble: str):
    async def story() -> None:
        before = open_descriptors()
        assert await run_program(argv) == Ending(None, "", trouble, started=False)
        await nothing_is_left(before)

    run(story())


def test_there_is_no_shell_and_no_input():
    async def story() -> None:
        assert (await run_program(("echo", "$HOME", "*", "%s"))).said == "$HOME * %s"
        assert (await run_program(("cat",))) == Ending(0)

    run(story())


def test_the_environment_is_ours_and_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FROM_OUTSIDE", "1")

    async def story() -> None:
        ending = await run_program(shell("echo $FROM_OUTSIDE $BGP2VPC_STATE"), env={"BGP2VPC_STATE": "healthy"})
        assert ending.said == "1 healthy"

    run(story())


def test_after_the_time_out_it_is_killed_with_all_it_has_started(tmp_path: Path):
    async def story() -> None:
        family = Family(tmp_path)
        before = open_descriptors()
        running = asyncio.create_task(run_program(family.argv, timeout=SOON))
        await family.started()
        assert await running == Ending(None, "on and on", "timed out after 0.3 s")
        await family.gone()
        await nothing_is_left(before)

    run(story(), jumping=True)


def test_cancelled_it_is_killed_with_all_it_has_started(tmp_path: Path):
    async def story() -> None:
        family = Family(tmp_path)
        before = open_descriptors()
        running = asyncio.create_task(run_program(family.argv))
        await family.started()
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
        await family.gone()
        await nothing_is_left(before)

    run(story())


def test_cancelled_while_it_starts_it_is_killed_with_all_it_has_started(tmp_path: Path):
    async def story() -> None:
        family = Family(tmp_path)
        before = open_descriptors()
        running = asyncio.create_task(run_program(family.argv))
        for _ in range(2):
            await asyncio.sleep(0)
        eventually(lambda: len(family.pids()) == 4, "the family")  # asyncio sees nothing of it meanwhile
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
        await family.gone()
        await nothing_is_left(before)

    run(story())


def test_what_it_leaves_running_in_its_group_is_ended(tmp_path: Path):
    async def story() -> None:
        marker = tmp_path / "pid"
        assert (await run_program(shell(f"sleep 1000 & echo $! > {marker}"))).ok
        await gone(int(marker.read_text()))

    run(story())


def test_output_without_end_is_neither_kept_nor_waited_for():
    async def story() -> None:
        ending = await run_program(("yes", "so it goes"), timeout=0.3)
        assert (ending.code, ending.trouble) == (None, "timed out after 0.3 s")
        assert ending.said in "so it goes"

    run(story())


def test_many_at_once_leave_nothing_behind():
    async def story() -> None:
        before = open_descriptors()
        endings = await asyncio.gather(*(run_program(shell(f"exit {number % 2}")) for number in range(60)))
        assert [ending.code for ending in endings] == [0, 1] * 30
        await nothing_is_left(before)

    run(story())


@contextmanager
def deserter(marker: Path) -> Iterator[str]:
    """Shell code that leaves somebody behind, outside the group, who holds the output open."""
    try:
        yield f"setsid sh -c 'echo $$ > {marker}; exec sleep 1000' & while ! [ -s {marker} ]; do sleep 0.01; done"
    finally:
        os.kill(int(marker.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("code", [0, 3])
def test_the_end_counts_and_not_that_of_who_holds_its_output_open(code: int, tmp_path: Path):
    async def story() -> None:
        with deserter(tmp_path / "pid") as leave:
            before = open_descriptors()
            ending = await run_program(shell(f"{leave}; echo bye; exit {code}"), timeout=PATIENCE)
            assert (ending.code, ending.said) == (code, "bye")
            await nothing_is_left(before)

    run(story())


def test_the_output_is_read_outside_of_the_time_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(programs, "_LINGER", 2 * SOON)
    marker = tmp_path / "shell"

    async def story() -> None:
        with deserter(tmp_path / "pid") as leave:
            script = shell(f"{leave}; echo $$ > {marker}.new; mv {marker}.new {marker}; exit 0")
            running = asyncio.create_task(run_program(script, timeout=SOON))
            await until(marker.exists)
            await gone(int(marker.read_text()))
            assert await running == Ending(0)

    run(story(), jumping=True)


def test_no_thread_is_needed_to_wait_for_it(monkeypatch: pytest.MonkeyPatch):
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def story() -> None:
        wait_without_threads()
        monkeypatch.setattr(threading.Thread, "start", refuse)
        assert await run_program(shell("echo all is well")) == Ending(0, "all is well")

    run(story())
    if sys.version_info < (3, 12):
        asyncio.set_child_watcher(None)


class Unkillable(Child):
    """As one of another user's is, or one that hangs in the kernel."""

    def signal(self, number: signal.Signals) -> None:
        pass


@pytest.mark.parametrize("streams", ["", "exec >&- 2>&-;"], ids=["its output open", "its output closed"])
def test_one_that_cannot_be_killed_is_left_behind(streams: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(programs, "Child", Unkillable)
    marker = tmp_path / "pid"

    async def story() -> None:
        before = open_descriptors()
        loop = asyncio.get_running_loop()
        begin = loop.time()
        try:
            script = shell(f"echo $$ > {marker}; {streams} exec sleep 1000")
            running = asyncio.create_task(run_program(script, timeout=SOON))
            await until(lambda: marker.exists() and bool(marker.read_text()))
            ending = await running
            assert (ending.code, ending.trouble) == (None, "timed out after 0.3 s")
            assert loop.time() - begin == pytest.approx(SOON + 1)
            # Python waits for it by a pidfd from 3.12 on.
            await nothing_is_left(before + (sys.version_info >= (3, 12)))
            assert await run_program(shell("exit 0")) == Ending(0)  # the next one
        finally:
            os.kill(pid := int(marker.read_text()), signal.SIGKILL)
        await gone(pid)

    run(story(), jumping=True)


def test_one_that_cannot_be_killed_ends_as_if_it_were():
    async def story() -> None:
        child = await Unkillable.start(("sleep", "1000"), on_output=lambda _: None)
        assert await child.stop(grace=0.1) == -signal.SIGKILL
        os.kill(child.pid, signal.SIGKILL)
        await child.exited()

    run(story())
