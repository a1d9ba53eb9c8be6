"""Text of a configuration file -> Config, or every mistake in it at once."""

from typing import assert_never

from pydantic import BaseModel, ValidationError

from bgp2vpc.config import schema
from bgp2vpc.config.document import Document, dotted, read_document
from bgp2vpc.config.messages import problems
from bgp2vpc.config.model import Config, Ec2Limits, Process
from bgp2vpc.errors import ConfigError, Problem
from bgp2vpc.routing.prefix_list import PrefixList
from bgp2vpc.routing.rule import Rule
from bgp2vpc.vpc.finders import And, ByTag, Finder, Ids, Main, Or, Subnet


def parse(text: str, file: str) -> Config:
    """The configuration that `text`, called `file` in messages, writes. Raises ConfigError with all its mistakes."""
    document = read_document(text, file)
    found = list(document.problems)
    models: dict[int, type[BaseModel]] = {}
    try:
        entry = schema.ConfigFile.model_validate(document.data, context=models)
    except ValidationError as error:
        found += problems(document, file, error.errors(include_url=False), models)
    if found:
        raise ConfigError(file, tuple(sorted(found, key=lambda problem: problem.line)))
    return _config(entry, file, _warnings(document, file))


def _warnings(document: Document, file: str) -> tuple[Problem, ...]:
    if "web" not in document.data:
        return ()
    return (Problem(file, document.lines["web",], dotted(("web",)), "not served by this version; ignored"),)


def _config(entry: schema.ConfigFile, file: str, warnings: tuple[Problem, ...]) -> Config:
    return Config(
        file=file,
        poll_time=entry.poll_time,
        socket=entry.socket,
        processes=tuple(_process(name, process, entry) for name, process in entry.processes.items()),
        rules=tuple(_rule(name, rule) for name, rule in entry.routetables.items()),
        on_exit=entry.on_exit,
        restart_time=entry.restart_time,
        settle_time=entry.settle_time,
        backup_med=entry.backup_med,
        max_prefixes=entry.max_prefixes,
        max_changes=entry.max_changes,
        skip_source_dest_check=entry.skip_source_dest_check,
        instance_id=entry.instance_id,
        region=entry.region,
        vpc_id=entry.vpc_id,
        ec2=Ec2Limits(
            burst=entry.ec2.burst,
            rate=entry.ec2.rate,
            timeout=entry.ec2.timeout,
            concurrency=entry.ec2.concurrency,
        ),
        warnings=warnings,
    )


def _process(name: str, entry: schema.ProcessEntry, file: schema.ConfigFile) -> Process:
    return Process(
        name=name,
        argv=entry.run,
        restart_time=file.restart_time if entry.restart_time is None else entry.restart_time,
        max_prefixes=file.max_prefixes if entry.max_prefixes is None else entry.max_prefixes,
        respawn=entry.respawn,
    )


def _rule(name: str, entry: schema.RuleEntry) -> Rule:
    return Rule(
        name=name,
        find=_finder(entry.find),
        accept=PrefixList(tuple(entry.accept)),
        takeover=entry.takeover,
        takeover_foreign=entry.takeover_foreign,
        interface=entry.interface,
        next_hop_self=entry.next_hop_self,
        vpc_id=entry.vpc_id,
        # AWSnycast has it in `find`, where it says the same.
        no_results_ok=entry.no_results_ok or entry.find.no_results_ok,
    )


def _finder(entry: schema.FindEntry) -> Finder:
    match entry:
        case schema.ByTagEntry():
            return ByTag(entry.config.key, entry.config.value, negate=entry.negate)
        case schema.MainEntry():
            return Main(negate=entry.negate)
        case schema.SubnetEntry():
            return Subnet(entry.config.subnet_id, negate=entry.negate)
        case schema.IdsEntry():
            return Ids(frozenset(entry.config.ids), negate=entry.negate)
        case schema.AndEntry():
            return And(tuple(map(_finder, entry.config.filters)), negate=entry.negate)
        case schema.OrEntry():
            return Or(tuple(map(_finder, entry.config.filters)), negate=entry.negate)
        case _:
            assert_never(entry)
