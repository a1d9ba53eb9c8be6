"""Checks BGP sessions from outside ExaBGP: the answers of neighbors' ports, the security groups in between, and the
ExaBGP of `bgp2vpc run`.

It connects to all neighbors at the same time and closes the connections. That does not disturb established sessions
(RFC 4271 section 6.8); the daemon connects in the same way (`discovery.reach`).
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from bgp2vpc.bgp.mesh import Neighbor
from bgp2vpc.config.model import Config
from bgp2vpc.doctor.facts import machine
from bgp2vpc.doctor.facts.running_exabgp import version_of
from bgp2vpc.doctor.model import BgpSessions, Known, OwnExabgp, Running, TcpAnswer, Trouble, Vpc
from bgp2vpc.errors import Ec2Error, ExabgpError
from bgp2vpc.files import reason_of
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.speaker import exabgp_file
from bgp2vpc.speaker.render_conf import Written
from bgp2vpc.vpc.aws.ec2 import Ec2

TIMEOUT: Final = 2.0
"""Seconds for a connection. TCP repeats a lost SYN after one second."""


def sessions(neighbors: Sequence[Neighbor], vpc: Known[Vpc], timeout: float) -> BgpSessions:
    """The answers of the neighbors' ports, and the security groups. `timeout`: seconds for each EC2 call."""
    answers = asyncio.run(_answers(neighbors))
    if isinstance(vpc, Trouble):
        return BgpSessions(tuple(neighbors), answers, rules=vpc)
    # The interfaces at both ends of the sessions, the rules of their groups, and the prefix lists in the rules.
    ec2 = Ec2(vpc.instance.region, timeout=timeout)
    ends = {address for each in neighbors for address in (each.address, each.local_address)}
    interfaces = {address: each for each in vpc.snapshot.interfaces for address in each.addresses & ends}
    try:
        for each in ec2.interfaces_at([vpc.instance.vpc_id], [each.address for each in neighbors]):
            interfaces |= dict.fromkeys(each.addresses & ends, each)
        rules = ec2.security_group_rules({group for each in interfaces.values() for group in each.security_groups})
    except Ec2Error as error:
        return BgpSessions(tuple(neighbors), answers, interfaces, Trouble(str(error), error))
    lists: dict[str, Known[tuple[Prefix, ...]]] = {}
    for name in {each.peer for each in rules if isinstance(each.peer, str) and each.peer.startswith("pl-")}:
        try:
            lists[name] = ec2.prefix_list(name)
        except Ec2Error as error:
            lists[name] = Trouble(str(error), error)
    return BgpSessions(tuple(neighbors), answers, interfaces, rules, lists)


def own_exabgp(config: Config, written: Known[Written], running: Known[Running]) -> OwnExabgp:
    """The ExaBGP that `bgp2vpc run` runs or would run with this configuration. Raises OSError."""
    listens = frozenset() if isinstance(written, Trouble) else written.listens
    return OwnExabgp(
        *_installed(config, written),
        listens,
        machine.listening({port for _, port in listens}),
        machine.first_unprivileged_port(),
        None if isinstance(running, Trouble) else machine.may_bind_below(running.pid),
    )


def _installed(config: Config, written: Known[Written]) -> tuple[Known[str], Known[str]]:
    """The version of ExaBGP, and why it refuses the generated file, empty if it does not."""
    try:
        program = exabgp_file.find_program(config.bgp.exabgp if config.bgp else None, own_first=True)
    except ExabgpError as error:
        return Trouble(str(error), error), written if isinstance(written, Trouble) else ""
    version = version_of(program.path)
    if isinstance(written, Trouble):
        return version, written
    try:
        exabgp_file.check(written.text, program)
    except ExabgpError as error:
        return version, "; ".join(str(error).splitlines())
    return version, ""


async def _answers(neighbors: Sequence[Neighbor]) -> dict[IPAddress, Known[TcpAnswer]]:
    async def answer(neighbor: Neighbor) -> Known[TcpAnswer]:
        connecting = asyncio.open_connection(
            str(neighbor.address), neighbor.port, local_addr=(str(neighbor.local_address), 0)
        )
        try:
            _, writer = await asyncio.wait_for(connecting, TIMEOUT)
        except ConnectionError:
            return TcpAnswer.REFUSED
        except TimeoutError:
            return TcpAnswer.NONE
        except OSError as error:
            return Trouble(reason_of(error), error)
        writer.close()
        return TcpAnswer.ACCEPTED

    answers = await asyncio.gather(*map(answer, neighbors))
    return {each.address: found for each, found in zip(neighbors, answers, strict=True)}
