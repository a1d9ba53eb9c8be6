"""The configuration file on disk -> Config."""

import os
from dataclasses import replace
from pathlib import Path

from bgp2vpc.config.document import MAX_SIZE, config_error
from bgp2vpc.config.model import Config
from bgp2vpc.config.parse import default_state_file, parse
from bgp2vpc.config.schema import schema
from bgp2vpc.files import open_without_waiting

__all__ = ["load", "parse", "schema"]


def load(path: Path | str) -> Config:
    """The configuration in this file. Raises ConfigError with every mistake, or the reason it cannot be read."""
    config = parse(_read(path), str(path))
    if config.socket is None or config.state_file != default_state_file(config.socket):
        return config
    # systemd empties RuntimeDirectory= at every restart, and has StateDirectory= for what is to outlive it.
    directory = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return replace(config, state_file=Path(directory, "state")) if directory else config


def _read(path: Path | str) -> str:
    try:
        with open_without_waiting(path) as file:
            # One byte more than allowed, so that parse() sees that it is too much; never all of /dev/zero.
            raw = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise config_error(str(path), 0, "file", f"cannot be read: {error.strerror or error}") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(raw) > MAX_SIZE and error.reason == "unexpected end of data":
            return raw.decode("utf-8-sig", errors="replace")
        line = raw.count(b"\n", 0, error.start) + 1
        raise config_error(
            str(path), line, "yaml", f"not UTF-8: byte 0x{raw[error.start]:02x}; save the file as UTF-8"
        ) from None
