"""Collects the facts, each on a thread of its own, so that a fact that hangs does not delay the others."""

import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Generic, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from bgp2vpc.bgp.events import Announce
from bgp2vpc.bgp.mesh import BGP_PORT
from bgp2vpc.config.model import RUN_PORT, Config
from bgp2vpc.config.programs import missing_programs
from bgp2vpc.doctor.facts import machine
from bgp2vpc.doctor.facts.reach import own_exabgp, sessions
from bgp2vpc.doctor.facts.running_exabgp import daemons, look_at
from bgp2vpc.doctor.model import (
    PREFIX_LISTS,
    REGION_UNKNOWN,
    TRANSIT,
    BgpSessions,
    Endpoint,
    HostFacts,
    Known,
    MetadataAnswer,
    OwnExabgp,
    Rehearsal,
    Running,
    Trouble,
    Vpc,
)
from bgp2vpc.doctor.subjects import reads, runs_exabgp, writes
from bgp2vpc.errors import Bgp2vpcError, Credentials, Ec2Error, ExabgpError, MetadataError
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.policy.rule import fallbacks_of
from bgp2vpc.policy.tables import finds_transit, reaches, table_policies
from bgp2vpc.prefix import parse_address
from bgp2vpc.sources.client import questions
from bgp2vpc.sources.unix import connect as connect_socket
from bgp2vpc.speaker import exabgp_file
from bgp2vpc.speaker.render_conf import Written, configuration
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.aws.connect import Identity, connect
from bgp2vpc.vpc.aws.ec2 import Ec2, endpoint_url
from bgp2vpc.vpc.aws.imds import Metadata as MetadataService
from bgp2vpc.vpc.model import Instance, ManagedPrefixList, RouteTable, TaggedInstance, Target
from bgp2vpc.vpc.order_tags import INSTANCE_TAGS
from bgp2vpc.vpc.snapshot import Snapshot

PATIENCE: Final = 15.0
"""Maximum seconds for each fact; most take no noticeable time."""
_TABLES_AT_ONCE: Final = 8
_PEERCRED: Final = 12  # three integers of 4 bytes: pid, uid, gid

T = TypeVar("T")


class Fact(Generic[T]):
    """A fact whose thread starts when it is created."""

    def __init__(self, gather: Callable[[], Known[T]]) -> None:
        self._answer: SimpleQueue[Known[T]] = SimpleQueue()

        def answer() -> None:
            try:
                self._answer.put(gather())
            except (Bgp2vpcError, OSError, ValueError, LookupError) as error:
                self._answer.put(Trouble(str(error) or type(error).__name__, error))

        # A daemon thread, so that the program can end even if the thread hangs.
        Thread(target=answer, daemon=True).start()

    def known(self, patience: float = PATIENCE) -> Known[T]:
        """The fact, or Trouble if it takes longer than `patience` seconds. May be called only once."""
        try:
            return self._answer.get(timeout=patience)
        except Empty:
            return Trouble(f"no answer within {patience:g} s")


def gather(config: Config, socket_path: Path | None, exabgp_conf: Path | None) -> HostFacts:
    """Collect all facts, without writing anything."""
    running = Fact(lambda: _running(socket_path))
    host = Fact(machine.host)
    metadata = Fact(_metadata)
    daemon = running.known()
    exabgp = Fact(lambda: look_at(exabgp_conf, None if isinstance(daemon, Trouble) else daemon.pid, config.file))
    who = metadata.known()
    region = config.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    region = region or ("" if isinstance(who, Trouble) else who.instance.region)
    endpoint = Fact(lambda: _endpoint(region, config.ec2.timeout))
    vpc: Fact[Vpc] = Fact(lambda: _vpc(config))
    seen = vpc.known()
    if isinstance(seen, Trouble):
        # The instance according to configuration and metadata, which is enough to rehearse calls.
        told = Instance("", "", "") if isinstance(who, Trouble) else who.instance
        ids = (config.instance_id or told.id, region, config.vpc_id or told.vpc_id)
        instance = Instance(*ids) if all(ids) else None
    else:
        instance = seen.instance
    rehearsals = Fact(lambda: _rehearsals(config, instance, seen))
    found_exabgp = exabgp.known(2 * PATIENCE)
    bgp: Known[BgpSessions] | None = None
    own: Known[OwnExabgp] | None = None
    if config.bgp is not None:
        is_own = runs_exabgp(config, daemon, found_exabgp)
        written = Fact(lambda: exabgp_written(config, seen, is_own=is_own)).known()
        installed = Fact(lambda: own_exabgp(config, written, daemon)) if is_own else None
        if isinstance(written, Trouble):
            bgp = written
        else:
            bgp = Fact(partial(sessions, written.neighbors, seen, config.ec2.timeout)).known(2 * PATIENCE)
        own = installed.known(2 * PATIENCE) if installed else None
    return HostFacts(
        host.known(), daemon, who, endpoint.known(), seen, rehearsals.known(), found_exabgp,
        missing_programs(config), region, bgp, own, daemons(config.file),
    )  # fmt: skip


