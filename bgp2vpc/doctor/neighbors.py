"""Findings about BGP neighbors: membership, answers of their ports, missing security group rules. Pure.

One side of each session connects (`bgp/mesh.py`), and only this direction must be permitted. In the other direction the
daemon opens a TCP connection after its start, which makes the neighbor connect at once, and later ones to check whether
a neighbor without a session is alive (`speaker/discovery.py`). If these are filtered, a session may come back a minute
later.

Network ACLs are not checked: that would involve both subnets, both directions and the ports of answers.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from shlex import quote
from typing import Final

from bgp2vpc.bgp.mesh import Neighbor
from bgp2vpc.config.model import Config
from bgp2vpc.doctor.model import (
    BgpSessions,
    Finding,
    Known,
    MetadataAnswer,
    TcpAnswer,
    Trouble,
    Vpc,
    fail,
    ok,
    warn,
)
from bgp2vpc.doctor.subjects import named
from bgp2vpc.errors import Denied
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.vpc.model import SecurityGroupRule

_TCP: Final = ("tcp", "6", "-1")
_ACTIONS: Final = ("ec2:DescribeSecurityGroupRules", "ec2:GetManagedPrefixListEntries")


def members(config: Config, found: Known[BgpSessions], vpc: Known[Vpc]) -> Iterator[Finding]:
    """Whether there is any neighbor, and whether this instance has the tag by which others find it."""
    tag = config.bgp.peers_by_tag if config.bgp else None
    tagged = () if tag is None else vpc if isinstance(vpc, Trouble) else vpc.members
    if isinstance(found, Trouble):
        finding = warn if isinstance(vpc, Trouble) else fail
        yield finding("neighbor", f"whom ExaBGP is to peer with is not known: {found.why}")
        if isinstance(vpc, Trouble):
            return
    elif not found.neighbors and not isinstance(tagged, Trouble):
        yield warn("neighbor", "there is nobody to peer with besides this instance")
    if tag is None:
        return
    if isinstance(tagged, Trouble):
        yield warn("neighbor", f"the instances with the tag {tag.key}={tag.value} are not known: {tagged.why}")
    elif not isinstance(vpc, Trouble) and vpc.instance.id not in {each.instance_id for each in tagged}:
        mend = f"aws ec2 create-tags --resources {vpc.instance.id} --tags {quote(f'Key={tag.key},Value={tag.value}')}"
        words = f"this instance does not have the tag {tag.key}={tag.value}: the others do not find it"
        yield warn("neighbor", words, mend)


def answers(found: BgpSessions) -> Iterator[Finding]:
    """Whether the neighbors' ports answer. Neighbors with the same result share a finding."""
    said: dict[tuple[Callable[[str, str], Finding], str], list[str]] = {}
    for each in found.neighbors:
        told: tuple[Callable[[str, str], Finding], str]
        answer = found.answers.get(each.address, TcpAnswer.NONE)
        port = f"TCP port {each.port}"
        if isinstance(answer, Trouble):
            told = fail, f"{port} cannot be reached from {each.local_address}: {answer.why}"
        elif answer is TcpAnswer.ACCEPTED:
            told = ok, f"{port} accepts connections"
        elif answer is TcpAnswer.REFUSED and each.passive:
            told = ok, f"reachable; nobody listens at {port}, but it is the neighbor that connects"
        elif answer is TcpAnswer.REFUSED:
            told = warn, f"reachable, but {port} refuses connections: no BGP speaker listens there"
        else:
            words = f"no answer from {port}: {_why_silent(each, found)}"
            all_the_same = "; as it is the neighbor that connects, there may be a session all the same"
            told = (warn, words + all_the_same) if each.passive else (fail, words)
        said.setdefault(told, []).append(_name(each))
    for (finding, words), names in said.items():
        yield finding("neighbor", f"{named(names)}: {words}")


def _why_silent(neighbor: Neighbor, found: BgpSessions) -> str:
    local = found.interfaces.get(neighbor.local_address)
    remote = found.interfaces.get(neighbor.address)
    if isinstance(found.rules, Trouble) or local is None or remote is None:
        missing = () if isinstance(found.rules, Trouble) else _missing(found, *_outward(neighbor))
        words = "a security group" if missing else "a security group, a network ACL or a firewall"
        return f"{words} lets nothing through, or the host is down"
    if _missing(found, *_outward(neighbor)):
        return "a rule of a security group is missing (see security-group)"
    # Network ACLs do not apply within a subnet.
    acl = f"a network ACL of {local.subnet_id} or {remote.subnet_id}" if local.subnet_id != remote.subnet_id else ""
    return f"the security groups permit it, so {f'{acl}, ' if acl else ''}a firewall of that host, or the host is down"


