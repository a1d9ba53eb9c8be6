"""Orders by tag: of the instance, which drains it, and of route tables, which avoid a zone. Whole daemons."""

import asyncio

import pytest
from lab import OURS, PEER, A, B, Lab, Peering, announce

from bgp2vpc.config.model import Config, OrderTags
from bgp2vpc.errors import Denied, Throttled
from bgp2vpc.operator.tag_watch import TagWatch
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.vpc.order_tags import INSTANCE_TAGS, path_of
from tests.memory_vpc import MemoryVpc
from tests.values import rule

DRAIN, AVOID = "bgp2vpc:drain", "bgp2vpc:avoid-zone"
TAGS = OrderTags(drain=DRAIN, avoid_zone=AVOID)


def holding(make_lab, *prefixes: str, **config) -> Lab:
    """A daemon that has announced these and holds their routes."""
    lab = make_lab(**{"tags": TAGS, "drain_timeout": 3.0} | config).start()
    lab.say(*(announce(each) for each in prefixes))
    lab.wait(12)
    lab.forget_calls()
    return lab


def states(lab: Lab) -> list[str]:
    every = lab.ask("status")["leaving"]
    return [
        f"{each['prefix'] or 'everything'} {each['state']} by {each['by']} {each['reason']}".strip() for each in every
    ]


def in_metadata(lab: Lab, **tags: str) -> None:
    """Metadata shows these tags, beside the name."""
    shown = {"Name": "host", **tags}
    lab.metadata = {INSTANCE_TAGS: "\n".join(shown), **{path_of(key): value for key, value in shown.items()}}


def logged(caplog, words: str) -> list[dict[str, object]]:
    """The fields of each event with these words."""
    return [record.fields for record in caplog.records if record.getMessage() == words]


# The instance's tag


def test_a_tag_in_metadata_drains_within_seconds_and_ec2_is_not_asked(make_lab) -> None:
    lab = holding(make_lab, A, drain_timeout=10.0)
    in_metadata(lab, **{DRAIN: "kernel upgrade"})
    lab.wait(6)
    assert states(lab) == ["everything draining by tag bgp2vpc:drain=kernel upgrade"]
    lab.wait(60)
    assert lab.routes == []
    assert [row["verb"] for row in lab.ask("status")["steering"]] == ["drain"]
    lab.forget_calls()
    in_metadata(lab)
    lab.wait(130)
    assert (len(lab.routes), states(lab)) == (1, [])
    assert not [call for call in lab.calls if call.startswith("DescribeTags")]


@pytest.mark.parametrize("metadata", [{}, None])
def test_where_metadata_shows_no_tags_ec2_is_asked_with_each_poll(make_lab, metadata) -> None:
    lab = make_lab(tags=TAGS, drain_timeout=3.0)
    lab.metadata = metadata
    lab.start()
    lab.say(announce(A))
    lab.wait(12)
    lab.vpc.tag_instance("i-1", DRAIN, "")
    lab.wait(75)
    assert states(lab) == ["everything drained by tag bgp2vpc:drain"]
    lab.vpc.untag_instance("i-1", DRAIN)
    lab.forget_calls()
    lab.wait(120)
    assert (len(lab.routes), states(lab)) == (1, [])
    assert 1 <= lab.calls.count("DescribeTags i-1") <= 3


def test_who_may_not_read_tags_drains_nothing_and_is_told_once(make_lab, caplog) -> None:
    lab = holding(make_lab, A)
    lab.vpc.tag_instance("i-1", DRAIN, "")
    lab.vpc.fail_next("DescribeTags", Denied("DescribeTags", "UnauthorizedOperation", "no"), times=1000)
    lab.wait(200)
    assert (states(lab), lab.ask("status")["failing"]) == ([], {"drain tag": "UnauthorizedOperation"})
    assert sum("UnauthorizedOperation" in message for message in caplog.messages) == 1
    in_metadata(lab)
    lab.wait(6)
    assert lab.ask("status")["failing"] == {}


def test_what_the_operator_drained_stays_drained_when_the_tag_is_gone(make_lab) -> None:
    lab = holding(make_lab, A, B)
    lab.ask("drain", A)
    in_metadata(lab, **{DRAIN: ""})
    lab.wait(12)
    in_metadata(lab)
    lab.wait(12)
    assert states(lab) == [f"{A} drained by cli"]
    assert [route.split()[1] for route in lab.routes] == [B]


def test_who_undrains_by_hand_is_not_overruled_by_the_same_tag(make_lab) -> None:
    lab = holding(make_lab, A)
    in_metadata(lab, **{DRAIN: ""})
    lab.wait(12)
    lab.ask("undrain")
    lab.wait(120)
    assert (len(lab.routes), states(lab)) == (1, [])


