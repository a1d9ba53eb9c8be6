"""Real programs, as bad as scripts come."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from source_kit import Recorder, gone, is_running, python, run

from bgp2vpc.config.model import Config, Process
from bgp2vpc.exabgp_api.command import Command
from bgp2vpc.services.scripts import Scripts
from bgp2vpc.sources.script import Pauses, Script, ScriptSettings, ScriptState
from bgp2vpc.sources.session import UNENDED, Reply
from bgp2vpc.sources.turns import Turns
from bgp2vpc.tasks import GuardedTasks
from tests.post import eventually
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

QUICK = Pauses(quiet=0.01, first=0.01, longest=0.05, proven=60, unended=60)
SERIES = "WARNING script ends at once again and again: restarted with back-off, not logged meanwhile"
SAY = "announce route 192.0.2.1/32 next-hop self"
OPENED, CLOSED = "dns opened (script)", "dns closed, hold 10"


@asynccontextmanager
async def running(
    *argv: str, listener: Recorder, respawn: bool = True, grace: float = PATIENCE
) -> AsyncIterator[tuple[Script, asyncio.Task[None]]]:
    script = Script(ScriptSettings("dns", argv, respawn=respawn, grace=grace), listener, Turns(), pauses=QUICK)
    task = asyncio.create_task(script.run())
    try:
        yield script, task
    finally:
        await stopped(task)


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def test_a_reload_with_another_limit_restarts_no_script():
    """A healthcheck that is ended withdraws what it has announced."""

    async def story() -> None:
        listener = Recorder()
        tasks = GuardedTasks(lambda: None)
        scripts = Scripts(listener, tasks.start, Turns(), 4096)
        process = Process(name="dns", argv=tuple(python(f"print({SAY!r}, flush=True); input(); input()")))
        await scripts.configure(Config(file="", processes=(process,)))
        await listener.until(f"dns said {SAY}")
        (before,) = scripts.statuses()
        other = replace(process, restart_time=77.0, max_prefixes=5)
        await scripts.configure(Config(file="", processes=(other,)))
        (after,) = scripts.statuses()
        assert (after.pid, after.lines) == (before.pid, before.lines)
        assert listener.log == [OPENED, f"dns said {SAY}"]
        await scripts.configure(Config(file=""))
        assert listener.log[-1] == "dns closed, hold 77"
        await tasks.cancel()

    run(story())


HEALTHCHECK = f"""
import signal, sys
def end(*_):
    print("withdraw route 192.0.2.1/32 next-hop self")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print({SAY!r})
while True:
    signal.pause()
"""


@pytest.mark.parametrize("reload", ["another command", "another name", "removed"])
def test_a_healthcheck_that_a_reload_replaces_withdraws_nothing_as_it_ends_but_one_that_is_removed_does(reload: str):
    async def story() -> None:
        listener = Recorder()
        tasks = GuardedTasks(lambda: None)
        scripts = Scripts(listener, tasks.start, Turns(), 4096)
        process = Process(name="dns", argv=python(HEALTHCHECK))
        await scripts.configure(Config(file="", processes=(process,)))
        await listener.until(f"dns said {SAY}")
        after = {
            "another command": (replace(process, argv=python(HEALTHCHECK + "# slower")),),
            "another name": (replace(process, name="resolver"),),
            "removed": (),
        }[reload]
        await scripts.configure(Config(file="", processes=after))
        for each in after:
            await listener.when(lambda name=each.name: listener.log.count(f"{name} said {SAY}") > (name == "dns"))
        farewell = ["dns said withdraw route 192.0.2.1/32 next-hop self"] if reload == "removed" else []
        assert listener.log[: 3 + len(farewell)] == [OPENED, f"dns said {SAY}", *farewell, CLOSED]
        await tasks.cancel()

    run(story())


def test_a_line_longer_than_its_limit_is_an_error_and_the_next_one_is_heard():
    async def story() -> None:
        listener = Recorder()
        long = f"{SAY} community [ {'1:1 ' * 1100}]"
        code = f"""
