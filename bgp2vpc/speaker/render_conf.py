"""ExaBGP's configuration for this instance: the `bgp:` section, our interface, and the members found by tag. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bgp2vpc.bgp.mesh import BGP_PORT, MeshError, MeshPeer, Neighbor, Speaker, neighbors
from bgp2vpc.config.model import Bgp
from bgp2vpc.errors import ExabgpError
from bgp2vpc.exabgp_api.conf import NotAWord, render
from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.model import Interface, TaggedInstance


@dataclass(frozen=True, slots=True)
class Written:
    """The text of ExaBGP's file, and whom it is about."""

    text: str
    neighbors: tuple[Neighbor, ...]


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
    speaker = replace(_speaker(bgp, interfaces), port=bgp.port or port)
    others = [member for member in members if member.instance_id != instance_id]
    try:
        found = neighbors(speaker, bgp.peers, _peers(bgp, others))
        grows = bgp.peers_by_tag is not None
        return Written(render(speaker, found, helper=helper, file=file, hold_time=bgp.hold_time, grows=grows), found)
    except (MeshError, NotAWord) as error:
        raise ExabgpError(str(error)) from None


def _peers(bgp: Bgp, members: Sequence[TaggedInstance]) -> Iterator[MeshPeer]:
    for member in members:
        for address in member.addresses:
            if address.version == 4 or bgp.ipv6:
                yield MeshPeer(address, description=member.instance_id)


def _speaker(bgp: Bgp, interfaces: Sequence[Interface]) -> Speaker:
    addresses = tuple(address for version in _families(bgp) if (address := _address(version, bgp, interfaces)))
    ipv4 = next((each for each in addresses if each.version == 4), None)
    router_id = bgp.router_id or ipv4
    if router_id is None:
        raise ExabgpError("no IPv4 address of this instance to be its router id: set bgp.router_id")
    return Speaker(bgp.asn, router_id, addresses)


def _families(bgp: Bgp) -> list[int]:
    ipv6 = bgp.ipv6 or any(peer.address.version == 6 for peer in bgp.peers)
    return [4, 6] if ipv6 else [4]


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