def test_through_a_restart_a_drain_lasts_as_long_as_the_tag(make_lab, tmp_path) -> None:
    settings = dict(state_file=tmp_path / "state", tags=TAGS, drain_timeout=3.0)
    lab = holding(make_lab, A, **settings)
    in_metadata(lab, **{DRAIN: ""})
    lab.wait(12)
    lab.crash()
    again = make_lab(lab.vpc, **settings)
    in_metadata(again, **{DRAIN: ""})
    again.start()
    again.say(announce(A))
    again.wait(20)
    assert again.routes == []
    in_metadata(again)
    again.wait(6)
    assert len(again.routes) == 1


def test_with_the_key_gone_from_the_configuration_the_drain_ends(make_lab, tmp_path) -> None:
    settings = dict(state_file=tmp_path / "state", drain_timeout=3.0)
    lab = holding(make_lab, A, **settings)
    in_metadata(lab, **{DRAIN: ""})
    lab.wait(12)
    lab.reload(tags=OrderTags())
    lab.wait(2)
    assert (len(lab.routes), states(lab)) == (1, [])
    lab.reload(tags=TAGS)
    lab.wait(12)
    assert lab.routes == []
    lab.crash()
    assert states(make_lab(lab.vpc, **settings).start()) == []


@pytest.mark.parametrize("in_ec2", [False, True])
def test_a_reload_with_another_key_keeps_the_drain_until_its_tag_is_known(make_lab, *, in_ec2: bool) -> None:
    lab = holding(make_lab, A)
    other = "drain"
    in_metadata(lab, **{DRAIN: "", other: ""})
    lab.wait(12)
    assert lab.routes == []
    if in_ec2:
        lab.metadata = None
        lab.vpc.tag_instance("i-1", other, "")
        lab.vpc.fail_next("DescribeTags", Throttled("DescribeTags", "RequestLimitExceeded", "no"), times=1)
    lab.reload(tags=OrderTags(drain=other))
    lab.wait(100)
    assert (lab.routes, lab.writes[1:]) == ([], [])  # the first one was of the drain
    in_metadata(lab, **{DRAIN: ""})
    lab.wait(6)
    assert (len(lab.routes), states(lab)) == (1, [])


def test_without_a_key_nobody_asks(make_lab) -> None:
    lab = holding(make_lab, A, tags=OrderTags())
    in_metadata(lab, **{DRAIN: ""})
    lab.vpc.tag_instance("i-1", DRAIN, "")
    lab.wait(130)
    assert states(lab) == []
    assert not [call for call in lab.calls if call.startswith("DescribeTags")]


# The tag of a table


def two_zones() -> MemoryVpc:
    """i-1 in us-east-1a, i-2 in us-east-1b, and two tables."""
    vpc = MemoryVpc()
    vpc.add_subnet("subnet-a", "10.0.1.0/24", zone="us-east-1a")
    vpc.add_subnet("subnet-b", "10.0.2.0/24", zone="us-east-1b")
    vpc.add_table("rtb-1", tags={"type": "private"})
    vpc.add_table("rtb-2", tags={"type": "private"})
    vpc.add_interface(OURS, "i-1", subnet_id="subnet-a", addresses=["10.0.0.10"])
    vpc.add_interface(PEER, "i-2", subnet_id="subnet-b", addresses=["10.0.0.11"])
    return vpc


def pair(make_lab, *, bgp: bool, **config) -> tuple[Lab, Lab]:
    """Both announce A, and the first one has its routes; the second one would be the worse path."""
    takeover = Takeover.BEST_PATH if bgp else Takeover.IF_UNHEALTHY
    settings = {"tags": TAGS, "rules": (rule(takeover=takeover),), "startup_hold": 0.0} | config
    first = make_lab(two_zones(), **settings)
    second = make_lab(beside=first, **settings)
    first.start(helper=bgp)
    second.start(helper=bgp)
    if bgp:
        Peering(first, second)
    first.say(announce(A, "med 100"))
    first.wait(5)
    second.say(announce(A, "med 200"))
    first.wait(70)
    assert first.routes == [f"rtb-1 {A} {OURS} active", f"rtb-2 {A} {OURS} active"]
    first.forget_calls()
    return first, second


