"""What is said of tags that give orders, and of the lifecycle hook."""

from dataclasses import replace

import pytest

from bgp2vpc.config.model import CompletedHook, Config, OrderTags
from bgp2vpc.doctor.judge import judge
from bgp2vpc.doctor.model import Exabgp, HostFacts, MetadataAnswer, Rehearsal, Trouble, Vpc
from bgp2vpc.doctor.order_tags import drain_tag, hook, zone_tag
from bgp2vpc.errors import Denied, Throttled
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.vpc.model import Instance
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import INTERFACES, rule, table

SELF = Instance("i-1", "us-east-1", "vpc-1")
AWAY = Trouble("away")
WITHOUT_TAGS = MetadataAnswer(SELF)
DENIED = Rehearsal("DescribeTags", "", Denied("DescribeTags", "UnauthorizedOperation", "no"))
SLOW = Rehearsal("DescribeTags", "", Throttled("DescribeTags", "RequestLimitExceeded", "slow down"))
DRAINS = Config(file="f.yaml", tags=OrderTags(drain="x:drain"))
AVOIDS = Config(file="f.yaml", rules=(rule(),), tags=OrderTags(avoid_zone="x:avoid"))
ALLOW = "aws ec2 modify-instance-metadata-options --instance-id i-1 --instance-metadata-tags enabled"


def told(findings) -> list[str]:
    return [f"{each.state.value} {each.message}" for each in findings]


@pytest.mark.parametrize(
    ("metadata", "rehearsals", "said"),
    [
        (
            MetadataAnswer(SELF, tags=("Name",)),
            AWAY,
            "ok metadata shows the tags of this instance, which does not have",
        ),
        (
            MetadataAnswer(SELF, tags=("Name", "x:drain")),
            (DENIED,),
            "ok metadata shows the tags of this instance, which has",
        ),
        (
            WITHOUT_TAGS,
            (Rehearsal("DescribeTags"),),
            "ok metadata shows no tags; x:drain is asked of EC2 with each poll",
        ),
        (AWAY, (Rehearsal("DescribeTags"),), "ok metadata shows no tags; x:drain is asked of EC2 with each poll"),
        (WITHOUT_TAGS, (DENIED,), "fail metadata shows no tags, and ec2:DescribeTags fails: x:drain drains nothing"),
        (WITHOUT_TAGS, (SLOW,), "warn metadata shows no tags, and whether ec2:DescribeTags is allowed is not known ("),
        (WITHOUT_TAGS, AWAY, "warn metadata shows no tags, and whether ec2:DescribeTags is allowed is not known"),
    ],
)
def test_the_tag_that_drains_can_be_read_in_one_of_two_ways(metadata, rehearsals, said: str) -> None:
    (finding,) = drain_tag(DRAINS, metadata, rehearsals)
    assert told([finding])[0].startswith(said)
    assert finding.mend == ("" if finding.state.value == "ok" else ALLOW)


def test_who_uses_no_tags_and_no_hook_hears_nothing_of_them() -> None:
    config = Config(file="f.yaml")
    assert not [*drain_tag(config, WITHOUT_TAGS, (DENIED,)), *zone_tag(config, seen(config)), *hook(config, AWAY)]


def test_a_call_that_is_not_needed_is_no_missing_permission() -> None:
    facts = HostFacts(AWAY, AWAY, MetadataAnswer(SELF, tags=("Name",)), AWAY, AWAY, (DENIED,), Exabgp())
    assert not [each for each in judge(DRAINS, facts, 500) if "DescribeTags" in each.message]


def seen(given: Config, zone: str = "us-east-1a", owner_id: str = "", **tags: str) -> Vpc:
    one = table(
        tags={"type": "private", **{key.replace("_", ":"): value for key, value in tags.items()}}, owner_id=owner_id
    )
    interfaces = tuple(replace(each, zone=zone, owner_id="111111111111") for each in INTERFACES)
    snapshot = Snapshot({one.id: one}, interfaces, {}, "i-1")
    return Vpc(SELF, snapshot, table_policies(given.rules, snapshot, "vpc-1"))


def test_zones_that_are_avoided_now_are_named_and_whether_we_are_in_one() -> None:
    assert told(zone_tag(AVOIDS, seen(AVOIDS))) == ["ok no table has the tag x:avoid: no zone is avoided"]
    here = "warn hosts of us-east-1a, us-east-1b are a last resort in rtb-1, by its tag x:avoid"
    (finding,) = zone_tag(AVOIDS, seen(AVOIDS, x_avoid="us-east-1b us-east-1a"))
    assert told([finding]) == [f"{here}; this host is one of them"]
    assert finding.mend == "aws ec2 delete-tags --resources rtb-1 --tags Key=x:avoid"
    assert told(zone_tag(AVOIDS, seen(AVOIDS, "us-east-1c", x_avoid="us-east-1b us-east-1a"))) == [here]


def test_a_tag_that_names_no_zone_is_told() -> None:
    assert told(zone_tag(AVOIDS, seen(AVOIDS, x_avoid=" "))) == [
        "warn rtb-1: the tag x:avoid names no zone, so none is avoided"
    ]
    assert told(zone_tag(AVOIDS, seen(AVOIDS, x_avoid="use1-az1"))) == [
        "warn hosts of use1-az1 are a last resort in rtb-1, by its tag x:avoid; use1-az1 is no availability zone of "
        "us-east-1, so it avoids no host"
    ]


def test_in_tables_of_another_account_the_tag_is_not_followed() -> None:
    (finding,) = zone_tag(AVOIDS, seen(AVOIDS, owner_id="222222222222"))
    assert told([finding])[0].startswith("warn rtb-1: x:avoid is not followed in tables of another account")


@pytest.mark.parametrize(
    ("group", "tags", "said"),
    [
        ("anycast", None, "the group is anycast"),
        ("", ("aws:autoscaling:groupName",), "the group is known from the tags in metadata"),
        ("", ("Name",), "needs autoscaling:DescribeAutoScalingInstances"),
        ("", None, "needs autoscaling:DescribeAutoScalingInstances"),
    ],
)
def test_how_the_group_of_the_hook_is_found(group: str, tags, said: str) -> None:
    config = Config(file="f.yaml", lifecycle=True, completed_hook=CompletedHook("leave", group))
    (finding,) = hook(config, MetadataAnswer(SELF, tags=tags))
    assert told([finding])[0].startswith("ok leave is completed when a drain is done; ")
    assert said in finding.message
