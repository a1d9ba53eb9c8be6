"""Whom we peer with, over which of our addresses, and who connects to whom."""

from itertools import combinations, permutations

import pytest

from bgp2vpc.bgp.mesh import MeshError, MeshPeer, Neighbor, Speaker, neighbors
from bgp2vpc.prefix import parse_address as address

OWN4, OWN6 = address("10.0.0.5"), address("2001:db8::5")
SPEAKER = Speaker(64512, OWN4, (OWN4, OWN6))
SPEAKER4 = Speaker(64512, OWN4, (OWN4,))


def described(peers: str = "", members: str = "", speaker: Speaker = SPEAKER) -> str:
    found = neighbors(speaker, list(map(peer, peers.split())), list(map(peer, members.split())))
    return " ".join(f"{each.address}{'-' if each.passive else ''}" for each in found)


def peer(text: str) -> MeshPeer:
    """`10.0.0.1`, `10.1.0.1@65000`, `10.0.0.1-` for passive, `+` for active."""
    where, _, asn = text.rstrip("+-").partition("@")
    passive = {"-": True, "+": False}.get(text[-1])
    return MeshPeer(address(where), int(asn) if asn else None, passive=passive)


# configured, found, what comes of it
CASES = [
    ("", "", ""),
    ("10.0.0.9 10.0.0.2", "", "10.0.0.2- 10.0.0.9"),
    ("", "10.0.0.9 10.0.0.2", "10.0.0.2- 10.0.0.9"),
    ("10.0.0.5 2001:db8::5", "10.0.0.5", ""),
    ("10.0.0.9", "10.0.0.9", "10.0.0.9"),
    ("10.0.0.2+ 10.0.0.9-", "10.0.0.2 10.0.0.9", "10.0.0.2 10.0.0.9-"),
    ("10.0.0.1@65000 10.1.0.1@65000", "", "10.0.0.1 10.1.0.1"),
    ("10.1.0.1@65000-", "", "10.1.0.1-"),
    ("10.0.0.1@64512", "", "10.0.0.1-"),
    ("2001:db8::9 2001:db8::2 10.1.0.1@65000", "10.0.0.2", "10.0.0.2- 10.1.0.1 2001:db8::2- 2001:db8::9"),
    ("10.0.0.10 10.0.0.9", "", "10.0.0.9 10.0.0.10"),
]


@pytest.mark.parametrize(("peers", "members", "expected"), CASES)
def test_neighbors_are(peers: str, members: str, expected: str) -> None:
    assert described(peers, members) == expected


def test_a_session_is_between_addresses_of_one_family() -> None:
    v4, v6 = neighbors(
        SPEAKER, [MeshPeer(address("2001:db8::1"), 65000)], [MeshPeer(address("10.0.0.9"), description="i-1")]
    )
    assert v4 == Neighbor(address("10.0.0.9"), OWN4, 64512, internal=True, passive=False, description="i-1")
    assert v6 == Neighbor(address("2001:db8::1"), OWN6, 65000, internal=False, passive=False)


def test_a_member_of_a_family_we_have_no_address_of_is_left_out_and_a_configured_peer_is_a_mistake() -> None:
    assert described("", "2001:db8::9 10.0.0.9", SPEAKER4) == "10.0.0.9"
    with pytest.raises(MeshError, match="no address of this instance for the IPv6 peer 2001:db8::9"):
        described("2001:db8::9", "", SPEAKER4)


def test_of_two_members_exactly_one_connects_whoever_they_are() -> None:
    addresses = [address(f"10.0.{number}.{100 - number}") for number in range(6)]
    connecting = set()
    for own in addresses:
        found = neighbors(Speaker(64512, own, (own,)), [], map(MeshPeer, addresses))
        assert len(found) == 5
        connecting |= {(own, each.address) for each in found if not each.passive}
    for one, other in combinations(addresses, 2):
        assert len({(one, other), (other, one)} & connecting) == 1


def test_the_order_in_which_they_are_found_does_not_matter() -> None:
    members = ["10.0.0.2", "10.0.0.9", "10.0.1.1"]
    assert {described("", " ".join(order)) for order in permutations(members)} == {"10.0.0.2- 10.0.0.9 10.0.1.1"}