@pytest.mark.parametrize("bgp", [True, False])
def test_a_zone_is_left_within_a_poll_by_one_replace_and_only_in_that_table(make_lab, caplog, *, bgp: bool) -> None:
    caplog.set_level("INFO", "bgp2vpc")
    first, _ = pair(make_lab, bgp=bgp)
    first.vpc.tag_table("rtb-1", AVOID, "us-east-1a")
    first.wait(75)
    assert first.routes == [f"rtb-1 {A} {PEER} active", f"rtb-2 {A} {OURS} active"]
    first.wait(300)
    assert first.writes == [f"ReplaceRoute rtb-1 {A} {PEER}"]
    (order,) = first.ask("status")["steering"]
    assert (order["verb"], order["route_table_id"], order["reason"], order["by"]) == (
        "avoid-zone",
        "rtb-1",
        "us-east-1a",
        f"tag {AVOID}",
    )
    said = "\n".join(first.ask("why", A)["lines"])
    assert f"hosts of us-east-1a are a last resort in rtb-1, by tag {AVOID}" in said
    assert "route lost" not in caplog.text
    told = {"table": "rtb-1", "zones": "us-east-1a", "tag": AVOID}
    assert logged(caplog, "zones avoided") == [told, told]  # each daemon


@pytest.mark.parametrize("bgp", [True, False])
def test_hosts_of_the_zone_serve_while_nobody_else_does(make_lab, *, bgp: bool) -> None:
    first, second = pair(make_lab, bgp=bgp)
    second.say(announce(A, "med 1000"))
    for table in ("rtb-1", "rtb-2"):
        first.vpc.tag_table(table, AVOID, "us-east-1a")
    first.wait(150)
    assert first.writes == []
    second.say(announce(A, "med 200"))
    first.wait(75)
    assert {route.split()[2] for route in first.routes} == {PEER}
    second.say(announce(A, "med 1000"), f"withdraw route {A} next-hop self")
    first.wait(75)
    assert {route.split()[2] for route in first.routes} == {OURS}


def test_with_the_tag_gone_the_better_path_has_the_route_again(make_lab, caplog) -> None:
    caplog.set_level("INFO", "bgp2vpc")
    first, _ = pair(make_lab, bgp=True)
    first.vpc.tag_table("rtb-1", AVOID, "us-east-1a, us-east-1f")
    first.wait(75)
    first.vpc.tag_table("rtb-1", AVOID, None)
    first.wait(75)
    assert first.writes == [f"ReplaceRoute rtb-1 {A} {PEER}", f"ReplaceRoute rtb-1 {A} {OURS}"]
    assert first.ask("status")["steering"] == []
    ended = {"table": "rtb-1", "zones": "us-east-1a us-east-1f"}
    assert logged(caplog, "zones no longer avoided") == [ended, ended]


def test_two_zones_that_are_avoided_in_turns_are_no_flapping(make_lab) -> None:
    first, _ = pair(make_lab, bgp=True)
    for zone in ("us-east-1a", "us-east-1b") * 4:
        first.vpc.tag_table("rtb-1", AVOID, zone)
        first.wait(75)
    assert len(first.writes) == 8


def test_what_is_no_zone_is_named_in_the_log(make_lab, caplog) -> None:
    lab = make_lab(two_zones(), tags=TAGS).start()
    lab.vpc.tag_table("rtb-1", AVOID, "use1-az1 us-east-1a")
    lab.wait(75)
    (told,) = logged(caplog, "tag names no zone")
    assert (told["table"], told["zones"]) == ("rtb-1", "use1-az1")


def test_the_takeover_reads_the_tag_with_the_table_and_so_nobody_undoes_it(make_lab) -> None:
    """The first host, whose path is better, polls long after the second one has taken the route by the tag."""
    first, second = pair(make_lab, bgp=True, poll_time=1000.0)
    first.vpc.tag_table("rtb-1", AVOID, "us-east-1a")
    second.ask("reconcile")
    first.wait(60)
    assert first.writes == [f"ReplaceRoute rtb-1 {A} {PEER}"]
    assert first.routes[0] == f"rtb-1 {A} {PEER} active"


def test_a_poll_that_ends_while_a_reload_ends_the_watch_asks_ec2_no_more(make_lab) -> None:
    lab = holding(make_lab, A)
    lab.wait(70)
    assert [call for call in lab.calls if call.startswith("DescribeTags")]
    watch = next(each for each in lab.daemon.parts.services if isinstance(each, TagWatch))

    async def reload() -> None:
        watch.polled()
        configured = asyncio.create_task(watch.configure(Config(file="")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        watch.polled()
        await configured

    lab.vpc.fail_next("DescribeTags", Denied("DescribeTags", "UnauthorizedOperation", "no"), times=10)
    lab.loop.run_until_complete(reload())
    lab.wait(10)
    assert lab.ask("status")["failing"] == {}
