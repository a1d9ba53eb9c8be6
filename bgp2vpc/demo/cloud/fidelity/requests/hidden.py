"""Lets describes leave out what EC2 does: resources managed by AWS services, unlisted instances, others' tags."""

from collections.abc import Callable
from copy import copy
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
from moto.ec2.responses.instances import InstanceResponse

from bgp2vpc.demo.cloud.fidelity.patching import patch
from bgp2vpc.demo.cloud.fidelity.rules import RULES


def install() -> None:
    """Wrap the actions, and the tags and the owner of route tables."""
    _wrap(ElasticNetworkInterfaces, "describe_network_interfaces", "NetworkInterfaces", _unmanaged)
    _wrap(InstanceResponse, "describe_instances", "Reservations", _with_unmanaged_instances)
    _wrap(
        InstanceResponse,
        "describe_instance_status",
        "InstanceStatuses",
        lambda found, everything: [i for i in _unmanaged(found, everything) if i.id not in RULES.quirks.unlisted],
    )
    moto_tags, moto_owner = RouteTable.get_tags, cast("property", RouteTable.owner_id)
    patch(
        RouteTable,
        lambda self: [] if RULES.quirks.shared_by and not RULES.owner_asks else moto_tags(self),
        "get_tags",
    )
    patch(RouteTable, property(lambda self: RULES.quirks.shared_by or moto_owner.__get__(self)), "owner_id")


def _wrap(owner: type, name: str, key: str, select: Callable[[list[Any], bool], list[Any]]) -> None:
    """Pass the answer of an action through `select(resources, with_managed)`, by IncludeManagedResources."""
    describe: Callable[[Any], ActionResult] = getattr(owner, name)

    def describe_some(self: Any) -> ActionResult:
        answer: Any = describe(self).result
        everything = bool(self._get_param("IncludeManagedResources", False))
        return ActionResult({**answer, key: select(answer[key], everything)})

    patch(owner, describe_some, name)


def _unmanaged(resources: list[Any], everything: bool) -> list[Any]:
    return [each for each in resources if everything or each.id not in RULES.quirks.managed]


def _with_unmanaged_instances(reservations: list[Any], everything: bool) -> list[Any]:
    found = []
    for reservation in map(copy, reservations):
        reservation.instances = _unmanaged(reservation.instances, everything)
        found += [reservation] if reservation.instances else []
    return found
