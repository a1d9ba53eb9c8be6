"""Fixtures for everybody: one stand-in for EC2 for each worker, reset for each test that asks for a world."""

import os
import signal
import sys
from collections.abc import Iterator

import hypothesis
import pytest

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World, WorldSpec

pytest_plugins = ("tests.suite.order", "tests.suite.evidence", "tests.suite.leftovers")

# Hundreds of daemons start here: compiling the program's modules for each of them would cost it 0.3 s.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell has what it runs in its background (`make test &` in a script) ignore Ctrl-C, and so would all that is started
# here: that a command ends when it is interrupted could not be tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# `make check` looks at fewer examples of each property than `make test`, which has a hundred; `long` at new ones.
_SAME = hypothesis.settings.get_profile("ci")
hypothesis.settings.register_profile("quick", _SAME, max_examples=25)
hypothesis.settings.register_profile("long", _SAME, derandomize=False, max_examples=5000)

# Its questions are no test modules, but their asserts are to explain themselves all the same.
pytest.register_assert_rewrite("tests.cloud.ec2_battery")


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """The test cloud: moto made honest, in a process of its own."""
    with Cloud.start() as running:
        yield running


@pytest.fixture
def world(cloud: Cloud) -> World:
    """A new world: two hosts in two zones, one table tagged type=private in each, an untagged main table."""
    cloud.reset()
    return cloud.build(WorldSpec())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI nothing may be skipped: what was not run has not passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", ())) if reporter else 0
    if skipped and os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        reporter.write_line(f"\nCI: {skipped} skipped; here that is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