import sys
for command in ["{long}", "{SAY}"]:
    print(command)
    print("# it said", sys.stdin.readline().strip())
"""
        async with running(*python(code), listener=listener, respawn=False) as (_, task):
            await task
            said = ["dns said ", "dns said # it said error", f"dns said {SAY}", "dns said # it said done"]
            assert listener.log == [OPENED, *said, CLOSED]

    run(story())


def test_a_flood_leaves_the_event_loop_free():
    """However fast it prints: with its 64 KiB read at once and worked off at once, these are 65,536 lines."""

    async def story() -> None:
        listener = Recorder()
        async with running("yes", "", listener=listener, grace=0.1):
            most = before = 0
            while len(listener.log) < 100_000:
                await asyncio.sleep(0)
                most, before = max(most, len(listener.log) - before), len(listener.log)
            assert most < 20_000

    run(story())


def test_each_line_is_heard_and_answered_one_by_one():
    async def story() -> None:
        listener = Recorder()
        code = f"""
import sys
for command in ["{SAY}", "nonsense", "withdraw route 192.0.2.1/32"]:
    print(command)
    print("# it said", sys.stdin.readline().strip())
    sys.stdin.readline()
"""
        async with running(*python(code), listener=listener, respawn=False) as (script, task):
            await task
            assert listener.log == [
                OPENED,
                f"dns said {SAY}",
                "dns said # it said done",
                "dns said nonsense",
                "dns said # it said error",
                "dns said withdraw route 192.0.2.1/32",
                "dns said # it said done",
                CLOSED,
            ]
            assert script.status.state is ScriptState.ENDED
            assert (script.status.last_exit, script.status.lines) == ("exit 0", 6)
            assert (script.status.last_line, script.status.pid) == ("# it said done", None)

    run(story())


def test_a_script_that_crashes_is_started_again_for_ever():
    async def story() -> None:
        listener = Recorder()
        async with running(*python(f"print('{SAY}'); raise SystemExit(3)"), listener=listener) as (script, _):
            await listener.when(lambda: listener.log.count(CLOSED) == 4)
            assert listener.log[:6] == [OPENED, f"dns said {SAY}", CLOSED] * 2
            assert script.status.restarts >= 3
            assert script.status.last_exit == "exit 3"

    run(story())


def test_a_crash_is_logged_with_the_last_word_on_stderr(caplog: pytest.LogCaptureFixture):
    async def story() -> None:
        async with running("sh", "-c", "echo why >&2; exit 2", listener=Recorder(), respawn=False) as (_, task):
            await task

    run(story())
    (record,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert record.getMessage() == "script ended"
    assert record.fields == {"exit": "exit 2", "why": "why", "source": "dns"}


async def until_logged(words: str, caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.timeout(PATIENCE):
        while words not in caplog.text:  # noqa: ASYNC110  # nothing else tells of it
            await asyncio.sleep(0.01)


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{record.levelname} {record.getMessage()}" for record in caplog.records if record.name != "asyncio"]


@pytest.mark.parametrize(("exit_status", "level"), [(0, "INFO"), (3, "WARNING")])
def test_one_that_ends_at_once_again_and_again_is_one_line_for_the_series(
    exit_status: int, level: str, caplog: pytest.LogCaptureFixture
):
    """The script of the case, and one that crashes."""
    caplog.set_level(logging.INFO)

    async def story() -> None:
        listener = Recorder()
        code = f"echo active; echo {SAY}; exit {exit_status}"
        async with running("sh", "-c", code, listener=listener) as (script, _):
            await listener.when(lambda: listener.log.count(CLOSED) == 9)
            assert script.status.restarts >= 8

    run(story())
    told = events(caplog)
    assert told.count(SERIES) == 1
    assert told[-1] == SERIES
    assert told[:2] == ["INFO script started", f"{level} script ended"]
    assert len(told) <= 7


def test_a_series_is_over_when_it_stays_up_or_ends_otherwise(caplog: pytest.LogCaptureFixture, tmp_path: Path):
    caplog.set_level(logging.INFO)
    quick = Pauses(quiet=0.0, first=0.0, longest=0.0, brief=3.0)
    runs, over = tmp_path / "runs", tmp_path / "over"

    async def story() -> None:
        listener = Recorder()
        wait = f"while [ ! -e {over} ]; do sleep 0.02; done"
        code = f"echo >> {runs}; [ $(wc -l < {runs}) -lt 5 ] && exit 3; {wait}; exit 4"
        settings = ScriptSettings("dns", ("sh", "-c", code))
        task = asyncio.create_task(Script(settings, listener, Turns(), pauses=quick).run())
        await until_logged("stays up", caplog)
        over.touch()
        await listener.when(lambda: listener.log.count(CLOSED) == 5)
        await stopped(task)

    run(story())
    told = events(caplog)
    stays = told.index("INFO script stays up")
    assert told[stays - 1] == SERIES
    assert told[stays + 1] == "WARNING script ended"


def test_exit_0_is_no_crash_and_news_only_once(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)

    async def story() -> None:
        listener = Recorder()
        async with running("true", listener=listener):
            await listener.when(lambda: listener.log.count(CLOSED) == 2)

    run(story())
    assert events(caplog)[:2] == ["INFO script started", "INFO script ended"]
    assert all("started" not in each and "ended" not in each for each in events(caplog)[2:])


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (("/no/such/program",), "cannot start: No such file or directory"),
        (("/etc/passwd",), "cannot start: Permission denied"),
        (("tru\0e",), "cannot start: embedded null byte"),
    ],
)
def test_what_cannot_be_started_is_told_and_tried_again(
    argv: tuple[str, ...], reason: str, caplog: pytest.LogCaptureFixture
):
    async def story() -> None:
        listener = Recorder()
        async with running(*argv, listener=listener) as (script, task):
            while script.status.restarts < 2:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)
            assert script.status.last_exit == reason
            assert not task.done()
            assert listener.log == []

    run(story())
    assert caplog.records[0].fields["why"] == reason.removeprefix("cannot start: ")


def test_a_script_that_never_reads_its_stdin_does_not_block_us(caplog: pytest.LogCaptureFixture, tmp_path: Path):
    told = tmp_path / "told"
    code = f"""
