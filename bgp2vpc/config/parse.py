"""Text of a configuration file -> Config, or every mistake in it at once."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from bgp2vpc.config import awsnycast, build, schema
from bgp2vpc.config.document import Document, dotted, read_document
from bgp2vpc.config.messages import problems
from bgp2vpc.config.model import Config, Ec2Limits, Process
from bgp2vpc.config.references import wrong_references
from bgp2vpc.errors import ConfigError, Problem
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.rule import Takeover


def parse(text: str, file: str) -> Config:
    """The configuration that `text`, called `file` in messages, writes. Raises ConfigError with all its mistakes."""
    document = read_document(text, file)
    found = list(document.problems)
    models: dict[int, type[BaseModel]] = {}
    entry = None
    try:
        entry = schema.ConfigFile.model_validate(document.data, context=models)
    except ValidationError as error:
        found += problems(document, file, error.errors(include_url=False), models)
    found += wrong_references(document, file)
    if found or entry is None:
        raise ConfigError(file, tuple(sorted(found, key=lambda problem: problem.line)))
    return _config(entry, document, file)


def _warnings(document: Document, entry: schema.ConfigFile, file: str) -> tuple[Problem, ...]:
    found = [*document.repairs, *awsnycast.warnings(document, entry, file)]
    found += _unrecognised_owners(document, entry, file)
    return tuple(sorted(found, key=lambda problem: problem.line))


def _unrecognised_owners(document: Document, entry: schema.ConfigFile, file: str) -> list[Problem]:
    key = "routetables" if "routetables" in document.data else "route_tables"
    message = "with takeover: best_path, peers know an owner by the interface of its BGP next hop: let BGP use this one"
    return [
        Problem(file, document.line((key, name, "interface")), dotted((key, name, "interface")), message)
        for name, rule in entry.routetables.items()
        if rule.takeover is Takeover.BEST_PATH and rule.interface is not None
    ]


def _config(entry: schema.ConfigFile, document: Document, file: str) -> Config:
    return Config(
        file=file,
        poll_time=entry.poll_time or Config(file=file).poll_time,
        socket=entry.socket,
        socket_group=entry.socket_group,
        processes=tuple(_process(name, process, entry) for name, process in entry.processes.items()),
        rules=tuple(build.rule(name, rule, document, file) for name, rule in entry.routetables.items()),
        checks=tuple(build.check(name, check) for name, check in entry.healthchecks.items()),
        remote_checks=tuple(
            build.check(name, check)
            for name, check in entry.remote_healthchecks.items()
            # Whom it is about would lose every route, again and again, for a mistake in the file.
            if not awsnycast.never_passes(check)
        ),
        checked_sources=build.checked_sources(entry),
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
        state_file=_state_file(entry),
        lifecycle=entry.lifecycle,
        skip_source_dest_check=entry.skip_source_dest_check,
        instance_id=entry.instance_id,
        region=entry.region,
        vpc_id=entry.vpc_id,
        bgp=build.bgp(entry.bgp) if entry.bgp else None,
        ec2=Ec2Limits(
            burst=entry.ec2.burst,
            rate=entry.ec2.rate,
            timeout=entry.ec2.timeout,
            concurrency=entry.ec2.concurrency,
        ),
        serf=build.serf(entry.serf) if entry.serf else None,
        web=build.web(entry.web) if entry.web else None,
        notify=tuple(map(build.recipient, entry.notify)),
        warnings=_warnings(document, entry, file),
        notes=awsnycast.notes(entry),
    )


def _process(name: str, entry: schema.ProcessEntry, file: schema.ConfigFile) -> Process:
    return Process(
        name=name,
        argv=entry.run,
        restart_time=file.restart_time if entry.restart_time is None else entry.restart_time,
        max_prefixes=file.max_prefixes if entry.max_prefixes is None else entry.max_prefixes,
        respawn=entry.respawn,
    )


def _state_file(entry: schema.ConfigFile) -> Path | None:
    """Beside the socket, where nothing else is said: whoever may make the one may make the other."""
    if "state_file" in entry.model_fields_set or entry.socket is None:
        return entry.state_file
    return default_state_file(entry.socket)


def default_state_file(socket: Path) -> Path:
    """Where nothing else is said."""
    return socket.with_name(f"{socket.name}.state")
