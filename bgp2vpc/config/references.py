"""Checks references between parts of the file. It reads the document, not the validated entries, so that these mistakes
are reported together with all others.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from bgp2vpc.bgp.prefix_list import PrefixList, PrefixRange, parse_prefix_range
from bgp2vpc.config.document import Document, Location, Value, dotted, shortened
from bgp2vpc.config.schema.checks import PREFIX
from bgp2vpc.errors import Problem
from bgp2vpc.names import AT
from bgp2vpc.prefix import Prefix, PrefixError, parse_prefix

_COMPARED = 100
"""Maximum number of names that a wrong one is compared with; comparing thousands would take minutes."""

Found = Iterator[tuple[Location, str]]
RouteFields = tuple[Location, Mapping[str, Value]]


def wrong_references(document: Document, file: str) -> list[Problem]:
    """All mistakes of this kind: unknown checks, misplaced keys of checks, prefixes managed twice and others."""
    found = [
        *_keys_of_checks(document),
        *_unknown_checks(document),
        *_managed_twice(document),
        *_never_counting(document),
        *_templates(document),
        *_without_best_path(document),
        *_peers_twice(document),
        *_accounts(document),
    ]
    return [Problem(file, document.line(location), dotted(location), message) for location, message in found]


def _keys_of_checks(document: Document) -> Found:
    """Keys of the other kind of health check, missing requirements, and unknown control checks."""
    has_serf = document.data.get("serf") is not None
    wrong: tuple[tuple[str, str, Callable[[Value], bool], str], ...] = (
        ("healthchecks", "destination", lambda given: not given, "missing (the IP address to check)"),
        (
            "remote_healthchecks",
            "destination",
            bool,
            "a remote health check has none: what it checks is the address of the route's present owner",
        ),
        (
            "healthchecks",
            "remote_votes",
            bool,
            "only a remote health check has votes: of this host's service nobody knows more than we do",
        ),
        (
            "remote_healthchecks",
            "remote_votes",
            lambda given: bool(given) and not has_serf,
            "needs 'serf' at the top level, for example serf: {rpc: 127.0.0.1:7373}: others vote through it",
        ),
        (
            "healthchecks",
            "control",
            bool,
            "only a remote health check has a control: a service of this host is judged by its own check",
        ),
    )
    for kind, key, is_wrong, message in wrong:
        for name, entry in _mapping(document.data.get(kind)).items():
            if isinstance(entry, dict) and is_wrong(entry.get(key)):
                yield (kind, name, key), message
    known = _mapping(document.data.get("healthchecks"))
    for name, entry in _mapping(document.data.get("remote_healthchecks")).items():
        control = entry.get("control") if isinstance(entry, dict) else None
        if isinstance(control, str) and control not in known:
            yield ("remote_healthchecks", name, "control"), _unknown(control, "healthchecks", list(known))


def _unknown_checks(document: Document) -> Found:
    for location, route in (*_rules(document), *_entries(document, "accept"), *_entries(document, "manage_routes")):
        for key, where in (("healthcheck", "healthchecks"), ("remote_healthcheck", "remote_healthchecks")):
            known = _mapping(document.data.get(where))
            value = route.get(key)
            for number, name in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(name, str) and name not in known and (name or isinstance(value, list)):
                    place = (*location, key, number) if isinstance(value, list) else (*location, key)
                    yield place, _unknown(name, where, list(known))
                elif isinstance(value, list) and name in value[:number]:
                    yield (*location, key, number), f"'{name}' is named twice"


def _unknown(name: str, where: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1) if len(known) <= _COMPARED else ()
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"known: {shortened(', '.join(known), 200) or 'none'}"
    return f"no '{shortened(name)}' in {where}; {hint}"


def _never_counting(document: Document) -> Found:
    """Entries of `accept` whose settings have no effect, because an earlier entry permits all their prefixes."""
    for location, rule in _rules(document):
        accept = rule.get("accept")
        entries: list[PrefixRange] = []
        places: list[tuple[Location, bool]] = []
        for number, entry in enumerate(accept if isinstance(accept, list) else ()):
            text = entry.get("prefix") if isinstance(entry, dict) else entry
            with suppress(PrefixError):
                if isinstance(text, str):
                    entries.append(parse_prefix_range(text))
                    places.append(((*location, "accept", number), isinstance(entry, dict)))
        permitted = PrefixList(tuple(entries))
        for number, (place, has_settings) in enumerate(places):
            if has_settings and (first := permitted.entry_before(number)) is not None:
                line = document.line(places[entries.index(first)][0])
                yield place, f"never counts: {first} in line {line} permits all of it; put it before that one"


def _templates(document: Document) -> Found:
    """Templates of checks that are used as a control or for no host route, or whose checks' names are taken."""
    checks = _mapping(document.data.get("healthchecks"))
    templates = {name for name, entry in checks.items() if _mapping(entry).get("destination") == PREFIX}
    for name, entry in _mapping(document.data.get("remote_healthchecks")).items():
        control = _mapping(entry).get("control")
        if isinstance(control, str) and control in templates:
            message = f"'{control}' has no address of its own, but {PREFIX}: name a check that has one"
            yield ("remote_healthchecks", name, "control"), message
    for location, route, prefix in _managed(document):
        named = route.get("healthcheck")
        for each in named if isinstance(named, list) else [named]:
            if not isinstance(each, str) or each not in templates:
                continue
            if prefix.size > 1:
                yield location, f"'{each}' checks {PREFIX}, the address of a host route, and {prefix} is none"
            elif (made := f"{each}{AT}{prefix.ip}") in checks:
                yield ("healthchecks", made), f"is what the check that '{each}' makes for {prefix} is called"