import os, time
for n in range(20000): print('version')
print('# end')
while not os.path.exists({str(told)!r}): time.sleep(0.01)
input()
print('# read')
"""

    async def story() -> None:
        listener = Recorder()
        async with running(*python(code), listener=listener, respawn=False):
            await listener.until("dns said # end")
            await eventually(lambda: "does not read its stdin" in caplog.text)
            told.touch()
            await listener.until("dns said # read")

    run(story())
    assert caplog.text.count("does not read its stdin") == 1


def test_a_script_may_close_its_stdin():
    async def story() -> None:
        listener = Recorder()
        code = f"import os\nos.close(0)\nfor n in range(100): print('{SAY}')"
        async with running(*python(code), listener=listener, respawn=False) as (_, task):
            await task
            assert listener.log.count(f"dns said {SAY}") == 100

    run(story())


def test_its_stdin_is_a_pipe_that_can_be_opened_by_name():
    async def story() -> None:
        listener = Recorder()
        code = "print('version')\nprint('#', open('/dev/stdin').readline().split()[0])"
        async with running(*python(code), listener=listener, respawn=False) as (_, task):
            await task
        assert any(line.startswith(("dns said # bgp2vpc", "dns said # exabgp")) for line in listener.log)

    run(story())


def test_stopping_lets_it_say_goodbye():
    async def story() -> None:
        listener = Recorder()
        code = f"""
