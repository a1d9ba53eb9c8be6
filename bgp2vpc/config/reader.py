"""Reads the configuration file at the start in a child process, while this process imports the rest of the daemon.

pydantic, the schema and PyYAML take 0.15 s of CPU to import and 13 MB of memory, and are not needed once the file is
read. In a child on a second core they cost the start no time and the daemon no memory. The child is a fork, so that it
has the common imports already and the same version; it returns the Config pickled. With one core, or if no child can
be started, the file is read in this process.
"""

import os
import pickle
import sys
from typing import NoReturn

from bgp2vpc.config.model import Config
from bgp2vpc.errors import ConfigError, Problem

Answer = Config | tuple[str, tuple[Problem, ...]]
"""The child's answer: the configuration, or the arguments of ConfigError."""


class ConfigReader:
    """Starts to read the file when it is created, which must be before any thread is started, since it forks."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._child: tuple[int, int] | None = None
        """The child's process id and the pipe from it; None without a child."""
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
        """The configuration. Blocks until the file is read. Raises ConfigError."""
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
        from bgp2vpc.config.load import load  # noqa: PLC0415  # the child exists to avoid this import

        return load(self._file)


def _read_and_tell(file: str, writing: int) -> NoReturn:
    """The child process. On any failure it exits with 1, and the parent reads the file itself and reports errors."""
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):  # 0 and 1 may be ExaBGP's
            os.dup2(nothing, descriptor)
        os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # pydantic would search all installed packages for plugins

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
