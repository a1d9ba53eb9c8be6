"""Finds the ExaBGP that runs the daemon, and lets the installed ExaBGP check that one's file.

Any user may own the process that listens on the socket, and its parents, while the doctor may be root. So it never
executes anything from their command lines. It takes only the name of the configuration file from there, and reads only
regular files.
"""

import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bgp2vpc.config.model import DEFAULT_FILE
from bgp2vpc.doctor.exabgp_conf import ExabgpConf, ProcessStanza, read, told_by_exabgp
from bgp2vpc.doctor.model import Closed, Exabgp, Known, Trouble

_TIMEOUT: Final = 20.0
_VERSION: Final = re.compile(r"ExaBGP\s*:\s*(\S+)")
_COMMANDS: Final = {"server", "validate", "decode", "cli"}
_SYNTAX: Final = "syntax error"
_SAID: Final = 300
_ASK: Final = Path(__file__).with_name("ask_exabgp.py")
_LARGEST: Final = 4 << 20
"""Maximum size of a file in bytes."""


@dataclass(frozen=True, slots=True)
class _Parent:
    """The ExaBGP among the daemon's ancestors. `child`: the command line of its child that leads to the daemon."""

    directory: str
    arguments: list[str]
    child: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Reader:
    """The user and groups of a helper. `is_sure`: taken from a running process, not from ExaBGP's default."""

    name: str
    uid: int
    groups: frozenset[int]
    is_sure: bool


def look_at(file: Path | None, daemon: int | None, config_file: str) -> Known[Exabgp]:
    """The facts about the given file, or about that of the ExaBGP that runs the daemon; empty if there is none.

    `daemon`: its process id. Raises OSError if the file cannot be read.
    """
    parent = _exabgp_above(daemon) if daemon else None
    if file is None:
        if parent is None:
            return Exabgp()
        words = parent.arguments
        file = next((Path(each) for each in words if not each.startswith("-") and each not in _COMMANDS), None)
    if file is None:
        return Trouble("an ExaBGP runs the daemon, but its file is not in its command")
    text = _read(file)
    if isinstance(text, Trouble):
        return text
    version, refusal, told = _asked(file.absolute())
    conf = told or read(text)
    named = {each.file or DEFAULT_FILE for each in conf.processes if each.part == "helper"}
    directory = parent.directory if parent else os.getcwd()
    paths = {each: os.path.join(directory, each) for each in named if "\0" not in each}
    reader = _reader(daemon if parent else None, conf.user)
    closed = {name: _closed(path, reader) for name, path in paths.items()} if reader else {}
    return Exabgp(
        str(file),
        conf,
        version,
        refusal,
        parent.child if parent else (),
        frozenset(name for name, path in paths.items() if os.path.realpath(path) == os.path.realpath(config_file)),
        {name: each for name, each in closed.items() if each is not None},
    )


def version_of(program: str) -> str:
    """The version of this ExaBGP, as it prints it; empty if unknown."""
    for word in ("--version", "version"):  # 4.2 has an option for it, 5.0 a command
        _, said = _run([program], word)
        if found := _VERSION.search(said):
            return found[1]
    return ""


def daemons(config_file: str) -> dict[int, str]:
    """Process id -> `run` or `helper`, of the bgp2vpc processes with this configuration."""
    found = {}
    for pid in (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()):
        stanza = ProcessStanza("", tuple(_command_line(pid)), "")
        if stanza.part in ("run", "helper"):
            with suppress(OSError, ValueError):
                file = os.path.join(os.readlink(f"/proc/{pid}/cwd"), stanza.file or DEFAULT_FILE)
                if os.path.realpath(file) == os.path.realpath(config_file):
                    found[pid] = stanza.part
    return found


def _exabgp_above(daemon: int) -> _Parent | None:
    """The ExaBGP among the ancestors of the daemon, perhaps above shells and other wrappers; None if there is none."""
    pid, child = _parent(daemon), daemon
    while pid > 1:
        command = _command_line(pid)
        at = next((number for number, word in enumerate(command) if Path(word).name == "exabgp"), None)
        if at is not None:
            try:
                directory = os.readlink(f"/proc/{pid}/cwd")
            except OSError:
                directory = "/"
            return _Parent(directory, command[at + 1 :], tuple(_command_line(child)))
        pid, child = _parent(pid), pid
    return None


