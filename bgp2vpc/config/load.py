"""A configuration file -> Config, or every mistake in it at once.

1. `document`: YAML -> texts, lists and mappings that remember their lines.
2. `schema` and its parts hold it against pydantic models; `messages` puts what pydantic found into a user's words.
3. `references`: what one part says of another, such as a check that does not exist.
4. Without a mistake, `build` makes the values of other rooms from the entries. What was read and is probably not meant
   becomes a warning (`awsnycast` knows what never worked there).
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
    """The configuration in this file. Raises ConfigError with every mistake, or the reason it cannot be read."""
    config = parse(_read(path), str(path))
    if config.socket is None or config.state_file != build.default_state_file(config.socket):
        return config
    # systemd empties RuntimeDirectory= at every restart, and has StateDirectory= for what is to outlive it.
    directory = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return replace(config, state_file=Path(directory, "state")) if directory else config


def socket_of_file(path: Path | str) -> Path:
    """Where the daemon of this file listens, whatever else is wrong in the file. Raises ConfigError."""
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
            # One byte more than allowed, so that parse() sees that it is too much; never all of /dev/zero.
            raw = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise config_error(str(path), 0, "", f"cannot be read: {error.strerror or error}") from None
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
    """The configuration that `text`, called `file` in messages, writes. Raises ConfigError with all its mistakes."""
    document = read_document(text, file)
    # As in compose files: what such a key holds is there for its anchors.
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
    # What was read and is probably not what was meant.
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
