"""How late the event loop is: measured, shown, and said."""

import asyncio
import logging

from bgp2vpc.services.status.lag import WINDOW, LagWatch
from tests.virtual_time import VirtualTimeLoop


def test_the_longest_delay_of_the_last_minute_counts():
    watch = LagWatch()
    assert watch.longest(0) == 0
    for at, late in ((0, 0.1), (1, 0.5), (2, 0.2), (3, 0.3), (4, 0.0)):
        watch.note(late, at)
    assert watch.longest(4) == 0.5
    assert watch.longest(1 + WINDOW) == 0.5
    assert watch.longest(2 + WINDOW) == 0.3
    assert watch.longest(4 + WINDOW) == 0.0
    assert watch.longest(5 + WINDOW) == 0.0


def test_a_late_loop_is_noticed_and_said_once_a_minute(caplog):
    async def story(loop: VirtualTimeLoop) -> None:
        watch = LagWatch()
        task = asyncio.create_task(watch.run())
        await asyncio.sleep(10)
        assert watch.longest(loop.time()) < 0.001
        for _ in range(3):
            loop.stall(5)
            await asyncio.sleep(1)
        assert 4.5 < watch.longest(loop.time()) <= 5
        await asyncio.sleep(WINDOW)
        loop.stall(2)
        await asyncio.sleep(1)
        assert 1.5 < watch.longest(loop.time()) <= 2
        task.cancel()

    caplog.set_level(logging.WARNING)
    loop = VirtualTimeLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(story(loop))
    assert [record.getMessage() for record in caplog.records] == ["event loop late"] * 2


def test_status_and_metrics_tell(make_lab):
    lab = make_lab().start(wait=10)
    assert lab.ask("status")["lag"] == 0
