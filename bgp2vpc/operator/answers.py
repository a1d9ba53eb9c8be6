"""Helpers for the daemon's answers to questions from the socket and the page. Pure."""

from collections.abc import Callable, Sequence

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.health.results import CheckStatus
from bgp2vpc.sources.server import Question
from bgp2vpc.sources.unix import SocketPeer
from bgp2vpc.status import CHECK_STATES, CheckRow


class BadQuestion(Bgp2vpcError):
    """A question of a socket client that cannot be answered; the text says why."""


def check_row(status: CheckStatus, now: float) -> CheckRow:
    """A row of `checks` in the status. `now`: the event loop's seconds."""

    def ago(at: float | None) -> float | None:
        return None if at is None else round(now - at, 1)

    return CheckRow(
        name=status.name,
        type=status.type,
        destination=str(status.destination),
        state=CHECK_STATES[status.healthy],
        since=ago(status.since),
        unknown_since=ago(status.unknown_since),
        latency=None if status.latency is None else round(status.latency, 4),
        reason=status.last_reason,
        history=tuple(sample.healthy for sample in status.history),
        latencies=tuple(round(sample.latency, 4) for sample in status.history),
        probes=status.probes,
    )


def only_alone(answer: Callable[[], str]) -> Question:
    """A question that takes no arguments and is answered by `answer`."""

    def ask(words: Sequence[str], _: SocketPeer) -> str:
        if words:
            raise BadQuestion(f"'{' '.join(words)[:80]}': this takes no words behind it")
        return answer()

    return ask