def exabgp_written(config: Config, vpc: Known[Vpc], *, is_own: bool) -> Known[Written]:
    """The ExaBGP file to be generated; without EC2 only with the listed peers. Raises ExabgpError."""
    if config.bgp is None:
        return Trouble("the configuration has no bgp section")
    seen = None if isinstance(vpc, Trouble) else vpc
    try:
        return configuration(
            config.bgp,
            seen.snapshot.interfaces if seen else (),
            seen.members if seen and not isinstance(seen.members, Trouble) else (),
            instance_id=seen.instance.id if seen else "",
            helper=exabgp_file.relay_command() if is_own else exabgp_file.helper_command(config.file),
            file=config.file,
            port=RUN_PORT if is_own else BGP_PORT,
        )
    except ExabgpError:
        if seen is None:  # what the section lacks may be what the VPC would tell
            return Trouble("the VPC could not be read (see credentials)")
        raise


def _running(path: Path | None) -> Known[Running]:
    if path is None:
        return Trouble("the configuration has no socket")
    with connect_socket(path, timeout=3.0) as connection:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEERCRED)
    told, status = questions(path, "paths", "status")
    exabgp = status.get("exabgp")
    lines = [parse(each["line"]) for each in told["paths"] if each["side"] != "peer"]
    announced = (event for line in lines for event in line.events if isinstance(event, Announce))
    pid = int.from_bytes(credentials[:4], sys.byteorder)
    offered = frozenset(event.path.prefix for event in announced)
    return Running(pid, offered, exabgp is not None, exabgp["pid"] if exabgp else None)


def _metadata() -> Known[MetadataAnswer]:
    service = MetadataService()
    instance = service.instance()
    try:
        role = service.get("iam/security-credentials/") or ""
    except MetadataError:
        role = ""
    try:
        tags = service.get(INSTANCE_TAGS)
    except MetadataError:
        tags = None
    return MetadataAnswer(instance, role.split("\n")[0].strip(), None if tags is None else tuple(tags.split("\n")))


def _endpoint(region: str, timeout: float) -> Known[Endpoint]:
    """Measure one request without credentials, which EC2 refuses at once, with a Date header."""
    if not region:
        return REGION_UNKNOWN
    url = endpoint_url(region)
    proxy = machine.proxy_for(url)
    parts = urlsplit(f"http://{proxy}" if proxy else url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)}
    began, began_at = time.monotonic(), time.time()
    try:
        with build_opener(_NoRedirect).open(url, timeout=timeout) as answer:
            date = answer.headers.get("Date")
    except HTTPError as refusal:
        date = refusal.headers.get("Date")
    except HTTPException as error:
        return Trouble(f"{url}: {error!r}")
    took = time.monotonic() - began
    addresses = tuple(sorted(parse_address(str(each).partition("%")[0]) for each in found))
    ahead = None
    with suppress(ValueError):
        if date:  # in whole seconds
            ahead = parsedate_to_datetime(date).timestamp() + 0.5 - (began_at + took / 2)
    return Endpoint(url, addresses, took, ahead, proxy)


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirects: without a query, EC2 redirects to a web page."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Make every redirect an HTTPError."""


