"""Turns the facts about this host and its VPC into findings. Pure.

How the room works: `gather` collects the facts (`HostFacts`), each on a thread and with a time limit: the machine's
addresses and sysctls from the kernel (`machine`), instance metadata, EC2's endpoint, the daemon over its socket, the
VPC, EC2 calls with DryRun (`subjects` lists which), and ExaBGP with its file (`running_exabgp`,
`exabgp_conf`). A fact that cannot be had is a `Trouble`, and the other facts are judged all the same. `judge` then asks
one function for each check, in `host`, `vpc` and `exabgp`; each returns findings: ok, warn or fail, a sentence, and the
command that mends it. `cli/doctor.py` prints them. Nothing is changed on the host or in AWS.
"""

from collections.abc import Iterator

from bgp2vpc.config.model import Config
from bgp2vpc.doctor import exabgp, host, vpc
from bgp2vpc.doctor.model import Finding, HostFacts, Trouble, ok, warn


def judge(config: Config, facts: HostFacts, quota: int) -> tuple[Finding, ...]:
    """All findings, in the order in which they are best mended."""
    return tuple(_findings(config, facts, quota))


def _findings(config: Config, facts: HostFacts, quota: int) -> Iterator[Finding]:
    for warning in (*config.warnings, *facts.programs):
        yield warn("config", str(warning), f"${{EDITOR:-vi}} {config.file}")
    yield _daemon(config, facts)
    yield from host.addresses(config, facts.host, facts.running)
    yield from host.sysctls(config, facts.host, facts.running)
    yield from host.metadata(config, facts.metadata, facts.host, facts.region)
    yield from host.proxy(facts.host)
    yield from host.endpoint(facts.endpoint, facts.vpc, facts.metadata)
    yield from vpc.credentials(facts.vpc, facts.metadata)
    yield from vpc.permissions(config, facts.rehearsals, facts.metadata)
    if not isinstance(facts.vpc, Trouble):
        yield from vpc.tables(config, facts.vpc)
        yield from vpc.interfaces(config, facts.vpc)
        yield from vpc.prefixes(config, facts.vpc, facts.running)
        yield from vpc.room(config, facts.vpc, facts.running, quota)
        yield from vpc.default_route(config, facts.vpc, facts.running, facts.endpoint)
    yield from exabgp.exabgp(config, facts.exabgp, facts.running)


def _daemon(config: Config, facts: HostFacts) -> Finding:
    if isinstance(facts.running, Trouble):
        start = "systemctl start bgp2vpc"
        return warn("daemon", f"no daemon was asked what it announces: {facts.running.why}", start)
    count = len(facts.running.offered)
    return ok("daemon", f"runs as process {facts.running.pid}, {count} prefix{'' if count == 1 else 'es'} offered here")
