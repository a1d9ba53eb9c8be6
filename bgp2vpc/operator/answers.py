"""What the daemon answers to questions of the socket and of the page. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bgp2vpc.bgp.export import PrefixSet
from bgp2vpc.bgp.rib import Offer
from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.exabgp_api.render import announce_line
from bgp2vpc.health.runner import CheckStatus
from bgp2vpc.prefix import Prefix
from bgp2vpc.sources.server import Question
from bgp2vpc.sources.unix import Peer
from bgp2vpc.status import CHECK_STATES, CheckRow


class BadQuestion(Bgp2vpcError):
    """What a client of the socket asked cannot be answered; the message says why."""


def check_row(status: CheckStatus, now: float) -> CheckRow:
    """A health check; `now` in the event loop's seconds."""
    return CheckRow(
        name=status.name,
        type=status.type,
        destination=str(status.destination),
        state=CHECK_STATES[status.healthy],
        since=None if status.since is None else round(now - status.since, 1),
        unknown_since=None if status.unknown_since is None else round(now - status.unknown_since, 1),
        latency=None if status.latency is None else round(status.latency, 4),
        reason=status.last_reason,
        history=tuple(sample.healthy for sample in status.history),
        latencies=tuple(round(sample.latency, 4) for sample in status.history),
        probes=status.probes,
    )


def offered_lines(offered: Mapping[Prefix, Sequence[Offer]]) -> list[dict[str, Any]]:
    """Every path, in the words of the text protocol: what `bgp2vpc plan` plans with."""
    offers = [offer for offers in offered.values() for offer in offers]
    return [{"source": o.source, "side": o.side.value, "line": announce_line(o.path, "")} for o in offers]


def prefix_set_json(prefixes: PrefixSet) -> list[str] | None:
    """The prefixes; None: all there are."""
    return None if prefixes.everything else sorted(map(str, prefixes.prefixes))


def only_alone(answer: Callable[[], str]) -> Question:
    """A question that takes no words."""

    def ask(words: Sequence[str], _: Peer) -> str:
        if words:
            raise BadQuestion(f"'{' '.join(words)[:80]}': this takes no words behind it")
        return answer()

    return ask
