"""NAT gateways: each has an interface of its own in the subnet, which is deleted with it."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import nat_gateways as moto
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend

from bgp2vpc.demo.cloud.fidelity.errors import missing
from bgp2vpc.demo.cloud.fidelity.interfaces import remove_interface
from bgp2vpc.demo.cloud.fidelity.patching import patch


def install() -> None:
    """Wrap creation and deletion."""
    # moto draws a random private address; with an empty one, the interface gets a free address of its subnet.
    patch(moto, lambda: "", "random_private_ip")
    moto_create, moto_delete = NatGatewayBackend.create_nat_gateway, NatGatewayBackend.delete_nat_gateway

    def create_nat_gateway(
        self: Any, subnet_id: str, allocation_id: str, tags: Any = None, connectivity_type: str | None = None
    ) -> NatGateway:
        connectivity_type = connectivity_type or "public"
        if connectivity_type == "public" and not allocation_id:
            raise missing("The request must contain the parameter AllocationId")
        gateway = moto_create(self, subnet_id, allocation_id, tags, connectivity_type)
        interface = gateway._eni
        gateway.private_ip = interface.private_ip_address
        interface.description = f"Interface for NAT Gateway {gateway.id}"
        interface.interface_type, interface.status = "nat_gateway", "in-use"
        interface.requester_managed, interface.source_dest_check = True, False
        return gateway

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> NatGateway:
        if not exists(self, nat_gateway_id):
            raise EC2ClientError("NatGatewayNotFound", f"NatGateway {nat_gateway_id} was not found")
        gateway = moto_delete(self, nat_gateway_id)
        remove_interface(self, gateway._eni)
        return gateway

    patch(NatGatewayBackend, create_nat_gateway)
    patch(NatGatewayBackend, delete_nat_gateway)


def exists(backend: Any, identifier: str) -> bool:
    """Whether the gateway exists and is not deleted. EC2 describes a deleted one for another hour."""
    gateway = backend.nat_gateways.get(identifier)
    return gateway is not None and gateway.state != "deleted"
