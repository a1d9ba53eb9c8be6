"""Programs that are run when a verdict changes, on virtual time."""

import asyncio
import logging
from typing import Any

import pytest
from health_kit import a_check
from watch import START, Service, Watch, lines

from bgp2vpc.health.hooks import CheckHooks
from bgp2vpc.health.model import Ping
from bgp2vpc.health.programs import Ending


class Programs:
    """Stands for real ones: writes down which ran, with what, from when to when."""

    def __init__(self, *, take: float = 0.0, trouble: str = "") -> None:
        self._take = take
        self._trouble = trouble
        self.runs: list[tuple[str, float, float]] = []
        self.environments: list[dict[str, str]] = []

    async def __call__(self, argv: Any, *, timeout: float | None = None, env: Any = None) -> Ending:  # noqa: ASYNC109
        clock = asyncio.get_running_loop().time
        started = clock()
        self.environments.append(dict(env))
        try:
            await asyncio.sleep(min(self._take, timeout or self._take))
        finally:
            self.runs.append((" ".join(argv), started - START, clock() - START))
        return Ending(1, "", self._trouble) if self._trouble else Ending(0)


def hooked(programs: Programs, service: Service, seconds: float, **hooks: Any) -> Watch:
    """A check that flaps as fast as it can, with a program for each change."""
    check = a_check(Ping(), name="dns", rise=1, fall=1, on_healthy=("up", "now"), on_unhealthy=("down",))
    watch = Watch(service, check, hooks=CheckHooks(check, program=programs, **hooks))
    watch.run(seconds)
    return watch


def test_a_program_is_run_for_each_verdict_also_the_first():
    programs = Programs()
    hooked(programs, Service("+.+"), 5)
    assert programs.runs == [("up now", 0, 0), ("down", 1, 1), ("up now", 2, 2)]
    common = {"BGP2VPC_CHECK": "dns", "BGP2VPC_DESTINATION": "127.0.0.1"}
    states = [common | {"BGP2VPC_STATE": state} for state in ("healthy", "unhealthy", "healthy")]
    assert programs.environments == states


def test_slow_programs_run_in_order_and_delay_no_probe():
    programs, service = Programs(take=2.5), Service("+.+.+" + "+" * 20)
    hooked(programs, service, 20)
    assert programs.runs == [
        ("up now", 0, 2.5),
        ("down", 2.5, 5),
        ("up now", 5, 7.5),
        ("down", 7.5, 10),
        ("up now", 10, 12.5),
    ]
    assert service.probed == list(range(20))


def test_a_program_gets_so_much_time_and_is_ended_with_the_check():
    programs = Programs(take=100)
    hooked(programs, Service("+" + "." * 30), 15, timeout=lambda: 10)
    assert programs.runs == [("up now", 0, 10), ("down", 10, 15)]


def test_a_program_that_fails_is_a_warning(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "bgp2vpc")
    hooked(Programs(trouble="exit 3: oh"), Service(), 3)
    assert lines(caplog, logging.WARNING) == [
        "hook failed check=dns destination=127.0.0.1 state=healthy command=up now why=exit 3: oh"
    ]


def test_changes_faster_than_their_programs_drop_the_oldest(caplog: pytest.LogCaptureFixture):
    programs = Programs(take=100)
    hooked(programs, Service("+." * 6), 12, timeout=lambda: 100)
    assert [run[0] for run in programs.runs] == ["up now"]
    assert lines(caplog, logging.WARNING) == [
        f"hook dropped: earlier hooks still run check=dns destination=127.0.0.1 state={state}"
        for state in ("unhealthy", "healthy", "unhealthy")
    ]


def test_when_only_logged_no_program_runs(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "bgp2vpc.health")
    programs = Programs()
    hooked(programs, Service(), 3, only_log=True)
    assert programs.runs == []
    assert lines(caplog)[1:] == ["hook not run check=dns destination=127.0.0.1 state=healthy command=up now"]


def test_a_program_gets_the_time_limit_that_is_configured_when_it_starts():
    programs = Programs(take=100)
    hooked(programs, Service("+."), 2.5, timeout=lambda: 0.25 if programs.runs else 0.5)
    assert programs.runs[:2] == [("up now", 0, 0.5), ("down", 1, 1.25)]
