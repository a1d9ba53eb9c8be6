"""CreateRoute: what the route then shows, and what is refused."""

from tests.cloud.ec2_battery.lab import IPV6_PREFIX, NO_INTERFACE, VPC_CIDR, Lab
from tests.cloud.ec2_battery.question import question


@question("create.eni.fields", "a route by ENI of an attached instance shows NetworkInterfaceId, InstanceId and owner")
def by_interface_shows_the_instance(lab: Lab) -> None:
    route = lab.route(lab.table_to(NetworkInterfaceId=lab.host.interface))
    assert (route["InstanceId"], route["NetworkInterfaceId"]) == lab.host
    assert route["InstanceOwnerId"]


@question("create.eni.basic", "a route by ENI shows NetworkInterfaceId, Origin CreateRoute, State active")
def by_interface(lab: Lab) -> None:
    route = lab.route(lab.table_to(NetworkInterfaceId=lab.host.interface))
    assert route["NetworkInterfaceId"] == lab.host.interface
    assert (route["Origin"], route["State"]) == ("CreateRoute", "active")


@question("create.instance.fields", "a route by InstanceId shows the instance's NetworkInterfaceId too")
def by_instance_shows_the_interface(lab: Lab) -> None:
    route = lab.route(lab.table_to(InstanceId=lab.host.instance))
    assert (route["InstanceId"], route["NetworkInterfaceId"]) == lab.host


