"""The names of sources, and which of them are reserved for a kind of source."""

from typing import Final

LASTING: Final = "api"
"""The source of one-shot clients. Its announcements stay until they are withdrawn, or until the daemon ends."""
CLIENT: Final = "client-"
"""Beginning of the names of clients that did not choose a name."""
TEE: Final = "tee:"
"""Beginning of the names of sources behind `bgp2vpc tee`."""
PEER: Final = "peer "
"""Beginning of the names of BGP peers."""
CHECK: Final = "check "
"""Beginning of the names of health checks as sources."""
STATIC: Final = "manage_routes"
"""The source of managed routes without a health check."""

AT: Final = "@"
"""Separates the name of a template of health checks from the address that a check is made for."""

_BEGINNINGS: Final = {
    CLIENT: "clients of the socket",
    TEE: "sources behind `bgp2vpc tee`",
    PEER: "BGP peers",
    CHECK: "health checks",
}


def reserved_for(name: str) -> str:
    """The kind of source that `name` is reserved for, in words; empty if any source may use it."""
    if name == LASTING:
        return "one-shot clients of the socket (`bgp2vpc api`)"
    if name == STATIC:
        return "routes without a health check"
    return next((whose for beginning, whose in _BEGINNINGS.items() if name.startswith(beginning)), "")
