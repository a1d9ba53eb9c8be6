"""The log of every call, and the counter by which others wait for something to happen."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bgp2vpc.demo.cloud.values import CloudCall
from bgp2vpc.demo.cloud.verbs import CallQuery, Wait


class Changes:
    """Counts everything that happens; whoever waits is woken each time."""

    def __init__(self) -> None:
        self._version = 0
        self._condition = threading.Condition()

    def note(self) -> None:
        """Something happened."""
        with self._condition:
            self._version += 1
            self._condition.notify_all()

    def wait(self, wait: Wait) -> int:
        """The count, as soon as it is above `after` or the time is over."""
        with self._condition:
            self._condition.wait_for(lambda: self._version > wait.after, wait.timeout)
            return self._version

    def wait_for(self, predicate: Callable[[], bool], timeout: float) -> None:
        """Until `predicate` holds, asked after each change, or the time is over."""
        with self._condition:
            self._condition.wait_for(predicate, timeout)


@dataclass(slots=True)
class CloudEntry:
    """A call that may still be under way, as it stands now."""

    call: CloudCall


class CallLog:
    """Every call of the subject, in the order in which they came."""

    def __init__(self, changes: Changes) -> None:
        self._entries: list[CloudEntry] = []
        self._changes = changes

    def start(self, operation: str, parameters: Mapping[str, str], caller: str) -> CloudEntry:
        """A call has come in."""
        entry = CloudEntry(CloudCall(operation, parameters, caller, time.monotonic()))
        self._entries.append(entry)
        self._changes.note()
        return entry

    def finish(self, entry: CloudEntry, status: int, error: str) -> None:
        """It was answered, or given up with status 0."""
        entry.call = replace(entry.call, status=status, error=error, ended=time.monotonic())
        self._changes.note()

    def forget(self) -> None:
        """Empty the log."""
        self._entries = []

    def calls(self, query: CallQuery) -> list[CloudCall]:
        """The calls asked for; waits for as many as were asked for."""

        def found() -> list[CloudCall]:
            calls = [entry.call for entry in list(self._entries)]
            return [call for call in calls if not query.operations or call.operation in query.operations]

        def enough() -> bool:
            # Asked after every change, so it must not cost what the calls themselves do.
            return sum(call.ended is not None or not query.finished for call in found()) >= query.at_least

        if query.at_least:
            self._changes.wait_for(enough, query.timeout)
        return found()
