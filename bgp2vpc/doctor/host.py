"""Findings about this machine: addresses, sysctls, instance metadata, proxy, the connection to EC2, the clock. Pure."""

from collections.abc import Iterator
from shlex import quote
from typing import Final

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.model import (
    REGION_UNKNOWN,
    Endpoint,
    Finding,
    Host,
    Known,
    MetadataAnswer,
    Running,
    Trouble,
    Vpc,
    fail,
    ok,
    warn,
)
from bgp2vpc.doctor.subjects import accepted, endpoint_service, is_host_route, managed, offered_by
from bgp2vpc.vpc.model import Instance

_STRICT: Final = 1
_SLOW: Final = 1.0
_SKEWED, _ASTRAY = 30.0, 300.0
"""Clock errors in seconds. EC2 refuses signatures that are more than five minutes off."""


def addresses(config: Config, host: Known[Host], running: Known[Running]) -> Iterator[Finding]:
    """Whether the announced addresses are addresses of this host."""
    offered = offered_by(running)
    needed = {prefix for prefix in managed(config.rules) | offered if is_host_route(prefix)}
    named = {prefix for prefix in accepted(config.rules) if is_host_route(prefix)} - needed
    if isinstance(host, Trouble):
        yield warn("address", f"the addresses of this host are not known: {host.why}")
        return
    for prefix in sorted(needed | named):
        where = sorted(host.addresses.get(prefix.ip, ()))
        if where:
            yield ok("address", f"{prefix.ip} is on {', '.join(where)}")
            continue
        mend = f"ip addr add {prefix} dev lo"
        if prefix in offered:
            yield fail("address", f"{prefix} is announced, and no interface of this host has that address", mend)
        elif prefix in needed and prefix.version not in host.forwards:
            yield fail("address", f"{prefix} is managed, and no interface of this host has that address", mend)
        else:
            yield warn("address", f"{prefix} may be announced, and no interface of this host has that address", mend)
    if not needed | named:
        yield ok("address", "no single address is announced or named; ranges cannot be looked for")


def sysctls(config: Config, host: Known[Host], running: Known[Running]) -> Iterator[Finding]:
    """rp_filter matters with several interfaces; forwarding matters for prefixes that are not single addresses."""
    if isinstance(host, Trouble):
        return
    strict = sorted(name for name, value in host.rp_filter.items() if value == _STRICT)
    if len(host.rp_filter) > 1 and strict:
        names = ", ".join(strict)
        words = f"rp_filter is strict on {names}: what comes in there and would be answered elsewhere is dropped"
        yield warn("rp_filter", words, "sysctl -w net.ipv4.conf.all.rp_filter=2")
    else:
        why = "not strict" if len(host.rp_filter) > 1 else "one interface, so it does not matter"
        yield ok("rp_filter", f"rp_filter: {why}")
    offered = offered_by(running)
    networks = sorted(p for p in managed(config.rules) | accepted(config.rules) | offered if not is_host_route(p))
    for version, key in ((4, "net.ipv4.ip_forward"), (6, "net.ipv6.conf.all.forwarding")):
        through = [prefix for prefix in networks if prefix.version == version]
        if not through:
            continue
        names = ", ".join(map(str, through))
        if version in host.forwards:
            yield ok("forwarding", f"{key} is on, for {names}")
        elif any(prefix.prefixlen == 0 for prefix in through):
            yield fail("forwarding", f"{key} is off: traffic for {names} ends here", f"sysctl -w {key}=1")
        else:
            words = f"{key} is off: traffic for {names} ends here, unless all of it is local (ip route add local …)"
            yield warn("forwarding", words, f"sysctl -w {key}=1")


