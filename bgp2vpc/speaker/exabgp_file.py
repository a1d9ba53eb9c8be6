"""Finds ExaBGP's program, has it check a configuration, and replaces its file. All of this blocks."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bgp2vpc.errors import ExabgpError
from bgp2vpc.files import reason_of, replace_file
from bgp2vpc.sources.child import exit_text
from bgp2vpc.speaker import relay

_TIMEOUT: Final = 60.0
"""Seconds for one run of ExaBGP. It takes one; some with a thousand neighbors."""
_MODE: Final = 0o644
"""Readable by all: ExaBGP reads the file again after it has given up root."""
_MOST_WORDS: Final = 1500
_OWN_SETTINGS: Final = ("exabgp.", "exabgp_")


@dataclass(frozen=True, slots=True)
class InstalledExabgp:
    """An installed ExaBGP. 4.2 has options only (`exabgp FILE`, `--test`), 5.0 commands (`server`, `validate`)."""

    path: str
    has_commands: bool

    def serve(self, file: Path) -> list[str]:
        """The command line that runs ExaBGP with this file."""
        return [self.path, *(["server"] if self.has_commands else []), str(file)]

    def validate(self, file: Path) -> list[str]:
        """The command line by which ExaBGP checks this file."""
        return [self.path, "validate" if self.has_commands else "--test", str(file)]


def find_program(configured: Path | None = None, *, own_first: bool = False) -> InstalledExabgp:
    """The configured ExaBGP, else the one on PATH, else the one installed beside us. Raises ExabgpError without any.

    `own_first`: the one beside us comes before the one on PATH.
    """
    beside = Path(sys.executable).with_name("exabgp")
    own = str(beside) if beside.exists() else None
    on_path = shutil.which("exabgp")
    path = str(configured) if configured else own or on_path if own_first else on_path or own
    if path is None:
        raise ExabgpError(f"ExaBGP is not installed: there is none on PATH, and no {beside}")
    if path == own:
        with suppress(importlib.metadata.PackageNotFoundError):
            return InstalledExabgp(path, importlib.metadata.version("exabgp").split(".")[0] != "4")
    return InstalledExabgp(path, _run([path, "--version"], environment()).returncode != 0)


def environment() -> dict[str, str]:
    """Our environment without the variables of ExaBGP, which may be meant for another one."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)}


def helper_command(file: str) -> tuple[str, ...]:
    """The command line by which ExaBGP runs us as its helper, with our configuration `file`."""
    own = Path(sys.argv[0])
    program = own if own.name == "bgp2vpc" else Path(sys.executable).with_name("bgp2vpc")
    return (os.path.abspath(program), "helper", "-f", os.path.abspath(file))


def relay_command() -> tuple[str, ...]:
    """The command line by which an ExaBGP that `bgp2vpc run` has started runs its relay."""
    return (sys.executable, "-I", "-S", relay.__file__)


def read(path: Path) -> str | None:
    """The text of the file; None if it cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return None


def check(text: str, program: InstalledExabgp | None = None) -> None:
    """Have ExaBGP (`program`, else the one found) check a configuration. Raises ExabgpError with its message."""
    program = program or find_program()
    try:
        with tempfile.TemporaryDirectory(prefix="bgp2vpc-") as directory:
            draft = Path(directory) / "exabgp.conf"
            draft.write_text(text, "utf-8")
            _validate(program, draft)
    except OSError as error:
        raise ExabgpError(f"ExaBGP's configuration cannot be checked: {reason_of(error)}") from error


def write(path: Path, text: str, program: InstalledExabgp | None) -> None:
    """Replace the file atomically; `program`, if given, checks the text before. Raises ExabgpError."""
    try:
        replace_file(path.resolve(), text, _MODE, partial(_validate, program) if program else lambda _: None)
    except OSError as error:
        raise ExabgpError(f"{path} cannot be written: {reason_of(error)}") from error


def _validate(program: InstalledExabgp, path: Path) -> None:
    """Have ExaBGP check this file. Raises ExabgpError with its message, or with the reason why it cannot be run."""
    # Without these settings the check may try to bind a port that is taken, or log the error to syslog.
    settings = {"exabgp_log_destination": "stderr", "exabgp_api_cli": "false"}
    result = _run(program.validate(path), environment() | settings)
    if result.returncode != 0:
        # 4.2 begins each line with time, process id and topic. The error is at the end.
        said = result.stdout.replace(str(path), path.name).splitlines()
        complaint = "\n".join(filter(None, (line.rpartition(" | ")[2].strip() for line in said)))
        words = f"ExaBGP does not accept the configuration:\n{complaint[-_MOST_WORDS:]}"
        raise ExabgpError(words, is_refusal=True)


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        result = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ExabgpError(f"ExaBGP cannot be run: {error}") from error
    if result.returncode < 0:  # as the kernel ends it when memory is short
        raise ExabgpError(f"ExaBGP cannot be run: it was ended by {exit_text(result.returncode)}")
    return result
