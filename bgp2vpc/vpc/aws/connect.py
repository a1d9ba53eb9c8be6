"""Determines this instance and connects to its region's EC2. Blocking: run it on a thread."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from bgp2vpc.errors import MetadataError
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.model import Instance


@dataclass(frozen=True, slots=True)
class Ec2Connection:
    """The EC2 client and this instance. `reach` makes a client for another account or region, without any call."""

    vpc: VpcApi
    instance: Instance
    reach: Callable[[Access], VpcApi]


@dataclass(frozen=True, slots=True)
class Identity:
    """The configured identity of this instance; values that are None are read from instance metadata."""

    instance_id: str | None = None
    region: str | None = None
    vpc_id: str | None = None


def connect(identity: Identity, timeout: float, concurrency: int) -> Ec2Connection:
    """Determine this instance, make its EC2 client and get credentials.

    `timeout`: seconds. The region is the first of: the configuration, the environment (AWS_REGION, AWS_DEFAULT_REGION),
    metadata. Raises MetadataError or Ec2Error; both may be temporary, so the caller tries again.
    """
    from bgp2vpc.vpc.aws.ec2 import Ec2  # noqa: PLC0415  # botocore costs 0.3 s and 40 MB: only if EC2 is used
    from bgp2vpc.vpc.aws.imds import fetch_instance  # noqa: PLC0415

    region = identity.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if identity.instance_id and region:
        told = Instance(identity.instance_id, region, identity.vpc_id or "")
    else:
        told = fetch_instance()
    instance = replace(
        told,
        id=identity.instance_id or told.id,
        region=region or told.region,
        vpc_id=identity.vpc_id or told.vpc_id,
    )
    vpc = Ec2(instance.region, timeout=timeout, max_connections=concurrency)
    vpc.warm_up()
    if not instance.vpc_id:
        interfaces = vpc.interfaces(instance.id)
        if not interfaces:
            raise MetadataError(
                f"EC2 knows no interface of instance {instance.id} in {instance.region}: "
                "`instance_id:` or the region (`region:`, AWS_REGION) is wrong"
            )
        instance = replace(instance, vpc_id=interfaces[0].vpc_id)
    return Ec2Connection(vpc, instance, lambda access: vpc.beside(access, instance.id))
