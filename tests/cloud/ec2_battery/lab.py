"""What the questions stand on: a VPC with two subnets, a second VPC, and a host in each.

Everything is made when first asked for, so that an endpoint that cannot run instances, say, fails only the questions
that need one.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from bgp2vpc.demo.cloud.values import Quirks

VPC_CIDR = "10.0.0.0/16"
PREFIX = "192.168.7.0/24"
IPV6_PREFIX = "2001:db8:7::/48"
NO_INTERFACE = "eni-0123456789abcdef0"


def code(operation: Any, **parameters: Any) -> str:
    """EC2's error code, "" for success. Anything that is no error of EC2's own is raised."""
    try:
        operation(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def to(destination: str) -> dict[str, str]:
    """The parameter of a route call for this destination: a CIDR of either family or a prefix list's id; "": none."""
    if not destination:
        return {}
    if destination.startswith("pl-"):
        return {"DestinationPrefixListId": destination}
    return {"DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock": destination}


class Host(NamedTuple):
    """An instance and its first interface, by id."""

    instance: str
    interface: str


@dataclass
class Lab:
    """A client of the endpoint, and what has been made there with it.

    `quirks` says which of AWS's unclear behaviours the endpoint is expected to have.
    """

    ec2: Any
    quirks: Quirks = field(default_factory=Quirks)

    # What all questions share, and none may change.

    @cached_property
    def vpc(self) -> str:
        return self.new_vpc(VPC_CIDR)

    @cached_property
    def other_vpc(self) -> str:
        return self.new_vpc("10.50.0.0/16")

    @cached_property
    def subnet(self) -> str:
        return self.new_subnet("10.0.1.0/24")

    @cached_property
    def subnet2(self) -> str:
        return self.new_subnet("10.0.2.0/24", zone="us-east-1b")

    @cached_property
    def host(self) -> Host:
        return self.run(self.subnet)

    @cached_property
    def host2(self) -> Host:
        return self.run(self.subnet2)

    @cached_property
    def foreign_host(self) -> Host:
        """A host in the other VPC."""
        return self.run(self.new_subnet("10.50.1.0/24", vpc=self.other_vpc))

    @cached_property
    def gateway(self) -> str:
        """An internet gateway attached to the VPC."""
        gateway = self.loose_gateway()
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        return gateway

    @cached_property
    def image(self) -> str:
        """An image to run; a made-up one where there are none, which stand-ins without images accept."""
        images = self.ec2.describe_images(Owners=["amazon"])["Images"]
        return str(images[0]["ImageId"]) if images else "ami-0123456789abcdef0"

    # New things, of which each question has its own.

    def new_vpc(self, cidr: str) -> str:
        return str(self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])

    def new_subnet(self, cidr: str, vpc: str = "", zone: str = "us-east-1a") -> str:
        created = self.ec2.create_subnet(VpcId=vpc or self.vpc, CidrBlock=cidr, AvailabilityZone=zone)
        return str(created["Subnet"]["SubnetId"])

    def loose_gateway(self) -> str:
        """An internet gateway of no VPC."""
        return str(self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])

    def new_interface(self, **parameters: Any) -> str:
        created = self.ec2.create_network_interface(**{"SubnetId": self.subnet, **parameters})
        return str(created["NetworkInterface"]["NetworkInterfaceId"])

    def run(self, subnet: str = "") -> Host:
        reservation = self.ec2.run_instances(
            ImageId=self.image, MinCount=1, MaxCount=1, SubnetId=subnet or self.subnet, InstanceType="t3.micro"
        )
        instance = reservation["Instances"][0]["InstanceId"]
        (interface,) = self.interfaces("attachment.instance-id", instance)
        return Host(instance, interface)

    def run_with_two_interfaces(self) -> Host:
        host = self.run()
        second = self.new_interface()
        self.ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=host.instance, DeviceIndex=1)
        return host

    def new_list(self, *cidrs: str, size: int = 9, name: str = "list") -> str:
        """A managed IPv4 prefix list of these entries, with room for `size`."""
        created = self.ec2.create_managed_prefix_list(
            PrefixListName=name, MaxEntries=size, AddressFamily="IPv4", Entries=[{"Cidr": cidr} for cidr in cidrs]
        )
        return str(created["PrefixList"]["PrefixListId"])

    def table(self, vpc: str = "", **tags: str) -> str:
        """A new route table."""
        tagged = [{"ResourceType": "route-table", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]
        created = self.ec2.create_route_table(VpcId=vpc or self.vpc, **({"TagSpecifications": tagged} if tags else {}))
        return str(created["RouteTable"]["RouteTableId"])

    def table_to(self, **target: Any) -> str:
        """A new route table in which PREFIX goes to this target."""
        table = self.table()
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=PREFIX, **target)
        return table

    # Calls whose error is the answer, and looks at what is there.

    def create(self, table: str, destination: str = PREFIX, **parameters: Any) -> str:
        return code(self.ec2.create_route, RouteTableId=table, **to(destination), **parameters)

    def replace(self, table: str, destination: str = PREFIX, **parameters: Any) -> str:
        return code(self.ec2.replace_route, RouteTableId=table, **to(destination), **parameters)

    def delete(self, table: str, destination: str = PREFIX, **parameters: Any) -> str:
        return code(self.ec2.delete_route, RouteTableId=table, **to(destination), **parameters)

    def route(self, table: str, destination: str = PREFIX) -> dict[str, Any]:
        """The one route to this destination as DescribeRouteTables shows it; empty if there is none."""
        (described,) = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        found = [route for route in described["Routes"] if to(destination).items() <= route.items()]
        assert len(found) < 2, f"{len(found)} routes to {destination} in {table}"
        return found[0] if found else {}

    def tables(self, name: str, *values: str) -> set[str]:
        """The ids of the tables that this filter lets through."""
        answer = self.ec2.describe_route_tables(Filters=[{"Name": name, "Values": list(values)}])
        return {table["RouteTableId"] for table in answer["RouteTables"]}

    def interfaces(self, name: str, *values: str) -> set[str]:
        """The ids of the interfaces that this filter lets through."""
        answer = self.ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": list(values)}])
        return {interface["NetworkInterfaceId"] for interface in answer["NetworkInterfaces"]}

    def interface(self, identifier: str) -> dict[str, Any]:
        (described,) = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[identifier])["NetworkInterfaces"]
        return dict(described)