import signal, sys
def bye(*_):
    print("withdraw route 192.0.2.1/32"); sys.stdin.readline(); print("# answered"); raise SystemExit(0)
signal.signal(signal.SIGTERM, bye)
print("{SAY}"); sys.stdin.readline(); print("# ready"); sys.stdin.readline()
signal.pause()
"""
        async with running(*python(code), listener=listener) as (script, task):
            await listener.until("dns said # ready")
            await stopped(task)
            assert task.cancelled()
            assert listener.log[-3:] == ["dns said withdraw route 192.0.2.1/32", "dns said # answered", CLOSED]
            assert (script.status.state, script.status.last_exit) == (ScriptState.STOPPED, "exit 0")

    run(story())


def test_one_that_ignores_sigterm_is_killed_with_all_its_children():
    async def story() -> None:
        listener = Recorder()
        code = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
line = f"# {child or os.getpid()} {'parent' if child else 'child'} {os.getpid()}\\n"
os.write(1, line.encode())  # at once: both write to the same pipe
time.sleep(600)
"""
        async with running(*python(code), listener=listener, grace=0.2) as (script, task):
            await listener.when(lambda: len(listener.log) == 3)
            grandchild = int(next(line for line in listener.log if "parent" in line).split()[3])
            await stopped(task)
            assert script.status.last_exit == "SIGKILL"
            await gone(grandchild)
            assert not is_running(grandchild)

    run(story())


def test_what_a_script_leaves_behind_is_ended_with_it():
    async def story() -> None:
        listener = Recorder()
        shell = "sleep 600 & echo '#' $!; exit 1"
        async with running("sh", "-c", shell, listener=listener, respawn=False) as (_, task):
            await task
            await gone(int(listener.log[1].split()[3]))
            assert listener.log[-1] == CLOSED

    run(story())


def test_a_script_killed_by_a_signal_is_named_so():
    async def story() -> None:
        listener = Recorder()
        async with running("sh", "-c", "kill -9 $$", listener=listener, respawn=False) as (script, task):
            await task
            assert script.status.last_exit == "SIGKILL"

    run(story())


def test_a_new_life_begins_with_answers_on():
    async def story() -> None:
        listener = Recorder()
        code = "import sys\nprint('version')\nsys.stdin.readline()\nprint('# answered')\nprint('silence-ack')"
        async with running(*python(code), listener=listener):
            await listener.when(lambda: listener.log.count("dns said # answered") == 2)

    run(story())


def test_a_flood_on_stderr_is_cut_and_counted(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)

    async def story() -> None:
        listener = Recorder()
        code = "import sys\nfor n in range(500): print('no\\xffise', n, file=sys.stderr)"
        async with running(*python(code), listener=listener, respawn=False) as (_, task):
            await task

    run(story())
    told = [record.fields for record in caplog.records if record.name == "bgp2vpc.script.dns"]
    noise = [fields for fields in told if "stderr" in fields]
    assert 20 <= len(noise) < 500  # and one more for each second that it takes
    assert sum(fields["lines_dropped"] for fields in told if "lines_dropped" in fields) == 500 - len(noise)


def test_what_it_says_on_stderr_again_and_again_is_said_once(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)

    async def story() -> None:
        code = "import sys\nfor n in range(9): print('UP', file=sys.stderr)"
        async with running(*python(code), listener=Recorder(), respawn=False) as (_, task):
            await task

    run(story())
    assert [record.fields["stderr"] for record in caplog.records if "stderr" in getattr(record, "fields", {})] == ["UP"]


def test_a_last_line_that_was_cut_off_is_refused():
    class Judge(Recorder):
        def said(self, source: str, command: Command) -> Reply:
            super().said(source, command)
            self.log.append(command.error)
            return Reply.to(command)

    async def story() -> None:
        listener = Judge()
        cut_off = "announce route 192.0.2.0/2"
        async with running("printf", f"{SAY}\n{cut_off}", listener=listener, respawn=False) as (script, task):
            await task
        assert listener.log == [OPENED, f"dns said {SAY}", "", f"dns said {cut_off}", UNENDED, CLOSED]
        assert (script.status.last_line, script.status.unfinished_line) == (cut_off, "")

    run(story())


