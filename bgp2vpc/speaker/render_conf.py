"""ExaBGP's configuration for this instance: the `bgp:` section, our interface, and the members found by tag. Pure."""

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
    """The text of ExaBGP's file, and whom it is about. `listens`: addresses and TCP ports that ExaBGP binds."""

    text: str
    neighbors: tuple[Neighbor, ...]
    listens: frozenset[tuple[IPAddress, int]]


def needs_ec2(bgp: Bgp) -> bool:
    """Whether the section leaves something to be found out: our address, or the members."""
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
    """`helper`: the command that ExaBGP runs for us; `file`: ours; `port`: within our AS, if the section names none.

    Raises ExabgpError.
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
    # As `render` has it: whoever may have to wait for a connection listens, and so does who has nobody yet.
    listens = {(each.local_address, each.port) for each in found if each.internal or each.passive}
    if grows or not found:
        listens |= {(address, speaker.port) for address in addresses}
    return Written(text, found, frozenset(listens))


def _address(version: int, bgp: Bgp, interfaces: Sequence[Interface]) -> IPAddress | None:
    """The configured address of this family, or the one by which others reach our first interface."""
    configured = next((each for each in bgp.local_addresses if each.version == version), None)
    first = min(interfaces, key=lambda each: each.position, default=None)
    if configured is not None or first is None:
        return configured
    if first.address is not None and first.address.version == version:
        return first.address
    # Of its private IPv4 addresses one is primary, and that is `address`.
    return min((each for each in first.addresses if each.version == version == 6), default=None)