def _asked(file: Path) -> tuple[str, Known[str], ExabgpConf | None]:
    """The version of the installed ExaBGP, why it refuses this file (empty if it does not), and the parsed file."""
    # Beside our own Python, else in PATH.
    beside = Path(sys.executable).with_name("exabgp")
    program = str(beside) if beside.exists() else shutil.which("exabgp")
    if program is None:
        return "", Trouble("no exabgp is installed here"), None
    version = version_of(program)
    check = "--test" if version.startswith(("3.", "4.")) else "validate"
    code, said = _run([program], check, str(file))
    if code is None:
        return version, Trouble(said), None
    if code == 0 and _SYNTAX not in said:
        return version, "", _parsed(program, file)
    lines = [line.rpartition("|")[2].strip() for line in said[max(said.rfind(_SYNTAX), 0) :].splitlines()]
    return version, "; ".join(filter(None, lines))[:_SAID] or f"exit status {code}", None


def _parsed(program: str, file: Path) -> ExabgpConf | None:
    """The file as this ExaBGP parses it; None if its Python cannot be run, as with a zipped ExaBGP."""
    try:
        with open(program, "rb") as script:
            first = script.readline(200).decode()
        interpreter = shlex.split(first.removeprefix("#!")) if first.startswith("#!/") else []
        if not interpreter:
            return None
        # Isolated, so that nothing is imported from the working directory or the environment.
        code, said = _run(interpreter, "-I", str(_ASK), str(file))
        return told_by_exabgp(said) if code == 0 else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _reader(daemon: int | None, user: str) -> _Reader | None:
    """The user with which the helper reads its file: of the running process, else ExaBGP's `user`; None if unknown."""
    if daemon is not None:
        with suppress(OSError, ValueError, LookupError):
            lines = Path(f"/proc/{daemon}/status").read_text().splitlines()
            fields = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
            uid = int(fields["Uid"][1])  # the effective one
            return _Reader(_name(uid), uid, frozenset(map(int, [fields["Gid"][1], *fields["Groups"]])), is_sure=True)
    with suppress(KeyError, ValueError):
        # An ExaBGP started by root changes user and group.
        entry = pwd.getpwnam(user)
        return _Reader(user, entry.pw_uid, frozenset({entry.pw_gid}), is_sure=False)
    return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _closed(path: str, reader: _Reader) -> Closed | None:
    """Why this user may not read the file; None if it may, or if that is unknown (no such file, an ACL)."""
    uid = reader.uid
    for place in (*reversed(Path(path).parents), Path(path)):
        try:
            status = os.stat(place)
            if "system.posix_acl_access" in os.listxattr(place):
                return None
        except OSError:
            return None
        directory = stat.S_ISDIR(status.st_mode)
        needed = stat.S_IXOTH if directory else stat.S_IROTH
        shift = 6 if status.st_uid == uid else 3 if status.st_gid in reader.groups else 0
        if uid != 0 and not status.st_mode >> shift & needed:
            mode = f"mode {stat.S_IMODE(status.st_mode):04o}, owner {_name(status.st_uid)}"
            quoted = shlex.quote(str(place))
            return Closed(
                f"{reader.name} may not {'enter' if directory else 'read'} {place} ({mode})",
                f"chmod a+x {quoted}" if directory else f"chgrp $(id -g {uid}) {quoted} && chmod g+r {quoted}",
                reader.is_sure or (status.st_uid == 0 and not status.st_mode & (needed << 3 | needed)),
            )
    return None


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def _read(file: Path) -> Known[str]:
    """The text of a regular file. Others are not opened: a device may have side effects, and a pipe may never end."""
    if not str(file).isprintable():
        return Trouble(f"{str(file)!a} is no name to be printed")
    if not stat.S_ISREG(os.stat(file).st_mode):
        return Trouble(f"{file} is no regular file")
    # Checked again, as the file may have been replaced.
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            return Trouble(f"{file} is no regular file")
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        return Trouble(f"{file} is larger than {_LARGEST >> 20} MiB")
    return data.decode(errors="replace")


def _run(program: Sequence[str], *arguments: str) -> tuple[int | None, str]:
    """Exit status and output; None and the reason if it did not run to its end."""
    try:
        done = subprocess.run(
            [*program, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False, text=True, errors="replace",
            cwd="/",
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return None, str(error)
    return done.returncode, f"{done.stdout}\n{done.stderr}"
