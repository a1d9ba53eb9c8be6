"""ExaBGP: the one that runs the daemon, or the one that is installed, asked about itself and about a file."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bgp2vpc.doctor.model import Exabgp, Known, Trouble

_TIMEOUT: Final = 20.0
_VERSION: Final = re.compile(r"ExaBGP\s*:\s*(\S+)")
_COMMANDS: Final = {"server", "validate", "decode", "cli"}
_SYNTAX: Final = "syntax error"
_SAID: Final = 300


def look_at(file: Path | None, daemon: int | None) -> Known[Exabgp]:
    """The file that is given, or the one of the ExaBGP whose helper the daemon (a pid) is; empty if there is none.

    Raises OSError if the file cannot be read.
    """
    parent = _command_line(_parent(daemon)) if daemon else []
    program, arguments = _exabgp_in(parent)
    if file is None:
        file = next((Path(each) for each in arguments if not each.startswith("-") and each not in _COMMANDS), None)
    if file is None:
        return Exabgp() if not program else Trouble("an ExaBGP runs the daemon, but its file is not in its command")
    program = program if program and all(map(_is_trusted, program)) else _installed()
    text = file.read_text(errors="replace")
    if not program:
        return Exabgp(str(file), text, "", Trouble("no exabgp is installed here"))
    version = _version(program)
    return Exabgp(str(file), text, version, _refusal(program, version, file.absolute()))


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def _exabgp_in(command: Sequence[str]) -> tuple[list[str], list[str]]:
    """How ExaBGP was called in this command line, and the arguments behind; both empty if it is another program."""
    for number, word in enumerate(command):
        if Path(word).name == "exabgp":
            return list(command[: number + 1]), list(command[number + 1 :])
    return [], []


def _is_trusted(word: str) -> bool:
    """Whether nobody but us and root can have put it there: root asks, and the command line is a helper's parent's."""
    if not word.startswith("/"):
        return "/" not in word
    try:
        found = (os.lstat(word), os.stat(word))
    except OSError:
        return False
    return all(each.st_uid in (0, os.geteuid()) for each in found) and not found[1].st_mode & stat.S_IWOTH


def _installed() -> list[str]:
    """Beside our own Python, or in the PATH."""
    beside = Path(sys.executable).with_name("exabgp")
    found = str(beside) if beside.exists() else shutil.which("exabgp")
    return [found] if found else []


def _version(program: Sequence[str]) -> str:
    """4.2 has an option for it, 5.0 a command."""
    for word in ("--version", "version"):
        _, said = _run(program, word)
        if found := _VERSION.search(said):
            return found[1]
    return ""


def _refusal(program: Sequence[str], version: str, file: Path) -> Known[str]:
    """What ExaBGP has against this file; empty: nothing."""
    old = version.startswith(("3.", "4."))
    code, said = _run(program, *(("--test",) if old else ("validate",)), str(file))
    if code is None:
        return Trouble(said)
    if code == 0 and _SYNTAX not in said:
        return ""
    lines = [line.rpartition("|")[2].strip() for line in said[max(said.rfind(_SYNTAX), 0) :].splitlines()]
    return "; ".join(filter(None, lines))[:_SAID] or f"exit status {code}"


def _run(program: Sequence[str], *arguments: str) -> tuple[int | None, str]:
    """Exit status and output; None: it did not run to its end, and why."""
    try:
        done = subprocess.run(
            [*program, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False, text=True, errors="replace",
            cwd="/",
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return None, str(error)
    return done.returncode, f"{done.stdout}\n{done.stderr}"