def _peers_twice(document: Document) -> Found:
    """Peers that are configured twice: ExaBGP identifies neighbors by their address."""
    peers = _mapping(document.data.get("bgp")).get("peers")
    seen: dict[str, Location] = {}
    for number, peer in enumerate(peers if isinstance(peers, list) else ()):
        location: Location = ("bgp", "peers", number)
        if isinstance(peer, dict):
            peer, location = peer.get("address"), (*location, "address")  # noqa: PLW2901
        if not isinstance(peer, str):
            continue
        try:
            address = str(parse_prefix(peer))  # an address is a host route here
        except PrefixError:
            continue
        first = seen.setdefault(address, location)
        if first != location:
            yield location, f"given twice; the first is in line {document.line(first)}"


def _managed_twice(document: Document) -> Found:
    """Prefixes that a rule manages twice, or that a check announces in two ways, since ExaBGP announces them once."""
    places: dict[tuple[Value | int, ...], Location] = {}
    announced: dict[str, tuple[Location, Value]] = {}
    for location, route, prefix in _managed(document):
        cidr = str(prefix)
        same = places.setdefault((*location[:2], cidr), location)
        if same != location:
            yield location, f"given twice in this rule; the first is in line {document.line(same)}"
        if route.get("instance") not in (None, "", "SELF"):
            continue
        # Normalize `announce`; its default is false for default routes.
        announce = route.get("announce")
        if announce is None:
            announce = "false" if cidr.endswith("/0") else {}
        elif isinstance(announce, str):
            announce = {} if announce.lower() in ("true", "yes", "on", "y", "t", "1") else "false"
        source = f"{cidr} {route.get('healthcheck')} {route.get('healthcheck_policy')}"
        first, attributes = announced.setdefault(source, (location, announce))
        if attributes != announce:
            line = document.line(first)
            yield (*location[:4], "announce"), f"differs from that of the same prefix and health check in line {line}"


def _without_best_path(document: Document) -> Found:
    """Keys of a rule that only have an effect with `takeover: best_path`, in a rule with another `takeover`."""
    by_default = "best_path" if document.data.get("bgp") is not None else ""
    for location, rule in _rules(document):
        any_path = "write" if rule.get("write") == "any" else ""
        key = "affinity" if rule.get("affinity") is not None else any_path
        if key and (rule.get("takeover") or by_default) != "best_path":
            told = key if key == "affinity" else "write: any"
            yield (*location, key), f"has an effect with takeover: best_path only; add that, or leave {told} out"


_OF_AN_ACCOUNT: Final = ("role_arn", "external_id", "region")