def metadata(config: Config, found: Known[MetadataAnswer], host: Known[Host], region: str = "") -> Iterator[Finding]:
    """Whether metadata answers (from a container it needs a hop limit of 2) and agrees with the configuration.

    `region`: the region of EC2 calls.
    """
    if not isinstance(found, Trouble):
        who = f"{found.instance.id} in {found.instance.region}"
        yield ok("metadata", f"instance metadata answers (IMDSv2, so its hop limit reaches us): {who}")
        # If they differ, the file was probably copied from another host, or AWS_REGION is left from another task.
        here, edit = found.instance, f"${{EDITOR:-vi}} {quote(config.file)}"
        if region and region != here.region:
            whence = "`region:`" if config.region else "AWS_REGION of this environment"
            words = f"{whence} is {region}, and this instance is in {here.region}: its route tables are not there"
            mend = edit if config.region else "unset AWS_REGION AWS_DEFAULT_REGION"
            # With another `instance_id` the difference may be intended: this host then only runs the daemon.
            yield (warn if config.instance_id not in (None, here.id) else fail)("metadata", words, mend)
        for key, ours, theirs in (("instance_id", config.instance_id, here.id), ("vpc_id", config.vpc_id, here.vpc_id)):
            if ours is not None and theirs and ours != theirs:
                yield warn("metadata", f"`{key}:` is {ours}, and metadata says {theirs}", edit)
        return
    told = config.instance_id and config.region
    if isinstance(host, Host) and host.contained:
        mend = (
            f"aws ec2 modify-instance-metadata-options --instance-id {config.instance_id or 'i-…'} "
            "--http-tokens required --http-put-response-hop-limit 2"
        )
        words = "from this container; its hop limit has to be 2 there"
    else:
        mend = (
            f"aws ec2 modify-instance-metadata-options --instance-id {config.instance_id or 'i-…'} "
            "--http-endpoint enabled"
        )
        words = ""
    message = f"instance metadata does not answer{f' {words}' if words else ''}: {found.why}"
    if told:
        more = "; instance_id and region are configured, so only a role's credentials need it"
        yield warn("metadata", f"{message}{more}", mend)
    else:
        yield fail("metadata", message, mend)


def proxy(host: Known[Host]) -> Iterator[Finding]:
    """Whether a proxy of the environment would see the credentials of the instance's role.

    botocore and the programs that use it send requests to instance metadata through `http_proxy` unless `no_proxy`
    exempts it. bgp2vpc's own client and botocore session do not.
    """
    if isinstance(host, Trouble):
        return
    if not host.metadata_proxy:
        yield ok("proxy", "no proxy of the environment is in the way to instance metadata")
        return
    words = (
        f"http_proxy is {host.metadata_proxy}, and no_proxy does not exempt 169.254.169.254: bgp2vpc asks instance "
        "metadata directly all the same, but other programs (the aws command, hooks) ask it through the proxy"
    )
    yield warn("proxy", words, 'export no_proxy="169.254.169.254,[fd00:ec2::254]${no_proxy:+,$no_proxy}"')


def endpoint(found: Known[Endpoint], vpc: Known[Vpc], metadata: Known[MetadataAnswer]) -> Iterator[Finding]:
    """Whether and how fast EC2 can be reached, and whether its clock and ours agree."""
    if isinstance(found, Trouble):
        if not isinstance(vpc, Trouble):
            yield warn("endpoint", f"EC2 answers; how fast is not known: {found.why}")
            return
        if found == REGION_UNKNOWN:  # no VPC endpoint would help
            yield warn("endpoint", f"whether EC2's API can be reached was not tried: {found.why}")
            return
        told = Instance("", "REGION", "vpc-…") if isinstance(metadata, Trouble) else metadata.instance
        mend = (
            f"aws ec2 create-vpc-endpoint --vpc-id {told.vpc_id} --service-name {endpoint_service(told.region)} "
            "--vpc-endpoint-type Interface --subnet-ids subnet-… --security-group-ids sg-…"
        )
        yield fail("endpoint", f"EC2's API cannot be reached: {found.why}", mend)
        return
    through = f" through the proxy {found.proxy}" if found.proxy else ""
    took = f"{found.url} answers in {found.latency * 1000:.0f} ms{through}"
    slow = f"{took}, connection and all: every failover waits for that"
    yield (
        warn("endpoint", slow, f"curl -sv -o /dev/null {found.url}") if found.latency > _SLOW else ok("endpoint", took)
    )
    if found.ahead is None:
        yield warn("clock", "EC2's answer had no date: whether our clock is right is not known")
        return
    off = abs(found.ahead)
    words = f"our clock is {off:.0f} s {'behind' if found.ahead > 0 else 'ahead of'} EC2's"
    mend = "chronyc makestep || timedatectl set-ntp true"
    if off > _ASTRAY:
        yield fail("clock", f"{words}: its signatures are refused", mend)
    elif off > _SKEWED:
        yield warn("clock", words, mend)
    else:
        yield ok("clock", f"our clock is within {max(off, 1):.0f} s of EC2's")
