"""The other two places that hold routes: managed prefix lists and a transit gateway's tables."""

from typing import NamedTuple

from tests.cloud.ec2_battery.lab import Lab, code
from tests.cloud.ec2_battery.question import question


@question("pl.cas", "ModifyManagedPrefixList with an old CurrentVersion -> PrefixListVersionMismatch")
def old_version(lab: Lab) -> None:
    entries = lab.new_list("10.1.0.0/16")
    modify, version = lab.ec2.modify_managed_prefix_list, {"PrefixListId": entries, "CurrentVersion": 1}
    modify(**version, AddEntries=[{"Cidr": "10.2.0.0/16"}])
    error = code(modify, **version, AddEntries=[{"Cidr": "10.3.0.0/16"}])
    assert error == "PrefixListVersionMismatch"


@question("pl.max", "create a prefix list of more entries than MaxEntries -> an error")
def too_many_entries(lab: Lab) -> None:
    entries = [{"Cidr": "10.1.0.0/16"}, {"Cidr": "10.2.0.0/16"}]
    wanted = {"PrefixListName": "full", "AddressFamily": "IPv4", "MaxEntries": 1, "Entries": entries}
    error = code(lab.ec2.create_managed_prefix_list, **wanted)
    assert error != ""


@question("pl.many", "add 101 entries to a prefix list in one call, or one that is removed in it -> an error")
def too_many_at_once(lab: Lab) -> None:
    version = {"PrefixListId": lab.new_list("10.1.0.0/16", size=200), "CurrentVersion": 1}
    entries = [{"Cidr": f"10.2.{number}.0/24"} for number in range(101)]
    assert code(lab.ec2.modify_managed_prefix_list, **version, AddEntries=entries) != ""
    both = [{"Cidr": "10.1.0.0/16"}]
    assert code(lab.ec2.modify_managed_prefix_list, **version, AddEntries=both, RemoveEntries=both) != ""


@question("pl.family", "add an IPv6 entry to a prefix list for IPv4 -> an error")
def wrong_family(lab: Lab) -> None:
    version = {"PrefixListId": lab.new_list("10.1.0.0/16"), "CurrentVersion": 1}
    error = code(lab.ec2.modify_managed_prefix_list, **version, AddEntries=[{"Cidr": "2001:db8::/48"}])
    assert error != ""


@question("pl.versions", "the entries of an earlier version can still be read, also of a list that was made empty")
def earlier_version(lab: Lab) -> None:
    identifier = lab.new_list()
    lab.ec2.modify_managed_prefix_list(
        PrefixListId=identifier, CurrentVersion=1, AddEntries=[{"Cidr": "10.2.0.0/16", "Description": "two"}]
    )
    read = lab.ec2.get_managed_prefix_list_entries
    assert read(PrefixListId=identifier, TargetVersion=1)["Entries"] == []
    assert read(PrefixListId=identifier, TargetVersion=2)["Entries"] == [{"Cidr": "10.2.0.0/16", "Description": "two"}]


@question("pl.modify", "adding and removing gives version 2, keeps the name, and the entries are right")
def modified(lab: Lab) -> None:
    identifier = lab.new_list("10.1.0.0/16", name="keep")
    lab.ec2.modify_managed_prefix_list(
        PrefixListId=identifier,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "10.2.0.0/16"}],
        RemoveEntries=[{"Cidr": "10.1.0.0/16"}],
    )
    (shown,) = lab.ec2.describe_managed_prefix_lists(PrefixListIds=[identifier])["PrefixLists"]
    entries = lab.ec2.get_managed_prefix_list_entries(PrefixListId=identifier)["Entries"]
    assert (shown["PrefixListName"], shown["Version"]) == ("keep", 2)
    assert [entry["Cidr"] for entry in entries] == ["10.2.0.0/16"]


class Transit(NamedTuple):
    """A new transit gateway: the parameters of a route in its table, and its attachment to the lab's VPC."""

    route: dict[str, str]
    attachment: str

    @classmethod
    def new(cls, lab: Lab) -> "Transit":
        gateway = lab.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
        attached = lab.ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=gateway, VpcId=lab.vpc, SubnetIds=[lab.subnet]
        )["TransitGatewayVpcAttachment"]
        table = lab.ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)["TransitGatewayRouteTable"]
        route = {
            "TransitGatewayRouteTableId": table["TransitGatewayRouteTableId"],
            "DestinationCidrBlock": "172.30.0.0/16",
        }
        return cls(route, attached["TransitGatewayAttachmentId"])


@question("tgw.create", "a transit gateway's static route names its attachment")
def transit_route(lab: Lab) -> None:
    route, attachment = Transit.new(lab)
    created = lab.ec2.create_transit_gateway_route(**route, TransitGatewayAttachmentId=attachment)["Route"]
    assert [one["TransitGatewayAttachmentId"] for one in created["TransitGatewayAttachments"]] == [attachment]


@question("tgw.dup", "create a transit gateway's static route again -> RouteAlreadyExists")
def transit_route_again(lab: Lab) -> None:
    route, attachment = Transit.new(lab)
    lab.ec2.create_transit_gateway_route(**route, TransitGatewayAttachmentId=attachment)
    error = code(lab.ec2.create_transit_gateway_route, **route, TransitGatewayAttachmentId=attachment)
    assert error == "RouteAlreadyExists"


@question("tgw.replace", "ReplaceTransitGatewayRoute turns a static route into a blackhole")
def transit_route_replaced(lab: Lab) -> None:
    route, attachment = Transit.new(lab)
    lab.ec2.create_transit_gateway_route(**route, TransitGatewayAttachmentId=attachment)
    replaced = lab.ec2.replace_transit_gateway_route(**route, Blackhole=True)["Route"]
    assert replaced["State"] == "blackhole"
