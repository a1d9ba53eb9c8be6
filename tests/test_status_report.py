"""What `bgp2vpc status` shows to people, from its JSON: the order, the width, names and ages."""

from typing import Any

import pytest

from bgp2vpc.ages import age
from bgp2vpc.cli.report import report

A, B, C = "192.0.2.1/32", "192.0.2.2/32", "2001:db8:53:ffff:ffff:ffff:ffff:ffff/128"
RTB, RTC = "rtb-0a1b2c3d4e5f60718", "rtb-0ffffffffffffffff"
ENI = "eni-0123456789abcdef0"
AT = "2026-11-22T09:57:00.000+00:00"


def status(**more: Any) -> dict[str, Any]:
    """That of a daemon that has nothing to tell, with these keys instead."""
    rows = (
        "leaving", "steering", "sources", "refused_lines", "noted_lines",
        "checks", "paths", "neighbors", "damped", "prefixes",
        "tables", "routes", "not_accepted", "errors", "notify",
    )  # fmt: skip
    return {
        "time": "2026-11-22T10:00:00.500+00:00", "version": "0.1.0", "started": "2026-11-22T08:00:00.000+00:00",
        "mode": "helper", "noop": False, "instance_id": "i-0aaa", "vpc_id": "vpc-1", "ec2_observed": True,
        "last_read": "2026-11-22T09:59:50.500+00:00", "lag": 0.0, "serf": None, "failing": {},
        **{name: [] for name in rows}, **more,
    }  # fmt: skip


def route(prefix: str = A, table: str = RTB, verdict: str = "keep", **more: Any) -> dict[str, Any]:
    return {
        "route_table_id": table, "prefix": prefix, "verdict": verdict, "reason": "ours", "target": ENI,
        "rule": "private", "owner": None, "detail": "", "since": AT, "target_since": AT, "has": ENI,
    } | more  # fmt: skip


def prefix(name: str = A, tables: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "prefix": name, "managed": False, "announced": True, "permitted": True, "tables": tables, "ours": 0, "peer": 0,
        "foreign": 0, "blackholes": [], "without_route": [], "owners": [], "since": AT,
    } | more  # fmt: skip


def check(name: str = "web", **more: Any) -> dict[str, Any]:
    return {
        "name": name, "type": "http", "destination": "10.0.0.1", "state": "healthy", "since": 200.0,
        "unknown_since": None, "latency": 0.0012, "reason": "",
    } | more  # fmt: skip


def source(name: str = "dns", **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "script", "state": "running", "paths": 1} | more


def neighbor(address: str, *, up: bool, seconds: float | None = 125.0, told: bool = True) -> dict[str, Any]:
    return {"address": address, "up": up, "seconds": seconds, "has_told_all": told}


TABLES = [
    {"route_table_id": RTB, "name": "private a", "zone": "us-east-1a"},
    {"route_table_id": RTC, "name": "", "zone": ""},
]
HOLD = {"verb": "hold", "prefix": B, "by": "root", "reason": "moved by hand", "since": AT, "until": None}
AVOID = {
    "verb": "avoid-zone", "prefix": None, "by": "tag x:avoid", "reason": "us-east-1b", "since": AT, "until": None,
    "route_table_id": RTB,
}  # fmt: skip
DRAIN = {
    "prefix": None, "state": "draining", "since": AT, "until": None, "by": "cli", "who": "root", "reason": "",
    "withdraws": True,
}  # fmt: skip
ERROR = {
    "time": AT, "subject": f"{RTB} {A}", "code": "UnauthorizedOperation", "message": "CreateRoute: not authorized",
    "consequence": "needs an operator", "count": 3, "since": "2026-11-22T09:50:00.000+00:00",
}  # fmt: skip
TROUBLED = status(
    tables=TABLES,
    prefixes=[
        prefix(without_route=[RTB, RTC]),
        prefix(B, peer=1, blackholes=[RTC], announced=False, owners=[{"owner": "i-0bbb", "zone": "", "tables": 1}]),
        prefix(C, ours=1, peer=1, owners=[{"owner": "i-0ccc", "zone": "us-east-1b", "tables": 1}]),
    ],
    not_accepted=["203.0.113.1/32"],
    failing={f"{RTB} {A}": "UnauthorizedOperation", "observe": "Timeout"},
    errors=[ERROR, {**ERROR, "subject": "web", "message": "port is taken", "count": 1, "consequence": ""}],
    routes=[
        route(C),
        route(verdict="create", has=None),
        route(B, RTC, "yield", reason="owner-healthy", target="eni-2", has="eni-2", owner="i-0bbb"),
        route(A, RTC, "blocked", reason="source-dest-check", detail="mend it with: aws", has=None, target=None),
    ],
    checks=[
        check(),
        check("dns", state="unhealthy", reason="connection refused", latency=None),
        check("ntp", unknown_since=65.0, reason="no descriptors"),
    ],
    steering=[HOLD, AVOID],
    leaving=[DRAIN],
    exabgp={"state": "down", "pid": None, "restarts": 3, "last_line": "port is taken", "was_connected": False},
    neighbors=[
        neighbor("10.0.1.11", up=True, told=False),
        neighbor("10.0.1.12", up=False),
        neighbor("10.0.1.13", up=False, seconds=None, told=False),
    ],
    damped=[{"route_table_id": RTB, "prefix": C, "seconds": 40}],
    sources=[
        source(),
        source("ntp", state="backoff", paths=0, restarts=4, last_exit="exit 1", last_line="no such file"),
        source("api", kind="client", state="up"),
        source("check web", kind="check", state="up"),
    ],
    refused_lines=[
        {"source": "dns", "kind": "script", "count": 2, "time": AT, "reason": "no prefix", "line": "announce route x"}
    ],
    config={"file": "/etc/b.yaml", "since": AT, "last_reload_successful": False, "problems": ["/etc/b.yaml:3: x: no"]},
    lag=0.25,
    serf={"name": "a", "state": "up", "members": 3, "down": ["10.0.0.9"], "votes": ["withdraw web 10.0.0.9 from b"]},
    notify=[{"recipient": "http://x", "waiting": 1, "delivered": 2, "dropped": 0, "trouble": "refused"}],
    paths=[
        {
            "prefix": A, "next_hop": "self", "source": "dns", "best": True, "reason": "med", "med": 100,
            "local_preference": None,
        }
    ],
)  # fmt: skip

