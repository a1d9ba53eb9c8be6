"""Converts health checks of the file into `Check` values, and managed routes into the sources that depend on them."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import assert_never

from bgp2vpc import names
from bgp2vpc.bgp.path import NO_ATTRIBUTES, SELF, Path
from bgp2vpc.config import awsnycast
from bgp2vpc.config.model import (
    Announcement,
    CheckedSource,
)
from bgp2vpc.config.schema import checks
from bgp2vpc.config.schema.announcements import AnnounceEntry
from bgp2vpc.config.schema.file import ConfigFile
from bgp2vpc.config.schema.rules import RouteEntry
from bgp2vpc.exabgp_api.render import announce_line
from bgp2vpc.health.model import Check, Dns, Http, Ping, Probe, Program, Tcp, Tls
from bgp2vpc.prefix import Prefix


def own_checks(file: ConfigFile) -> Iterator[Check]:
    """The health checks of this host. A template yields one check for each prefix whose entry names it."""
    for name, entry in file.healthchecks.items():
        if entry.destination != checks.PREFIX:
            yield check(name, entry)
            continue
        for prefix in dict.fromkeys(prefix for route, prefix in _managed_prefixes(file) if name in route.healthcheck):
            yield replace(check(f"{name}{names.AT}{prefix.ip}", entry), destination=prefix.ip)


def remote_checks(file: ConfigFile) -> Iterator[Check]:
    """The health checks of the owners of routes, except those that can never pass."""
    for name, entry in file.remote_healthchecks.items():
        # Otherwise owners would lose their routes again and again because of a mistake in the file.
        if not awsnycast.never_passes(entry):
            yield check(name, entry)


def checked_sources(file: ConfigFile) -> tuple[CheckedSource, ...]:
    """The sources that offer the managed routes, each with all its announcements."""
    found: dict[str, tuple[CheckedSource, dict[str, Announcement]]] = {}
    made = templates(file)
    for route, prefix in _managed_prefixes(file):
        name, policy = source_name(route, prefix, made), route.healthcheck_policy
        needed = len(route.healthcheck) if policy == "all" else policy if isinstance(policy, int) else 1
        source = CheckedSource(name, check_names(route, prefix, made), needed, ())
        _, said = found.setdefault(name, (source, {}))
        announce = route.announce
        attributes = announce.attributes if isinstance(announce, AnnounceEntry) else NO_ATTRIBUTES
        line = announce_line(Path(prefix, SELF, attributes))
        for_exabgp = is_announced(route, prefix)
        # Once per prefix; ExaBGP announces it if any of its routes says so.
        if for_exabgp or line not in said:
            said[line] = Announcement(prefix, line, for_exabgp)
    return tuple(replace(source, announcements=tuple(said.values())) for source, said in found.values())


def templates(file: ConfigFile) -> frozenset[str]:
    """The names of the health checks that are templates, of which a check is made for each prefix."""
    return frozenset(name for name, entry in file.healthchecks.items() if entry.destination == checks.PREFIX)


def check_names(entry: RouteEntry, prefix: Prefix, templates: Collection[str]) -> tuple[str, ...]:
    """The names of the health checks that this prefix of the entry depends on."""
    return tuple(f"{name}{names.AT}{prefix.ip}" if name in templates else name for name in entry.healthcheck)


def source_name(entry: RouteEntry, prefix: Prefix, templates: Collection[str]) -> str:
    """The name of the source that offers the route for this prefix of the entry."""
    checks = check_names(entry, prefix, templates)
    if not checks:
        return names.STATIC
    if len(checks) == 1:
        return f"{names.CHECK}{checks[0]}"
    return f"{names.CHECK}{entry.healthcheck_policy} of {', '.join(checks)}"


def is_announced(route: RouteEntry, prefix: Prefix) -> bool:
    """Whether ExaBGP announces this prefix of the entry.

    By default it does, except for another instance's routes, which that instance announces, and for default routes,
    which would attract all traffic of the datacenter.
    """
    if route.announce is None:
        return route.instance is None and bool(prefix.prefixlen > 0)
    return route.announce is not False


def _managed_prefixes(file: ConfigFile) -> Iterator[tuple[RouteEntry, Prefix]]:
    for rule_entry in file.routetables.values():
        for route in rule_entry.manage_routes or ():
            yield from ((route, prefix) for prefix in route.cidr)


def check(name: str, entry: checks.CheckEntry) -> Check:
    """An entry of `healthchecks` or `remote_healthchecks`."""
    probe: Probe
    match entry:
        case checks.PingEntry():
            probe = Ping()
        case checks.TcpEntry(config=config):
            tls = _tls(config) if config.ssl else None
            probe = Tcp(config.port, config.send.encode(), config.expect.encode(), tls)
        case checks.CommandEntry(config=config):
            probe = Program((config.command, *config.arguments))
        case checks.HttpsEntry(config=config):
            probe = _http(config, config.port or 443, _tls(config))
        case checks.HttpEntry(config=config):
            probe = _http(config, config.port or 80, None)
        case checks.DnsEntry(config=config):
            probe = Dns(config.name, config.type, config.expect, config.port, config.transport == "tcp")
        case _:
            assert_never(entry)
    timeout = min(entry.every, checks.LONGEST_TIMEOUT) if entry.timeout is None else entry.timeout
    return Check(
        name=name,
        probe=probe,
        destination=None if isinstance(entry.destination, str) else entry.destination,
        rise=entry.rise or checks.RISE,
        fall=entry.fall or checks.FALL,
        every=entry.every,
        timeout=timeout,
        on_healthy=entry.run_on_healthy,
        on_unhealthy=entry.run_on_unhealthy,
        votes=entry.remote_votes,
        control=entry.control or "",
    )


def _tls(config: checks.TlsConfig) -> Tls:
    return Tls(config.cert or config.cert_path, not config.skip_verify, config.server_name)


def _http(config: checks.HttpConfig, port: int, tls: Tls | None) -> Http:
    return Http(
        port=port,
        path=config.path,
        method=config.method,
        headers=tuple(config.headers.items()),
        host=config.host,
        statuses=config.expect_status or Http(port).statuses,
        body=config.expect_body,
        body_regexp=config.expect_body_regexp,
        tls=tls,
    )
