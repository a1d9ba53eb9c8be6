"""Loading the configuration in a process of its own.

pydantic costs about 15 MB that are of use for a tenth of a second, at the start and at each reload. A daemon on a small
NAT instance must not hold them for ever, so a short-lived child reads the file and hands over the result.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from bgp2vpc.config.handover import Replaced, unpack
from bgp2vpc.config.model import Config
from bgp2vpc.errors import ConfigError, Problem

_TIMEOUT: Final = 60.0
"""Seconds; a file of the largest size allowed takes a few."""


def load_apart(path: Path | str) -> Config:
    """As `config.load.load`, blocking, without the schema library in this process. Raises ConfigError."""
    # -P: what lies in the working directory is not ours to import. Our stdin may be ExaBGP's: the child gets none.
    command = [sys.executable, "-P", "-m", "bgp2vpc.config.load", str(path)]
    try:
        child = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise _failed(path, _reason(error)) from error
    # Written by the child we have just started, through a pipe that nobody else holds.
    try:
        answer = unpack(child.stdout)
    except Replaced as error:
        raise _failed(path, "bgp2vpc was replaced on disk; restart it") from error
    if isinstance(answer, Config):
        return answer
    raise ConfigError(path, answer)


def _failed(path: Path | str, why: str) -> ConfigError:
    return ConfigError(path, (Problem(str(path), 0, "file", why),))


def _reason(error: OSError | subprocess.SubprocessError) -> str:
    output = error.stderr if isinstance(error, subprocess.CalledProcessError) else b""
    last_line = output.decode(errors="replace").strip().rpartition("\n")[2] if output else ""
    return f"the process that checks it failed: {last_line or error}"
