"""Observe: everything about the VPC that a decision may need, read once."""

import asyncio

from bgp2vpc.daemon.calls import Calls
from bgp2vpc.daemon.view import View
from bgp2vpc.errors import Ec2Error
from bgp2vpc.vpc.model import Snapshot, Subnet


async def observe(calls: Calls, view: View) -> Snapshot:
    """What EC2 says now; of health, what was known before. Raises Ec2Error."""
    instance_id = view.instance.id
    others = sorted(view.other_instances)
    tables, interfaces, subnets, theirs = await asyncio.gather(
        calls.route_tables(view.vpc_ids),
        calls.interfaces(instance_id),
        _subnets_if(calls, view, wanted=view.wants_subnets),
        asyncio.gather(*(calls.interfaces(each) for each in others)),
    )
    if subnets is None and view.manages_within_vpc(tables):
        try:
            subnets = await _subnets_if(calls, view, wanted=True)
        except Ec2Error:
            subnets = None  # then EC2 itself says what it thinks of such a route
    return Snapshot(
        {table.id: table for table in tables},
        interfaces,
        view.snapshot.health if view.snapshot else {},
        instance_id,
        others=dict(zip(others, theirs, strict=True)),
        subnets=None if subnets is None else {subnet.id: subnet for subnet in subnets},
    )


async def _subnets_if(calls: Calls, view: View, *, wanted: bool) -> tuple[Subnet, ...] | None:
    return await calls.subnets(view.vpc_ids) if wanted else None
