"""What is worth an operator's attention, from the status alone."""

import re
from dataclasses import replace
from typing import Any

import pytest

from bgp2vpc.status import (
    CheckRow,
    ConfigRow,
    ErrorRow,
    ExabgpRow,
    NeighborRow,
    PathRow,
    PollTimeRow,
    RecipientRow,
    RefusedRow,
    ScriptRow,
    SerfStatus,
    SourceRow,
    Status,
    SteeringRow,
)
from bgp2vpc.vpc_status import PrefixRow, RouteRow
from bgp2vpc.web.attention import Item, attention
from bgp2vpc.web.metrics import METRICS, Seen
from bgp2vpc.web.page import Pages, Told
from bgp2vpc.web.tally import Tally

T = "2026-01-01T00:00:00+00:00"
HOW = "aws ec2 modify-network-interface-attribute --network-interface-id eni-1 --no-source-dest-check"


POLL_TIME = PollTimeRow(60.0, auto=False, members=None, reason="")


def status(**rows: Any) -> Status:
    """A status with these rows, and nothing else."""
    empty = dict.fromkeys(
        ("recent_cycles", "leaving", "steering", "sources", "refused_lines", "noted_lines",
        "checks", "paths", "neighbors", "damped",
         "prefixes", "tables", "routes", "fallbacks", "not_accepted", "errors", "notify"), (),
    )  # fmt: skip
    fixed = {
        "time": T, "version": "", "started": T, "mode": "standalone", "noop": False, "instance_id": None,
        "vpc_id": None, "ec2_observed": True, "polls": 1, "last_read": T, "lag": 0.0, "cycles": 1, "last_cycle": "",
        "poll_time": POLL_TIME, "serf": None, "failing": {},
        "config": ConfigRow("x.yaml", T, last_reload_successful=True, problems=()),
    }  # fmt: skip
    return Status(**fixed | empty | rows)


def route(prefix: str, table: str, verdict: str, reason: str, **more: Any) -> RouteRow:
    known = {"target": None, "rule": "r", "owner": None, "detail": "", "since": T, "target_since": T, "has": None}
    return RouteRow(table, prefix, verdict, reason, **known | more)


def served(prefix: str, **more: Any) -> PrefixRow:
    known: dict[str, Any] = {
        "managed": True, "announced": True, "permitted": True, "tables": 2, "ours": 2, "peer": 0, "foreign": 0,
        "blackholes": (), "without_route": (), "owners": (), "since": T,
    }  # fmt: skip
    return PrefixRow(prefix, **known | more)


def held(prefix: str = "a") -> SteeringRow:
    return SteeringRow("hold", prefix, "me", "", T, None)


def path(prefix: str, side: str = "local") -> PathRow:
    return PathRow(prefix, "self", "dns", True, "only path", None, None, 0, None, side, "igp", (), ())