WIDE = [
    "bgp2vpc 0.1.0 helper: instance i-0aaa in vpc-1; up for 2 h; EC2 read 10 s ago",
    "",
    "needs attention",
    f"  {A} is NOT SERVED in any of 2 tables: {RTB} (private a, us-east-1a) has no route, {RTC} has no route, since "
    f"2026-11-22T09:57:00Z (3 min); `bgp2vpc why {A}`",
    f"  {B} is not served by an instance in 1 of 2 tables: {RTC} has a black hole, since 2026-11-22T09:57:00Z (3 min); "
    f"not announced here; `bgp2vpc why {B}`",
    "  203.0.113.1/32 is announced, and not permitted by any rule",
    f"  {A} in {RTB} (private a, us-east-1a) fails since 2026-11-22T09:50:00Z (10 min): CreateRoute: not authorized; "
    "3 times, the last at 2026-11-22T09:57:00Z (3 min); needs an operator",
    "  observe fails: Timeout",
    f"  {A} in {RTC}: blocked (source-dest-check) since 2026-11-22T09:57:00Z (3 min); now no route; rule private; mend "
    "it with: aws",
    "  check dns (http 10.0.0.1) is unhealthy for 3 min: connection refused",
    "  check ntp (http 10.0.0.1) is healthy for 3 min; its probes tell nothing for 65 s: no descriptors; 1.2 ms",
    "  everything is draining since 2026-11-22T09:57:00Z (3 min) (by cli, root); `bgp2vpc undrain` ends it",
    f"  {B} is held since 2026-11-22T09:57:00Z (3 min) (by root: moved by hand); `bgp2vpc release` ends it",
    f"  hosts of us-east-1b are a last resort in {RTB} (private a, us-east-1a) since 2026-11-22T09:57:00Z (3 min), by "
    "tag x:avoid",
    "  ExaBGP is down; nothing is heard of the neighbors; never connected in 4 tries; last line of its log: port is "
    "taken",
    "  neighbor 10.0.1.12 is down for 2 min",
    "  neighbor 10.0.1.13 is down; ExaBGP has told of no session with it",
    f"  {C} in {RTB} (private a, us-east-1a) is suppressed: route flapping; free in 40 s if nothing moves until then",
    "  script ntp: backoff, 0 paths; restarted 4 times; last exit exit 1; last line: no such file",
    "  script dns: 2 lines refused, the last at 2026-11-22T09:57:00Z (3 min): no prefix: announce route x",
    "  the last reload of /etc/b.yaml failed, the old one stays: /etc/b.yaml:3: x: no",
    "  serf: up as a, 3 members; gone: 10.0.0.9",
    "  http://x: 2 delivered, 1 waiting, 0 dropped; refused",
    "  the event loop was late by up to 0.25 s in the last minute: answers and checks, too",
    "",
    "prefixes",
    f"  {C} is served here in 1, by i-0ccc (us-east-1b) in 1 of 2 tables, since 2026-11-22T09:57:00Z (3 min)",
    "",
    "routes",
    f"  {A} in {RTB} (private a, us-east-1a): create (ours) since 2026-11-22T09:57:00Z (3 min); now no route, to be "
    f"{ENI}; rule private",
    f"  {B} in {RTC}: yield (owner-healthy) since 2026-11-22T09:57:00Z (3 min); now eni-2 of i-0bbb; rule private",
    f"  {C} in {RTB} (private a, us-east-1a): keep (ours) since 2026-11-22T09:57:00Z (3 min); now {ENI}; rule private",
    "",
    "checks",
    "  check web (http 10.0.0.1) is healthy for 3 min; 1.2 ms",
    "",
    "neighbors",
    "  neighbor 10.0.1.11 is up for 2 min; it has not sent End-of-RIB",
    "",
    "paths",
    f"  {A} of dns, next-hop self, med 100: best by med",
    "",
    "sources",
    "  script dns: running, 1 path",
    "  client api: up, 1 path",
    "  check web: up, 1 path",
    "",
    "serf",
    "  serf: withdraw web 10.0.0.9 from b",
    "",
    "past errors",
    "  web: port is taken; at 2026-11-22T09:57:00Z (3 min)",
]


