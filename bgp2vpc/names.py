"""What sources are called: which names belong to a kind of source, and are not to be had otherwise."""

from typing import Final

LASTING: Final = "api"
"""The source of one-shot clients: what they announce stays until withdrawn, or until the daemon ends."""
CLIENT: Final = "client-"
"""How the names of clients begin that gave themselves none."""
TEE: Final = "tee:"
"""How the names of sources behind `bgp2vpc tee` begin."""
PEER: Final = "peer "
"""How the names of BGP peers begin."""
CHECK: Final = "check "
"""How the names of health checks, as sources, begin."""
STATIC: Final = "manage_routes"
"""The source of managed routes that are bound to no check."""

AT: Final = "@"
"""Between the name of a health check that is a template, and the address that it is made for."""

_BEGINNINGS: Final = {
    CLIENT: "clients of the socket",
    TEE: "sources behind `bgp2vpc tee`",
    PEER: "BGP peers",
    CHECK: "health checks",
}


def reserved_for(name: str) -> str:
    """Whose name this is, in words; empty if anybody may have it."""
    if name == LASTING:
        return "one-shot clients of the socket (`bgp2vpc api`)"
    if name == STATIC:
        return "routes without a health check"
    return next((whose for beginning, whose in _BEGINNINGS.items() if name.startswith(beginning)), "")