@question("create.dup.eni", "create an existing destination with another ENI -> RouteAlreadyExists")
def again_by_interface(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    error = lab.create(table, NetworkInterfaceId=lab.host2.interface)
    assert error == "RouteAlreadyExists"


@question("create.dup.instance", "create an existing destination with another instance -> RouteAlreadyExists")
def again_by_instance(lab: Lab) -> None:
    table = lab.table_to(InstanceId=lab.host.instance)
    error = lab.create(table, InstanceId=lab.host2.instance)
    assert error == "RouteAlreadyExists"


@question("create.dup.v6", "create an existing IPv6 destination with another ENI -> RouteAlreadyExists")
def again_ipv6(lab: Lab) -> None:
    table = lab.table()
    first = lab.create(table, IPV6_PREFIX, NetworkInterfaceId=lab.host.interface)
    error = lab.create(table, IPV6_PREFIX, NetworkInterfaceId=lab.host2.interface)
    assert (first, error) == ("", "RouteAlreadyExists")


@question("create.v6", "an IPv6 destination goes to an ENI")
def ipv6(lab: Lab) -> None:
    table = lab.table()
    error = lab.create(table, IPV6_PREFIX, NetworkInterfaceId=lab.host.interface)
    assert error == ""
    assert lab.route(table, IPV6_PREFIX)["NetworkInterfaceId"] == lab.host.interface


@question("create.local", "create the VPC's own CIDR -> RouteAlreadyExists, the local route stays")
def local(lab: Lab) -> None:
    table = lab.table()
    error = lab.create(table, VPC_CIDR, NetworkInterfaceId=lab.host.interface)
    assert error == "RouteAlreadyExists"
    assert lab.route(table, VPC_CIDR)["GatewayId"] == "local"


@question("create.inside.notsubnet", "within the VPC's CIDR, but no whole subnet -> InvalidParameterValue")
def part_of_a_subnet(lab: Lab) -> None:
    error = lab.create(lab.table(), "10.0.9.9/32", NetworkInterfaceId=lab.host.interface)
    assert error == "InvalidParameterValue"


@question("create.inside.igw", "a whole subnet to an internet gateway -> InvalidParameterValue")
def subnet_to_a_gateway(lab: Lab) -> None:
    lab.new_subnet("10.0.90.0/24")
    error = lab.create(lab.table(), "10.0.90.0/24", GatewayId=lab.gateway)
    assert error == "InvalidParameterValue"


@question("create.canonical", "192.168.55.7/24 is stored as 192.168.55.0/24")
def host_bits(lab: Lab) -> None:
    table = lab.table()
    error = lab.create(table, "192.168.55.7/24", NetworkInterfaceId=lab.host.interface)
    assert error == ""
    assert lab.route(table, "192.168.55.0/24")


@question("create.badcidr", "garbage for a CIDR -> InvalidParameterValue")
def garbage(lab: Lab) -> None:
    error = lab.create(lab.table(), "garbage", NetworkInterfaceId=lab.host.interface)
    assert error == "InvalidParameterValue"


@question("create.v6in4", "::/0 as DestinationCidrBlock -> InvalidParameterValue")
def ipv6_for_ipv4(lab: Lab) -> None:
    error = lab.create(lab.table(), "", DestinationCidrBlock="::/0", NetworkInterfaceId=lab.host.interface)
    assert error == "InvalidParameterValue"


@question("create.notarget", "no target -> MissingParameter or InvalidParameter…")
def no_target(lab: Lab) -> None:
    error = lab.create(lab.table())
    assert error.startswith(("Missing", "InvalidParameter"))


@question("create.nodest", "no destination -> MissingParameter or InvalidParameter…")
def no_destination(lab: Lab) -> None:
    error = lab.create(lab.table(), "", NetworkInterfaceId=lab.host.interface)
    assert error.startswith(("Missing", "InvalidParameter"))


@question("create.twotargets", "two targets -> InvalidParameterCombination or another InvalidParameter…")
def two_targets(lab: Lab) -> None:
    error = lab.create(lab.table(), NetworkInterfaceId=lab.host.interface, GatewayId=lab.gateway)
    assert error.startswith("InvalidParameter")


@question("create.badeni", "a missing ENI -> …NotFound")
def missing_interface(lab: Lab) -> None:
    error = lab.create(lab.table(), NetworkInterfaceId=NO_INTERFACE)
    assert error.endswith("NotFound")


@question("create.badinstance", "a missing instance -> …NotFound")
def missing_instance(lab: Lab) -> None:
    error = lab.create(lab.table(), InstanceId="i-0123456789abcdef0")
    assert error.endswith("NotFound")


@question("create.badnat", "a missing NAT gateway -> …NotFound")
def missing_nat_gateway(lab: Lab) -> None:
    error = lab.create(lab.table(), NatGatewayId="nat-0123456789abcdef0")
    assert error.endswith("NotFound")


@question("create.badtgw", "a missing transit gateway -> …NotFound")
def missing_transit_gateway(lab: Lab) -> None:
    error = lab.create(lab.table(), TransitGatewayId="tgw-0123456789abcdef0")
    assert error.endswith("NotFound")


@question("create.badpl", "a missing prefix list -> …NotFound")
def missing_prefix_list(lab: Lab) -> None:
    error = lab.create(lab.table(), "pl-0123456789abcdef0", NetworkInterfaceId=lab.host.interface)
    assert error.endswith("NotFound")


@question("create.badtable", "a missing table -> InvalidRouteTableID.NotFound")
def missing_table(lab: Lab) -> None:
    error = lab.create("rtb-0123456789abcdef0", NetworkInterfaceId=lab.host.interface)
    assert error == "InvalidRouteTableID.NotFound"


@question("create.othervpc", "an ENI of another VPC -> InvalidParameterValue")
def foreign_interface(lab: Lab) -> None:
    error = lab.create(lab.table(), NetworkInterfaceId=lab.foreign_host.interface)
    assert error == "InvalidParameterValue"


@question("create.igw.unattached", "an internet gateway not attached to this VPC -> an error")
def loose_gateway(lab: Lab) -> None:
    table, gateway = lab.table(), lab.loose_gateway()
    error = lab.create(table, "0.0.0.0/0", GatewayId=gateway)
    assert error != ""


@question("create.dryrun", "DryRun -> DryRunOperation, and nothing is created")
def dry_run(lab: Lab) -> None:
    table = lab.table()
    error = lab.create(table, NetworkInterfaceId=lab.host.interface, DryRun=True)
    assert error == "DryRunOperation"
    assert lab.route(table) == {}


@question("create.multi-eni", "InstanceId of an instance with two ENIs -> InvalidInstanceID")
def instance_with_two_interfaces(lab: Lab) -> None:
    error = lab.create(lab.table(), InstanceId=lab.run_with_two_interfaces().instance)
    assert error == "InvalidInstanceID"


@question("create.pl.eni", "a route of a prefix list to an ENI keeps its DestinationPrefixListId")
def prefix_list(lab: Lab) -> None:
    table, entries = lab.table(), lab.new_list("172.20.0.0/16")
    error = lab.create(table, entries, NetworkInterfaceId=lab.host.interface)
    assert error == ""
    assert lab.route(table, entries)["NetworkInterfaceId"] == lab.host.interface