def test_what_matters_comes_first_with_names_zones_and_ages() -> None:
    assert report(TROUBLED, 1000) == WIDE


@pytest.mark.parametrize("columns", [80, 60, 132])
def test_it_is_printed_for_the_width_there_is_and_no_id_is_cut(columns: int) -> None:
    lines = report(TROUBLED, columns)
    assert max(map(len, lines)) <= columns
    words = " ".join(" ".join(lines).split())
    assert words == " ".join(" ".join(WIDE).split())
    rows = [line for line in lines if line.startswith("  ") and line[2] != " "]
    assert len(rows) == len([line for line in WIDE if line.startswith("  ")]), "each begins a line of its own"


def test_a_word_that_is_longer_than_the_line_is_not_cut_either() -> None:
    assert any(C in line for line in report(TROUBLED, 30))


def test_what_is_well_says_so() -> None:
    assert report(status(), 80) == [
        "bgp2vpc 0.1.0 helper: instance i-0aaa in vpc-1; up for 2 h; EC2 read 10 s ago",
        "nothing needs attention",
    ]
    early = status(vpc_id=None, instance_id=None, ec2_observed=False, last_read=None, noop=True)
    assert report(early, 1000)[0] == (
        "bgp2vpc 0.1.0 helper: instance not known yet; up for 2 h; the route tables have not been read yet; "
        "noop: nothing is written"
    )
    denied = status(last_read=None, failing={"observe": "UnauthorizedOperation"})
    # A daemon of an older version does not say since when.
    before = {key: value for key, value in ERROR.items() if key != "since"}
    old = status(errors=[before], failing={ERROR["subject"]: ERROR["code"]})
    assert f"  {A} in {RTB} fails: CreateRoute: not authorized" in "\n".join(report(old, 1000))
    for code, why in (("refused", ""), ("no such word", " (no such word)")):
        (line,) = [each for each in report(status(failing={f"ExaBGP {A}": code}), 1000) if A in each]
        assert line.startswith(f"  ExaBGP refuses to announce {A}{why}: none of its neighbors is told, which")
    assert report(denied, 1000)[0].endswith("the route tables have not been read yet: UnauthorizedOperation")


def test_a_path_that_only_the_router_id_makes_the_best_may_not_be_that_in_a_table() -> None:
    row = {"prefix": A, "source": "dns", "next_hop": "self", "med": None, "local_preference": None, "best": True}
    told = [report(status(paths=[{**row, "reason": reason}]), 1000)[-1] for reason in ("med", "router id")]
    tie = "router id, but in each table its zone and the present owner decide first"
    assert told == [f"  {A} of dns, next-hop self: best by {how}" for how in ("med", tie)]


def test_a_check_that_flaps_tells_how_many_probes_failed() -> None:
    for history, words in (([True, False, None, True], "; 1 of its last 4 probes failed"), ([False], ""), ([True], "")):
        lines = report(status(checks=[check(since=2.0, history=history)]), 1000)
        assert lines[-1] == f"  check web (http 10.0.0.1) is healthy for 2 s{words}; 1.2 ms"


SERVED = [
    (prefix(tables=0), "is NOT SERVED: its rules find no route table"),
    (prefix(tables=1, blackholes=[RTC]), f"is NOT SERVED in any of 1 table: {RTC} has a black hole"),
    (prefix(ours=1, foreign=1), "is not served by an instance in 1 of 2 tables: 1 route to a gateway or the like"),
    (
        prefix(tables=9, ours=2, without_route=[f"rtb-{n}" for n in range(7)]),
        "in 7 of 9 tables: rtb-0 has no route, rtb-1 has no route, rtb-2 has no route, and 4 more, since",
    ),
]


