"""Warnings and notes for users of AWSnycast: entries that never worked there, and bugs that do not apply here."""

import re
from collections.abc import Iterator
from typing import Final

from bgp2vpc.config.document import Document, Location, dotted
from bgp2vpc.config.schema.checks import LONGEST_TIMEOUT, CheckEntry, TcpEntry
from bgp2vpc.config.schema.file import ConfigFile
from bgp2vpc.errors import Problem

_HTTP_REQUEST: Final = re.compile(r"(GET|HEAD|POST|PUT|OPTIONS) +\S+ +HTTP/1\.[01]\s*")
_NOT_MADE: Final = ", so it is not made, and no owner loses its route by it"
_COMMAND_TIME: Final = "the command has {:g} s, its `every`, and is killed then; set `timeout` if it needs longer"
_FILE_KEYS: Final = {"poll_time", "healthchecks", "remote_healthchecks", "routetables"}
_RULE_KEYS: Final = {"find", "manage_routes"}
_ROUTE_KEYS: Final = {
    "cidr", "instance", "healthcheck", "remote_healthcheck", "if_unhealthy", "never_delete",
    "run_before_replace_route", "run_after_replace_route", "run_before_delete_route", "run_after_delete_route",
}  # fmt: skip
_CHECK_TYPES: Final = {"ping", "tcp", "command"}


def warnings(document: Document, entry: ConfigFile, file: str) -> list[Problem]:
    """Warnings about checks that can never pass, keys without effect, and short default time-outs of commands."""
    found: list[tuple[Location, str]] = []
    for location, check in _checks(entry):
        if not isinstance(check, TcpEntry):
            continue
        if never_passes(check):
            message = (
                f"looks like an HTTP request without its end, which a server waits for: such a check never passes"
                f"{_NOT_MADE if location[0] == 'remote_healthchecks' else ''}; "
                'write "HEAD / HTTP/1.0\\r\\n\\r\\n" in double quotes, or use type: http'
            )
            found.append(((*location, "config", "send"), message))
        config = check.config
        if not config.ssl and (config.cert or config.cert_path or config.skip_verify or config.server_name):
            message = "certPath, cert, skipVerify and serverName have no effect without ssl: true"
            found.append(((*location, "config"), message))
    return [Problem(file, document.line(location), dotted(location), message) for location, message in found] + [
        Problem(
            file, document.line((*location, "every")), dotted((*location, "timeout")), _COMMAND_TIME.format(check.every)
        )
        for location, check in _checks(entry)
        if check.type == "command" and check.timeout is None and check.every < LONGEST_TIMEOUT
    ]


def never_passes(check: CheckEntry) -> bool:
    """Whether the check sends an incomplete HTTP request and expects an answer, which no server sends."""
    if not isinstance(check, TcpEntry) or not check.config.expect:
        return False
    request = check.config.send
    return _HTTP_REQUEST.match(request) is not None and "\n\n" not in request.replace("\r\n", "\n")


def _checks(entry: ConfigFile) -> Iterator[tuple[Location, CheckEntry]]:
    for key, checks in (("healthchecks", entry.healthchecks), ("remote_healthchecks", entry.remote_healthchecks)):
        yield from (((key, name), check) for name, check in checks.items())


def notes(entry: ConfigFile) -> tuple[str, ...]:
    """If this is a file for AWSnycast: one line about the bugs of AWSnycast that affect it there, but not here."""
    routes = [route for rule in entry.routetables.values() for route in rule.manage_routes or ()]
    checks = [check for _, check in _checks(entry)]
    # Whether all its keys are also AWSnycast's (finders aside: AWSnycast would refuse unknown ones).
    is_awsnycasts = (
        bool(routes)
        and entry.model_fields_set <= _FILE_KEYS
        and all(rule.model_fields_set <= _RULE_KEYS for rule in entry.routetables.values())
        and all(route.model_fields_set <= _ROUTE_KEYS and len(route.healthcheck) <= 1 for route in routes)
        and all(check.type in _CHECK_TYPES and "timeout" not in check.model_fields_set for check in checks)
    )
    if not is_awsnycasts:
        return ()
    tcp = [check.config for check in checks if isinstance(check, TcpEntry)]
    uses_system_cas = any(config.ssl and not (config.cert or config.cert_path or config.skip_verify) for config in tcp)
    remote = any(route.remote_healthcheck for route in routes)
    defects = (
        (True, "one table's error kept all others from being written"),
        (any(route.healthcheck for route in routes), "routes were taken over before the first result of a check"),
        (bool(checks), "a check that got no answer hung for minutes, or for ever"),
        (any(config.expect for config in tcp), "`expect` was looked for in the first packet only"),
        (any("%" in config.send for config in tcp), "'%' in `send` was mangled"),
        (uses_system_cas, "without a certificate of its own `ssl` never passed"),
        (any(check.type == "ping" for check in checks), "every ping started a process"),
        (remote, "a failing remote check was ignored while EC2 called the instance healthy"),
        (any(prefix.is_ipv6 for route in routes for prefix in route.cidr), "IPv6 routes could not be written"),
    )
    met = "; ".join(text for applies, text in defects if applies)
    return (f"AWSnycast bugs that do not apply here: {met}",)
