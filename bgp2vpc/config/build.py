"""Checked entries of the file -> the values the program works with."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TypedDict, assert_never

from bgp2vpc import names
from bgp2vpc.bgp.mesh import MeshPeer
from bgp2vpc.config import awsnycast
from bgp2vpc.config.document import Document
from bgp2vpc.config.model import (
    Announcement,
    Bgp,
    CheckedSource,
    CompletedHook,
    Config,
    Ec2Limits,
    OrderTags,
    Process,
    Tag,
)
from bgp2vpc.config.schema import checks, find
from bgp2vpc.config.schema.accounts import AccessEntry
from bgp2vpc.config.schema.bgp import BgpEntry, PeerEntry
from bgp2vpc.config.schema.fields import AUTO
from bgp2vpc.config.schema.file import ConfigFile, ProcessEntry
from bgp2vpc.config.schema.leaving import LifecycleEntry
from bgp2vpc.config.schema.rules import (
    AnnounceEntry,
    PrefixListEntry,
    RouteEntry,
    RuleEntry,
    SettingsEntry,
    announce_line,
)
from bgp2vpc.config.schema.services import NotifyEntry, SerfEntry, WebEntry
from bgp2vpc.config.takeover_notes import takeover_notes
from bgp2vpc.errors import Problem
from bgp2vpc.health.model import Check, Dns, Http, Ping, Probe, Program, Tcp, Tls
from bgp2vpc.notify.model import Recipient
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.plan import Action
from bgp2vpc.policy.prefix_list import PrefixList, PrefixRange
from bgp2vpc.policy.rule import HookPrograms, ManagedRoute, RouteSettings, Rule, Takeover
from bgp2vpc.prefix import Prefix
from bgp2vpc.serf.model import Agent
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.finders import And, ByAz, ByTag, ByTagRegexp, Finder, HasRouteTo, Ids, InSubnet, InVpc, Main, Or
from bgp2vpc.vpc.model import Target
from bgp2vpc.vpc.poll_time import SHORTEST
from bgp2vpc.vpc.prefix_lists import PrefixListRef
from bgp2vpc.web.model import WebSettings

SELF = "SELF"
SELF_AZ = "SELF_AZ"


def config(entry: ConfigFile, document: Document, file: str, warnings: tuple[Problem, ...]) -> Config:
    """The Config of a file in which no mistake was found."""
    state_file = entry.state_file
    if "state_file" not in entry.model_fields_set and entry.socket is not None:
        state_file = default_state_file(entry.socket)
    return Config(
        file=file,
        poll_time=poll_time(entry),
        socket=entry.socket,
        socket_group=entry.socket_group,
        processes=tuple(process(name, each, entry) for name, each in entry.processes.items()),
        rules=tuple(
            rule(name, each, document, file, templates(entry), entry.accounts, has_bgp=entry.bgp is not None)
            for name, each in entry.routetables.items()
        ),
        checks=tuple(_checks(entry)),
        remote_checks=tuple(
            check(name, each)
            for name, each in entry.remote_healthchecks.items()
            # The instance it is about would lose every route, again and again, for a mistake in the file.
            if not awsnycast.never_passes(each)
        ),
        checked_sources=checked_sources(entry),
        hook_timeout=entry.hook_timeout,
        on_exit=entry.on_exit,
        restart_time=entry.restart_time,
        settle_time=entry.settle_time,
        backup_med=entry.backup_med,
        startup_hold=entry.startup_hold,
        damping=DampingLimits(entry.damping.half_life, entry.damping.suppress, entry.damping.reuse),
        max_prefixes=entry.max_prefixes,
        max_line=entry.max_line,
        max_changes=entry.max_changes,
        drain_timeout=entry.drain_timeout,
        state_file=state_file,
        lifecycle=entry.lifecycle is not False,
        completed_hook=(
            CompletedHook(entry.lifecycle.complete, entry.lifecycle.group)
            if isinstance(entry.lifecycle, LifecycleEntry)
            else None
        ),
        tags=OrderTags(entry.tags.drain, entry.tags.avoid_zone),
        skip_source_dest_check=entry.skip_source_dest_check,
        instance_id=entry.instance_id,
        region=entry.region,
        vpc_id=entry.vpc_id,
        bgp=bgp(entry.bgp) if entry.bgp else None,
        ec2=Ec2Limits(**entry.ec2.model_dump()),
        serf=serf(entry.serf) if entry.serf else None,
        web=web(entry.web) if entry.web else None,
        notify=tuple(map(recipient, entry.notify)),
        warnings=warnings,
        notes=(*awsnycast.notes(entry), *takeover_notes(entry, poll_time(entry))),
    )


def poll_time(entry: ConfigFile) -> float | None:
    """Seconds; None: auto. 0 is the default, as in AWSnycast."""
    if entry.poll_time == AUTO or (not entry.poll_time and entry.bgp is not None):
        return None
    return entry.poll_time or SHORTEST


def default_state_file(socket: Path) -> Path:
    """`SOCKET.state`, where nothing else is said: whoever may make the socket may make the file beside it."""
    return socket.with_name(f"{socket.name}.state")


def process(name: str, entry: ProcessEntry, file: ConfigFile) -> Process:
    """One entry of `processes`; what it does not say is as the file has it for all."""
    return Process(
        name=name,
        argv=entry.run,
        restart_time=file.restart_time if entry.restart_time is None else entry.restart_time,
        max_prefixes=file.max_prefixes if entry.max_prefixes is None else entry.max_prefixes,
        respawn=entry.respawn,
    )


def rule(
    name: str, entry: RuleEntry, document: Document, file: str, templates: Collection[str],
    accounts: Mapping[str, AccessEntry], *, has_bgp: bool,
) -> Rule:  # fmt: skip
    """One entry of `routetables`. `templates`: the health checks that are made for each prefix.

    `has_bgp`: instances hear each other, so the best path decides where nothing is said.
    """
    location = ("routetables" if "routetables" in document.data else "route_tables", name)

    def where(*more: str | int) -> str:
        return f"{file}:{document.line((*location, *more))}"

    accepted = [replace(each.prefix, where=where("accept", number)) for number, each in enumerate(entry.accept or ())]
    own_settings: dict[PrefixRange, RouteSettings] = {}
    for permitted, each in zip(accepted, entry.accept or (), strict=True):
        own_settings.setdefault(permitted, RouteSettings(**_settings(each, entry)))
    own = _settings(entry, entry)
    return Rule(
        name=name,
        find=finder(entry.find),
        accept=PrefixList(tuple(accepted)),
        takeover=entry.takeover or (Takeover.BEST_PATH if has_bgp else Takeover.IF_UNHEALTHY),
        takeover_foreign=entry.takeover_foreign,
        interface=entry.interface,
        next_hop_self=entry.next_hop_self,
        vpc_id=entry.vpc_id or _vpc_named_in(entry.find),
        access=access(accounts[entry.account] if entry.account else entry, entry.account or ""),
        # AWSnycast has it in `find`, where it says the same.
        no_results_ok=entry.no_results_ok or entry.find.no_results_ok,
        affinity=entry.affinity is not None,
        writes=entry.write,
        dead_routes=entry.dead_routes,
        prefix_list=prefix_list(entry.prefix_list) if entry.prefix_list else None,
        manages={route.prefix: route for route in managed_routes(entry, templates, where, has_bgp=has_bgp)},
        find_transit=finder(entry.transit_gateway_route_tables.find) if entry.transit_gateway_route_tables else None,
        entry_settings={each: some for each, some in own_settings.items() if some != RouteSettings(**own)},
        **own,
    )


def access(entry: AccessEntry, name: str) -> Access:
    """How the tables of a rule are reached. `name`: that of the entry in `accounts`, if it is there."""
    return Access(entry.role_arn or "", entry.external_id or "", entry.region or "", name)


def prefix_list(entry: PrefixListEntry) -> PrefixListRef:
    """`prefix_list`."""
    tag = entry.find.config if entry.find else None
    return PrefixListRef(
        entry.id or "",
        entry.name or "",
        (tag.key, tag.value) if tag else None,
        keeps_foreign=entry.foreign_entries == "keep",
    )


def managed_routes(
    entry: RuleEntry, templates: Collection[str], where: Callable[..., str], *, has_bgp: bool
) -> Iterator[ManagedRoute]:
    """The `manage_routes` of a rule, one for each prefix.

    With BGP the best path decides where nothing is said, but not about what BGP does not announce: whoever has such a
    route would count as silent.
    """
    for number, route in enumerate(entry.manage_routes or ()):
        for place, prefix in enumerate(route.cidr):
            takeover = entry.takeover
            if entry.prefix_list:  # they have one route, and with that what the rule says of it
                takeover = takeover or (Takeover.BEST_PATH if has_bgp else Takeover.IF_UNHEALTHY)
            elif takeover is None and has_bgp:
                takeover = Takeover.BEST_PATH if is_announced(route, prefix) else Takeover.IF_UNHEALTHY
            if route.if_unhealthy is not None:
                takeover = Takeover.IF_UNHEALTHY if route.if_unhealthy else Takeover.ALWAYS
            yield ManagedRoute(
                prefix=prefix,
                source=source_name(route, prefix, templates),
                where=where("manage_routes", number, "cidr", place),
                takeover=takeover or Takeover.ALWAYS,
                instance_id=route.instance,
                **_settings(route, entry),
            )


class _Settings(TypedDict):
    """The fields of RouteSettings."""

    never_delete: bool
    fallback: Target | None
    remote_check: str
    hooks: HookPrograms


_WORDS: Final = {Action.CREATE: "add", Action.REPLACE: "replace", Action.DELETE: "delete"}


def _settings(entry: SettingsEntry, of_rule: RuleEntry) -> _Settings:
    """What the entry says, and for the rest its rule; `never_delete` and `fallback` go together."""

    def hooks(when: str) -> dict[Action, tuple[str, ...]]:
        keys = {action: f"run_{when}_{word}_route" for action, word in _WORDS.items()}
        said = {
            action: getattr(entry if key in entry.model_fields_set else of_rule, key) for action, key in keys.items()
        }
        return {action: argv for action, argv in said.items() if argv}

    at_the_end = entry if entry.ends_by_itself else of_rule
    return _Settings(
        never_delete=at_the_end.never_delete,
        fallback=at_the_end.fallback,
        remote_check=entry.remote_healthcheck or of_rule.remote_healthcheck,
        hooks=HookPrograms(hooks("before"), hooks("after")),
    )


def _vpc_named_in(entry: find.FindEntry) -> str | None:
    """The VPC that the finder restricts the rule to, whatever else it asks for."""
    match entry:
        case find.VpcEntry(negate=False, config=config):
            return config.vpc_id
        case find.AndEntry(negate=False, config=config):
            return next((vpc_id for each in config.filters if (vpc_id := _vpc_named_in(each))), None)
    return None


def templates(file: ConfigFile) -> frozenset[str]:
    """The names of the health checks that are made for each prefix."""
    return frozenset(name for name, entry in file.healthchecks.items() if entry.destination == checks.PREFIX)


def check_names(entry: RouteEntry, prefix: Prefix, templates: Collection[str]) -> tuple[str, ...]:
    """The health checks that this prefix of the entry depends on."""
    return tuple(f"{name}{names.AT}{prefix.ip}" if name in templates else name for name in entry.healthcheck)


def source_name(entry: RouteEntry, prefix: Prefix, templates: Collection[str]) -> str:
    """The source that offers the route for this prefix of the entry."""
    checks = check_names(entry, prefix, templates)
    if not checks:
        return names.STATIC
    if len(checks) == 1:
        return f"{names.CHECK}{checks[0]}"
    return f"{names.CHECK}{entry.healthcheck_policy} of {', '.join(checks)}"


def is_announced(route: RouteEntry, prefix: Prefix) -> bool:
    """Whether ExaBGP announces this prefix of the entry.

    Another instance's route is for that one to announce. A default route leads a datacenter's traffic here: only on
    demand.
    """
    if route.announce is None:
        return route.instance is None and bool(prefix.prefixlen > 0)
    return route.announce is not False


def checked_sources(file: ConfigFile) -> tuple[CheckedSource, ...]:
    """The sources that offer the managed routes, each with all that it offers."""
    found: dict[str, tuple[CheckedSource, dict[str, Announcement]]] = {}
    made = templates(file)
    for route, prefix in _managed_prefixes(file):
        name, policy = source_name(route, prefix, made), route.healthcheck_policy
        needed = len(route.healthcheck) if policy == "all" else policy if isinstance(policy, int) else 1
        source = CheckedSource(name, check_names(route, prefix, made), needed, ())
        _, said = found.setdefault(name, (source, {}))
        announce = route.announce
        line = announce_line(prefix, announce.words if isinstance(announce, AnnounceEntry) else "")
        for_exabgp = is_announced(route, prefix)
        # Once per prefix, and aloud if any of its routes is.
        if for_exabgp or line not in said:
            said[line] = Announcement(prefix, line, for_exabgp)
    return tuple(replace(source, announcements=tuple(said.values())) for source, said in found.values())


def _managed_prefixes(file: ConfigFile) -> Iterator[tuple[RouteEntry, Prefix]]:
    for rule_entry in file.routetables.values():
        for route in rule_entry.manage_routes or ():
            yield from ((route, prefix) for prefix in route.cidr)


def _checks(file: ConfigFile) -> Iterator[Check]:
    """The health checks of this host, and for a template those of each prefix that names it, once each."""
    for name, entry in file.healthchecks.items():
        if entry.destination != checks.PREFIX:
            yield check(name, entry)
            continue
        for prefix in dict.fromkeys(prefix for route, prefix in _managed_prefixes(file) if name in route.healthcheck):
            yield replace(check(f"{name}{names.AT}{prefix.ip}", entry), destination=prefix.ip)


def bgp(entry: BgpEntry) -> Bgp:
    """`bgp`."""
    tag = entry.peers_by_tag
    return Bgp(
        asn=entry.asn,
        router_id=entry.router_id,
        local_addresses=entry.local_address,
        hold_time=entry.hold_time,
        peers=tuple(
            MeshPeer(each.address, each.asn, each.description, each.passive, each.port)
            if isinstance(each, PeerEntry)
            else MeshPeer(each)
            for each in entry.peers
        ),
        peers_by_tag=Tag(tag.key, tag.value) if tag else None,
        ipv6=entry.ipv6,
        port=entry.port,
        exabgp=entry.exabgp,
        config_file=entry.config_file,
    )


def check(name: str, entry: checks.CheckEntry) -> Check:
    """One entry of `healthchecks` or `remote_healthchecks`."""
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


def serf(entry: SerfEntry) -> Agent:
    """`serf`."""
    host, port = entry.rpc
    return Agent(host=host, port=port, auth_key=entry.auth_key, every=entry.every, vote_time=entry.vote_time)


def web(entry: WebEntry) -> WebSettings:
    """`web`."""
    host, port = entry.listen
    return WebSettings(host, port, entry.token_file, tuple(entry.hosts))


def finder(entry: find.FindEntry) -> Finder:  # noqa: C901  # a line for each finder
    """A `find`, or an entry of `filters`."""
    found: Finder
    match entry:
        case find.AndEntry(config=config):
            found = And(tuple(map(finder, config.filters)), negate=entry.negate)
        case find.OrEntry(config=config):
            found = Or(tuple(map(finder, config.filters)), negate=entry.negate)
        case find.ByTagEntry(config=config):
            found = ByTag(config.key, config.value, own_zone=config.value == SELF_AZ, negate=entry.negate)
        case find.ByTagRegexpEntry(config=config):
            found = ByTagRegexp(config.key, config.regexp, negate=entry.negate)
        case find.MainEntry():
            found = Main(negate=entry.negate)
        case find.SubnetEntry(config=config):
            found = InSubnet(config.subnet_id, negate=entry.negate)
        case find.HasRouteToEntry(config=config):
            found = HasRouteTo(config.cidr, negate=entry.negate)
        case find.VpcEntry(config=config):
            found = InVpc(config.vpc_id, negate=entry.negate)
        case find.ByAzEntry(config=config):
            found = ByAz(None if config.az == SELF else config.az, negate=entry.negate)
        case find.IdsEntry(config=config):
            found = Ids(frozenset(config.ids), negate=entry.negate)
        case _:
            assert_never(entry)
    return found


def recipient(entry: NotifyEntry) -> Recipient:
    """One entry of `notify`."""
    return Recipient(
        on=frozenset(entry.on),
        argv=entry.run or (),
        url=entry.url or "",
        after=entry.after,
        timeout=entry.timeout,
        retries=entry.retries,
    )
