"""Findings about the tags that give orders, and about the lifecycle hook. Pure."""

from collections.abc import Iterator
from shlex import quote
from typing import Final

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.model import Finding, Known, MetadataAnswer, Rehearsal, Trouble, Vpc, fail, ok, warn
from bgp2vpc.doctor.subjects import named
from bgp2vpc.errors import OperatorError
from bgp2vpc.vpc.order_tags import GROUP_TAG

READ: Final = "DescribeTags"


def drain_tag(
    config: Config, metadata: Known[MetadataAnswer], rehearsals: Known[tuple[Rehearsal, ...]]
) -> Iterator[Finding]:
    """Whether the tag that drains this instance can be read: from metadata, or by DescribeTags."""
    if not config.tags.drain:
        return
    instance_id = "i-…" if isinstance(metadata, Trouble) else metadata.instance.id
    allow = f"aws ec2 modify-instance-metadata-options --instance-id {instance_id} --instance-metadata-tags enabled"
    if not isinstance(metadata, Trouble) and metadata.tags is not None:
        has = "has" if config.tags.drain in metadata.tags else "does not have"
        yield ok("drain-tag", f"metadata shows the tags of this instance, which {has} {config.tags.drain}")
        return
    asked = [] if isinstance(rehearsals, Trouble) else [each for each in rehearsals if each.operation == READ]
    if any(each.error is None for each in asked):
        yield ok("drain-tag", f"metadata shows no tags; {config.tags.drain} is asked of EC2 with each poll")
    elif asked and isinstance(asked[0].error, OperatorError):
        words = f"metadata shows no tags, and ec2:{READ} fails: {config.tags.drain} drains nothing ({asked[0].error})"
        yield fail("drain-tag", words, allow)
    else:
        why = f" ({asked[0].error})" if asked else ""
        yield warn("drain-tag", f"metadata shows no tags, and whether ec2:{READ} is allowed is not known{why}", allow)


def without_tags(found: Known[tuple[Rehearsal, ...]]) -> Known[tuple[Rehearsal, ...]]:
    """The rehearsals without DescribeTags, which may not be needed and which `drain_tag` reports."""
    return found if isinstance(found, Trouble) else tuple(each for each in found if each.operation != READ)


def zone_tag(config: Config, vpc: Vpc) -> Iterator[Finding]:
    """The zones that tables avoid now, and tables of other accounts, where the tag has no effect."""
    key = config.tags.avoid_zone
    if not key:
        return
    accounts = {each.owner_id for each in vpc.snapshot.interfaces if each.owner_id}
    others = [
        id_
        for id_, each in vpc.tables.items()
        if each.table.access.role_arn or (accounts and each.table.owner_id not in (*accounts, ""))
    ]
    if others:
        # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing-service-behavior.html
        why = "which shows its tags to nobody else, and has its own names of zones"
        yield warn("avoid-zone", f"{named(others)}: {key} is not followed in tables of another account, {why}")
    avoided = {id_: zones for id_, each in vpc.tables.items() if (zones := config.policy.avoided_in(each.table))}
    for table_id, zones in sorted(avoided.items()):
        words = f"hosts of {', '.join(sorted(zones))} are a last resort in {table_id}, by its tag {key}"
        region = vpc.instance.region  # see operator/avoided_zones.py
        if unknown := sorted(each for each in zones if not each.startswith(region) or each == region):
            words += f"; {', '.join(unknown)} is no availability zone of {region}, so it avoids no host"
        if vpc.snapshot.zone in zones:
            words += "; this host is one of them"
        yield warn("avoid-zone", words, f"aws ec2 delete-tags --resources {table_id} --tags Key={quote(key)}")
    empty = [id_ for id_, each in vpc.tables.items() if key in each.table.tags and id_ not in (*avoided, *others)]
    if empty:
        yield warn("avoid-zone", f"{named(empty)}: the tag {key} names no zone, so none is avoided")
    if not others and not avoided and not empty:
        yield ok("avoid-zone", f"no table has the tag {key}: no zone is avoided")


def hook(config: Config, metadata: Known[MetadataAnswer]) -> Iterator[Finding]:
    """How the lifecycle hook's group is known. Permissions are not checked, since Auto Scaling has no DryRun."""
    wanted = config.completed_hook
    if wanted is None:
        return
    shows = not isinstance(metadata, Trouble) and metadata.tags is not None and GROUP_TAG in metadata.tags
    if wanted.group or shows:
        how = f"the group is {wanted.group}" if wanted.group else "the group is known from the tags in metadata"
        yield ok("lifecycle-hook", f"{wanted.name} is completed when a drain is done; {how}")
    else:
        words = (
            f"{wanted.name} is completed when a drain is done; the group is asked of Auto Scaling then, which needs "
            "autoscaling:DescribeAutoScalingInstances"
        )
        yield ok("lifecycle-hook", words)
