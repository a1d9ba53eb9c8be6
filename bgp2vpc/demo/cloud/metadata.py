"""The content of an instance's metadata, made from moto's state.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Tree: TypeAlias = dict[str, "str | Tree"]

ROLE = "bgp2vpc"
CREDENTIALS_LAST = timedelta(hours=6)


def tree_of(instance: Any) -> Tree:
    """All below /latest/, without keys that exist only at times (spot, Auto Scaling): tests set those."""
    primary = instance.nics[0]
    # The order is not documented. Sorted by MAC address, the primary interface is not always the first.
    nics = sorted(instance.nics.values(), key=lambda each: each.mac_address)
    profile = f"arn:aws:iam::{instance.owner_id}:instance-profile/{ROLE}"
    zone = instance.availability_zone
    region = instance.ec2_backend.region_name
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html
    identity = {
        "accountId": instance.owner_id,
        "availabilityZone": zone,
        "imageId": instance.image_id,
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "privateIp": instance.private_ip_address,
        "region": region,
        "version": "2017-09-30",
    }
    return {
        "meta-data": {
            "ami-id": instance.image_id,
            "hostname": instance.private_dns_name,
            "iam": {
                "info": json.dumps({"Code": "Success", "InstanceProfileArn": profile}),
                "security-credentials": {ROLE: json.dumps(_credentials(instance))},
            },
            "instance-id": instance.id,
            "instance-life-cycle": "spot" if instance.lifecycle == "spot" else "on-demand",
            "instance-type": instance.instance_type,
            "local-hostname": instance.private_dns_name,
            "local-ipv4": primary.private_ip_address,
            "mac": primary.mac_address,
            "network": {
                "interfaces": {"macs": {nic.mac_address: _interface(nic) for nic in nics}},
            },
            "placement": {
                "availability-zone": zone,
                "availability-zone-id": primary.subnet.availability_zone_id,
                "region": region,
            },
            "services": {"domain": "amazonaws.com", "partition": "aws"},
        },
        "dynamic": {"instance-identity": {"document": json.dumps(identity)}},
    }


def _credentials(instance: Any) -> dict[str, str]:
    """Credentials of the instance's role, for the SDKs."""
    now = datetime.now(UTC)
    return {
        "Code": "Success",
        "LastUpdated": _time(now),
        "Type": "AWS-HMAC",
        "AccessKeyId": instance.id,  # so that the log of calls names it
        "SecretAccessKey": "testing",
        "Token": "testing",
        "Expiration": _time(now + CREDENTIALS_LAST),
    }


def _interface(nic: Any) -> Tree:
    vpc = nic.ec2_backend.get_vpc(nic.vpc_id)
    ipv4 = [association["cidr_block"] for association in vpc.get_cidr_block_association_set(ipv6=False)]
    ipv6 = [association["cidr_block"] for association in vpc.get_cidr_block_association_set(ipv6=True)]
    subnet_ipv6 = [a["ipv6CidrBlock"] for a in nic.subnet.ipv6_cidr_block_associations.values()]
    always: Tree = {
        "device-number": str(nic.device_index),
        "interface-id": nic.id,
        "mac": nic.mac_address,
        "owner-id": nic.owner_id,
        "security-group-ids": _lines([group.id for group in nic.group_set]),
        "security-groups": _lines([group.name for group in nic.group_set]),
        "subnet-id": nic.subnet.id,
        "subnet-ipv4-cidr-block": nic.subnet.cidr_block,
        "vpc-id": nic.vpc_id,
        "vpc-ipv4-cidr-block": ipv4[0],
        "vpc-ipv4-cidr-blocks": _lines(ipv4),
    }
    # The service leaves out a key without a value.
    sometimes = {
        "local-hostname": f"ip-{nic.private_ip_address.replace('.', '-')}.ec2.internal"
        if nic.private_ip_address
        else "",
        "local-ipv4s": _lines([address["PrivateIpAddress"] for address in nic.private_ip_addresses]),
        "network-card": str(card) if (card := getattr(nic, "network_card_index", 0)) else "",
        "ipv6s": _lines(nic.ipv6_addresses),
        "subnet-ipv6-cidr-blocks": _lines(subnet_ipv6),
        "vpc-ipv6-cidr-blocks": _lines(ipv6),
    }
    return always | {key: value for key, value in sometimes.items() if value}


def _lines(values: list[str]) -> str:
    return "\n".join(values)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
