"""Notes about `if_unhealthy`: the outage it causes without BGP, and the prefixes about which BGP does not decide."""

from typing import Final

from bgp2vpc.config.schema.file import ConfigFile
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.vpc.auto_poll_time import MOST_AT_SHORTEST, SHORTEST, auto_poll_time

JITTER: Final = 1.1
"""Factor by which the time between two polls may exceed `poll_time`."""


def takeover_notes(entry: ConfigFile, poll_time: float | None) -> tuple[str, ...]:
    """At most one note, only if the file sets `if_unhealthy`: by default there may be no other instance.

    `poll_time`: seconds, None for auto.
    """
    found: list[tuple[str, bool]] = []
    """(prefix with `if_unhealthy`, whether its route stays or moves to a fallback when it is withdrawn)."""
    for rule in entry.routetables.values():
        in_rule = rule.takeover is Takeover.IF_UNHEALTHY
        for route in rule.manage_routes or ():
            if in_rule if route.if_unhealthy is None else route.if_unhealthy:
                stays = any(each.fallback or each.never_delete for each in (route, rule))
                found += [(str(prefix), stays) for prefix in route.cidr]
        for each in (rule.accept or ()) if in_rule else ():
            found.append((str(each.prefix), any(some.fallback or some.never_delete for some in (each, rule))))
    if entry.bgp is None:
        if all(stays for _, stays in found):
            return ()
        return (
            "`if_unhealthy` without `bgp`: a route that its instance withdraws is missing until the next poll of "
            f"another instance, up to {_longest(poll_time)}; with `bgp` instead of `if_unhealthy` it moves in "
            "under a second, without a gap",
        )
    if not found:
        return ()
    return (
        f"`if_unhealthy`: BGP does not decide about {', '.join(sorted({prefix for prefix, _ in found}))}: another "
        "instance takes such a route only when it is missing, or when EC2 or a remote check reports its instance as "
        f"dead, and sees the first two at its next poll: up to {_longest(poll_time)}; without this key the best path "
        "decides",
    )


def _longest(poll_time: float | None) -> str:
    """The maximum time between two polls, in words."""
    if poll_time is not None:
        return f"{poll_time * JITTER:g} s"
    return (
        f"{SHORTEST * JITTER:g} s, and longer where there are more than {MOST_AT_SHORTEST} instances "
        f"(`poll_time: auto`: {auto_poll_time(1000) * JITTER:g} s with 1,000)"
    )
