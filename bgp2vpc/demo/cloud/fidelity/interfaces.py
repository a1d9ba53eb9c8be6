"""Network interfaces: addresses in use, deletion while attached, and the source/destination check.

In EC2 the check belongs to the interface; that of an instance is the one of its only interface.
"""

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidNetworkInterfaceIdError
from moto.ec2.models.elastic_network_interfaces import Attachment, NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces

from bgp2vpc.demo.cloud.fidelity.errors import invalid_value, malformed, several_interfaces
from bgp2vpc.demo.cloud.fidelity.patching import patch
from bgp2vpc.demo.cloud.fidelity.requests.filters import INTERFACE_FILTERS, select

EFA_ONLY = "efa-only"
CARD = 100
"""More than the number of devices of a network card."""
INTERFACE_ID = re.compile(r"eni-[0-9a-f]{8}(?:[0-9a-f]{9})?")


def install() -> None:
    """Replace the look-ups, wrap creation and the instance's attribute."""
    for operation in (get_network_interface, get_all_network_interfaces, delete_network_interface):
        patch(NetworkInterfaceBackend, operation)
    moto_create = NetworkInterfaceBackend.create_network_interface

    def create_network_interface(
        self: Any, subnet: Any, private_ip_address: Any, private_ip_addresses: Any = None, *more: Any, **options: Any
    ) -> NetworkInterface:
        subnet = self.get_subnet(subnet) if isinstance(subnet, str) else subnet
        beside = (each for each in self.enis.values() if each.subnet.id == subnet.id)
        in_use = (address["PrivateIpAddress"] for each in beside for address in each.private_ip_addresses)
        if isinstance(private_ip_address, str) and private_ip_address in in_use:
            message = f"The specified address {private_ip_address} is already in use."
            raise EC2ClientError("InvalidIPAddress.InUse", message)
        if not private_ip_address and not private_ip_addresses:
            private_ip_address = subnet.get_available_subnet_ip(instance=None)
        interface = moto_create(self, subnet, private_ip_address, private_ip_addresses, *more, **options)
        for address in interface.private_ip_addresses:
            # moto marks only the addresses of instances as taken.
            subnet._subnet_ips.setdefault(address["PrivateIpAddress"], interface)
        return interface

    patch(NetworkInterfaceBackend, create_network_interface)
    moto_answer = ElasticNetworkInterfaces.create_network_interface

    def answer_create(self: Any) -> ActionResult:
        answer: Any = moto_answer(self)
        if self._get_param("InterfaceType") == EFA_ONLY:
            make_efa_only(answer.result["NetworkInterface"])
        return ActionResult(answer.result)

    patch(ElasticNetworkInterfaces, answer_create, "create_network_interface")
    moto_modify = InstanceBackend.modify_instance_attribute

    def modify_instance_attribute(self: Any, instance_id: str, key: str, value: Any) -> Instance:
        if key == "source_dest_check" and len(self.get_instance(instance_id).nics) > 1:
            raise several_interfaces(instance_id)
        return moto_modify(self, instance_id, key, value)

    patch(InstanceBackend, modify_instance_attribute)
    patch(ElasticNetworkInterfaces, _answer_attach, "attach_network_interface")
    patch(NetworkInterface, property(_attachment), "attachment")
    patch(Instance, detach_eni)
    # moto sets this only in Instance.__init__; a property cannot differ from the interface's.
    setattr(Instance, "source_dest_check", property(_source_dest_check, _set_source_dest_check))  # noqa: B010  # mypy refuses the assignment to moto's plain attribute


def make_efa_only(interface: Any) -> None:
    """Make the interface one without IP: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html."""
    for address in interface.private_ip_addresses:
        interface.subnet.del_subnet_ip(address["PrivateIpAddress"])
    interface.interface_type = EFA_ONLY
    interface.private_ip_address, interface.private_ip_addresses, interface.ipv6_addresses = None, [], []


def attach(interface: Any, instance: Any, device_index: int, card: int) -> None:
    """Attach the interface. moto has one network card only, so those of other cards get keys from `CARD` up."""
    instance.attach_eni(interface, CARD * card + device_index)
    interface.device_index, interface.network_card_index = device_index, card


def detach_eni(self: Any, eni: Any) -> None:
    """Detach the interface, whatever its key."""
    self.nics = {key: each for key, each in self.nics.items() if each is not eni}
    eni.instance = eni.attachment_id = eni.attach_time = eni.device_index = None
    eni.network_card_index = 0
    eni.status = "available"


def _answer_attach(self: Any) -> ActionResult:
    """AttachNetworkInterface with NetworkCardIndex, which moto leaves out."""
    interface = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    card = int(self._get_param("NetworkCardIndex", 0))
    attach(interface, instance, int(self._get_param("DeviceIndex")), card)
    return ActionResult({"AttachmentId": interface.attachment_id, "NetworkCardIndex": card})


def _attachment(interface: Any) -> Attachment | None:
    if not interface.attachment_id:
        return None
    attachment = Attachment(interface)
    attachment.network_card_index = getattr(interface, "network_card_index", 0)
    return attachment


def get_network_interface(self: Any, eni_id: str) -> NetworkInterface:
    """The interface. Raises EC2ClientError for an unknown or malformed id."""
    if not INTERFACE_ID.fullmatch(eni_id):
        raise malformed("InvalidNetworkInterfaceId", eni_id, "eni")
    interface: NetworkInterface | None = self.enis.get(eni_id)
    if interface is None:
        raise InvalidNetworkInterfaceIdError(eni_id)
    return interface


def get_all_network_interfaces(
    self: Any, eni_ids: list[str] | None = None, filters: Any = None
) -> list[NetworkInterface]:
    """The interfaces with these ids (none given: all) that match every filter."""
    interfaces = [self.get_network_interface(identifier) for identifier in dict.fromkeys(eni_ids or self.enis)]
    return select(interfaces, filters, INTERFACE_FILTERS)


def delete_network_interface(self: Any, eni_id: str) -> None:
    """Delete an interface. Raises EC2ClientError if it is attached to an instance that is not terminated."""
    interface = self.get_network_interface(eni_id)
    if interface.instance is not None and interface.instance.state != "terminated":
        raise invalid_value(f"Network interface '{eni_id}' is currently in use.")
    remove_interface(self, interface)


def remove_interface(backend: Any, interface: NetworkInterface) -> None:
    """Remove an interface and free its addresses."""
    backend.enis.pop(interface.id, None)
    for address in interface.private_ip_addresses:
        interface.subnet.del_subnet_ip(address["PrivateIpAddress"])


def _source_dest_check(instance: Any) -> bool:
    primary = instance.nics.get(0)
    return bool(primary.source_dest_check) if primary else True


def _set_source_dest_check(instance: Any, value: Any) -> None:
    # moto's Instance.__init__ assigns the default before there are interfaces, which have the same default.
    for interface in getattr(instance, "nics", {}).values():
        interface.source_dest_check = value if isinstance(value, bool) else str(value).lower() == "true"
