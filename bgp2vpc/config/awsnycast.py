"""What users of AWSnycast should know about their file: what never worked there, and what works here now."""

import re
from collections.abc import Iterator
from typing import Final

from bgp2vpc.config.check_schema import CheckEntry, TcpEntry
from bgp2vpc.config.document import Document, Location, dotted
from bgp2vpc.config.route_schema import RouteEntry
from bgp2vpc.config.schema import ConfigFile
from bgp2vpc.errors import Problem

_HTTP_REQUEST: Final = re.compile(r"(GET|HEAD|POST|PUT|OPTIONS) +\S+ +HTTP/1\.[01]\s*")


def warnings(document: Document, entry: ConfigFile, file: str) -> list[Problem]:
    """Checks that cannot pass, and keys that have no effect."""
    return [
        Problem(file, _line(document, location), dotted(location), message)
        for location, check in _checks(entry)
        if isinstance(check, TcpEntry)
        for location, message in _about(location, check)
    ]


def _line(document: Document, location: Location) -> int:
    while location not in document.lines:
        location = location[:-1]
    return document.lines[location]


def _checks(entry: ConfigFile) -> Iterator[tuple[Location, CheckEntry]]:
    for key, checks in (("healthchecks", entry.healthchecks), ("remote_healthchecks", entry.remote_healthchecks)):
        yield from (((key, name), check) for name, check in checks.items())


def _about(location: Location, check: TcpEntry) -> Iterator[tuple[Location, str]]:
    config = check.config
    if _HTTP_REQUEST.match(config.send) and not _is_complete(config.send):
        message = (
            "looks like an HTTP request without its end, which a server waits for: such a check never passes; "
            'write "HEAD / HTTP/1.0\\r\\n\\r\\n" in double quotes, or use type: http'
        )
        yield (*location, "config", "send"), message
    if not config.ssl and (config.cert or config.cert_path or config.skip_verify or config.server_name):
        yield (*location, "config"), "certPath, cert, skipVerify and serverName have no effect without ssl: true"


def _is_complete(request: str) -> bool:
    return "\n\n" in request.replace("\r\n", "\n")


def notes(entry: ConfigFile) -> tuple[str, ...]:
    """One line about the defects of AWSnycast that this file would have met, and does not meet here."""
    routes = [route for rule in entry.routetables.values() for route in rule.manage_routes or ()]
    if not routes:
        return ()
    gone = [text for applies, text in _defects(entry, routes) if applies]
    return (f"of AWSnycast's defects these no longer bite: {'; '.join(gone)}",)


def _defects(entry: ConfigFile, routes: list[RouteEntry]) -> Iterator[tuple[bool, str]]:
    checks = [check for _, check in _checks(entry)]
    tcp = [check.config for check in checks if isinstance(check, TcpEntry)]
    yield True, "one table's error kept all others from being written"
    yield any(route.healthcheck for route in routes), "routes were taken over before the first result of a check"
    yield bool(checks), "a check that got no answer hung for minutes, or for ever"
    yield any(config.expect for config in tcp), "`expect` was looked for in the first packet only"
    yield any("%" in config.send for config in tcp), "'%' in `send` was mangled"
    uses_system_cas = any(config.ssl and not (config.cert or config.cert_path or config.skip_verify) for config in tcp)
    yield uses_system_cas, "without a certificate of its own `ssl` never passed"
    yield any(check.type == "ping" for check in checks), "every ping started a process"
    remote = any(route.remote_healthcheck for route in routes)
    yield remote, "a failing remote check was ignored while EC2 called the instance healthy"
    yield any(route.cidr.is_ipv6 for route in routes), "IPv6 routes could not be written"
