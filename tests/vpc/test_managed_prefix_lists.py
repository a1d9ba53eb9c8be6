"""Managed prefix lists: what a call may change at once, and what EC2 tells of them."""

import pytest

from bgp2vpc.errors import ListChanged, QuotaReached, Transient
from bgp2vpc.prefix import PrefixError, PrefixListId, parse_destination, parse_prefix
from bgp2vpc.vpc.aws import wire
from bgp2vpc.vpc.aws.failures import failure
from bgp2vpc.vpc.model import ManagedPrefixList, Route, interface_target
from bgp2vpc.vpc.prefix_lists import one_call

MANY = [parse_prefix(f"198.51.100.{number}/32") for number in range(250)]


@pytest.mark.parametrize(
    ("max_entries", "present", "add", "remove", "called"),
    [
        (1000, 0, 250, 0, (100, 0)),
        (1000, 0, 40, 0, (40, 0)),
        (1000, 250, 0, 250, (0, 100)),
        (60, 20, 250, 10, (40, 10)),
        (20, 20, 5, 5, (0, 5)),  # what is removed makes room for the next call
        (0, 0, 150, 0, (100, 0)),
    ],
)
def test_a_call_changes_a_hundred_entries_and_what_there_is_room_for(max_entries, present, add, remove, called) -> None:
    entries = dict.fromkeys(parse_prefix(f"192.0.2.{number}/32") for number in range(present))
    found = ManagedPrefixList("pl-1", "", 4, 1, max_entries, entries=entries)
    added, removed = one_call(found, MANY[:add], list(entries)[:remove])
    assert (len(added), len(removed)) == called


def test_a_route_to_a_list_is_read_and_written_as_such() -> None:
    item = {"DestinationPrefixListId": "pl-0a1b", "NetworkInterfaceId": "eni-1", "State": "active"}
    assert wire.parse_route(item) == Route(PrefixListId("pl-0a1b"), interface_target("eni-1"))
    assert wire.destination_parameter(PrefixListId("pl-0a1b")) == {"DestinationPrefixListId": "pl-0a1b"}


def test_what_ec2_tells_of_a_list() -> None:
    told = {
        "PrefixListId": "pl-1", "PrefixListName": "anycast", "AddressFamily": "IPv6", "State": "modify-complete",
        "Version": 3, "MaxEntries": 50, "OwnerId": "123456789012", "Tags": [{"Key": "a", "Value": "b"}],
    }  # fmt: skip
    assert wire.parse_managed_prefix_list(told) == ManagedPrefixList(
        "pl-1", "anycast", 6, 3, 50, "modify-complete", "123456789012", {"a": "b"}
    )
    aws = {"PrefixListId": "pl-2", "PrefixListName": "com.amazonaws.x.s3", "AddressFamily": "IPv4", "OwnerId": "AWS"}
    assert wire.parse_managed_prefix_list(aws).version == 0
    assert wire.parse_prefix_list_entry({"Cidr": "192.0.2.0/24"}) == (parse_prefix("192.0.2.0/24"), "")


def test_the_errors_of_a_modification() -> None:
    modify = "ModifyManagedPrefixList"
    assert isinstance(failure(modify, "PrefixListVersionMismatch", ""), ListChanged)
    assert isinstance(failure(modify, "IncorrectState", ""), ListChanged)
    assert isinstance(failure(modify, "PrefixListMaxEntriesExceeded", ""), QuotaReached)
    assert isinstance(failure("CreateRoute", "IncorrectState", ""), Transient)


def test_a_list_is_a_destination_that_no_prefix_holds() -> None:
    one, other = parse_destination("pl-0a1b"), parse_destination("pl-0a1c")
    everything, host = parse_prefix("0.0.0.0/0"), parse_prefix("255.255.255.255/32")
    assert one == PrefixListId("pl-0a1b") != other
    assert len({one, PrefixListId("pl-0a1b"), other}) == 2
    assert one not in everything
    assert everything not in one
    assert sorted([other, one, parse_prefix("2001:db8::/32"), host]) == [
        host,
        parse_prefix("2001:db8::/32"),
        one,
        other,
    ]
    assert (str(one), one.version, one.is_ipv6) == ("pl-0a1b", 0, False)
    with pytest.raises(PrefixError, match="expected pl-"):
        parse_destination("pl-a b")