@pytest.mark.parametrize(("row", "told"), SERVED)
def test_how_a_prefix_is_not_served(row: dict[str, Any], told: str) -> None:
    title, line = report(status(prefixes=[row]), 1000)[2:]
    assert title == "needs attention"
    assert line.startswith(f"  {A} ")
    assert told in line


def test_what_no_rule_permits_is_told_once() -> None:
    lines = report(status(prefixes=[prefix(tables=0, permitted=False)], not_accepted=[A]), 1000)
    assert lines[2:] == ["needs attention", f"  {A} is announced, and not permitted by any rule"]


def test_the_exabgp_that_runs_is_listed_with_its_neighbors() -> None:
    exabgp = {"state": "connected", "pid": 17, "restarts": 1, "last_line": "loaded new configuration"}
    lines = report(status(exabgp=exabgp, neighbors=[neighbor("10.0.1.11", up=True)]), 1000)
    assert lines[1:] == [
        "nothing needs attention",
        "",
        "neighbors",
        "  ExaBGP is connected; pid 17; restarted 1 time; last line of its log: loaded new configuration",
        "  neighbor 10.0.1.11 is up for 2 min",
    ]


def test_the_status_of_an_older_daemon_is_shown_as_well() -> None:
    older = status(routes=[route()])
    for key in ("prefixes", "tables", "steering", "serf", "lag"):
        del older[key]
    del older["routes"][0]["has"]
    assert f"{A} in {RTB}: keep (ours) since 2026-11-22T09:57:00Z (3 min); now {ENI}" in report(older, 1000)[-1]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "0 s"), (0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172800, "2 d")],
)
def test_ages_are_in_the_unit_that_a_person_needs(seconds: float, told: str) -> None:
    assert age(seconds) == told


def test_the_fallbacks_are_told_with_what_speaks_against_them() -> None:
    rows = [
        {"target": "nat-1", "vpc_id": "vpc-1", "rules": ["a", "b"], "problem": ""},
        {"target": "eigw-1", "vpc_id": "vpc-1", "rules": ["a"], "problem": "does not exist"},
        {"target": "arn:x", "vpc_id": "vpc-2", "rules": ["c"], "problem": None},
    ]
    lines = report(status(fallbacks=rows), 200)
    assert lines[lines.index("fallbacks") :] == [
        "fallbacks",
        "  nat-1 of vpc-1, for rule a, b: can be used",
        "  eigw-1 of vpc-1, for rule a: does not exist",
        "  arn:x of vpc-2, for rule c: not looked at",
    ]
    assert "fallbacks" not in report(status(), 200), "of a daemon that tells none"


def test_other_accounts_are_told_with_what_is_known_of_them() -> None:
    row = {
        "account": "network (111122223333)", "account_id": "111122223333", "region": "",
        "role_arn": "arn:aws:iam::111122223333:role/r", "vpc_ids": ["vpc-1"], "tables": 1, "answers": True,
    }  # fmt: skip
    far = {**row, "account": "us-east-1", "role_arn": "", "region": "us-east-1", "tables": 2}
    rows = [row, {**far, "answers": False}, {**far, "tables": 0, "answers": None}]
    tables = [{"route_table_id": RTB, "name": "private a", "zone": "", "account": "network (111122223333)"}]
    lines = report(status(accounts=rows, tables=tables, routes=[route()]), 200)
    assert lines[lines.index("accounts") :] == [
        "accounts",
        "  network (111122223333): 1 route table of vpc-1, as arn:aws:iam::111122223333:role/r",
        "  us-east-1: 2 route tables of vpc-1; it gives no answer: as it was before",
        "  us-east-1: 0 route tables of vpc-1; not read yet",
    ]
    assert any(f"{A} in {RTB} (private a) of network (111122223333): keep (ours)" in line for line in lines)


def test_prefix_lists_are_told_with_what_is_still_to_be_written() -> None:
    row = {
        "prefix_list_id": "pl-1", "name": "anycast", "rules": ["a"], "ip_version": 4, "version": 3, "entries": 2,
        "max_entries": 9, "tables": 2, "ours": 1, "to_add": 0, "to_remove": 0, "no_room": 0, "problem": "",
    }  # fmt: skip
    full = row | {"to_add": 3, "to_remove": 1, "no_room": 4}
    gone = row | {"name": "", "entries": None, "max_entries": 0, "problem": "there is no prefix list pl-1"}
    lines = report(status(prefix_lists=[row, full, gone]), 300)
    assert lines[lines.index("prefix lists") + 1 :][:3] == [
        "  pl-1 (anycast) has 2 of 9 entries, rule a; here in 1 of 2 tables",
        "  pl-1 (anycast) has 2 of 9 entries, rule a; here in 1 of 2 tables; 3 to add, 1 to remove; no room for 4 "
        "(MaxEntries)",
        "  pl-1 has ? entries, rule a; here in 1 of 2 tables; there is no prefix list pl-1",
    ]
