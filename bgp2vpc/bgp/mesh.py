"""Derives the neighbors of our BGP speaker from the configured peers and the members of the mesh.

A session carries only the address family of its own addresses, IPv4 or IPv6 unicast, because `next-hop self` would be
wrong for the other family.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bgp2vpc.prefix import IPAddress

BGP_PORT: Final = 179


class MeshError(ValueError):
    """A configured peer that the speaker has no address for; the text names the key to set."""


@dataclass(frozen=True, slots=True)
class MeshPeer:
    """A router or instance to peer with.

    `asn`: None means our own. `passive`: wait for the peer's connection. The defaults of `passive` and `port` (None)
    are those of `neighbors`.
    """

    address: IPAddress
    asn: int | None = None
    description: str = ""
    passive: bool | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Our side of the sessions: AS number, router id (an IPv4 address), one address per family, the mesh's TCP port."""

    asn: int
    router_id: IPAddress
    addresses: tuple[IPAddress, ...]
    port: int = BGP_PORT

    def address_for(self, peer: IPAddress) -> IPAddress | None:
        """Our address of the peer's family, None if we have none."""
        return next((each for each in self.addresses if each.version == peer.version), None)


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A BGP neighbor. `internal`: in our own AS. `port`: the TCP port that we connect to, or listen on if `passive`."""

    address: IPAddress
    local_address: IPAddress
    peer_as: int
    internal: bool
    passive: bool
    port: int = BGP_PORT
    description: str = ""


def neighbors(speaker: Speaker, peers: Iterable[MeshPeer], members: Iterable[MeshPeer]) -> tuple[Neighbor, ...]:
    """The sessions with the configured `peers` and the `members` that were found, sorted by address.

    Our own addresses are left out, so that all instances can share one file. For a member that is also configured, the
    configured values count. Defaults: in our own AS the speaker with the higher address is passive, because of two
    speakers that connect at the same time both would lose a connection (RFC 4271 section 6.8); to another AS we
    connect. The port is the speaker's in our own AS, else 179. A member of a family that we have no address of is left
    out; a configured peer of such a family raises MeshError.
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
