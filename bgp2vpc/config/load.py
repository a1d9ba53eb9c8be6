"""Reads a configuration file into a Config, or reports all its mistakes at once.

1. `document` parses YAML into texts, lists and mappings with line numbers; `yaml_errors` explains syntax errors.
2. `schema` validates them by pydantic models; `messages` puts pydantic's errors into words for the user.
3. `references` checks references between parts, such as the name of a check that does not exist.
4. Any mistake so far is a ConfigError. Valid entries that are probably not meant become warnings (`awsnycast`,
   `programs`, and here).
5. `build`, `build_rules` and `build_checks` convert the entries into the values of `model` and of other rooms, with the
   notes of `awsnycast` and `takeover_notes`.

At the daemon's start, `reader` runs all this in a child process.
"""

import os
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bgp2vpc.config import awsnycast, build, programs
from bgp2vpc.config.build_checks import templates
from bgp2vpc.config.document import MAX_SIZE, config_error, dotted, read_document
from bgp2vpc.config.messages import problems
from bgp2vpc.config.model import DEFAULT_SOCKET, Config
from bgp2vpc.config.references import wrong_references
from bgp2vpc.config.schema.fields import socket_path
from bgp2vpc.config.schema.file import EXTENSION, ConfigFile, schema
from bgp2vpc.errors import ConfigError, Problem
from bgp2vpc.files import open_without_waiting
from bgp2vpc.policy.rule import Takeover

__all__ = ["load", "parse", "schema"]


def load(path: Path | str) -> Config:
    """Load the configuration file. Raises ConfigError with all mistakes, or with the reason it cannot be read."""
    config = parse(_read(path), str(path))
    if config.socket is None or config.state_file != build.default_state_file(config.socket):
        return config
    # systemd empties RuntimeDirectory= at every restart; files that must survive belong in StateDirectory=.
    directory = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return replace(config, state_file=Path(directory, "state")) if directory else config


def socket_of_file(path: Path | str) -> Path:
    """The socket of this file's daemon, whatever else is wrong in the file. Raises ConfigError."""
    document = read_document(_read(path), str(path))
    try:
        socket = socket_path(document.data["socket"]) if "socket" in document.data else DEFAULT_SOCKET
    except ValueError as error:
        raise config_error(str(path), document.line(("socket",)), "socket", str(error)) from None
    if socket is None:
        raise config_error(str(path), document.line(("socket",)), "socket", "none: its daemon cannot be asked")
    return socket


def _read(path: Path | str) -> str:
    try:
        with open_without_waiting(path) as file:
            # One byte more than allowed, so that parse() refuses a larger file, without reading all of /dev/zero.
            raw = file.read(MAX_SIZE + 1)
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
        if isinstance(error, FileNotFoundError):
            why += "; -f FILE names another one, and docs/setups.md has a file to copy for each setup"
        raise config_error(str(path), 0, "", why) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(raw) > MAX_SIZE and error.reason == "unexpected end of data":
            return raw.decode("utf-8-sig", errors="replace")
        line = raw.count(b"\n", 0, error.start) + 1
        raise config_error(
            str(path), line, "yaml", f"not UTF-8: byte 0x{raw[error.start]:02x}; save the file as UTF-8"
        ) from None


def parse(text: str, file: str) -> Config:
    """Parse the configuration in `text`, called `file` in messages. Raises ConfigError with all its mistakes."""
    document = read_document(text, file)
    # As in Docker Compose files, such keys only hold anchors.
    data = {key: value for key, value in document.data.items() if not key.startswith(EXTENSION)}
    document = replace(document, data=data)
    found = list(document.problems)
    models: dict[int, type[BaseModel]] = {}
    entry = None
    try:
        entry = ConfigFile.model_validate(document.data, context=models)
    except ValidationError as error:
        found += problems(document, file, error.errors(include_url=False), models)
    found += wrong_references(document, file)
    if found or entry is None:
        raise ConfigError(file, tuple(sorted(found, key=lambda problem: problem.line)))
    # Warnings about entries that are valid but probably not meant.
    warnings = [*document.repairs, *awsnycast.warnings(document, entry, file)]
    warnings += programs.meant_for_a_shell(document, file)
    rules = "routetables" if "routetables" in document.data else "route_tables"
    message = "with takeover: best_path, peers know an owner by the interface of its BGP next hop: let BGP use this one"
    warnings += (
        Problem(file, document.line((rules, name, "interface")), dotted((rules, name, "interface")), message)
        for name, rule in entry.routetables.items()
        if (rule.takeover or (Takeover.BEST_PATH if entry.bgp else None)) is Takeover.BEST_PATH
        and rule.interface is not None
    )
    message = "checks nothing: no entry of manage_routes names it"
    named = {
        name for rule in entry.routetables.values() for route in rule.manage_routes or () for name in route.healthcheck
    }
    warnings += (
        Problem(file, document.line(("healthchecks", name)), dotted(("healthchecks", name)), message)
        for name in sorted(templates(entry) - named)
    )
    used = {rule.account for rule in entry.routetables.values()}
    warnings += (
        Problem(file, document.line(("accounts", name)), dotted(("accounts", name)), "no rule names it")
        for name in entry.accounts
        if name not in used
    )
    warnings.sort(key=lambda problem: problem.line)
    return replace(build.config(entry, document, file, tuple(warnings)), programs=programs.programs(document))