def _vpc(config: Config) -> Known[Vpc]:
    connection = connect(
        Identity(config.instance_id, config.region, config.vpc_id), config.ec2.timeout, _TABLES_AT_ONCE
    )
    instance, api = connection.instance, connection.vpc
    reach = reaches(config.rules, instance)
    elsewhere = {each: connection.reach(each) for each in reach if each != OWN}
    reading: dict[Access, Fact[tuple[RouteTable, ...]]] = {
        access: Fact(partial(there.route_tables, reach[access])) for access, there in elsewhere.items()
    }
    tables = {table.id: table for table in api.route_tables(reach[OWN])}
    found = {access: fact.known(PATIENCE / 2) for access, fact in reading.items()}
    unread = frozenset(access for access, some in found.items() if isinstance(some, Trouble))
    for access, some in found.items():
        tables |= {} if isinstance(some, Trouble) else {table.id: replace(table, access=access) for table in some}
    subnets = None
    if any(call.operation == "DescribeSubnets" for call in reads(config, reach[OWN], instance.id)):
        try:
            answering = {access: there for access, there in ({OWN: api} | elsewhere).items() if access not in unread}
            parts = (there.subnets(reach[access]) for access, there in answering.items())
            subnets = {subnet.id: subnet for part in parts for subnet in part}
        except Ec2Error:
            subnets = None  # the rehearsal says why
    troubles: dict[str, Trouble] = {}
    interfaces, lists = api.interfaces(instance.id), read_prefix_lists(config, api, troubles)
    snapshot = Snapshot(tables, interfaces, {}, instance.id, subnets=subnets, unread=unread, prefix_lists=lists)
    if any(rule.find_transit for rule in config.rules):
        try:
            snapshot = replace(snapshot, attachments=api.attachments(instance.vpc_id))
            snapshot = replace(snapshot, tables=tables | _transit_tables(config, api, snapshot))
        except Ec2Error as error:
            troubles[TRANSIT] = Trouble(str(error), error)
    fallbacks: dict[tuple[str, Target], Known[str]] = {}
    for vpc_id, target in fallbacks_of(config.rules, instance.vpc_id):
        access = next(access for access, vpc_ids in reach.items() if vpc_id in vpc_ids)
        there = elsewhere.get(access, api)
        try:
            fallbacks |= {(vpc_id, each): told for each, told in there.target_problems(vpc_id, [target]).items()}
        except Ec2Error as error:
            fallbacks[vpc_id, target] = Trouble(str(error), error)
    members: Known[tuple[TaggedInstance, ...]] = ()
    tag = config.bgp.peers_by_tag if config.bgp else None
    if tag is not None:
        try:
            members = api.members(instance.vpc_id, tag.key, tag.value)
        except Ec2Error as error:
            members = Trouble(str(error), error)
    policies = table_policies(config.rules, snapshot, instance.vpc_id, instance.region)
    counts = {access: some if isinstance(some, Trouble) else len(some) for access, some in found.items()}
    return Vpc(instance, snapshot, policies, fallbacks, members, counts, troubles)


def _transit_tables(config: Config, api: VpcApi, snapshot: Snapshot) -> dict[str, RouteTable]:
    """The tables of the VPC's transit gateways that rules select."""

    def wanted(table: RouteTable) -> bool:
        return any(finds_transit(rule, table, snapshot.zone) for rule in config.rules)

    found = api.transit_tables({each.vpc_id for each in snapshot.attachments}, wanted=wanted)
    return {table.id: table for table in found}


def read_prefix_lists(
    config: Config, api: VpcApi, troubles: dict[str, Trouble]
) -> Mapping[str, ManagedPrefixList] | None:
    """The prefix lists of the region, with entries if a rule refers to them; None if no rule does, or on failure.

    Lists whose entries cannot be read are among them, so that the calls about them are rehearsed.
    """
    refs = [rule.prefix_list for rule in config.rules if rule.prefix_list]
    if not refs:
        return None
    found: dict[str, ManagedPrefixList] | None = None
    try:
        found = {each.id: each for each in api.prefix_lists()}
        for each in [each for each in found.values() if each.version and any(ref.means(each) for ref in refs)]:
            found[each.id] = replace(each, entries=api.prefix_list_entries(each.id, each.version))
    except Ec2Error as error:
        troubles[PREFIX_LISTS] = Trouble(str(error), error)
    return found


def _rehearsals(config: Config, instance: Instance | None, vpc: Known[Vpc]) -> Known[tuple[Rehearsal, ...]]:
    """Make the calls with DryRun, writes only if the tables are known; none without credentials."""
    if instance is None:
        return Trouble("which instance this is, is not known")
    if isinstance(vpc, Trouble) and isinstance(vpc.error, Credentials):
        return vpc
    ours = Ec2(instance.region, timeout=config.ec2.timeout)
    found = []
    for access, vpc_ids in reaches(config.rules, instance).items():
        part = config.part(access, instance.region)
        wanted = reads(part, vpc_ids, instance.id if access == OWN else "")
        if not isinstance(vpc, Trouble):
            if access in vpc.snapshot.unread:
                continue
            policies = [vpc.tables[each] for each in sorted(vpc.tables) if vpc.tables[each].table.access == access]
            wanted += writes(part, policies, vpc.snapshot.own)
        ec2 = ours if access == OWN else ours.beside(access, instance.id)
        for call in wanted:
            refusal = None
            try:
                ec2.dry_run(call.operation, call.parameters)
            except Ec2Error as error:
                refusal = error
            found.append(Rehearsal(call.operation, call.about, refusal, access))
    return tuple(found)
