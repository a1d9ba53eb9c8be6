"""Gathers the facts of `bgp2vpc why` from the parts of the daemon; `why.py` puts them into words."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any

from bgp2vpc.bgp.rib import Side
from bgp2vpc.exabgp_api.render import announce_line
from bgp2vpc.operator.answers import BadQuestion
from bgp2vpc.operator.drain import Drainer
from bgp2vpc.operator.operator import Operator
from bgp2vpc.operator.orders import read_prefixes
from bgp2vpc.operator.why import Announcer, Facts, PlaceFacts, to_json, trouble_of
from bgp2vpc.policy.decide import decide_place
from bgp2vpc.policy.explain import explain
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.policy.rule import Rule
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.sources.unix import SocketPeer
from bgp2vpc.speaker.adj_rib_in import AdjRibIn


class Explaining:
    """Answers `why`. It only reads."""

    def __init__(
        self, adj_rib_in: AdjRibIn, drainer: Drainer, operator: Operator, reconciler: Reconciler,
        *, noop: bool,
    ) -> None:  # fmt: skip
        self._adj_rib_in = adj_rib_in
        self._drainer = drainer
        self._operator = operator
        self._noop = noop
        self._reconciler = reconciler
        self._view = reconciler.view

    def asked_why(self, words: Sequence[str], _: SocketPeer) -> str:
        """`why PREFIX [TABLE]`. Raises OrderError for what is no prefix, and BadQuestion if nothing is known of it."""
        if len(words) not in (1, 2):
            raise BadQuestion("expected: why PREFIX [ROUTE-TABLE-ID]")
        (prefix,) = read_prefixes(words[:1])
        return json.dumps(self.why(prefix, words[1] if len(words) > 1 else None))

    def why(self, prefix: Prefix, table: str | None = None) -> dict[str, Any]:
        """All facts about the prefix (in one table), and `lines`, which say them in words. Raises BadQuestion."""
        found = self._view.snapshot.tables.values()
        routes = ((each.id, each.static_route(prefix)) for each in found if table in (None, each.id))
        places = tuple(self._places(prefix, table))
        with_rule = {place.why.table_id for place in places}
        facts = Facts(
            prefix=prefix,
            announcers=tuple(self._announcers(prefix)),
            steering=tuple(row for row in self._operator.status() if row["prefix"] in (None, str(prefix))),
            rules=tuple(map(_described, self._view.rules)),
            places=places,
            unruled=tuple((each, route) for each, route in routes if route is not None and each not in with_rule),
            table=table,
            observed=self._reconciler.first_observation.is_set(),
            noop=self._noop,
        )
        if not facts.is_anything_known:
            raise BadQuestion(
                f"nothing is known of {prefix}{f' in {table}' if table else ''}: nobody announces it, and no "
                "route table that is read has a route for it"
            )
        return to_json(facts)

    def _announcers(self, prefix: Prefix) -> Iterator[Announcer]:
        now = asyncio.get_running_loop().time()
        sources = dict(self._adj_rib_in.rib.sources())
        for offer in self._adj_rib_in.rib.offers.get(prefix, ()):
            kind = self._adj_rib_in.kinds.get(offer.source)
            said = self._adj_rib_in.said_of(offer)
            adj = sources.get(offer.source)
            stale = adj.stale.get((prefix, offer.path.path_id)) if adj is not None else None
            drained = None
            if offer.side is not Side.PEER and self._drainer.concerns(prefix):
                exported = self._reconciler.inputs.draining.exported(offer.path)
                drained = announce_line(exported, "") if exported else ""
            yield Announcer(
                source=offer.source,
                kind=kind.value if kind else offer.side.value,
                line=(said.line if said else "") or announce_line(offer.path, ""),
                at=said.at if said else None,
                stale_for=None if stale is None else max(stale - now, 0.0),
                as_drained=drained,
            )

    def _places(self, prefix: Prefix, table: str | None) -> Iterator[PlaceFacts]:
        view, reconciler = self._view, self._reconciler
        inputs, now = reconciler.inputs.now(), asyncio.get_running_loop().time()
        for table_id, table_policy in sorted(view.tables.items()):
            if table not in (None, table_id):
                continue
            decided = decide_place(table_policy, prefix, view.snapshot, inputs, view.policy)
            if decided is not None:
                found, key = explain(decided), (table_id, prefix)
                state = reconciler.places.states.get(key) or PlaceState()
                yield PlaceFacts(
                    found,
                    state.since,
                    trouble_of(state.failure, now),
                    state.damped_for(now),
                    found.verdict.awaits if found.verdict else None,
                    tuple(sorted(state.late)),
                )


def _described(rule: Rule) -> tuple[str, str, str]:
    """The name of the rule, the prefixes that it accepts or manages, and FILE:LINE of the first entry."""
    about = []
    if rule.accept.entries:
        about.append(f"accept: {', '.join(map(str, rule.accept.entries))}")
    if rule.manages:
        about.append(f"manage_routes: {', '.join(map(str, rule.manages))}")
    where = [*(each.where for each in rule.accept.entries), *(each.where for each in rule.manages.values())]
    return rule.name, "; ".join(about) or "nothing", next(filter(None, where), "")
