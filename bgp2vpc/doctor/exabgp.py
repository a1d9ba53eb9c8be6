"""Findings about ExaBGP: its version, its file, and the stanza that runs us. Pure."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.exabgp_conf import ProcessStanza, Section, apis_of, parse, processes
from bgp2vpc.doctor.model import Exabgp, Finding, Known, Trouble, fail, ok, warn

_OLDEST: Final = (4, 2, 22)
_TOO_NEW: Final = (6,)
_DEFAULT_FILE: Final = "/etc/bgp2vpc.yaml"


def exabgp(config: Config, found: Known[Exabgp]) -> Iterator[Finding]:
    """All findings; one `ok` if there is no ExaBGP. Control characters from the file are escaped."""
    for finding in _findings(config, found):
        yield replace(finding, message=_printable(finding.message))


def _findings(config: Config, found: Known[Exabgp]) -> Iterator[Finding]:
    if isinstance(found, Trouble):
        yield fail("exabgp", f"ExaBGP could not be looked at: {found.why}", "bgp2vpc doctor --exabgp-conf FILE")
        return
    if not found.file:
        yield ok("exabgp", "no ExaBGP runs the daemon (--exabgp-conf FILE looks at a file all the same)")
        return
    yield _version(found)
    yield _file(found)
    yield from _helper(config, found)


def _version(found: Exabgp) -> Finding:
    mend = "pip install 'exabgp>=4.2.22,<6'"
    numbers = tuple(map(int, re.findall(r"\d+", found.version)[:3]))
    if not numbers:
        return warn("exabgp", "the version of ExaBGP is not known", "exabgp version")
    if numbers < _OLDEST:
        return warn("exabgp", f"ExaBGP {found.version} is older than what this is tested with (4.2.22)", mend)
    if numbers >= _TOO_NEW:
        return warn("exabgp", f"ExaBGP {found.version}: its dialect is understood, but it resets sessions", mend)
    return ok("exabgp", f"ExaBGP {found.version}")


def _file(found: Exabgp) -> Finding:
    if isinstance(found.refusal, Trouble):
        return warn("exabgp-conf", f"whether ExaBGP takes {found.file} is not known: {found.refusal.why}")
    if found.refusal:
        return fail(
            "exabgp-conf", f"ExaBGP refuses {found.file}: {found.refusal}", _command("exabgp", "validate", found.file)
        )
    return ok("exabgp-conf", f"ExaBGP takes {found.file}")


def _helper(config: Config, found: Exabgp) -> Iterator[Finding]:
    top = parse(found.text)
    all_processes = processes(top)
    helpers = [each for each in all_processes if each.part == "helper"]
    edit = f"${{EDITOR:-vi}} {shlex.quote(found.file)}"
    if not helpers:
        tees = [each.name for each in all_processes if each.part == "tee"]
        if tees:
            yield ok("helper", f"{', '.join(tees)} passes its lines on to a daemon beside ExaBGP (tee)")
            return
        if config.bgp is not None:
            edit = _command("bgp2vpc", "exabgp-config", "-f", config.file, "--output", found.file)
        stanza = f"process bgp2vpc {{ run bgp2vpc helper -f {config.file}; encoder json; }}"
        yield fail("helper", f"no process of {found.file} runs bgp2vpc; add: {stanza}", edit)
        return
    if len(helpers) > 1:
        names = ", ".join(each.name for each in helpers)
        yield fail("helper", f"{names} all run `bgp2vpc helper`: one is enough, two fight for the socket", edit)
    for helper in helpers:
        yield from _stanza(config, helper, top, edit)


def _stanza(config: Config, helper: ProcessStanza, top: Section, edit: str) -> Iterator[Finding]:
    if helper.encoder not in ("text", "json"):
        said = f"encoder {helper.encoder}" if helper.encoder else "no encoder"
        yield fail("helper", f"process {helper.name} has {said}: write `encoder json;` or `encoder text;`", edit)
    file = helper.file or _DEFAULT_FILE
    if PurePath(file) != PurePath(config.file):
        words = f"process {helper.name} reads {file}, not {config.file}, which was looked at here"
        yield warn("helper", words, _command("bgp2vpc", "doctor", "-f", file))
    missing = _not_heard(top, helper)
    hears = any(rule.takes_by_best_path for rule in config.rules)
    if missing and hears:
        words = f"process {helper.name} does not hear peers, which takeover: best_path needs; in `api`: {missing}"
        yield fail("helper", words, edit)
    elif missing:
        yield ok("helper", f"process {helper.name} runs `bgp2vpc helper`; it need not hear peers")
    else:
        yield ok("helper", f"process {helper.name} runs `bgp2vpc helper` and hears peers")


def _not_heard(top: Section, helper: ProcessStanza) -> str:
    """What is missing in `api`, as it has to be written; empty: nothing."""
    apis = apis_of(top, helper.name)
    for api in apis:
        receives = any(section.has("parsed", "update") for section in api.sections if section.kind == "receive")
        if receives and api.has("neighbor-changes"):
            return ""
    if not apis:
        return f"processes [ {helper.name} ]; neighbor-changes; receive {{ parsed; update; }}"
    return "neighbor-changes; receive { parsed; update; }"


def _command(*words: str) -> str:
    """A command line for a shell; empty if a word has characters that cannot be shown."""
    return shlex.join(words) if all(map(str.isprintable, words)) else ""


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
