"""Makes ExaBGP's configuration of the `bgp:` section, our interfaces, and the members found by tag. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bgp2vpc.bgp.mesh import BGP_PORT, MeshError, MeshPeer, Neighbor, Speaker, neighbors
from bgp2vpc.config.model import Bgp
from bgp2vpc.errors import ExabgpError
from bgp2vpc.exabgp_api.conf import NotAWord, render
from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.model import Interface, TaggedInstance


@dataclass(frozen=True, slots=True)
class Written:
    """The text of ExaBGP's file, and its neighbors. `listens`: addresses and TCP ports that ExaBGP binds."""

    text: str
    neighbors: tuple[Neighbor, ...]
    listens: frozenset[tuple[IPAddress, int]]


def needs_ec2(bgp: Bgp) -> bool:
    """Whether EC2 has to be read for this section: for our address, or for the members."""
    return bgp.peers_by_tag is not None or not bgp.local_addresses


def configuration(
    bgp: Bgp,
    interfaces: Sequence[Interface],
    members: Sequence[TaggedInstance],
    *,
    instance_id: str,
    helper: Sequence[str],
    file: str,
    port: int = BGP_PORT,
) -> Written:
    """ExaBGP's configuration. Raises ExabgpError if the section does not fit this instance.

    `helper`: the command line that ExaBGP runs as its helper. `file`: our own configuration file, for a comment.
    `port`: the TCP port of sessions within our AS, unless the section has one.
    """
    versions = (4, 6) if bgp.ipv6 or any(peer.address.version == 6 for peer in bgp.peers) else (4,)
    addresses = tuple(address for version in versions if (address := _address(version, bgp, interfaces)))
    router_id = bgp.router_id or next((each for each in addresses if each.version == 4), None)
    if router_id is None:
        raise ExabgpError("no IPv4 address of this instance to be its router id: set bgp.router_id")
    found_by_tag = (
        MeshPeer(address, description=member.instance_id)
        for member in members
        if member.instance_id != instance_id
        for address in member.addresses
        if address.version == 4 or bgp.ipv6
    )
    speaker = Speaker(bgp.asn, router_id, addresses, bgp.port or port)
    grows = bgp.peers_by_tag is not None
    try:
        found = neighbors(speaker, bgp.peers, found_by_tag)
        text = render(speaker, found, helper=helper, file=file, hold_time=bgp.hold_time, grows=grows)
    except (MeshError, NotAWord) as error:
        raise ExabgpError(str(error)) from None
    # As in `render`: for neighbors that connect to us, and for members that may come later.
    listens = {(each.local_address, each.port) for each in found if each.internal or each.passive}
    if grows or not found:
        listens |= {(address, speaker.port) for address in addresses}
    return Written(text, found, frozenset(listens))


def _address(version: int, bgp: Bgp, interfaces: Sequence[Interface]) -> IPAddress | None:
    """The configured address of this IP version, else the one of our first interface; None: there is none."""
    configured = next((each for each in bgp.local_addresses if each.version == version), None)
    first = min(interfaces, key=lambda each: each.position, default=None)
    if configured is not None or first is None:
        return configured
    if first.address is not None and first.address.version == version:
        return first.address
    # `address` is the primary one, so of other private IPv4 addresses none is taken.
    return min((each for each in first.addresses if each.version == version == 6), default=None)