def test_an_unfinished_line_is_told_while_the_script_runs(caplog: pytest.LogCaptureFixture):
    async def story() -> None:
        listener = Recorder()
        code = f"printf '{SAY}'; read answer; echo; read answer"
        settings = ScriptSettings("dns", ("sh", "-c", code), grace=0.1)
        script = Script(settings, listener, Turns(), pauses=Pauses(unended=0.01))
        task = asyncio.create_task(script.run())
        try:
            await until_logged("unfinished", caplog)
            assert script.status.unfinished_line == SAY
        finally:
            await stopped(task)

    run(story())
    (record,) = [each for each in caplog.records if "unfinished" in each.getMessage()]
    assert record.fields == {"line": SAY, "source": "dns"}


def test_a_line_that_comes_in_two_parts_is_no_unfinished_one(caplog: pytest.LogCaptureFixture, tmp_path: Path):
    async def story() -> None:
        listener = Recorder()
        half, go_on = len(SAY) // 2, tmp_path / "go on"
        wait = f"while [ ! -e '{go_on}' ]; do sleep 0.02; done"
        code = f"printf '{SAY[:half]}'; {wait}; echo '{SAY[half:]}'"
        async with running("sh", "-c", code, listener=listener, respawn=False) as (script, task):
            while script.status.unfinished_line != SAY[:half]:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)
            go_on.touch()
            await task
            assert script.status.unfinished_line == ""
        assert listener.log == [OPENED, f"dns said {SAY}", CLOSED]

    run(story())
    assert "unfinished" not in caplog.text


def test_it_runs_in_a_session_of_its_own_with_our_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANYCAST", "192.0.2.1")

    async def story() -> None:
        listener = Recorder()
        code = "import os\nprint('#', os.environ['ANYCAST'], os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid())"
        async with running(*python(code), listener=listener, respawn=False) as (_, task):
            await task
            assert listener.log[1] == "dns said # 192.0.2.1 True True"

    run(story())


def test_no_descriptor_of_ours_leaks():
    async def story() -> None:
        before = len(os.listdir("/proc/self/fd"))
        listener = Recorder()
        async with running("true", listener=listener):
            await listener.when(lambda: listener.log.count(CLOSED) == 5)
        assert len(os.listdir("/proc/self/fd")) <= before

    run(story())


def test_a_crash_while_it_waits_to_be_started_again_can_be_stopped():
    async def story() -> None:
        listener = Recorder()
        script = Script(ScriptSettings("dns", ("false",)), listener, Turns(), pauses=Pauses(first=3600))
        task = asyncio.create_task(script.run())
        await listener.until(CLOSED)
        while script.status.state is not ScriptState.BACKOFF:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)
        await stopped(task)
        assert script.status.state is ScriptState.STOPPED

    run(story())


def test_one_that_runs_only_once_is_started_as_soon_as_that_is_possible(tmp_path: Path):
    """What keeps it from being started may be a shortage of ours: no process, no descriptors."""

    async def story() -> None:
        listener = Recorder()
        program = tmp_path / "program"
        async with running(str(program), listener=listener, respawn=False) as (script, task):
            await eventually(lambda: script.status.restarts >= 2)
            assert (script.status.state, script.status.last_exit) == (
                ScriptState.BACKOFF, "cannot start: No such file or directory",
            )  # fmt: skip
            program.write_text(f"#!/bin/sh\necho {SAY}\n")
            program.chmod(0o755)
            await task
        assert script.status.state is ScriptState.ENDED
        assert listener.log == [OPENED, f"dns said {SAY}", CLOSED]

    run(story())
