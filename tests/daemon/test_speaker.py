"""What ExaBGP's configuration says of this instance, by what the file leaves open."""

import pytest

from bgp2vpc.bgp.mesh import MeshPeer
from bgp2vpc.config.model import Bgp, Tag
from bgp2vpc.errors import ExabgpError
from bgp2vpc.prefix import parse_address as address
from bgp2vpc.speaker.render_conf import configuration, needs_ec2
from bgp2vpc.vpc.model import Interface, TaggedInstance

HELPER = ("/opt/bgp2vpc/bin/bgp2vpc", "helper", "-f", "/etc/bgp2vpc.yaml")
TAG = Tag("role", "anycast")


def interface(index: int, *addresses: str) -> Interface:
    found = tuple(map(address, addresses))
    return Interface(f"eni-{index}", "vpc-1", "subnet-1", index, frozenset(found), address=found[0] if found else None)


OURS = [interface(1, "10.0.9.9"), interface(0, "10.0.0.5", "10.0.0.200", "fd00::7", "fd00::5")]
MEMBERS = [
    TaggedInstance("i-1", (address("10.0.0.5"), address("fd00::5"))),
    TaggedInstance("i-2", (address("10.0.0.6"), address("fd00::6"))),
    TaggedInstance("i-3", (address("10.0.0.4"),)),
]


def made(bgp: Bgp, interfaces=OURS, members=MEMBERS):
    return configuration(bgp, interfaces, members, instance_id="i-1", helper=HELPER, file=HELPER[-1])


def sessions(bgp: Bgp, **known) -> list[str]:
    found = made(bgp, **known).neighbors
    return [f"{each.local_address} {'<' if each.passive else '>'} {each.address} {each.description}" for each in found]


def test_members_are_peered_with_from_the_primary_address_of_the_first_interface() -> None:
    bgp = Bgp(asn=64512, peers_by_tag=TAG)
    assert sessions(bgp) == ["10.0.0.5 < 10.0.0.4 i-3", "10.0.0.5 > 10.0.0.6 i-2"]
    text = made(bgp).text
    assert "router-id 10.0.0.5;" in text
    assert "run /opt/bgp2vpc/bin/bgp2vpc helper -f /etc/bgp2vpc.yaml;" in text
    assert "from the `bgp:` section of /etc/bgp2vpc.yaml" in text
    assert "hold-time 3;" in text


def test_ipv6_sessions_are_made_where_they_are_asked_for() -> None:
    bgp = Bgp(asn=64512, peers_by_tag=TAG, ipv6=True)
    assert sessions(bgp) == ["10.0.0.5 < 10.0.0.4 i-3", "10.0.0.5 > 10.0.0.6 i-2", "fd00::5 > fd00::6 i-2"]


def test_what_is_configured_comes_before_what_is_found() -> None:
    peers = (MeshPeer(address("10.0.0.6"), description="by hand"), MeshPeer(address("fd00::1"), 65000))
    bgp = Bgp(asn=64512, local_addresses=(address("10.0.0.200"),), peers=peers, router_id=address("1.2.3.4"))
    assert sessions(bgp, members=[]) == ["10.0.0.200 < 10.0.0.6 by hand", "fd00::5 > fd00::1 "]
    assert "router-id 1.2.3.4;" in made(bgp).text


def test_nothing_is_asked_of_ec2_where_all_is_configured() -> None:
    peer = MeshPeer(address("10.0.0.6"))
    complete = Bgp(asn=64512, local_addresses=(address("10.0.0.5"),), peers=(peer,))
    assert not needs_ec2(complete)
    assert sessions(complete, interfaces=[], members=[]) == ["10.0.0.5 > 10.0.0.6 "]
    assert needs_ec2(Bgp(asn=64512, peers=(peer,)))
    assert needs_ec2(Bgp(asn=64512, local_addresses=(address("10.0.0.5"),), peers_by_tag=TAG))


def test_an_instance_without_ipv4_needs_a_router_id() -> None:
    only6 = [interface(0, "fd00::5")]
    bgp = Bgp(asn=64512, peers_by_tag=TAG, ipv6=True)
    with pytest.raises(ExabgpError, match=r"set bgp\.router_id"):
        made(bgp, only6)
    given = Bgp(asn=64512, peers_by_tag=TAG, ipv6=True, router_id=address("1.2.3.4"))
    assert sessions(given, interfaces=only6) == ["fd00::5 > fd00::6 i-2"]


def test_a_configured_peer_that_cannot_be_reached_is_a_mistake() -> None:
    with pytest.raises(ExabgpError, match="IPv6 peer fd00::1"):
        made(Bgp(asn=64512, peers=(MeshPeer(address("fd00::1")),)), [interface(0, "10.0.0.5")])


def test_a_path_that_exabgp_cannot_write_is_a_mistake() -> None:
    with pytest.raises(ExabgpError, match="cannot stand in ExaBGP's configuration"):
        configuration(
            Bgp(asn=64512), OURS, [], instance_id="i-1", helper=("/opt/my tools/bgp2vpc", "helper"), file="/f"
        )
