"""Finds the ExaBGP that runs the daemon and its file, and asks the installed ExaBGP about its version and that file.

Any user may own the process that listens on the socket, and its parent. The doctor may be root, so it never runs a word
of their command lines. It takes only the name of the configuration file from there, and reads regular files only.
"""

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
_LARGEST: Final = 4 << 20
"""Bytes of a file that is read."""


def look_at(file: Path | None, daemon: int | None) -> Known[Exabgp]:
    """The file that is given, or the one of the ExaBGP whose helper the daemon (a pid) is; empty if there is none.

    Raises OSError if the file cannot be read.
    """
    if file is None:
        arguments = _arguments(_command_line(_parent(daemon))) if daemon else None
        if arguments is None:
            return Exabgp()
        file = next((Path(each) for each in arguments if not each.startswith("-") and each not in _COMMANDS), None)
    if file is None:
        return Trouble("an ExaBGP runs the daemon, but its file is not in its command")
    text = _read(file)
    if isinstance(text, Trouble):
        return text
    program = _installed()
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


def _arguments(command: Sequence[str]) -> list[str] | None:
    """What ExaBGP was given in this command line; None if it is another program."""
    for number, word in enumerate(command):
        if Path(word).name == "exabgp":
            return list(command[number + 1 :])
    return None


def _read(file: Path) -> Known[str]:
    """Its text. Only a regular file is opened: opening a device may have effects, and a pipe may never end."""
    if not str(file).isprintable():
        return Trouble(f"{str(file)!a} is no name to be printed")
    if not stat.S_ISREG(os.stat(file).st_mode):
        return Trouble(f"{file} is no regular file")
    # It may be another one by now.
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            return Trouble(f"{file} is no regular file")
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        return Trouble(f"{file} is larger than {_LARGEST >> 20} MiB")
    return data.decode(errors="replace")


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
    """Why ExaBGP refuses this file; empty: it does not."""
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
