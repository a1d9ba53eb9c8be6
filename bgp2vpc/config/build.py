"""Converts validated entries of the file into the program's values; rules and checks have files of their own."""

from pathlib import Path

from bgp2vpc.bgp.mesh import MeshPeer
from bgp2vpc.config import awsnycast
from bgp2vpc.config.build_checks import checked_sources, own_checks, remote_checks, templates
from bgp2vpc.config.build_rules import rule
from bgp2vpc.config.document import Document
from bgp2vpc.config.model import (
    Bgp,
    CompletedHook,
    Config,
    Ec2Limits,
    OrderTags,
    Process,
    Tag,
)
from bgp2vpc.config.schema.bgp import BgpEntry, PeerEntry
from bgp2vpc.config.schema.fields import AUTO
from bgp2vpc.config.schema.file import ConfigFile, ProcessEntry
from bgp2vpc.config.schema.leaving import LifecycleEntry
from bgp2vpc.config.schema.services import NotifyEntry, SerfEntry, WebEntry
from bgp2vpc.config.takeover_notes import takeover_notes
from bgp2vpc.errors import Problem
from bgp2vpc.notify.model import Recipient
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.serf.model import Agent
from bgp2vpc.vpc.auto_poll_time import SHORTEST
from bgp2vpc.web.model import WebSettings


def config(entry: ConfigFile, document: Document, file: str, warnings: tuple[Problem, ...]) -> Config:
    """The Config of a file without mistakes."""
    seconds = poll_time(entry)
    return Config(
        file=file,
        poll_time=seconds,
        socket=entry.socket,
        socket_group=entry.socket_group,
        processes=tuple(process(name, each, entry) for name, each in entry.processes.items()),
        rules=tuple(
            rule(name, each, document, file, templates(entry), entry.accounts, has_bgp=entry.bgp is not None)
            for name, each in entry.routetables.items()
        ),
        checks=tuple(own_checks(entry)),
        remote_checks=tuple(remote_checks(entry)),
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
        state_file=state_file(entry),
        lifecycle=entry.lifecycle is not False,
        completed_hook=completed_hook(entry),
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
        notes=(*awsnycast.notes(entry), *takeover_notes(entry, seconds)),
    )


def poll_time(entry: ConfigFile) -> float | None:
    """`poll_time` in seconds; None for auto. 0 stands for the default, as in AWSnycast."""
    if entry.poll_time == AUTO or (not entry.poll_time and entry.bgp is not None):
        return None
    return entry.poll_time or SHORTEST


def state_file(entry: ConfigFile) -> Path | None:
    """The path of the state file; None for none, which is the default without a socket."""
    if "state_file" in entry.model_fields_set or entry.socket is None:
        return entry.state_file
    return default_state_file(entry.socket)


def completed_hook(entry: ConfigFile) -> CompletedHook | None:
    """The lifecycle hook to complete after a drain; None if the file names none."""
    if not isinstance(entry.lifecycle, LifecycleEntry):
        return None
    return CompletedHook(entry.lifecycle.complete, entry.lifecycle.group)


def default_state_file(socket: Path) -> Path:
    """The default path of the state file, `SOCKET.state`: a user who can create the socket can create it, too."""
    return socket.with_name(f"{socket.name}.state")


def process(name: str, entry: ProcessEntry, file: ConfigFile) -> Process:
    """An entry of `processes`, with the file's defaults for missing keys."""
    return Process(
        name=name,
        argv=entry.run,
        restart_time=file.restart_time if entry.restart_time is None else entry.restart_time,
        max_prefixes=file.max_prefixes if entry.max_prefixes is None else entry.max_prefixes,
        respawn=entry.respawn,
    )


def bgp(entry: BgpEntry) -> Bgp:
    """The section `bgp`."""
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


def serf(entry: SerfEntry) -> Agent:
    """The section `serf`."""
    host, port = entry.rpc
    return Agent(host=host, port=port, auth_key=entry.auth_key, every=entry.every, vote_time=entry.vote_time)


def web(entry: WebEntry) -> WebSettings:
    """The section `web`."""
    host, port = entry.listen
    return WebSettings(host, port, entry.token_file, tuple(entry.hosts))


def recipient(entry: NotifyEntry) -> Recipient:
    """An entry of `notify`."""
    return Recipient(
        on=frozenset(entry.on),
        argv=entry.run or (),
        url=entry.url or "",
        after=entry.after,
        timeout=entry.timeout,
        retries=entry.retries,
    )
