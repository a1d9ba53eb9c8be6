"""Reads a daemon's growing log (`--log-format json`), with times of the clock that the cloud's call log uses."""

import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

LAST_WORDS = 20
"""How many records are kept, to be shown after a failure."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the log. `at`: seconds of time.monotonic(), precise to a millisecond."""

    at: float
    level: str
    event: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_noise(self) -> bool:
        """Whether it is a line that the healthcheck prints on stderr for each of its probes."""
        return self.event.startswith("stderr: INFO")

    def __str__(self) -> str:
        return " ".join([self.level, self.event, *(f"{key}={value}" for key, value in self.fields.items())])


class Logbook:
    """The file at `path`, which need not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._epoch = time.time() - time.monotonic()
        self._unread: list[Record] = []
        self.last_words: deque[Record] = deque(maxlen=LAST_WORDS)

    def until(self, horizon: float) -> list[Record]:
        """The records that were not returned yet and happened before `horizon`."""
        data = b""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        whole, _, _ = data.rpartition(b"\n")
        self._offset += len(whole) + 1 if whole else 0
        for line in whole.decode("utf-8", "replace").splitlines():
            try:
                told = json.loads(line)
                at = datetime.fromisoformat(told.pop("time")).timestamp() - self._epoch
                record = Record(at, told.pop("level"), told.pop("event"), told)
            except (ValueError, KeyError, AttributeError):
                # For example Python's traceback, if a daemon dies before it can log.
                record = Record(time.monotonic(), "stderr", line)
            self._unread.append(record)
            if not record.is_noise:
                self.last_words.append(record)
        ready = [record for record in self._unread if record.at < horizon]
        self._unread = [record for record in self._unread if record.at >= horizon]
        return ready
