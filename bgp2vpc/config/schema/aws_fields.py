"""One configured value each, as AWS writes it: ids, ARNs, names, tags. All raise ValueError saying what is right."""

import re
from typing import Final

from bgp2vpc.config.document import kind_of
from bgp2vpc.config.schema.fields import text
from bgp2vpc.policy.rule import InterfaceChoice
from bgp2vpc.vpc.model import Target, parse_target

# 8 digits before 2016, 17 since: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
_ID_DIGITS: Final = re.compile(r"[0-9a-f]{8}(?:[0-9a-f]{9})?")
_REGION: Final = re.compile(r"([a-z]+(?:-[a-z]+)+-[0-9]+)([a-z]?)")
_TAG_KEY: Final = re.compile(r"[A-Za-z0-9+\-=.,_:@]{1,128}")
_HOOK: Final = re.compile(r"[A-Za-z0-9\-_/]{1,255}")
_MAX_GROUP_NAME: Final = 255
_MAX_DEVICE_INDEX: Final = 99
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: a role's path and name.
_ROLE_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/(?:[!-~]+/)?[\w+=,.@-]{1,64}", re.ASCII)
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_EXTERNAL_ID: Final = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_FALLBACKS: Final = ("nat", "igw", "eigw", "tgw", "vgw", "pcx", "vpce", "eni", "cagw", "lgw")


def interface(value: object) -> InterfaceChoice:
    """A device index, or the id of the subnet that the interface is in."""
    written = text(value)
    if written.isascii() and written.isdigit() and int(written[:9]) <= _MAX_DEVICE_INDEX:
        return int(written)
    if _is_id(written, "subnet"):
        return written
    raise ValueError(f"expected a device index (0, 1, …) or a subnet (subnet-…), got {kind_of(value)}")


def instance_id(value: object) -> str:
    """`i-…`."""
    return _id(value, "i")


def role_arn(value: object) -> str:
    """The ARN of an IAM role."""
    written = text(value)
    if not _ROLE_ARN.fullmatch(written):
        hints = {
            ":assumed-role/": "; this is a session of a role: name the role itself",
            ":instance-profile/": "; this is an instance profile: name a role",
            ":user/": "; this is a user: name a role",
        }
        hint = next((words for part, words in hints.items() if part in written), "")
        raise ValueError(f"expected arn:aws:iam::ACCOUNT:role/NAME with 12 digits, got {kind_of(value)}{hint}")
    return written


def external_id(value: object) -> str:
    """`sts:ExternalId`, as AssumeRole takes it."""
    written = text(value)
    if not _EXTERNAL_ID.fullmatch(written):
        raise ValueError("expected 2 to 1224 letters, digits and characters of _+=,.@:/-")
    return written


def vpc_id(value: object) -> str:
    """`vpc-…`."""
    return _id(value, "vpc")


def subnet_id(value: object) -> str:
    """`subnet-…`."""
    return _id(value, "subnet")


def route_table_id(value: object) -> str:
    """`rtb-…`, or `tgw-rtb-…`: which of them may stand there, `rules` says."""
    return _id(value, "tgw-rtb" if text(value).startswith("tgw-rtb-") else "rtb")


def prefix_list_id(value: object) -> str:
    """`pl-…`."""
    return _id(value, "pl")


def self_or_instance_id(value: object) -> str | None:
    """`SELF` (None; also what a template left empty), or `i-…`."""
    if value in ("SELF", ""):
        return None
    if not _is_id(written := text(value), "i"):
        raise ValueError(f"expected SELF, or 'i-' and 8 or 17 hexadecimal digits, got {kind_of(value)}")
    return written


def fallback(value: object) -> Target:
    """`nat-…`, `igw-…` and so on, or an ARN: whatever CreateRoute takes, but for an instance."""
    written = text(value)
    try:
        if written.startswith("arn:"):
            return parse_target(written)
    except ValueError:
        arns = (
            "arn:aws:networkmanager::123456789012:core-network/core-network-0123456789abcdef0",
            "arn:aws:odb:us-east-1:123456789012:odb-network/odbnet_0123456789",
        )
        expected = f"the ARN of a core network such as {arns[0]}, or of an ODB network such as {arns[1]}"
        raise ValueError(f"expected {expected}, got {kind_of(value)}") from None
    if _is_id(written, "i"):
        raise ValueError(f"an instance may have several interfaces: name one of them (eni-…), not {kind_of(value)}")
    if not any(_is_id(written, kind) for kind in _FALLBACKS):
        kinds = ", ".join(f"'{kind}-'" for kind in _FALLBACKS)
        expected = f"one of {kinds} and 8 or 17 hexadecimal digits, or the ARN of a core network or an ODB network"
        raise ValueError(f"expected {expected}, got {kind_of(value)}")
    return parse_target(written)


def _id(value: object, kind: str) -> str:
    if not _is_id(written := text(value), kind):
        raise ValueError(f"expected '{kind}-' and 8 or 17 hexadecimal digits, got {kind_of(value)}")
    return written


def _is_id(written: str, kind: str) -> bool:
    prefix, dash, digits = written.rpartition("-")
    return prefix == kind and bool(dash) and _ID_DIGITS.fullmatch(digits) is not None


def region(value: object) -> str:
    """A region's code, such as `eu-central-1`."""
    match = _REGION.fullmatch(text(value))
    if match is None:
        raise ValueError(f"expected the code of a region such as eu-central-1, got {kind_of(value)}")
    if match[2]:
        raise ValueError(f"{kind_of(value)} is an availability zone; the region is probably '{match[1]}'")
    return match[1]


def tag_key(value: object) -> str:
    """The key of a tag, of the characters that instance metadata allows in keys; `aws:…` are AWS's own.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
    """
    written = text(value)
    if written.lower() in ("true", "false", "yes", "no", "on", "off"):
        raise ValueError(
            f"expected the key of a tag, such as bgp2vpc:drain, got {kind_of(value)}; without one: leave it out"
        )
    if written.lower().startswith("aws:") or not _TAG_KEY.fullmatch(written):
        raise ValueError(
            f"expected the key of a tag, such as bgp2vpc:drain, of letters, digits and + - = . , _ : @, got "
            f"{kind_of(value)}"
        )
    return written


def hook_name(value: object) -> str:
    """The name of a lifecycle hook, as PutLifecycleHook allows it."""
    written = text(value)
    if not _HOOK.fullmatch(written):
        raise ValueError(f"expected the name of a lifecycle hook, such as bgp2vpc-drain, got {kind_of(value)}")
    return written


def scaling_group(value: object) -> str:
    """The name of an Auto Scaling group, as CreateAutoScalingGroup allows it."""
    written = text(value)
    if not (0 < len(written) <= _MAX_GROUP_NAME and written.isprintable() and ":" not in written):
        raise ValueError(f"expected the name of an Auto Scaling group, got {kind_of(value)}")
    return written
