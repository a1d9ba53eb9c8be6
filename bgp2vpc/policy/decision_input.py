"""The input of decisions besides the snapshot: the state of sources, checks, neighbors and operator's orders."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Self

from bgp2vpc.bgp.export import NO_PREFIX, PrefixSet
from bgp2vpc.bgp.rib import Offer, Rib, Side
from bgp2vpc.bgp.sessions import Neighbors
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.exabgp_api.render import announce_line
from bgp2vpc.policy.list_entries import offers_for_list
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.policy.plan import RouteKey
from bgp2vpc.policy.rule import Rule
from bgp2vpc.prefix import IPAddress, Prefix, PrefixListId, parse_address, parse_destination, parse_prefix
from bgp2vpc.vpc.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInput:
    """Offers and everything else, besides the snapshot, that decisions depend on. Collections may be live views.

    `seen`: prefixes that a source of this host has announced or withdrawn. With `leftovers_held`, a route of ours for
    any other prefix is kept, because it may be from before our restart.
    `unclaimed`: prefixes that a reload has left to sources that have not announced or withdrawn them since; a route of
    ours for them is kept, too.
    `pending`: sources whose health checks have no verdict yet; that they offer nothing does not count.
    `failing`, `passing`: (remote check, interface id) of owners that fail it, and of owners that pass it; an owner in
    neither has no verdict yet.
    `neighbors`: the BGP sessions.
    `neighbors_held`: neighbors have not announced everything yet; if best path decides, nothing is taken or deleted.
    `remembered`: the state of places that EC2 does not show: late peers, suppressed routes.
    `lost_sessions`: prefix -> next hops of peers whose session was lost just now, and whose writes reads may not show.
    `drained`: prefixes that are drained; routes of ours for them are not kept as leftovers.
    `held`: prefixes that an operator holds; nothing is written for them.
    `taken`: prefixes whose takeover an operator has ordered, although the rule would leave them to another instance.
    """

    offers: Mapping[Prefix, Sequence[Offer]]
    leftovers_held: bool = False
    seen: Collection[Prefix] = field(default_factory=frozenset)
    unclaimed: Collection[Prefix] = field(default_factory=frozenset)
    pending: Collection[str] = field(default_factory=frozenset)
    failing: Collection[tuple[str, str]] = field(default_factory=frozenset)
    passing: Collection[tuple[str, str]] = field(default_factory=frozenset)
    neighbors: Neighbors = field(default_factory=Neighbors)
    neighbors_held: bool = False
    remembered: Mapping[RouteKey, PlaceState] = field(default_factory=dict)
    lost_sessions: Mapping[Prefix, Collection[IPAddress]] = field(default_factory=dict)
    drained: PrefixSet = field(default=NO_PREFIX)
    held: Collection[Prefix] = field(default_factory=frozenset)
    taken: Collection[Prefix] = field(default_factory=frozenset)
    _of_lists: dict[tuple[Prefix, str, int | None], tuple[Offer, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Cached offers for prefix lists, since they depend on the offers of all prefixes."""

    def offers_for(self, prefix: Prefix, rule: Rule, snapshot: Snapshot) -> Sequence[Offer]:
        """The offers for a place of this rule; for a prefix list, derived from the offers for the rule's prefixes."""
        if not isinstance(prefix, PrefixListId):
            return self.offers.get(prefix, ())
        found = (snapshot.prefix_lists or {}).get(str(prefix))
        version = found.ip_version if found else None
        key = (prefix, rule.name, version)
        if key not in self._of_lists:
            self._of_lists[key] = offers_for_list(prefix, rule, version, self.offers)
        return self._of_lists[key]

    def lost_for(self, prefix: Prefix, rule: Rule) -> Collection[IPAddress]:
        """Next hops of peers that offered the prefix under this rule and whose session was lost just now."""
        if not isinstance(prefix, PrefixListId):
            return self.lost_sessions.get(prefix, ())
        return {next_hop for each, lost in self.lost_sessions.items() if rule.covers(each) for next_hop in lost}

    def keeps_leftover(self, prefix: Prefix, rule: Rule) -> bool:
        """Whether a route of ours for `prefix` that no source offers is kept for now."""
        if prefix in self.drained:
            return False
        if isinstance(prefix, PrefixListId):  # an event for one of its prefixes says nothing about the others
            is_pending = any(each.source in self.pending for each in rule.manages.values())
            return self.leftovers_held or prefix in self.unclaimed or is_pending
        managed = rule.manages.get(prefix)
        if managed is not None:  # its check decides, as soon as it has a verdict
            return managed.source in self.pending
        return prefix in self.unclaimed or (self.leftovers_held and prefix not in self.seen)

    def to_json(self, checks: Collection[str]) -> dict[str, Any]:
        """The daemon's answer to `bgp2vpc paths`. `checks`: all sources with health checks.

        `bgp2vpc plan` of another version may read it, so keys that are no longer fields here are written, too.
        """
        offers = (offer for offered in self.offers.values() for offer in offered)
        return {
            "paths": [{"source": o.source, "side": o.side.value, "line": announce_line(o.path, "")} for o in offers],
            "held": sorted(map(str, self.held)),
            "taken": sorted(map(str, self.taken)),
            "withheld": None if self.drained.everything else sorted(map(str, self.drained.prefixes)),
            "leftovers_held": self.leftovers_held,
            "spoken": [str(prefix) for prefix in self.seen],
            "unclaimed": sorted(map(str, self.unclaimed)),
            "checked": sorted(checks),
            "silent": sorted(self.pending),
            "failing": sorted(self.failing),
            "passing": sorted(self.passing),
            **states_to_json(self.remembered),
            "lost": {str(prefix): sorted(map(str, hops)) for prefix, hops in self.lost_sessions.items()},
            "neighbors": self.neighbors.to_json(),
            "neighbors_held": self.neighbors_held,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any], checks: Collection[str]) -> Self:
        """Parse the output of `to_json`. `checks`: the sources with health checks in the reader's configuration.

        A check that the daemon does not have yet counts as pending.
        """
        rib = Rib()
        for path in told["paths"]:
            rib.open(path["source"], Side(path["side"]), max_prefixes=len(told["paths"]))
            for event in parse(path["line"]).events:
                rib.apply(path["source"], event)
        return cls(
            offers=rib.offers,
            leftovers_held=told["leftovers_held"],
            seen=frozenset(map(parse_prefix, told["spoken"])),
            unclaimed=frozenset(map(parse_destination, told.get("unclaimed", ()))),
            pending=frozenset(told["silent"]) | (frozenset(checks) - frozenset(told["checked"])),
            failing=frozenset((check, interface) for check, interface in told["failing"]),
            passing=frozenset((check, interface) for check, interface in told.get("passing", ())),
            neighbors=Neighbors.from_json(told["neighbors"]),
            neighbors_held=told["neighbors_held"],
            remembered=states_from_json(told),
            lost_sessions={
                parse_prefix(prefix): frozenset(map(parse_address, hops))
                for prefix, hops in told.get("lost", {}).items()
            },
            drained=PrefixSet(
                frozenset(map(parse_prefix, told["withheld"] or ())), everything=told["withheld"] is None
            ),
            held=frozenset(map(parse_destination, told["held"])),
            taken=frozenset(map(parse_destination, told["taken"])),
        )


def states_to_json(states: Mapping[RouteKey, PlaceState]) -> dict[str, Any]:
    """The part of the places' state that a decision needs: suppressed and unsettled places, and late peers."""
    some = sorted(key for key, state in states.items() if state.is_suppressed or state.late or state.is_unsettled)
    places = [(table, str(prefix), states[table, prefix]) for table, prefix in some]
    return {
        "damped": [[table, prefix] for table, prefix, state in places if state.is_suppressed],
        "overdue": [[table, prefix, interface] for table, prefix, state in places for interface in sorted(state.late)],
        "unsettled": [[table, prefix] for table, prefix, state in places if state.is_unsettled],
    }


def states_from_json(told: Mapping[str, Any]) -> Mapping[RouteKey, PlaceState]:
    """Parse the output of `states_to_json`, for a process that decides only once, so nothing in it expires."""
    states: dict[RouteKey, PlaceState] = defaultdict(PlaceState)
    for table, prefix in told["damped"]:
        states[table, parse_destination(prefix)].suppressed_until = inf
    for table, prefix, interface in told["overdue"]:
        states[table, parse_destination(prefix)].late[interface] = inf
    for table, prefix in told.get("unsettled", ()):
        states[table, parse_destination(prefix)].unsettled_until = inf
    return states