def _accounts(document: Document) -> Found:
    """Unknown accounts, `account` together with its own keys, own-zone keys with a role, VPCs accessed in two ways."""
    known = _mapping(document.data.get("accounts"))
    ways: dict[str, tuple[Location, tuple[Value, ...]]] = {}
    for location, rule in _rules(document):
        account = rule.get("account")
        beside = next((key for key in _OF_AN_ACCOUNT if rule.get(key) is not None), "")
        if account is None:
            entry, key = rule, beside
        elif not isinstance(account, str) or account not in known:
            yield (*location, "account"), _unknown(str(account), "accounts", list(known))
            continue
        elif beside:
            yield (*location, beside), f"'account: {account}' says that already: keep one of them"
            continue
        else:
            entry, key = _mapping(known[account]), "account"
        if entry.get("role_arn") is not None:
            # https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html
            why = (
                "each account has its own names of availability zones, so ours cannot be compared with those of another"
            )
            if rule.get("affinity") is not None:
                yield (*location, "affinity"), f"{why}: leave affinity out"
            if _names_own_zone(rule.get("find")):
                mend = "name the zone in place of SELF or SELF_AZ, or find the tables otherwise"
                yield (*location, "find"), f"{why}: {mend}"
        vpc_id = rule.get("vpc_id") or _vpc_in(rule.get("find"))
        if entry.get("region") is not None and not vpc_id:
            message = "with a region the rule needs vpc_id: without one it is about this instance's own VPC, in its own"
            yield (*location, key), f"{message} region"
            continue
        own_region = document.data.get("region")
        way = tuple(entry.get(each) for each in _OF_AN_ACCOUNT[:2])
        way = (*way, None if entry.get("region") == own_region else entry.get("region"))
        place = (*location, key) if key else location
        first, before = ways.setdefault(vpc_id if isinstance(vpc_id, str) else "", (location, way))
        if before != way:
            message = "is reached in another way by the rule in line"
            whose = vpc_id or "this instance's own VPC"
            yield place, f"{whose} {message} {document.line(first)}: name the same account in all rules of a VPC"


def _vpc_in(find: Value) -> Value:
    """The VPC that a finder restricts its rule to, as in `build_rules`."""
    entry = _mapping(find)
    if str(entry.get("not", "")).lower() in ("true", "yes", "on", "y", "t", "1"):
        return None
    if entry.get("type") == "vpc":
        return _mapping(entry.get("config")).get("vpc_id")
    found = map(_vpc_in, _filters(entry) if entry.get("type") == "and" else ())
    return next((vpc_id for vpc_id in found if vpc_id), None)


def _names_own_zone(find: Value) -> bool:
    entry = _mapping(find)
    config = entry.get("config")
    if entry.get("type") == "by_az":
        return "SELF" in (config, _mapping(config).get("az"))
    if entry.get("type") == "by_tag":
        return _mapping(config).get("value") == "SELF_AZ"
    return any(map(_names_own_zone, _filters(entry)))


def _filters(find: Mapping[str, Value]) -> list[Value]:
    """The filters of `and` and `or`, which may be directly under `config`."""
    config = find.get("config")
    filters = config if isinstance(config, list) else _mapping(config).get("filters")
    return filters if isinstance(filters, list) else []


def _rules(document: Document) -> Iterator[RouteFields]:
    for key in ("routetables", "route_tables"):
        for name, rule in _mapping(document.data.get(key)).items():
            yield (key, name), _mapping(rule)


def _entries(document: Document, key: str) -> Iterator[RouteFields]:
    """The mappings in the `accept` or `manage_routes` of each rule."""
    for location, rule in _rules(document):
        entries = rule.get(key)
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                yield (*location, key, number), entry


def _managed(document: Document) -> Iterator[tuple[Location, Mapping[str, Value], Prefix]]:
    """Location, entry and prefix of each valid prefix in `manage_routes`."""
    for location, route in _entries(document, "manage_routes"):
        cidr = route.get("cidr")
        for number, text in enumerate(cidr if isinstance(cidr, list) else [cidr]):
            place = (*location, "cidr", number) if isinstance(cidr, list) else (*location, "cidr")
            with suppress(PrefixError):
                if isinstance(text, str):
                    yield place, route, parse_prefix(text)


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}
