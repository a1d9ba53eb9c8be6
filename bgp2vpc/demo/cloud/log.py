"""The log of all calls, and a counter of changes to wait for."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bgp2vpc.demo.cloud.values import CloudCall
from bgp2vpc.demo.cloud.verbs import CallQuery, Wait


class Changes:
    """Counts changes, and wakes the waiting threads at each."""

    def __init__(self) -> None:
        self._version = 0
        self._condition = threading.Condition()

    def note(self) -> None:
        """Count a change."""
        with self._condition:
            self._version += 1
            self._condition.notify_all()

    def wait(self, wait: Wait) -> int:
        """Wait until the count is above `after`, or for the time-out. Returns the count."""
        with self._condition:
            self._condition.wait_for(lambda: self._version > wait.after, wait.timeout)
            return self._version

    def wait_for(self, predicate: Callable[[], bool], timeout: float) -> None:
        """Wait until `predicate` holds, or for the time-out; it is called after each change."""
        with self._condition:
            self._condition.wait_for(predicate, timeout)


@dataclass(slots=True)
class CloudEntry:
    """The latest state of a call, which may still be under way."""

    call: CloudCall


class CallLog:
    """All calls of the subject, in order of arrival."""

    def __init__(self, changes: Changes) -> None:
        self._entries: list[CloudEntry] = []
        self._changes = changes

    def start(self, operation: str, parameters: Mapping[str, str], caller: str) -> CloudEntry:
        """Log a call that has arrived."""
        entry = CloudEntry(CloudCall(operation, parameters, caller, time.monotonic()))
        self._entries.append(entry)
        self._changes.note()
        return entry

    def finish(self, entry: CloudEntry, status: int, error: str) -> None:
        """Log the answer of a call; status 0: it got none."""
        entry.call = replace(entry.call, status=status, error=error, ended=time.monotonic())
        self._changes.note()

    def forget(self) -> None:
        """Empty the log."""
        self._entries = []

    def calls(self, query: CallQuery) -> list[CloudCall]:
        """The calls that match the query, once there are `at_least` or its time-out has passed."""

        def found() -> list[CloudCall]:
            calls = [entry.call for entry in list(self._entries)]
            return [call for call in calls if not query.operations or call.operation in query.operations]

        def enough() -> bool:
            # Called after every change, so it must cost less than the calls themselves.
            return sum(call.ended is not None or not query.finished for call in found()) >= query.at_least

        if query.at_least:
            self._changes.wait_for(enough, query.timeout)
        return found()
