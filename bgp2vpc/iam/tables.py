"""Converts a finder into scopes, which contain all tables it finds and as few others as IAM can express.

Condition keys of a route table are aws:ResourceTag/KEY, ec2:ResourceTag/KEY, ec2:Vpc, ec2:RouteTableID and ec2:Region:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from dataclasses import dataclass
from typing import Final, assert_never

from bgp2vpc.iam.like import escape, like
from bgp2vpc.iam.scope import EVERYTHING, ConditionOperator, Scope, both, fewest, where
from bgp2vpc.vpc.finders import And, ByAz, ByTag, ByTagRegexp, Finder, HasRouteTo, Ids, InSubnet, InVpc, Main, Or

MOST_SCOPES: Final = 32
"""Maximum number of scopes of a finder; more statements would be unreadable."""


@dataclass(frozen=True, slots=True)
class AccountScope:
    """Where the tables are. A value that is None is unknown, and `*` in the policy."""

    region: str | None = None
    account: str | None = None
    vpc_id: str | None = None
    zone: str | None = None

    def arn(self, resource: str) -> str:
        """The ARN of a resource of EC2, such as `route-table/rtb-…`.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
        """
        return f"arn:{self.partition}:ec2:{self.region or '*'}:{self.account or '*'}:{resource}"

    @property
    def partition(self) -> str:
        """The partition of the region, `aws` if that is unknown: no wildcard is documented for it in an ARN."""
        region = self.region or ""
        return next((name for beginning, name in _PARTITIONS.items() if region.startswith(beginning)), "aws")


# botocore/data/partitions.json
_PARTITIONS: Final = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
}


def scopes(finder: Finder, around: AccountScope, *, negated: bool = False) -> list[Scope]:
    """The scopes that contain all tables the finder selects, or with `negated` all that it does not select."""
    negated = negated is not finder.negate
    if not isinstance(finder, And | Or):
        return [_single(finder, around, negated=negated)]
    parts = [scopes(each, around, negated=negated) for each in finder.filters]
    if isinstance(finder, And) is negated:  # a disjunction
        return fewest([scope for part in parts for scope in part])
    found = [EVERYTHING]
    for part in parts:
        if len(found) * len(part) > MOST_SCOPES:
            note = "so many combinations of filters would not fit into a policy"
            found = [Scope(each.ids, each.conditions, (*each.wider, note)) for each in found]
        else:
            found = fewest([scope for one in found for other in part if (scope := both(one, other))])
    return found


def _single(  # noqa: C901, PLR0911  # a case for each finder
    finder: ByTag | ByTagRegexp | Main | InSubnet | Ids | HasRouteTo | InVpc | ByAz,
    around: AccountScope,
    *,
    negated: bool,
) -> Scope:
    match finder:
        case ByTag(key, value, own_zone=own_zone):
            known = around.zone if own_zone else value
            if known is not None:
                operator = ConditionOperator.NOT_EQUALS if negated else ConditionOperator.EQUALS
                return where(operator, _tag(key), [escape(known)])
            # The name of a zone begins with its region's: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html
            zones = f"{around.region or ''}*"
            note = (
                f"the instance's zone, for the tag {key}, is known only where it runs; "
                "give --zone for a role of one zone"
            )
            return _open(note) if negated else where(ConditionOperator.LIKE, _tag(key), [zones], note)
        case ByTagRegexp(key, regexp):
            found = like(regexp)
            if found.exact:
                operator = ConditionOperator.NOT_LIKE if negated else ConditionOperator.LIKE
                return where(operator, _tag(key), found.patterns)
            note = f"the tag {key} is compared by a regular expression ({regexp.pattern}) that no pattern can say"
            return _open(note) if negated else where(ConditionOperator.LIKE, _tag(key), found.patterns, note)
        case Ids(ids):
            return _open("no key excludes tables by their ids") if negated else Scope(ids)
        case InVpc(vpc_id):
            return where(
                ConditionOperator.NOT_ARN if negated else ConditionOperator.ARN,
                "ec2:Vpc",
                [around.arn(f"vpc/{vpc_id}")],
            )
        case Main():
            return _open("no key tells which table is the main one")
        case InSubnet(subnet_id):
            return _open(f"no key tells which table {subnet_id} uses")
        case HasRouteTo(destination):
            return _open(f"no key tells which tables have a route to {destination}")
        case ByAz():
            return _open("no key tells which zone the subnets of a table are in")
        case _:
            assert_never(finder)


def _open(note: str) -> Scope:
    return Scope(wider=(note,))


def _tag(key: str) -> str:
    return f"aws:ResourceTag/{key}"