def security_groups(found: BgpSessions, metadata: Known[MetadataAnswer]) -> Iterator[Finding]:
    """Whether security groups block the sessions, or may block them."""
    unknown: dict[str, object] = {
        f"what {name} permits, which a rule names,": each for name, each in sorted(found.lists.items())
    }
    if found.neighbors and found.interfaces:
        unknown["whether they permit the sessions"] = found.rules
    role = "ROLE" if isinstance(metadata, Trouble) or not metadata.role else metadata.role
    statement = {"Effect": "Allow", "Action": list(_ACTIONS), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name = f"--role-name {role} --policy-name bgp2vpc-doctor"
    permit = f"aws iam put-role-policy {name} --policy-document {quote(document)}"
    for words, known in unknown.items():
        if isinstance(known, Trouble):
            mend = permit if isinstance(known.error, Denied) else ""
            yield warn("security-group", f"{words} is not known: {known.why}", mend)
    if not isinstance(found.rules, Trouble):
        yield from _missing_rules(found)


def _missing_rules(found: BgpSessions) -> Iterator[Finding]:
    """A finding for each rule missing at either end. If the port has answered, our own connection needs no rule."""
    cut: dict[_MissingRule, list[str]] = {}
    slow: dict[_MissingRule, list[str]] = {}
    for each in found.neighbors:
        silent = found.answers.get(each.address) is TcpAnswer.NONE
        outward = _missing(found, *_outward(each)) if silent else ()
        inward = _missing(found, each.address, each.local_address, each.port)
        needed, other = (inward, outward) if each.passive else (outward, inward)
        who = f"{_name(each)} cannot connect to us" if each.passive else f"we cannot connect to {_name(each)}"
        for rule in needed:
            cut.setdefault(rule, []).append(who)
        for rule in other if each.internal else ():
            slow.setdefault(rule, []).append(_name(each))
    for rule, whose in cut.items():
        yield fail("security-group", f"{rule.words}: {named(whose)}", rule.command)
    for rule, whose in slow.items():
        if rule not in cut:
            words = f"{rule.words}: after a restart the session with {named(whose)} may come back a minute later"
            yield warn("security-group", words, rule.command)
    if not cut and not slow and any(each.address in found.interfaces for each in found.neighbors):
        yield ok("security-group", "they permit the sessions in both directions")


@dataclass(frozen=True, slots=True)
class _MissingRule:
    """A missing rule: none of these groups of an interface permits `peer` (a group or a CIDR) at this TCP port."""

    groups: tuple[str, ...]
    egress: bool
    port: int
    peer: str

    @property
    def words(self) -> str:
        """The message that the rule is missing."""
        direction, towards = ("egress", "to") if self.egress else ("ingress", "from")
        return f"no {direction} rule of {' or '.join(self.groups)} permits TCP port {self.port} {towards} {self.peer}"

    @property
    def command(self) -> str:
        """The command that adds the rule to the first of the groups."""
        is_group, is_ipv6 = self.peer.startswith("sg-"), ":" in self.peer
        head = f"aws ec2 authorize-security-group-{'egress' if self.egress else 'ingress'} --group-id {self.groups[0]}"
        if not self.egress and not is_ipv6:
            source = f"--source-group {self.peer}" if is_group else f"--cidr {self.peer}"
            return f"{head} --protocol tcp --port {self.port} {source}"
        # The short options support neither a group for egress nor IPv6.
        key, name = ("UserIdGroupPairs", "GroupId") if is_group else ("IpRanges", "CidrIp")
        key, name = ("Ipv6Ranges", "CidrIpv6") if is_ipv6 else (key, name)
        permission = f"IpProtocol=tcp,FromPort={self.port},ToPort={self.port},{key}=[{{{name}={self.peer}}}]"
        return f"{head} --ip-permissions {quote(permission)}"


def _outward(neighbor: Neighbor) -> tuple[IPAddress, IPAddress, int]:
    """Our connection to the neighbor: source, destination, port."""
    return neighbor.local_address, neighbor.address, neighbor.port


def _missing(found: BgpSessions, source: IPAddress, destination: IPAddress, port: int) -> tuple[_MissingRule, ...]:
    """The rules that are missing for a connection: egress of the source's groups, ingress of the destination's.

    Security groups are stateful, so answers need no rule. An end whose interface or groups are unknown is skipped.
    """
    rules = () if isinstance(found.rules, Trouble) else found.rules
    missing = []
    for address, other, egress in ((source, destination, True), (destination, source, False)):
        interface, other_interface = found.interfaces.get(address), found.interfaces.get(other)
        groups = interface.security_groups if interface else ()
        other_groups = other_interface.security_groups if other_interface else ()
        own = (rule for rule in rules if rule.group_id in groups and rule.egress is egress)
        if groups and not any(_permits(rule, port, other, other_groups, found) for rule in own):
            peer = other_groups[0] if other_groups else f"{other}/{128 if other.version == 6 else 32}"
            missing.append(_MissingRule(groups, egress, port, peer))
    return tuple(missing)


def _permits(
    rule: SecurityGroupRule, port: int, other: IPAddress, other_groups: tuple[str, ...], found: BgpSessions
) -> bool:
    """Whether this rule permits the other end. A prefix list that could not be read counts as permitting it."""
    if rule.protocol not in _TCP:
        return False
    if rule.protocol != "-1" and not rule.from_port <= port <= rule.to_port and rule.from_port != -1:
        return False
    if isinstance(rule.peer, Prefix):
        return bool(other in rule.peer)
    entries = found.lists.get(rule.peer, ())
    return isinstance(entries, Trouble) or rule.peer in other_groups or any(other in each for each in entries)


def _name(neighbor: Neighbor) -> str:
    return f"{neighbor.address} ({neighbor.description})" if neighbor.description else str(neighbor.address)
