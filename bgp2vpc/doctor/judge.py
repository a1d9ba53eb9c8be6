"""Turns the facts about this host and its VPC into findings. Pure.

How the room works:

1. `facts/gather` collects the facts (`HostFacts` in `model`), each on a thread and with a time limit: the daemon over
   its socket, the machine's addresses and sysctls from the kernel (`machine`), instance metadata, ExaBGP with its file
   (`running_exabgp`, `exabgp_conf`, `ask_exabgp`), EC2's endpoint, the VPC, and EC2 calls with DryRun (`subjects` lists
   them). With a `bgp:` section it also collects the answers of neighbors' ports, the security groups in between, and
   the ExaBGP that `bgp2vpc run` runs (`reach`). A fact that cannot be determined is a `Trouble`.
2. `judge` calls one function for each check, in `host`, `vpc`, `order_tags`, `accounts`, `routes`, `exabgp` and
   `neighbors`. Each returns findings: ok, warn or fail, a sentence, and the command that mends it.
3. `cli/doctor.py` prints them. Nothing is changed on the host or in AWS.
"""

from shlex import quote

from bgp2vpc.config.model import DEFAULT_FILE, Config
from bgp2vpc.doctor import accounts, exabgp, host, neighbors, order_tags, routes, vpc
from bgp2vpc.doctor.model import BgpSessions, Finding, HostFacts, Trouble, fail, ok, warn


def judge(config: Config, facts: HostFacts, quota: int) -> tuple[Finding, ...]:
    """All findings, in the order in which they should be mended. `quota`: routes per table."""
    edit = f"${{EDITOR:-vi}} {quote(config.file)}"
    found = [warn("config", str(warning), edit) for warning in (*config.warnings, *facts.programs)]
    found.append(_daemon(config, facts))
    found += host.addresses(config, facts.host, facts.running)
    found += host.sysctls(config, facts.host, facts.running)
    found += host.metadata(config, facts.metadata, facts.host, facts.region)
    found += host.proxy(facts.host)
    found += host.endpoint(facts.endpoint, facts.vpc, facts.metadata)
    found += vpc.credentials(config, facts.vpc, facts.metadata)
    found += vpc.permissions(config, order_tags.without_tags(facts.rehearsals), facts.metadata)
    found += order_tags.drain_tag(config, facts.metadata, facts.rehearsals)
    found += order_tags.hook(config, facts.metadata)
    if isinstance(facts.vpc, Trouble):
        if not isinstance(facts.rehearsals, Trouble):
            words = "whether routes may be written is not known, since the route tables are not"
            found.append(warn("permission", words))
    else:
        found += accounts.accounts(config, facts.vpc, facts.metadata)
        found += vpc.transit_tables(config, facts.vpc)
        found += vpc.tables(config, facts.vpc)
        found += order_tags.zone_tag(config, facts.vpc)
        found += vpc.interfaces(config, facts.vpc)
        found += routes.fallbacks(config, facts.vpc)
        found += routes.prefixes(config, facts.vpc, facts.running)
        found += routes.propagated(config, facts.vpc, facts.running)
        found += vpc.polls(config, facts.vpc)
        found += routes.prefix_lists(config, facts.vpc, facts.running)
        found += routes.room(config, facts.vpc, facts.running, quota)
        found += routes.default_route(config, facts.vpc, facts.running, facts.endpoint)
    if facts.own_exabgp is not None:
        found += exabgp.own_exabgp(config, facts.own_exabgp, facts.running)
    # In addition there may be an ExaBGP with scripts behind `tee`.
    other = () if isinstance(facts.exabgp, Trouble) else facts.exabgp.conf.processes
    if facts.own_exabgp is None or any(each.part == "tee" for each in other):
        found += exabgp.exabgp(config, facts.exabgp, facts.running)
    found += exabgp.wirings(config, facts.exabgp, facts.running, facts.daemons)
    if facts.sessions is not None:
        found += neighbors.members(config, facts.sessions, facts.vpc)
    if isinstance(facts.sessions, BgpSessions):
        found += neighbors.answers(facts.sessions)
        found += neighbors.security_groups(facts.sessions, facts.metadata)
    return tuple(found)


def _daemon(config: Config, facts: HostFacts) -> Finding:
    """Whether a daemon runs and answers."""
    if not isinstance(facts.running, Trouble):
        count = len(facts.running.offered)
        words = f"runs as process {facts.running.pid}, {count} prefix{'' if count == 1 else 'es'} offered here"
        return ok("daemon", words)
    why = facts.running.why
    if not facts.daemons:
        # The systemd unit uses the default file only.
        own = f"bgp2vpc run -f {quote(config.file)}"
        start = "systemctl start bgp2vpc" if config.file == DEFAULT_FILE else own
        return warn("daemon", f"no daemon was asked what it announces: {why}", start)
    pids = ",".join(map(str, facts.daemons))
    if not isinstance(facts.running.error, TimeoutError):
        return warn("daemon", f"process {pids} runs with this file, and was not asked what it announces: {why}")
    is_unit = config.file == DEFAULT_FILE and set(facts.daemons.values()) == {"run"}
    runs = f"process {pids} runs with this file and does not answer: it hangs, is stopped, or waits for a disk"
    return fail("daemon", runs, "systemctl restart bgp2vpc" if is_unit else f"ps -o pid,stat,lstart,args -p {pids}")
