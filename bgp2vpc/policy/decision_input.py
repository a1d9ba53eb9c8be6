"""What decisions are made from, beside EC2's word: what sources, checks, neighbors and operators say, as a value."""

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
    """What is offered, and what we know nothing about yet. Its collections may be live: they are as of now.

    `seen`: prefixes of which a source of this host has said something. With `leftovers_held`, a route of ours for any
    other one is kept: it may be from before our restart.
    `pending`: sources whose health checks have no verdict yet: nothing is concluded from their offering nothing.
    `failing`, `passing`: (remote check, interface id) of owners that do not pass it, and of those that do; an owner in
    neither has no verdict yet.
    `neighbors`: their sessions.
    `neighbors_held`: the neighbors have not told all they have: where best path decides, nothing is taken or deleted.
    `remembered`: what is known of places that EC2 does not tell: who is late, what is suppressed.
    `lost_sessions`: prefix -> next hops of peers whose session was lost just now: reads may not show their writes yet.
    `drained`: prefixes that are: what is left of them goes, whoever has said what.
    `held`: prefixes that an operator holds: nothing is written there, whatever else is said.
    `taken`: prefixes that an operator wants here now, although the rule would leave them to another instance.
    """

    offers: Mapping[Prefix, Sequence[Offer]]
    leftovers_held: bool = False
    seen: Collection[Prefix] = field(default_factory=frozenset)
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
    """Offers for prefix lists, which take a look at all prefixes: made once for the tables of one decision."""

    def offers_for(self, prefix: Prefix, rule: Rule, snapshot: Snapshot) -> Sequence[Offer]:
        """What is offered for a place of this rule; for a prefix list, made of the offers for the rule's prefixes."""
        if not isinstance(prefix, PrefixListId):
            return self.offers.get(prefix, ())
        found = (snapshot.prefix_lists or {}).get(str(prefix))
        version = found.ip_version if found else None
        key = (prefix, rule.name, version)
        if key not in self._of_lists:
            self._of_lists[key] = offers_for_list(prefix, rule, version, self.offers)
        return self._of_lists[key]

    def lost_for(self, prefix: Prefix, rule: Rule) -> Collection[IPAddress]:
        """Next hops of peers that offered a place of this rule, and whose session was lost of late."""
        if not isinstance(prefix, PrefixListId):
            return self.lost_sessions.get(prefix, ())
        return {next_hop for each, lost in self.lost_sessions.items() if rule.covers(each) for next_hop in lost}

    def keeps_leftover(self, prefix: Prefix, rule: Rule) -> bool:
        """Whether a route of ours for `prefix` that nobody offers stays for now."""
        if prefix in self.drained:
            return False
        if isinstance(prefix, PrefixListId):  # of its prefixes, one that has been told says nothing of the others
            return self.leftovers_held or any(each.source in self.pending for each in rule.manages.values())
        managed = rule.manages.get(prefix)
        if managed is not None:  # its check knows, as soon as it has a verdict
            return managed.source in self.pending
        return self.leftovers_held and prefix not in self.seen

    def to_json(self, checks: Collection[str]) -> dict[str, Any]:
        """What a daemon answers to `bgp2vpc paths`. `checks`: all its sources with health checks.

        `bgp2vpc plan` of another version may read it: a key that is no field is said to it all the same.
        """
        offers = (offer for offered in self.offers.values() for offer in offered)
        return {
            "paths": [{"source": o.source, "side": o.side.value, "line": announce_line(o.path, "")} for o in offers],
            "held": sorted(map(str, self.held)),
            "taken": sorted(map(str, self.taken)),
            "withheld": None if self.drained.everything else sorted(map(str, self.drained.prefixes)),
            "leftovers_held": self.leftovers_held,
            "spoken": [str(prefix) for prefix in self.seen],
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
        """The same again. `checks`: the sources with health checks as whoever reads this has them.

        A check that the daemon does not know yet has no verdict when it does.
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
    """What a decision needs of what is remembered: places that are suppressed or unsettled, and peers that are late."""
    some = sorted(key for key, state in states.items() if state.is_suppressed or state.late or state.is_unsettled)
    places = [(table, str(prefix), states[table, prefix]) for table, prefix in some]
    return {
        "damped": [[table, prefix] for table, prefix, state in places if state.is_suppressed],
        "overdue": [[table, prefix, interface] for table, prefix, state in places for interface in sorted(state.late)],
        "unsettled": [[table, prefix] for table, prefix, state in places if state.is_unsettled],
    }


def states_from_json(told: Mapping[str, Any]) -> Mapping[RouteKey, PlaceState]:
    """The same again, for a process that decides once: nothing of it ends by time."""
    states: dict[RouteKey, PlaceState] = defaultdict(PlaceState)
    for table, prefix in told["damped"]:
        states[table, parse_destination(prefix)].suppressed_until = inf
    for table, prefix, interface in told["overdue"]:
        states[table, parse_destination(prefix)].late[interface] = inf
    for table, prefix in told.get("unsettled", ()):
        states[table, parse_destination(prefix)].unsettled_until = inf
    return states
