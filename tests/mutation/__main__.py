"""`python -m tests.mutation [--only TEXT] [--jobs N]`; exit 1 below the goal."""

import argparse
import gc
import os
import resource
import sys
import tomllib
from collections.abc import Sequence
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.changes import Change, Function, changes_of

HERE = Path(__file__).parent
CPU_LIMIT = 10
"""Seconds for the tests of one change, which take less than one. A change that makes them endless has been found."""


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="the files whose path has this in it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: cores)")
    arguments = parser.parse_args()
    places = tomllib.loads((HERE / "places.toml").read_text())
    paths = [path for pattern in places["files"] for path in sorted(Path().glob(pattern))]
    changes = [change for path in paths if arguments.only in str(path) for change in changes_of(path)]
    run = Run(changes, arguments.jobs)
    # Without the plugins that cost time for every test and find no change.
    idle = ("cacheprovider", "timeout", "unraisableexception", "threadexception", "faulthandler")
    options = ["-qs", "--no-header", "--tb=line", "-oaddopts=", "-mnot hypothesis", *(f"-pno:{each}" for each in idle)]
    status = pytest.main([*options, *places["tests"]], plugins=[run])
    return _report(run, places["goal"]) if status == pytest.ExitCode.OK else int(status)


def _report(run: "Run", goal: float) -> int:
    listed = {
        (function, text)
        for each in tomllib.loads((HERE / "equivalent.toml").read_text()).get("equivalent", ())
        for function, texts in each["changes"].items()
        for text in texts
    }
    texts = {change: (str(change.function), change.lines()[1]) for change in run.survivors}
    equivalent = {change for change, text in texts.items() if text in listed}
    for change in run.survivors:
        if change not in equivalent:
            print("survived in {}\n  - {}\n  + {}".format(change.function, *change.lines()))
    functions = {str(change.function) for change in run.changes}
    outdated = [text for text in listed.difference(texts.values()) if text[0] in functions]
    for function, text in sorted(outdated):
        print(f"equivalent.toml: no such survivor in {function}: {text}")
    print(f"\n{'':34}{'changes':>8}{'found':>8}{'equivalent':>12}{'score':>10}")
    rows = [(str(path), list(changes)) for path, changes in groupby(run.changes, key=lambda each: each.function.path)]
    for name, changes in [*rows, ("all", run.changes)]:
        found, same = len(set(changes) - texts.keys()), len(equivalent.intersection(changes))
        score = 100 * found / max(len(changes) - same, 1)
        print(f"{name:34}{len(changes):8}{found:8}{same:12}{score:9.1f}%")
    return int(score < goal or bool(outdated))


class Run:
    """A plugin of pytest: in place of running the tests once, it runs them against every change."""

    def __init__(self, changes: list[Change], jobs: int) -> None:
        self.changes = changes
        self.survivors: list[Change] = []
        self._jobs = jobs

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("not all tests can be collected")
        groups = [list(changes) for _, changes in groupby(self.changes, key=lambda change: change.function)]
        callers = _callers([changes[0].function for changes in groups], session)
        _work.extend((changes, callers[changes[0].function]) for changes in groups)
        gc.collect()
        gc.freeze()  # what is not looked at is not copied into each process
        with get_context("fork").Pool(self._jobs) as pool:
            for changes, survived in zip(groups, pool.imap(_survivors, range(len(groups))), strict=True):
                self.survivors += [changes[at] for at in survived]
                print(".", end="", flush=True)
        return True


def _callers(functions: Sequence[Function], session: pytest.Session) -> dict[Function, list[pytest.Item]]:
    """The tests that call each of these functions, those first that call the fewest."""
    for function in functions:
        Change(function, -1, function.source).apply()  # so that it is seen here if a function cannot be exchanged
    codes = {id(function.live().__code__): function for function in functions}
    called_by = {}
    for item in session.items:
        called: set[int] = set()
        sys.setprofile(lambda frame, event, _, called=called: called.add(id(frame.f_code)) if event == "call" else None)
        failed = _fails(item)
        sys.setprofile(None)
        if failed:
            raise session.Failed(f"{item.nodeid} fails without any change")
        called_by[item] = called & codes.keys()
    items = sorted(session.items, key=lambda item: len(called_by[item]))
    return {function: [item for item in items if code in called_by[item]] for code, function in codes.items()}


def _fails(item: pytest.Item) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


_work: list[tuple[list[Change], list[pytest.Item]]] = []
"""The changes of each function, and the tests that call it: the processes of the pool inherit it."""


def _survivors(at: int) -> list[int]:
    """Which changes of this function no test finds."""
    changes, tests = _work[at]
    survived = []
    for number, change in enumerate(changes):
        finder = _first_that_fails(tests, change)
        if finder is None:
            survived.append(number)
        else:
            tests.insert(0, tests.pop(finder))  # it is likely to find the next one, too
    return survived


def _first_that_fails(tests: Sequence[pytest.Item], change: Change) -> int | None:
    """Which of the tests fails with the change, tried in a process of its own; None: none does."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        gc.disable()
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            change.apply()
            failed = next((at for at, item in enumerate(tests) if _fails(item)), None)
        except BaseException:  # noqa: BLE001  # the change cannot even be compiled, or ended the run of the tests
            failed = 0
        os.write(writer, str(failed).encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as answer:
        told = answer.read()
    os.waitpid(child, 0)
    if told == "None":
        return None
    return int(told or 0)  # nothing: it ran into the limit


if __name__ == "__main__":
    sys.exit(main())
