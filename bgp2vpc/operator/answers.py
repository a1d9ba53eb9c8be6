"""What the daemon answers to `bgp2vpc status` and `bgp2vpc plan`: its state as JSON. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.health.runner import CheckStatus
from bgp2vpc.operator.status import VERDICTS, SourceStatus
from bgp2vpc.sources.peer import Peer
from bgp2vpc.sources.script import ScriptStatus
from bgp2vpc.sources.server import Question
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.speaker.bridge import Bridge


class BadQuestion(Bgp2vpcError):
    """What a client of the socket asked cannot be answered; the message says why."""


def source_statuses(
    bridge: Bridge, scripts: Iterable[ScriptStatus], verdicts: Mapping[str, bool | None]
) -> list[SourceStatus]:
    """Every script, and every other source that is open or has paths left; by kind and name."""
    counts = {name: len(adj.paths) for name, adj in bridge.rib.sources()}
    rows = [_script(status, counts.get(status.name, 0)) for status in scripts]
    names = {row.name for row in rows}
    rows += [row for row in _others(bridge, verdicts) if row.name not in names]
    return sorted(rows, key=lambda row: (row.kind, row.name))


def _script(status: ScriptStatus, paths: int) -> SourceStatus:
    detail = {
        "pid": status.pid,
        "restarts": status.restarts,
        "last_exit": status.last_exit,
        "last_line": status.last_line,
    }
    return SourceStatus(status.name, SourceKind.SCRIPT.value, status.state.value, paths, detail)


def _others(bridge: Bridge, verdicts: Mapping[str, bool | None]) -> Iterator[SourceStatus]:
    for name, adj in bridge.rib.sources():
        kind = bridge.kinds.get(name, SourceKind.PEER)
        state = VERDICTS[verdicts[name]] if name in verdicts else "up" if adj.is_open else "stale"
        yield SourceStatus(name, kind.value, state, len(adj.paths))


def check_json(status: CheckStatus, now: float) -> dict[str, Any]:
    """A health check; times in seconds, `since` and `unknown_since` counted back from now."""
    return {
        "name": status.name,
        "type": status.type,
        "destination": str(status.destination),
        "state": VERDICTS[status.healthy],
        "since": None if status.since is None else round(now - status.since, 1),
        "unknown_since": None if status.unknown_since is None else round(now - status.unknown_since, 1),
        "latency": None if status.latency is None else round(status.latency, 4),
        "reason": status.last_reason,
        "history": [sample.healthy for sample in status.history],
        "latencies": [round(sample.latency, 4) for sample in status.history],
        "probes": status.probes,
    }


def only_alone(answer: Callable[[], str]) -> Question:
    """A question that takes no words."""

    def ask(words: Sequence[str], _: Peer) -> str:
        if words:
            raise BadQuestion(f"'{' '.join(words)[:80]}': this takes no words behind it")
        return answer()

    return ask
