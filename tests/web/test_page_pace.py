"""However many different pages are asked for: they take their share of the event loop's time, and no more."""

import asyncio
from typing import Any

import pytest
from served import Served, WebLoop, client, now, on_virtual_time, serving

from bgp2vpc.status import ConfigRow, PollTimeRow, Status, SteeringRow
from bgp2vpc.vpc_status import RouteRow
from bgp2vpc.web.look import Look
from bgp2vpc.web.pace import PATIENCE, WebPace

COST = 0.02


def test_work_takes_its_share_of_the_time_whatever_each_piece_costs():
    pace = WebPace(credit=1, share=0.1)
    now = 100.0
    assert pace.wait(now) == 0
    pace.pay(now, 0.05)  # half of the credit
    assert pace.wait(now) == 0
    pace.pay(now, 0.25)
    assert pace.wait(now) == pytest.approx(2)
    pace.pay(now, 0.01)
    assert pace.wait(now) == pytest.approx(2.1)
    assert pace.wait(now + 2.2) == 0
    pace.pay(now + 10, 5.0)
    assert pace.wait(now + 10) == pytest.approx(3)


def status(**rows: Any) -> Status:
    """A status with these rows, and nothing else."""
    return Status(
        time="", version="", started="", mode="standalone", noop=False, instance_id=None, vpc_id=None,
        config=ConfigRow("", "", last_reload_successful=True, problems=()),
        ec2_observed=True, polls=1, last_read=None, lag=0.0, cycles=1, last_cycle="", serf=None, failing={},
        poll_time=PollTimeRow(60.0, auto=False, members=None, reason=""),
        **dict.fromkeys(
            ("recent_cycles", "leaving", "steering", "sources", "refused_lines", "noted_lines",
            "checks", "paths", "neighbors",
             "damped", "prefixes", "tables", "routes", "fallbacks", "not_accepted", "errors", "notify"), (),
        ) | rows,
    )  # fmt: skip


def held(prefix: str | None, by: str = "me") -> SteeringRow:
    return SteeringRow("hold", prefix, by, "", "", None)


def route(prefix: str, table: str = "rtb-1") -> RouteRow:
    return RouteRow(table, prefix, "keep", "ours", None, "", None, "", None, None, None)


def test_a_prefix_is_told_its_own_rows_and_those_of_every_prefix():
    steering = (held("a", "1"), held("b", "2"), held(None, "3"), held("a", "4"))
    look = Look(status(routes=(route("a"), route("b")), steering=steering, not_accepted=("b",)))
    told = look.of("a")
    assert [row.by for row in told.steering] == ["1", "4", "3"]
    assert (told.routes, told.leaving, told.not_accepted, told.polls) == ((route("a"),), (), (), 1)
    assert look.of("b").not_accepted == ("b",)
    assert look.of("c").routes == ()


def test_a_prefix_costs_its_own_rows_only():
    class Counted(list[RouteRow]):
        read = 0

        def __iter__(self):
            Counted.read += 1
            return super().__iter__()

    look = Look(status(routes=Counted(route(f"p{n}") for n in range(1000))))
    assert [len(look.of(f"p{n}").routes) for n in range(1000)] == [1] * 1000
    assert Counted.read == 1


def costly(site: Served, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The prefixes whose pages are made, each of which keeps the event loop busy for `COST` seconds."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, WebLoop)
    web = site.daemon.parts.web._server.site
    web._answers = WebPace(share=100)
    made: list[str] = []
    parts = web._made.pages.parts

    def slow(told: Any) -> Any:
        made.append(told.prefix)
        loop.spend(COST)
        return parts(told)

    monkeypatch.setattr(web._made.pages, "parts", slow)
    return made


def bound(seconds: float) -> float:
    """Pages in this time: the share of the loop's time, and the credit, and the one that overdraws it."""
    return (0.05 * (seconds + 1)) / COST + 2


@pytest.mark.io
@on_virtual_time
async def test_pages_of_many_prefixes_share_the_time_and_what_is_too_much_is_refused(monkeypatch: pytest.MonkeyPatch):
    async with serving() as site:
        made = costly(site, monkeypatch)
        began = now()
        asked = asyncio.gather(*(site.get(f"/prefix/192.0.2.{n}/32") for n in range(90)))
        await asyncio.sleep(1)
        meanwhile = now()
        assert (await site.get("/healthz"))[0] == 200
        assert (await site.get("/static/style.css"))[0] == 200
        assert now() == meanwhile  # what costs nothing does not wait
        codes = [status for status, _ in await asked]
        assert set(codes) == {200, 503}
        assert codes.count(200) == len(made)
        assert now() - began == pytest.approx(PATIENCE, abs=0.1)
        assert len(made) == pytest.approx(bound(PATIENCE), abs=2)


@pytest.mark.io
@on_virtual_time
async def test_streams_of_many_prefixes_share_it_too(monkeypatch: pytest.MonkeyPatch):
    async with serving() as site:
        made = costly(site, monkeypatch)
        began = now()
        async with client() as http:
            urls = [f"{site.url}/events?prefix=192.0.2.{n}/32" for n in range(40)]
            streams = await asyncio.gather(*(http.get(url) for url in urls))
            assert {stream.status for stream in streams} == {200}
            await asyncio.sleep(20)
            assert len(made) == pytest.approx(bound(now() - began), abs=2)
