"""What the questions put to EC2 stand on: a VPC with two subnets, a second VPC, and an instance in each."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

PREFIX = "192.168.7.0/24"
NO_INTERFACE = "eni-0123456789abcdef0"
IMAGE = "ami-12c6146b"


def code(operation: Any, **parameters: Any) -> str:
    """EC2's error code, "" for success. Anything that is no error of EC2's own is raised."""
    try:
        operation(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@dataclass
class Ground:
    ec2: Any

    def __post_init__(self) -> None:
        self.vpc, self.other_vpc = self.new_vpc("10.0.0.0/16"), self.new_vpc("10.50.0.0/16")
        self.subnet = self.new_subnet("10.0.1.0/24")
        self.instance, self.interface = self.run(self.subnet)
        self.instance2, self.interface2 = self.run(self.new_subnet("10.0.2.0/24", zone="us-east-1b"))
        self.foreign_interface = self.run(self.new_subnet("10.50.1.0/24", vpc=self.other_vpc))[1]
        self.gateway, self.loose_gateway = self.new_gateway(), self.new_gateway()
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)

    def new_vpc(self, cidr: str) -> str:
        return self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]

    def new_subnet(self, cidr: str, vpc: str = "", zone: str = "us-east-1a") -> str:
        subnet = self.ec2.create_subnet(VpcId=vpc or self.vpc, CidrBlock=cidr, AvailabilityZone=zone)
        return subnet["Subnet"]["SubnetId"]

    def new_gateway(self) -> str:
        return self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]

    def new_interface(self, **parameters: Any) -> str:
        created = self.ec2.create_network_interface(**{"SubnetId": self.subnet, **parameters})
        return created["NetworkInterface"]["NetworkInterfaceId"]

    def new_list(self, *cidrs: str, size: int = 9, name: str = "list") -> str:
        created = self.ec2.create_managed_prefix_list(
            PrefixListName=name, MaxEntries=size, AddressFamily="IPv4", Entries=[{"Cidr": cidr} for cidr in cidrs]
        )
        return created["PrefixList"]["PrefixListId"]

    def new_table(self, vpc: str = "", **tags: str) -> str:
        tagged = [{"ResourceType": "route-table", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]
        created = self.ec2.create_route_table(VpcId=vpc or self.vpc, **({"TagSpecifications": tagged} if tags else {}))
        return created["RouteTable"]["RouteTableId"]

    def run(self, subnet: str = "") -> tuple[str, str]:
        """The ids of a new instance and of its interface."""
        reservation = self.ec2.run_instances(
            ImageId=IMAGE, MinCount=1, MaxCount=1, SubnetId=subnet or self.subnet, InstanceType="t3.micro"
        )
        instance = reservation["Instances"][0]["InstanceId"]
        where = [{"Name": "attachment.instance-id", "Values": [instance]}]
        (interface,) = self.ec2.describe_network_interfaces(Filters=where)["NetworkInterfaces"]
        return instance, interface["NetworkInterfaceId"]

    def create(self, table: str, *, DestinationCidrBlock: str | None = PREFIX, **parameters: Any) -> str:  # noqa: N803  # EC2's own name
        """The error code of a CreateRoute of PREFIX, or of another destination."""
        if DestinationCidrBlock is not None:
            parameters["DestinationCidrBlock"] = DestinationCidrBlock
        return code(self.ec2.create_route, RouteTableId=table, **parameters)

    def table_with(self, **target: Any) -> str:
        """A new table in which PREFIX goes to this target."""
        table = self.new_table()
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=PREFIX, **target)
        return table

    def route(self, table: str, destination: str = PREFIX) -> dict[str, Any]:
        """The one route to this destination; empty if there is none."""
        (described,) = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        names = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
        found = [r for r in described["Routes"] if destination in [r.get(name) for name in names]]
        assert len(found) < 2
        return found[0] if found else {}

    def tables(self, **filters: list[str]) -> set[str]:
        """The ids of the tables that match; association__subnet_id stands for association.subnet-id."""
        wanted = [{"Name": n.replace("__", ".").replace("_", "-"), "Values": v} for n, v in filters.items()]
        return {table["RouteTableId"] for table in self.ec2.describe_route_tables(Filters=wanted)["RouteTables"]}