DOWN = served("a", ours=0, without_route=("t1", "t2"))
DARK = served("b", ours=0, blackholes=("t1",), without_route=("t2",))
CHECKED = [route("a", t, "blocked", "source-dest-check", detail=f"it is on; mend with: {HOW}") for t in ("t1", "t2")]
KEPT = route("a", "t1", "keep", "held", has="eni-1", target="eni-1")
FAILS = {"t1 a": "Unauthorized", "t2 a": "Unauthorized", "t1 b": "Unauthorized"}
DOCTOR = "bgp2vpc doctor -f x.yaml"
DENIED = ErrorRow(T, "t1 b", "Unauthorized", "DeleteRoute: Unauthorized: no", "needs an operator", 3, T)
ROWS = [
    ({}, []),
    ({"prefixes": (served("a"),), "routes": (route("a", "t1", "keep", "ours"),)}, []),
    (
        {"prefixes": (DOWN, DARK, served("c", ours=1, without_route=("t1",)))},
        [
            Item("not served in 2 of 2 tables:", ["a", "b"], section="prefixes", command="bgp2vpc why a"),
            Item("not served in 1 of 2 tables:", ["c"], section="prefixes", command="bgp2vpc why c"),
        ],
    ),
    (
        {"prefixes": (served("a", tables=0, ours=0),)},
        [
            Item(
                "not served since its rules find no route table:", ["a"], section="prefixes",
                command="bgp2vpc plan -f x.yaml",
            )
        ],
    ),
    (
        {"prefixes": (served("a", permitted=False, tables=0),), "not_accepted": ("a",)},
        [
            Item(
                "announced, and not permitted by any rule:", ("a",), is_bad=False,
                detail="add them to `accept` of a rule, or let nobody announce them",
            )
        ],
    ),
    (
        {"routes": tuple(CHECKED)},
        [
            Item(
                "blocked in 2 places (source-dest-check):", ["a"], section="routes", detail="it is on", command=HOW,
            )
        ],
    ),
    (
        {
            "failing": FAILS, "errors": (DENIED,),
            "routes": tuple(route(s[3:], s[:2], "delete", "withdrawn", has="eni-1") for s in FAILS),
        },
        [
            Item(
                "failing: delete in 3 places (Unauthorized):", ["a", "b"], section="routes",
                detail="DeleteRoute: Unauthorized: no (needs an operator); the tables have eni-1", since=T,
                command=DOCTOR,
            )
        ],
    ),
    (
        {"failing": {"ExaBGP a/32": "refused"}},
        [
            Item(
                "failing: ExaBGP a/32", section="failures", command=DOCTOR,
                detail="ExaBGP refuses to announce a/32: none of its neighbors is told, which does not affect the VPC; "
                "`bgp2vpc doctor` (helper), or a word of the line that the log names",
            )
        ],
    ),
    (
        {"failing": {"observe": "Throttled"}, "errors": (ErrorRow(T, "observe", "Throttled", "later", "again", 1, T),)},
        [Item("failing: observe", section="failures", detail="later (again)", since=T, command=DOCTOR)],
    ),
    (
        {"neighbors": (NeighborRow("10.0.0.1", True, 1, True), NeighborRow("10.0.0.2", False, 1, False))},
        [Item("1 BGP session down: 10.0.0.2", section="neighbors")],
    ),
    ({"exabgp": ExabgpRow("connected", 17, 2, "", was_connected=True)}, []),
    (
        {"exabgp": ExabgpRow("down", None, 0, "port is taken", was_connected=False)},
        [Item("ExaBGP is down", section="neighbors", detail="port is taken")],
    ),
    (
        {"exabgp": ExabgpRow("starting", 17, 3, "", was_connected=False)},
        [Item("ExaBGP is starting", section="neighbors", detail="it has logged nothing")],
    ),
    (
        {"exabgp": ExabgpRow("starting", 17, 0, "", was_connected=False)},
        [Item("ExaBGP is starting", section="neighbors", detail="it has logged nothing", is_bad=False)],
    ),
    (
        {"config": ConfigRow("x.yaml", T, last_reload_successful=False, problems=("x.yaml:1: no",))},
        [
            Item(
                "the last reload failed, and the configuration before it is in use", detail="x.yaml:1: no", since=T,
                command="bgp2vpc check -f x.yaml",
            )
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), ROWS)
def test_what_is_wrong_is_named_once_with_what_mends_it(rows: dict[str, Any], expected: list[Item]) -> None:
    assert attention(status(**rows), ()) == expected


HOLDS = [
    ("served and announced", {"routes": (KEPT,), "paths": (path("a"),)}, False),
    ("nothing here announces it", {"routes": (KEPT,)}, True),
    ("only peers announce it", {"routes": (KEPT,), "paths": (path("a", "peer"),)}, True),
    ("at another instance", {"routes": (route("a", "t1", "yield", "held", has="eni-2", target="eni-2"),)}, False),
    ("an empty table", {"routes": (route("a", "t1", "yield", "held"),), "paths": (path("a"),)}, True),
    ("managed, and nobody has it", {"prefixes": (DOWN,)}, True),
]


@pytest.mark.parametrize(("rows", "is_bad"), [row[1:] for row in HOLDS], ids=[row[0] for row in HOLDS])
def test_a_hold_is_bad_where_the_service_is_dead(rows: dict[str, Any], is_bad: bool) -> None:
    (item,) = (each for each in attention(status(steering=(held(),), **rows), ()) if each.words == "hold:")
    assert item.is_bad == is_bad
    assert item.command == "bgp2vpc release a"


def test_orders_that_are_alike_are_one_item() -> None:
    orders = tuple(held(f"p{number:02}") for number in range(12))
    (item,) = attention(status(steering=orders), ())
    assert len(item.prefixes) == 12
    assert item.command == "bgp2vpc release p00 p01 p02 p03 p04 p05 p06 p07 p08 p09 …"
    everything = SteeringRow("drain", None, "me", "kernel", T, None)
    item, one = attention(status(steering=(everything, replace(everything, prefix="a"))), ())
    assert (one.words, one.prefixes) == ("drain:", ["a"])
    assert (item.words, item.detail, item.command) == ("drain of everything", "kernel", "bgp2vpc undrain")


def test_tables_that_avoid_the_same_zones_are_one_item() -> None:
    rows = [SteeringRow("avoid-zone", None, "tag x:avoid", "b", T, None, table) for table in ("rtb-2", "rtb-1")]
    (item,) = attention(status(steering=tuple(rows)), ())
    assert item.words == "hosts of b are a last resort in 2 tables: rtb-1, rtb-2"
    assert item.command == "aws ec2 delete-tags --resources rtb-1 rtb-2 --tags Key=x:avoid"
    assert not item.is_bad


def test_a_remote_check_that_fails_at_many_owners_is_one_item() -> None:
    rows = tuple(CheckRow("r", "tcp", str(n), "unhealthy", 1, None, None, "refused", (), (), 1) for n in range(3))
    (item,) = attention(status(checks=rows), ())
    assert (item.words, item.name) == ("health check is unhealthy at 3 addresses:", "r")


def test_of_too_many_checks_the_metrics_have_those_that_are_not_healthy() -> None:
    states = ["healthy"] * 300 + ["unhealthy", "no verdict yet"]
    rows = tuple(CheckRow("r", "tcp", str(n), each, 1, None, None, "", (), (), 1) for n, each in enumerate(states))
    (metric,) = (each for each in METRICS if each.name == "bgp2vpc_check_healthy")
    found = [labels for labels, _ in metric.rows(Seen(status(checks=rows), Tally(), is_ready=True))]
    assert (len(found), found[:3]) == (200, [("r", "300"), ("r", "301"), ("r", "0")])


def test_what_is_bad_comes_first() -> None:
    items = attention(status(steering=(held("b"),), not_accepted=("c",), prefixes=(DOWN,)), ["EC2 does not answer"])
    assert [item.is_bad for item in items] == [True, True, False, False]
    assert items[0].words == "not ready: EC2 does not answer"


def test_what_the_command_says_of_sources_serf_recipients_and_lag_is_on_the_page_too() -> None:
    script = ScriptRow("dns", "script", "backoff", 0, "", None, 3, "status 1", "announce rou")
    items = attention(
        status(
            sources=(script, SourceRow("web", "script", "up", 1, "")),
            refused_lines=(RefusedRow("dns", "script", 2, T, "announce route foo", "no address"),),
            noted_lines=(RefusedRow("dns", "script", 1, T, "watchdog", "not supported"),),
            serf=SerfStatus("i-1", "up", 2, ("i-9",), ()),
            notify=(RecipientRow("sns", 1, 0, 4, "denied"),),
            lag=0.5,
        ),
        (),
    )
    assert [(each.words, each.name, each.detail) for each in items] == [
        ("script is backoff:", "dns", "last exit status 1"),
        ("notifications fail, 1 waiting, 4 dropped:", "sns", "denied"),
        ("script has an unfinished line, which counts once its line end has come:", "dns", "announce rou"),
        ("2 lines refused, of script", "dns", "no address: announce route foo"),
        ("not supported; said by script", "dns", "watchdog"),
        ("Serf is up", "", "gone: i-9"),
        ("the event loop was late by up to 0.50 s in the last minute: answers and checks, too", "", ""),
    ]


def test_an_order_that_ends_on_another_day_has_the_day() -> None:
    order = SteeringRow("hold", "192.0.2.1/32", "me", "", "2026-11-30T23:00:00+00:00", "2026-12-04T14:03:07+00:00")
    told = Told(status(time="2026-12-01T01:00:00+00:00", steering=(order,)), (), (), ())
    words = re.sub(r"<[^>]+>|\s+", " ", Pages().parts(told)["steering"])
    assert "23:00:00 04 Dec 14:03:07 me" in re.sub(" +", " ", words)
