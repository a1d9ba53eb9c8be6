"""`prefixes` of the status: what is managed or announced here, and whether the tables have a route for it."""

from collections.abc import Callable

from lab import PEER, A, B, Lab, announce, two_hosts, withdraw

from bgp2vpc.config.model import Config
from bgp2vpc.errors import ConfigError, Problem
from bgp2vpc.policy.rule import ManagedRoute
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.vpc.finders import ByTag
from bgp2vpc.vpc_status import OwnerRow, PrefixRow, TableRow
from bgp2vpc.web.metrics import Exposition, Seen
from tests.values import rule

NOWHERE = {"find": ByTag("type", "nothing has this")}


def managing(*prefixes: str) -> dict:
    return {parse_prefix(each): ManagedRoute(prefix=parse_prefix(each), source="check web") for each in prefixes}


def rows(lab: Lab) -> dict[str, PrefixRow]:
    return {row.prefix: row for row in lab.do(lab.daemon.parts.status_source.now).prefixes}


def metrics(lab: Lab) -> list[str]:
    parts = lab.daemon.parts
    seen = Exposition(lambda: Seen(parts.status_source.now(), parts.meter.tally, is_ready=True))
    text = lab.do(seen.text).decode()
    return [line.removeprefix("bgp2vpc_") for line in text.splitlines() if line.startswith("bgp2vpc_prefix")]


def test_a_managed_prefix_whose_service_is_down_everywhere_has_no_route(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(two_hosts(tables=2), rules=(rule(manages=managing(A)),)).start()
    assert lab.ask("status")["routes"] == []  # no path, no route: nothing to decide
    row = rows(lab)[A]
    assert (row.managed, row.announced, row.tables, row.without_route) == (True, False, 2, ("rtb-1", "rtb-2"))
    assert not row.is_served
    lab.wait(100)
    assert rows(lab)[A].since == row.since
    assert "prefixes_not_served 1.0" in metrics(lab)
    assert f'prefix_tables{{prefix="{A}",route="none"}} 2.0' in metrics(lab)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.vpc.put_route("rtb-2", A, PEER)
    lab.wait(100)
    row = rows(lab)[A]
    assert (row.peer, row.without_route, row.owners) == (2, (), (OwnerRow("i-2", "", 2),))
    assert row.is_served
    assert "prefixes_not_served 0.0" in metrics(lab)


def test_what_a_script_withdrew_is_not_served_until_somebody_has_it(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab().start()
    lab.say(announce())
    lab.wait()
    assert (rows(lab)[A].announced, rows(lab)[A].ours) == (True, 1)
    lab.say(withdraw())
    lab.wait()
    assert (rows(lab)[A].announced, rows(lab)[A].without_route) == (False, ("rtb-1",))
    assert "prefixes_not_served 1.0" in metrics(lab)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(100)
    assert "prefixes_not_served 0.0" in metrics(lab)


def test_a_reload_forgets_what_nobody_announces_any_more(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab().start()
    lab.say(announce(), withdraw(), announce(B))
    lab.wait()
    lab.say(announce())
    lab.wait()
    lab.say(withdraw())
    lab.wait()
    assert rows(lab).keys() == {A, B}
    lab.do(lab.daemon.reload)
    lab.wait()
    assert rows(lab).keys() == {B}


def test_what_a_client_of_the_socket_tried_is_forgotten_at_once(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab().start()
    lab.open("somebody", SourceKind.CLIENT)
    lab.say(announce(), source="somebody")
    lab.wait()
    assert rows(lab)[A].ours == 1
    lab.say(withdraw(), source="somebody")
    lab.wait()
    assert rows(lab) == {}


def test_a_black_hole_serves_nothing(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(rules=(rule(manages=managing(A)),))
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.vpc.remove_interface(PEER)
    lab.start()
    assert rows(lab)[A].blackholes == ("rtb-1",)
    assert f'prefix_tables{{prefix="{A}",route="blackhole"}} 1.0' in metrics(lab)
    assert "prefixes_not_served 1.0" in metrics(lab)


def test_a_route_to_a_gateway_is_no_empty_table(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(rules=(rule(manages=managing(A)),))
    lab.vpc.add_gateway("nat-1")
    lab.vpc.put_route("rtb-1", A, "nat-1")
    lab.start()
    assert rows(lab)[A].foreign == 1
    assert rows(lab)[A].is_served


def test_a_rule_that_finds_no_table_serves_nothing_unless_that_is_allowed(make_lab: Callable[..., Lab]) -> None:
    needy = rule(name="a", manages=managing(A), **NOWHERE)
    modest = rule("198.51.100.0/24 le 32", name="b", manages=managing(B), no_results_ok=True, **NOWHERE)
    lab = make_lab(rules=(needy, modest)).start()
    lab.say(announce("198.51.100.1/32"))
    lab.wait()
    assert rows(lab).keys() == {A}
    assert (rows(lab)[A].tables, rows(lab)[A].is_served) == (0, False)
    assert "prefixes_not_served 1.0" in metrics(lab)


def test_a_table_whose_rule_only_accepts_the_prefix_need_not_have_what_a_check_announces(
    make_lab: Callable[..., Lab],
) -> None:
    vpc = two_hosts()
    vpc.add_table("rtb-9", tags={"type": "public"})
    manages = rule("198.18.0.0/24", name="a", manages=managing(A))
    accepts = rule("192.0.2.0/24 le 32", name="b", find=ByTag("type", "public"))
    lab = make_lab(vpc, rules=(manages, accepts)).start()
    assert rows(lab)[A].without_route == ("rtb-1",)
    lab.say(announce())
    lab.wait()
    assert (rows(lab)[A].without_route, rows(lab)[A].ours) == (("rtb-1",), 1)


def test_what_no_rule_permits_is_shown_and_is_no_gap(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab().start()
    lab.say(announce("203.0.113.1/32"))
    lab.wait()
    assert not rows(lab)["203.0.113.1/32"].permitted
    assert metrics(lab)[:1] == ["prefixes_not_served 0.0"]
    lab.say(withdraw("203.0.113.1/32"))
    lab.wait()
    assert rows(lab) == {}


def test_nothing_is_claimed_before_ec2_has_answered(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(rules=(rule(manages=managing(A)),)).start(wait=0)
    assert rows(lab) == {}
    assert metrics(lab) == ["prefixes_not_accepted 0.0"]


def test_tables_have_names(make_lab: Callable[..., Lab]) -> None:
    vpc = two_hosts()
    vpc.add_table("rtb-9", tags={"type": "private", "Name": "nine"})
    lab = make_lab(vpc).start()
    tables = lab.do(lab.daemon.parts.status_source.now).tables
    assert tables == (TableRow("rtb-1", "", ""), TableRow("rtb-9", "nine", ""))


def test_the_status_tells_of_a_reload_that_failed(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab().start()

    def broken() -> Config:
        raise ConfigError("lab.yaml", (Problem("lab.yaml", 7, "routetables", "unknown key"),))

    first = lab.do(lab.daemon.parts.status_source.now).config
    lab.next_config = broken
    lab.do(lab.daemon.reload)
    lab.wait()
    failed = lab.do(lab.daemon.parts.status_source.now).config
    assert (failed.last_reload_successful, failed.since) == (False, first.since)
    assert failed.problems == ("lab.yaml:7: routetables: unknown key",)
    lab.next_config = lambda: lab.config
    lab.do(lab.daemon.reload)
    lab.wait()
    assert lab.do(lab.daemon.parts.status_source.now).config.last_reload_successful
