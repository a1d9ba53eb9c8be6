"""Parses commands other than routes (ExaBGP's `reactor/api/command/`). 6.0 has second names for many of them."""

from dataclasses import replace
from typing import Final

from bgp2vpc import __version__
from bgp2vpc.bgp.events import EndOfRib, WithdrawAll
from bgp2vpc.exabgp_api.command import Acks, Command, LineError
from bgp2vpc.exabgp_api.harmful import OPERATOR_WORDS, refuse_orders, required
from bgp2vpc.exabgp_api.routes import FAMILIES, STATEMENTS
from bgp2vpc.exabgp_api.words import nearest, shown

_HELP: Final = (
    "announce route PREFIX next-hop self|ADDRESS [ATTRIBUTE VALUE]...",
    "withdraw route PREFIX [path-information NUMBER]",
    "announce|withdraw ipv4|ipv6 unicast PREFIX ...",
    "announce|withdraw attributes ATTRIBUTE VALUE ... nlri PREFIX...",
    "announce eor [ipv4|ipv6 unicast]",
    "announce|withdraw watchdog NAME",
    "clear adj-rib out",
    "flush adj-rib out",
    "enable-ack, disable-ack, silence-ack",
    "version",
    "help",
    "before a command: neighbor ADDRESS [, neighbor ADDRESS]... or peer ADDRESS; the VPC hears it either way",
)
_VERSION: Final = (f"bgp2vpc {__version__}",)
_SEE_STATUS: Final = ("sources, paths and routes: bgp2vpc status",)
_REPLIES: Final[dict[str, tuple[str, ...]]] = {
    "help": _HELP,
    "system help": _HELP,
    "version": _VERSION,
    "system version": _VERSION,
    "api version": _VERSION,
    "system api version": _VERSION,
    "ping": ("pong",),
    "status": _SEE_STATUS,
    "daemon status": _SEE_STATUS,
    "peer list": _SEE_STATUS,
    "peer show": _SEE_STATUS,
    "show neighbor": _SEE_STATUS,
    "show adj-rib": _SEE_STATUS,
    "show adj-rib in": _SEE_STATUS,
    "show adj-rib out": _SEE_STATUS,
    "rib show in": _SEE_STATUS,
    "rib show out": _SEE_STATUS,
}
_SHOW_OPTIONS: Final = frozenset({"json", "text", "extensive", "summary", "configuration"})
_ACKS: Final = {
    "enable-ack": Acks.ENABLE,
    "disable-ack": Acks.DISABLE,
    "silence-ack": Acks.SILENCE,
    "session ack enable": Acks.ENABLE,
    "session ack disable": Acks.DISABLE,
    "session ack silence": Acks.SILENCE,
}
_CLEAR_OUT: Final = frozenset({"clear adj-rib", "clear adj-rib out", "rib clear out"})
_PASSED_ON: Final = frozenset({"flush adj-rib out", "rib flush out", "clear adj-rib in", "rib clear in"})
_KNOWN: Final = frozenset(
    {"announce", "withdraw", "neighbor", "peer", *_REPLIES, *_ACKS, *_CLEAR_OUT, *_PASSED_ON, *OPERATOR_WORDS}
)
UNSEEN: Final = (
    "a watchdog switches routes of ExaBGP's own configuration, which are not seen here: the VPC has none of them; "
    "let a script announce the routes themselves"
)
_SIGNALS: Final = frozenset({"watchdog", "eor", "route-refresh", "operational"})
OTHER_FAMILIES: Final = frozenset({"flow", "vpls", "l2vpn", "vpn", "mup", "mvpn", "evpn"})
_AFI: Final = frozenset({"ipv4", "ipv6", "l2vpn", "bgp-ls"})
_SAFI: Final = frozenset(
    {"unicast", "multicast", "nlri-mpls", "mpls-vpn", "mcast-vpn", "flow", "flow-vpn", "vpls", "evpn", "mup", "rtc"}
    | {"bgp-ls", "bgp-ls-vpn"}
)
"""The names of address families in 5.0 (`protocol/family.py`)."""
_VPC_FAMILIES: Final = frozenset({"ipv4 unicast", "ipv6 unicast"})


def read_control(line: str, words: list[str]) -> Command:
    """Parse a command other than announce and withdraw; `words` has no selector. Raises LineError if it is unknown."""
    text = " ".join(words)
    if words[0] == "debug":
        # Not passed on: ExaBGP only logs it, and the answer that we would wait for never comes.
        return Command(line)
    if (acks := _ACKS.get(text)) is not None:
        return Command(line, acks=acks)
    if text in _CLEAR_OUT:
        return Command(line, events=(WithdrawAll(),), for_exabgp=True, requires=required(text))
    if text in _PASSED_ON:
        return Command(line, for_exabgp=True, requires=required(text))
    refuse_orders(words)
    reply = _REPLIES.get(" ".join(word for word in words if word not in _SHOW_OPTIONS))
    if reply is None:
        first = words[0]
        begun = sorted(command for command in _KNOWN if command.partition(" ")[0] == first and command != first)
        hint = f"; known are: {', '.join(begun)}" if begun else nearest(first, _KNOWN)
        raise LineError(f"unknown command {shown(text)}{hint}")
    # A program that asks for JSON parses every line of the reply as JSON, so it gets no text.
    return Command(line, reply=() if reply is _SEE_STATUS and "json" in words else reply)


def read_signal(line: str, verb: str, words: list[str]) -> Command:
    """Parse `announce eor`, `announce watchdog …` and other families: `words` follow `verb` and are no unicast route.

    Raises LineError.
    """
    if not words:
        raise LineError(f"{verb}: nothing follows; '{verb} route PREFIX …' is what is usually said")
    kind = words[0]
    passed = Command(line, for_exabgp=True)
    if kind == "watchdog":
        return replace(passed, error=UNSEEN)
    if verb == "announce" and kind == "operational":
        return passed
    if kind in OTHER_FAMILIES:
        raise LineError(f"{kind} is no route a VPC can hold; for ExaBGP only", for_exabgp=True)
    family = " ".join(words[1:])
    is_family = len(words) == 3 and words[1] in _AFI and words[2] in _SAFI
    if verb == "announce" and kind == "route-refresh" and is_family:
        return passed
    if verb == "announce" and kind == "eor" and (is_family or not family):
        # ExaBGP sends a bare `eor` as ipv4 unicast.
        family = family or "ipv4 unicast"
        return replace(passed, events=(EndOfRib(family),)) if family in _VPC_FAMILIES else passed
    if kind in ("eor", "route-refresh"):
        raise LineError(
            f"{shown(f'{verb} {kind} {family}'.strip())}: say 'announce {kind} ipv4 unicast' or ipv6 unicast"
        )
    known = FAMILIES | STATEMENTS | _SIGNALS | OTHER_FAMILIES
    hint = nearest(kind, known) or "; 'route PREFIX …' is what usually follows"
    raise LineError(f"{verb}: unknown word {shown(kind)}{hint}")
