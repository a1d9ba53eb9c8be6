"""Findings about ExaBGP: version, configuration file, the stanza that runs bgp2vpc, routes of its own. Pure."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from bgp2vpc.config.model import DEFAULT_FILE, Config
from bgp2vpc.doctor.exabgp_conf import ProcessStanza
from bgp2vpc.doctor.model import Exabgp, Finding, Known, OwnExabgp, Running, Trouble, fail, ok, warn
from bgp2vpc.doctor.subjects import offered_by
from bgp2vpc.prefix import PrefixError, parse_prefix

_OLDEST: Final = (4, 2, 22)
_TOO_NEW: Final = (6,)
_INSTALL: Final = "pip install 'exabgp>=4.2.22,<6'"


def exabgp(config: Config, found: Known[Exabgp], running: Known[Running]) -> Iterator[Finding]:
    """All findings about an ExaBGP that runs the daemon; one `ok` if there is none. Escapes control characters."""
    for finding in _findings(config, found, running):
        message = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in finding.message)
        yield replace(finding, message=message)


def _findings(config: Config, found: Known[Exabgp], running: Known[Running]) -> Iterator[Finding]:
    if isinstance(found, Trouble):
        again = _command("bgp2vpc", "doctor", "-f", config.file, "--exabgp-conf", "/etc/exabgp/exabgp.conf")
        yield fail("exabgp", f"ExaBGP could not be looked at: {found.why}", again)
        return
    if not found.file:
        yield ok("exabgp", "no ExaBGP runs the daemon (--exabgp-conf FILE looks at a file all the same)")
        return
    yield _version(found.version)
    if isinstance(found.refusal, Trouble):
        yield warn("exabgp-conf", f"whether ExaBGP takes {found.file} is not known: {found.refusal.why}")
    elif found.refusal:
        check = "--test" if found.version.startswith(("3.", "4.")) else "validate"
        mend = _command("exabgp", check, found.file)
        yield fail("exabgp-conf", f"ExaBGP refuses {found.file}: {found.refusal}", mend)
    else:
        yield ok("exabgp-conf", f"ExaBGP takes {found.file}")
    yield from _helpers(config, found)
    yield from _own_routes(config, found, running)


def _version(version: str) -> Finding:
    numbers = tuple(map(int, re.findall(r"\d+", version)[:3]))
    if not numbers:
        return warn("exabgp", "the version of ExaBGP is not known", "exabgp version")
    if numbers < _OLDEST:
        return warn("exabgp", f"ExaBGP {version} is older than what this is tested with (4.2.22)", _INSTALL)
    if numbers >= _TOO_NEW:
        return warn("exabgp", f"ExaBGP {version}: its dialect is understood, but it resets sessions", _INSTALL)
    return ok("exabgp", f"ExaBGP {version}")


def own_exabgp(config: Config, found: Known[OwnExabgp], running: Known[Running]) -> Iterator[Finding]:
    """Findings about the ExaBGP that `bgp2vpc run` runs: whether it is installed, its version, its file and ports."""
    if isinstance(found, Trouble):
        yield fail("exabgp", f"the ExaBGP for `bgp2vpc run` could not be looked at: {found.why}")
        return
    if isinstance(found.version, Trouble):
        yield fail("exabgp", f"`bgp2vpc run` cannot run ExaBGP: {found.version.why}", _INSTALL)
    else:
        yield _version(found.version)
        show = _command("bgp2vpc", "exabgp-config", "-f", config.file)
        if isinstance(found.refusal, Trouble):
            yield warn("exabgp-conf", f"what ExaBGP's file will be is not known: {found.refusal.why}")
        elif found.refusal:
            yield fail("exabgp-conf", f"of the file that is made from `bgp:`: {found.refusal}", show)
        else:
            yield ok("exabgp-conf", "ExaBGP takes the file that is made from `bgp:`")
    yield from _ports(found, running)


def _ports(found: OwnExabgp, running: Known[Running]) -> Iterator[Finding]:
    """Whether ExaBGP can listen at its ports: they are free, and it has the permission."""
    own = None if isinstance(running, Trouble) else running.exabgp_pid
    for address, port in sorted(found.listens):
        at = f"TCP port {port} of {address}"
        # A socket bound to `::` usually takes the port for IPv4, too.
        in_the_way = (
            each
            for each in found.holders
            if each.port == port
            and (each.address == address or (each.address.value == 0 and each.address.version in (6, address.version)))
        )
        holder = next(in_the_way, None)
        look = f"ss -ltnp 'sport = :{port}'"
        if holder is not None and own is not None and own in (holder.pid, holder.session):
            yield ok("port", f"the ExaBGP of `bgp2vpc run` listens at {at}")
        elif holder is not None:
            words = f"process {holder.pid} ({holder.name})" if holder.pid else "a process of another user"
            if isinstance(running, Trouble) or not holder.pid:
                yield warn("port", f"{words} listens at {at}; it is not known whether it is our own ExaBGP", look)
            else:
                yield fail("port", f"{words} listens at {at}, so our own ExaBGP cannot", look)
        elif port < found.first_port and not found.may_bind_below:
            words = "the daemon has" if found.may_bind_below is False else "the packaged unit has"
            yield (warn if found.may_bind_below is None else fail)(
                "port",
                f"{at}: ports below {found.first_port} need root or CAP_NET_BIND_SERVICE, and {words} neither; set "
                "`bgp.port` to a higher one on all instances, such as 1790, or allow it",
                f"sysctl -w net.ipv4.ip_unprivileged_port_start={port}",
            )
        else:
            yield ok("port", f"{at} is free for ExaBGP")
    if not found.listens and not isinstance(found.refusal, Trouble):
        yield ok("port", "ExaBGP listens nowhere: it connects to all neighbors")


def wirings(
    config: Config, found: Known[Exabgp], running: Known[Running], daemons: Mapping[int, str]
) -> Iterator[Finding]:
    """Whether both `bgp2vpc run` runs ExaBGP and ExaBGP runs a helper with the same file, which is a mistake."""
    runs = [str(pid) for pid, part in daemons.items() if part == "run"]
    if not isinstance(running, Trouble) and running.runs_exabgp:
        runs = [str(running.pid)]
    helpers = [f"process {pid}" for pid, part in daemons.items() if part == "helper"]
    if not helpers and not isinstance(found, Trouble):
        helpers = [
            f"process {each.name} of {found.file}"
            for each in found.conf.processes
            if each.part == "helper" and (each.file or DEFAULT_FILE) in {config.file, *found.same}
        ]
    if config.bgp is not None and runs and helpers:
        words = (
            f"`bgp2vpc run` (process {', '.join(runs)}) runs an ExaBGP of its own, since there is a `bgp:` section, "
            f"and {', '.join(helpers)} is a helper of another ExaBGP with the same file: stop one of the two"
        )
        yield fail("wiring", words, "systemctl disable --now bgp2vpc")


def _helpers(config: Config, found: Exabgp) -> Iterator[Finding]:
    ours = [
        each
        for each in found.conf.processes
        if each.part in ("helper", "tee")
        # Or a process, such as a wrapper script, that is or has started the daemon.
        or (each.run and found.child[-len(each.run) :] == each.run)
    ]
    helpers = [each for each in ours if each.part != "tee"]
    edit = f"${{EDITOR:-vi}} {shlex.quote(found.file)}"
    if not ours:
        if config.bgp is not None:
            edit = _command("bgp2vpc", "exabgp-config", "-f", config.file, "--output", found.file)
        stanza = f"process bgp2vpc {{ run bgp2vpc helper -f {config.file}; encoder json; }}"
        yield fail("helper", f"no process of {found.file} runs bgp2vpc; add: {stanza}", edit)
        return
    for process in ours:
        # ExaBGP passes the process's announcements only to neighbors that list it, and refuses them if none does.
        others = [each.address for each in found.conf.neighbors if process.name not in each.processes]
        api = f"api {{ processes [ {process.name} ]; }}"
        if len(others) == len(found.conf.neighbors):
            words = f"no neighbor lists process {process.name}, so ExaBGP refuses all that it announces"
            yield fail("helper", f"{words}; in `neighbor`: {api}", edit)
        elif others:
            words = f"not told to {', '.join(others)}, what process {process.name} announces; in `neighbor`: {api}"
            yield warn("helper", words, edit)
    if not helpers:
        tees = ", ".join(each.name for each in ours)
        yield ok("helper", f"{tees} passes its lines on to a daemon beside ExaBGP (tee)")
    if len(helpers) > 1:
        names = ", ".join(each.name for each in helpers)
        yield fail("helper", f"{names} all run `bgp2vpc helper`: one is enough, two fight for the socket", edit)
    for helper in helpers:
        yield from _stanza(config, helper, found, edit)


def _stanza(config: Config, helper: ProcessStanza, found: Exabgp, edit: str) -> Iterator[Finding]:
    if helper.encoder not in ("text", "json"):
        said = f"encoder {helper.encoder}" if helper.encoder else "no encoder"
        yield fail("helper", f"process {helper.name} has {said}: write `encoder json;` or `encoder text;`", edit)
    file = helper.file or DEFAULT_FILE
    if helper.part and file not in found.same and PurePath(file) != PurePath(config.file):
        words = f"process {helper.name} reads {file}, not {config.file}, which was looked at here"
        yield warn("helper", words, _command("bgp2vpc", "doctor", "-f", file))
    closed = found.closed.get(file)
    if closed is not None:
        finding = fail if closed.sure else warn
        words = f"process {helper.name} cannot read {file}: {closed.why}; the helper waits until it can"
        yield finding("helper", words, closed.mend)
    what = f"process {helper.name} runs `bgp2vpc helper`"
    hears = any(rule.takes_by_best_path for rule in config.rules)
    if any(helper.name in each.heard_by for each in found.conf.neighbors):
        yield ok("helper", f"{what} and hears peers")
    elif hears:
        listed = any(helper.name in each.processes for each in found.conf.neighbors)
        missing = ("" if listed else f"processes [ {helper.name} ]; ") + "neighbor-changes; receive { parsed; update; }"
        words = f"process {helper.name} does not hear peers, which takeover: best_path needs; in `api`: {missing}"
        yield fail("helper", words, edit)
    else:
        yield ok("helper", f"{what}; it need not hear peers")


def _own_routes(config: Config, found: Exabgp, running: Known[Running]) -> Iterator[Finding]:
    """Routes of ExaBGP's own `static` and `announce` sections that a rule accepts but no source announces here."""
    offered = offered_by(running)
    unseen: dict[str, str] = {}
    for route in (route for each in found.conf.neighbors for route in each.routes):
        try:
            prefix = parse_prefix(route.prefix)
        except PrefixError:
            continue
        if prefix not in offered and any(
            rule.accept.accepts(prefix) for rule in config.rules if prefix not in rule.manages
        ):
            unseen[str(prefix)] = f"{prefix} (watchdog {route.watchdog})" if route.watchdog else str(prefix)
    if unseen:
        words = (
            f"{', '.join(unseen.values())}: routes of ExaBGP's own configuration are not seen here, whatever "
            "`announce watchdog` says, so the VPC has none of them; let a script announce them, or `bgp2vpc api`"
        )
        yield warn("own-routes", words, f"${{EDITOR:-vi}} {shlex.quote(found.file)}")


def _command(*words: str) -> str:
    """A command line for a shell; empty if a word has characters that cannot be shown."""
    return shlex.join(words) if all(map(str.isprintable, words)) else ""
