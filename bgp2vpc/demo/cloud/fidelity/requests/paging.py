"""MaxResults and NextToken, which moto lacks in the describes that we use."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.route_tables import RouteTables
from moto.ec2.responses.subnets import Subnets

from bgp2vpc.demo.cloud.fidelity.errors import combination, invalid_value
from bgp2vpc.demo.cloud.fidelity.patching import patch

SMALLEST_PAGE = 5


def install() -> None:
    """Wrap the actions, each with its largest page."""
    _page(RouteTables, "describe_route_tables", "RouteTables", largest=100)
    _page(ElasticNetworkInterfaces, "describe_network_interfaces", "NetworkInterfaces", 1000, "NetworkInterfaceIds")
    _page(InstanceResponse, "describe_instance_status", "InstanceStatuses", 1000, "InstanceIds")
    _page(Subnets, "describe_subnets", "Subnets", largest=1000)


def _page(owner: type, name: str, key: str, largest: int, excluded: str = "") -> None:
    """Wrap an action. `excluded`: the parameter that may not be used together with MaxResults."""
    describe: Callable[[Any], ActionResult] = getattr(owner, name)

    def page(self: Any) -> ActionResult:
        size = self._get_param("MaxResults")
        if size is not None and not SMALLEST_PAGE <= int(size) <= largest:
            raise invalid_value(
                f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value between {SMALLEST_PAGE} "
                f"and {largest}."
            )
        if size is not None and excluded and self._get_param(excluded):
            raise combination(f"The parameter {excluded} cannot be used with the parameter maxResults")
        token = self._get_param("NextToken")
        try:
            start = int(base64.b64decode(token, validate=True)) if token else 0
        except (binascii.Error, ValueError) as error:
            raise invalid_value("Unable to parse pagination token") from error
        items: Any = describe(self).result
        items = items[key]
        end = start + int(size) if size is not None else len(items)
        answer = {key: items[start:end]}
        if end < len(items):
            answer["NextToken"] = base64.b64encode(str(end).encode()).decode()
        return ActionResult(answer)

    patch(owner, page, name)
