"""What becomes of a route, and of an interface, when what it leads to goes away."""

from tests.cloud.ec2_battery.lab import Lab, code
from tests.cloud.ec2_battery.question import question


@question("blackhole.terminate", "the instance is terminated -> State blackhole")
def terminated(lab: Lab) -> None:
    host = lab.run()
    table = lab.table_to(NetworkInterfaceId=host.interface)
    lab.ec2.terminate_instances(InstanceIds=[host.instance])
    state = lab.route(table)["State"]
    assert state == "blackhole"


@question("blackhole.stop", "the instance is stopped -> State blackhole (or active: AWS does not say)")
def stopped(lab: Lab) -> None:
    host = lab.run()
    table = lab.table_to(NetworkInterfaceId=host.interface)
    lab.ec2.stop_instances(InstanceIds=[host.instance])
    state = lab.route(table)["State"]
    assert state == ("blackhole" if lab.quirks.stopped_is_blackhole else "active")


@question("blackhole.eni", "the ENI is deleted -> State blackhole")
def interface_deleted(lab: Lab) -> None:
    interface = lab.new_interface()
    table = lab.table_to(NetworkInterfaceId=interface)
    lab.ec2.delete_network_interface(NetworkInterfaceId=interface)
    state = lab.route(table)["State"]
    assert state == "blackhole"


@question("blackhole.igw", "the internet gateway is detached -> State blackhole")
def gateway_detached(lab: Lab) -> None:
    vpc, gateway = lab.new_vpc("10.60.0.0/16"), lab.loose_gateway()
    lab.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = lab.table(vpc)
    error = lab.create(table, GatewayId=gateway)
    assert error == ""
    lab.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    state = lab.route(table)["State"]
    assert state == "blackhole"


@question("terminate.eni.gone", "termination deletes the first ENI (DeleteOnTermination is true by default)")
def termination_takes_the_interface(lab: Lab) -> None:
    host = lab.run()
    lab.ec2.terminate_instances(InstanceIds=[host.instance])
    error = code(lab.ec2.describe_network_interfaces, NetworkInterfaceIds=[host.interface])
    assert error.endswith("NotFound")


@question("delete.eni.inuse", "delete an attached ENI -> InvalidParameterValue or …InUse")
def delete_an_attached_interface(lab: Lab) -> None:
    error = code(lab.ec2.delete_network_interface, NetworkInterfaceId=lab.run().interface)
    assert error.startswith("InvalidParameterValue") or "InUse" in error
