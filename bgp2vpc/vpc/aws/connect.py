"""Who this instance is, and a way to its EC2. Blocking: for a thread."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from bgp2vpc.errors import MetadataError
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.model import Instance


@dataclass(frozen=True, slots=True)
class Ec2Connection:
    """An EC2 to talk to, and the instance in whose name. `reach` makes that of another account or region, at once."""

    vpc: VpcApi
    instance: Instance
    reach: Callable[[Access], VpcApi]


@dataclass(frozen=True, slots=True)
class Identity:
    """What the configuration says instead of instance metadata; None: ask metadata."""

    instance_id: str | None = None
    region: str | None = None
    vpc_id: str | None = None


def connect(identity: Identity, timeout: float, concurrency: int) -> Ec2Connection:
    """Raises MetadataError or Ec2Error; either may pass, so the caller tries again.

    The region is the configuration's, the environment's (AWS_REGION, as for every AWS tool), or metadata's.
    """
    from bgp2vpc.vpc.aws.ec2 import Ec2  # noqa: PLC0415  # botocore costs 0.3 s and 40 MB: only who talks to EC2 pays
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
            raise MetadataError(f"EC2 knows no interface of instance {instance.id}; set vpc_id: in the configuration")
        instance = replace(instance, vpc_id=interfaces[0].vpc_id)
    return Ec2Connection(vpc, instance, lambda access: vpc.beside(access, instance.id))
