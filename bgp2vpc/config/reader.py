"""Reads the configuration file at the start in a child process, while this one imports the rest of the daemon.

pydantic, the schema and PyYAML take 0.1 s of CPU to import and 12 MB of memory, and have done their work when the file
is read. On a second core that costs the start no time, and the daemon keeps neither. The child is a fork, so that it
need not import what both use, and is of the same version; it hands over the finished values, pickled. With one core, or
where no child can be had, the file is read here.
"""

import os
import pickle
import sys
from typing import NoReturn

from bgp2vpc.config.model import Config
from bgp2vpc.errors import ConfigError, Problem

Answer = Config | tuple[str, tuple[Problem, ...]]
"""The configuration, or the arguments of ConfigError."""


class ConfigReader:
    """Begins to read the file when it is made: before there is any thread, since it forks."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._child: tuple[int, int] | None = None
        """Its process id, and the pipe to read from; None: there is none, or it would save no time."""
        if "bgp2vpc.config.load" in sys.modules or len(os.sched_getaffinity(0)) == 1:
            return
        reading, writing = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            return
        if pid == 0:
            _read_and_tell(file, writing)
        os.close(writing)
        self._child = pid, reading

    def config(self) -> Config:
        """What is in the file. Blocks until it is read. Raises ConfigError."""
        if self._child is not None:
            pid, reading = self._child
            with open(reading, "rb") as pipe:
                data = pipe.read()
            _, status = os.waitpid(pid, 0)
            if status == 0:
                answer: Answer = pickle.loads(data)  # noqa: S301  # our own child's
                if isinstance(answer, Config):
                    return answer
                raise ConfigError(*answer)
        from bgp2vpc.config.load import load  # noqa: PLC0415  # the child is there to spare us this

        return load(self._file)


def _read_and_tell(file: str, writing: int) -> NoReturn:
    """The child. What goes wrong with it goes wrong once more in the parent, and is reported there."""
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):  # 0 and 1 may be ExaBGP's
            os.dup2(nothing, descriptor)
        os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # it would look through all installed packages for them

        from bgp2vpc.config.load import load  # noqa: PLC0415

        answer: Answer
        try:
            answer = load(file)
        except ConfigError as error:
            answer = (error.file, error.problems)
        with open(writing, "wb") as out:
            pickle.dump(answer, out)
        os._exit(0)
    finally:
        os._exit(1)
