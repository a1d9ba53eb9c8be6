"""ExaBGP's configuration file: checked by ExaBGP itself before it takes the place of the old one. Blocking."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from bgp2vpc.errors import ExabgpError
from bgp2vpc.files import reason_of, replace_file

_TIMEOUT: Final = 60.0
"""Seconds; ExaBGP takes one, and a few with a thousand neighbors."""
_MODE: Final = 0o644
"""ExaBGP reads it again after it has given up root."""
_MOST_WORDS: Final = 1500
_OWN_SETTINGS: Final = ("exabgp.", "exabgp_")


def helper_command(file: str) -> tuple[str, ...]:
    """How ExaBGP is to run us with this configuration file: as we were run ourselves, if that was by name."""
    own = Path(sys.argv[0])
    program = own if own.name == "bgp2vpc" else Path(sys.executable).with_name("bgp2vpc")
    return (os.path.abspath(program), "helper", "-f", os.path.abspath(file))


def read(path: Path) -> str | None:
    """What is there now; None if nothing can be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return None


def check(text: str) -> None:
    """Have ExaBGP look at a configuration. Raises ExabgpError with its words."""
    try:
        with tempfile.TemporaryDirectory(prefix="bgp2vpc-") as directory:
            draft = Path(directory) / "exabgp.conf"
            draft.write_text(text, "utf-8")
            _validate(draft)
    except OSError as error:
        raise ExabgpError(f"ExaBGP's configuration cannot be checked: {reason_of(error)}") from error


def write(path: Path, text: str, *, validate: bool = True) -> None:
    """Put it in the place of the old file, as a whole or not at all. Raises ExabgpError."""
    try:
        replace_file(path.resolve(), text, _MODE, _validate if validate else lambda _: None)
    except OSError as error:
        raise ExabgpError(f"{path} cannot be written: {reason_of(error)}") from error


def _validate(path: Path) -> None:
    exabgp = _exabgp()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)}
    # Else a check would listen at the port that is taken, or tell syslog what is wrong.
    environment |= {"exabgp_log_destination": "stderr", "exabgp_api_cli": "false"}
    result = _run([exabgp, *_how_to_check(exabgp, environment), str(path)], environment)
    if result.returncode != 0:
        raise ExabgpError(f"ExaBGP does not accept the configuration:\n{_complaint(result.stdout, path)}")


def _exabgp() -> str:
    beside = Path(sys.executable).with_name("exabgp")
    found = shutil.which("exabgp") or (str(beside) if beside.exists() else None)
    if found is None:
        raise ExabgpError(f"no exabgp to check the configuration with, neither on PATH nor at {beside}")
    return found


def _how_to_check(exabgp: str, environment: dict[str, str]) -> list[str]:
    """4.2 has options only, 5.0 commands."""
    return ["--test"] if _run([exabgp, "--version"], environment).returncode == 0 else ["validate"]


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
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
        raise ExabgpError(f"ExaBGP cannot check the configuration: {error}") from error


def _complaint(output: str, path: Path) -> str:
    """The end of what ExaBGP printed, without the time, process id and room of 4.2's log, and empty lines."""
    said = [line.rpartition(" | ")[2].strip() for line in output.replace(str(path), path.name).splitlines()]
    return "\n".join(line for line in said if line)[-_MOST_WORDS:]
