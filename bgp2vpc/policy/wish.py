"""The wish: what this host's sources, checks and neighbors say, as a value. Nothing of it is known from EC2."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field

from bgp2vpc.bgp.neighbors import Neighbors
from bgp2vpc.bgp.rib import Offer
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.policy.plan import Key
from bgp2vpc.policy.rule import Rule
from bgp2vpc.prefix import IPAddress, Prefix


@dataclass(frozen=True, slots=True)
class Wish:
    """What is offered, and what we know nothing about yet.

    With `leftovers_held`, a route of ours that no source has `spoken` of is kept: it may be from before our restart.
    `silent`: sources whose health checks have no verdict yet: nothing is concluded from their offering nothing.
    `failing`: (remote check, interface id) of owners that do not pass it.
    `neighbors`: their sessions.
    `neighbors_held`: the neighbors have not told all they have: where best path decides, nothing is taken or deleted.
    `remembered`: what is known of places that EC2 does not tell: who is late, what is damped.
    `lost`: prefix -> next hops of peers whose session was lost of late: they may have written, and reads be too old.
    `withheld`: prefixes that are drained: what is left of them goes, whoever has spoken.
    `held`: prefixes that an operator has frozen: nothing is written there, whatever else is wished.
    `taken`: prefixes that an operator wants here now, although the rule would leave them to another instance.
    """

    offers: Mapping[Prefix, Sequence[Offer]]
    leftovers_held: bool = False
    spoken: Collection[Prefix] = field(default_factory=frozenset)
    silent: Collection[str] = field(default_factory=frozenset)
    failing: Collection[tuple[str, str]] = field(default_factory=frozenset)
    neighbors: Neighbors = field(default_factory=Neighbors)
    neighbors_held: bool = False
    remembered: Mapping[Key, PlaceState] = field(default_factory=dict)
    lost: Mapping[Prefix, Collection[IPAddress]] = field(default_factory=dict)
    withheld: Container[Prefix] = ()
    held: Container[Prefix] = ()
    taken: Container[Prefix] = ()

    def keeps_leftover(self, prefix: Prefix, rule: Rule) -> bool:
        """Whether a route of ours for `prefix` that nobody offers stays for now."""
        if prefix in self.withheld:
            return False
        managed = rule.manages.get(prefix)
        if managed is not None:  # its check knows, as soon as it has a verdict
            return managed.source in self.silent
        return self.leftovers_held and prefix not in self.spoken
