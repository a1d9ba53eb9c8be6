"""Whom our BGP speaker peers with: the configured peers and the members of the mesh -> its neighbors.

A session carries the family of its addresses, IPv4 or IPv6 unicast: `next-hop self` is right for no other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bgp2vpc.prefix import IPAddress

BGP_PORT: Final = 179


class MeshError(ValueError):
    """The speaker cannot have these neighbors; the message says what to configure."""


@dataclass(frozen=True, slots=True)
class MeshPeer:
    """Somebody to peer with. `asn` None: our own. `passive` (wait for its connection), `port` None: see `neighbors`."""

    address: IPAddress
    asn: int | None = None
    description: str = ""
    passive: bool | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Our own side: AS number, router id (an IPv4 address), at most one address per family, and the mesh's TCP port."""

    asn: int
    router_id: IPAddress
    addresses: tuple[IPAddress, ...]
    port: int = BGP_PORT

    def address_for(self, peer: IPAddress) -> IPAddress | None:
        """Our address of the peer's family."""
        return next((each for each in self.addresses if each.version == peer.version), None)


@dataclass(frozen=True, slots=True)
class Neighbor:
    """One session. `internal`: of the mesh, with our own AS. `port`: where we connect to, or listen if `passive`."""

    address: IPAddress
    local_address: IPAddress
    peer_as: int
    internal: bool
    passive: bool
    port: int = BGP_PORT
    description: str = ""


def neighbors(speaker: Speaker, peers: Iterable[MeshPeer], members: Iterable[MeshPeer]) -> tuple[Neighbor, ...]:
    """The sessions with the configured `peers` and the `members` that were found, sorted by address.

    Ourselves are left out, so that one file serves all; of a member that is configured as well, the configuration
    counts. Two who connect to each other at once lose their first sessions (RFC 4271 section 6.8): of two with the same
    AS the one with the higher address is passive; to other ASes we connect. Within our AS the port is the speaker's,
    else 179. Raises MeshError for a configured peer of a family that we have no address of; members of such a family
    are left out.
    """
    found = {peer.address: peer for peer in members}
    for peer in peers:
        if speaker.address_for(peer.address) is None:
            raise MeshError(
                f"no address of this instance for the IPv{peer.address.version} peer {peer.address}: "
                f"set bgp.local_address to one"
            )
        found[peer.address] = peer
    sessions = []
    for peer in sorted(found.values(), key=lambda peer: peer.address):
        local = speaker.address_for(peer.address)
        if local is not None and peer.address not in speaker.addresses:
            peer_as = speaker.asn if peer.asn is None else peer.asn
            internal = peer_as == speaker.asn
            passive = (internal and local > peer.address) if peer.passive is None else peer.passive
            port = peer.port or (speaker.port if internal else BGP_PORT)
            sessions.append(Neighbor(peer.address, local, peer_as, internal, passive, port, peer.description))
    return tuple(sessions)
