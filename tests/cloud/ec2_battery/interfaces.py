"""Network interfaces, the source/destination check, and the status of instances."""

from tests.cloud.ec2_battery.lab import Lab, code
from tests.cloud.ec2_battery.question import question


@question("eni.filter.secondary", "the filter addresses.private-ip-address finds a secondary address")
def secondary_address(lab: Lab) -> None:
    subnet = lab.new_subnet("10.0.80.0/24")
    interface, neighbour = lab.new_interface(SubnetId=subnet), lab.new_interface(SubnetId=subnet)
    lab.ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=["10.0.80.222"])
    found = lab.interfaces("addresses.private-ip-address", "10.0.80.222")
    assert interface in found
    assert neighbour not in found


@question("eni.dup-ip", "create a second ENI with an address in use -> an error")
def address_in_use(lab: Lab) -> None:
    subnet = lab.new_subnet("10.0.81.0/24")
    lab.new_interface(SubnetId=subnet, PrivateIpAddress="10.0.81.99")
    error = code(lab.ec2.create_network_interface, SubnetId=subnet, PrivateIpAddress="10.0.81.99")
    assert error != ""


@question("sdc.eni", "SourceDestCheck turned off on the ENI shows on the ENI and on the instance")
def check_off_by_interface(lab: Lab) -> None:
    host = lab.run()
    lab.ec2.modify_network_interface_attribute(NetworkInterfaceId=host.interface, SourceDestCheck={"Value": False})
    (reservation,) = lab.ec2.describe_instances(InstanceIds=[host.instance])["Reservations"]
    assert lab.interface(host.interface)["SourceDestCheck"] is False
    assert reservation["Instances"][0]["SourceDestCheck"] is False


@question("sdc.instance", "SourceDestCheck turned off on the instance shows on its ENI")
def check_off_by_instance(lab: Lab) -> None:
    host = lab.run()
    lab.ec2.modify_instance_attribute(InstanceId=host.instance, SourceDestCheck={"Value": False})
    assert lab.interface(host.interface)["SourceDestCheck"] is False


@question("sdc.multi", "SourceDestCheck of an instance with two ENIs -> InvalidInstanceID")
def check_of_two_interfaces(lab: Lab) -> None:
    host = lab.run_with_two_interfaces()
    error = code(lab.ec2.modify_instance_attribute, InstanceId=host.instance, SourceDestCheck={"Value": False})
    assert error == "InvalidInstanceID"


@question("status.stopped", "a stopped instance's status is hidden, and shown with IncludeAllInstances")
def status_of_a_stopped_instance(lab: Lab) -> None:
    instance = lab.run().instance
    lab.ec2.stop_instances(InstanceIds=[instance])
    hidden = lab.ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"]
    (shown,) = lab.ec2.describe_instance_status(InstanceIds=[instance], IncludeAllInstances=True)["InstanceStatuses"]
    assert hidden == []
    assert shown["InstanceState"]["Name"] in ("stopping", "stopped")


@question("status.filter", "the filter instance-status.status=impaired finds nothing while all are ok")
def no_impaired_instance(lab: Lab) -> None:
    lab.run()
    impaired = [{"Name": "instance-status.status", "Values": ["impaired"]}]
    found = lab.ec2.describe_instance_status(Filters=impaired)["InstanceStatuses"]
    assert found == []
