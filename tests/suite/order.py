"""Which tests `make check` runs, and how the tests of a whole run are dealt out to the workers.

A test marked `io` starts a process, opens a socket or needs root: what is marked `system` or uses the fixture `cloud`
is so of itself. `make check` runs the others, with `--no-io`, under which a test that does so all the same fails and
says what it did: so the marks stay true.

Workers take work from the front of the list: first the tests that take long (`system`), so that no worker is left with
one at the end; then the rest marked `io`. Those mostly wait; the others, which only compute, are spread among them, so
that no core is idle. Where single tests take seconds, a worker takes one at a time, else a whole file.
"""

import gc
import sys
from collections.abc import Iterable, Iterator
from operator import itemgetter

import pytest
from xdist.scheduler import LoadScopeScheduling

FORBIDDEN = {
    "os.exec": "it became another program",
    "os.fork": "it forked",
    "os.forkpty": "it forked",
    "os.posix_spawn": "it started a process",
    "socket.bind": "it bound a socket",
    "socket.connect": "it connected a socket",
    "subprocess.Popen": "it started a process",
}
"""Events of Python's audit hooks, and what they mean."""
ONE_BY_ONE = tuple(f"tests/{name}/" for name in ("demo", "integration", "simulation", "system", "web"))
TOGETHER = (
    "tests/integration/test_exabgp_in_trouble.py", "tests/system/test_packages.py",
    "tests/system/test_exabgp_of_its_own.py", "tests/system/test_route_server.py",
)  # fmt: skip
"""Their tests share machines, or daemons, that take long to make."""
WITH = {"tests/system/test_container.py": "tests/system/test_packages.py"}
"""Which file's tests go where those of another file go: both need the same Debian (`debian_tree`)."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-io", action="store_true", help="run what starts no process and opens no socket")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("no_io"):
        config.pluginmanager.register(_NoIo(), "no-io")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return 0 if item.get_closest_marker("system") else 1 if item.get_closest_marker("io") else 2

    for item in items:
        if item.get_closest_marker("system") or "cloud" in getattr(item, "fixturenames", ()):
            item.add_marker("io")
    items.sort(key=rank)
    if config.getoption("no_io"):
        left_out = [item for item in items if rank(item) < 2]
        items[:] = [item for item in items if rank(item) == 2]
        config.hook.pytest_deselected(items=left_out)
        return
    waiting = _portions(item for item in items if rank(item) < 2)
    computing = _portions(item for item in items if rank(item) == 2)
    spread = [(number / len(some), portion) for some in (waiting, computing) for number, portion in enumerate(some)]
    items[:] = [item for _, portion in sorted(spread, key=itemgetter(0)) for item in portion]


def _portions(items: Iterable[pytest.Item]) -> list[list[pytest.Item]]:
    """What a worker takes at a time."""
    portions: dict[str, list[pytest.Item]] = {}
    for item in items:
        portions.setdefault(_portion(item.nodeid), []).append(item)
    return list(portions.values())


def _portion(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    file = WITH.get(file, file)
    return nodeid if file.startswith(ONE_BY_ONE) and file not in TOGETHER else file


def pytest_collection_finish() -> None:
    gc.freeze()  # what is there by now stays: looking through it for garbage again and again costs a tenth of the time


class _Scheduler(LoadScopeScheduling):
    """Deals out what `_split_scope` calls the same to one worker, at once."""

    def _split_scope(self, nodeid: str) -> str:
        return _portion(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _Scheduler:
    return _Scheduler(config, log)


class _NoIo:
    """Fails a test that does what only those marked `io` may."""

    def __init__(self) -> None:
        self._running = False
        self._did: list[str] = []
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._running and event in FORBIDDEN:
            self._did.append(f"{FORBIDDEN[event]}: {arguments}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        self._running, self._did = True, []
        try:
            return (yield)
        finally:
            self._running = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        result = yield
        if self._did:
            pytest.fail(f"not marked `io`, but {self._did[0]}", pytrace=False)
        return result
