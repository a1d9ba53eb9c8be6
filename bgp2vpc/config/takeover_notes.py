"""What `check` notes about `if_unhealthy`: what it costs without BGP, and that BGP does not decide where it is set."""

from typing import Final

from bgp2vpc.config.schema.file import ConfigFile
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.vpc.auto_poll_time import MOST_AT_SHORTEST, SHORTEST, auto_poll_time

JITTER: Final = 1.1
"""How much longer than `poll_time` it may be from one poll to the next."""


def takeover_notes(entry: ConfigFile, poll_time: float | None) -> tuple[str, ...]:
    """At most one line. Only where the file says it: by default there may be no other instance.

    `poll_time` None: auto.
    """
    found: list[tuple[str, bool]] = []
    """The prefixes that a rule says it of; whether a withdrawal leaves a route, ours or to a fallback."""
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
    """How long it may be from one poll to the next."""
    if poll_time is not None:
        return f"{poll_time * JITTER:g} s"
    return (
        f"{SHORTEST * JITTER:g} s, and longer where there are more than {MOST_AT_SHORTEST} instances "
        f"(`poll_time: auto`: {auto_poll_time(1000) * JITTER:g} s with 1,000)"
    )
