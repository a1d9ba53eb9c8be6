"""An ICMP echo."""

from icmplib.exceptions import ICMPLibError

from bgp2vpc.health.errors import PingNotAllowed
from bgp2vpc.health.model import Ping, Result
from bgp2vpc.health.probes.icmp import send_failure, shared_echoes
from bgp2vpc.health.reasons import during, lower_first, network_reason
from bgp2vpc.prefix import IPAddress


async def probe_ping(_probe: Ping, destination: IPAddress) -> Result:
    """Healthy once the reply is there."""
    # An IPv4 address in IPv6's clothes is reached by ICMPv4 only.
    address = destination.ipv4() if destination.is_ipv4_mapped() else destination
    try:
        with during("waiting for the reply"):
            reply = await shared_echoes(address.version).ask(address)
        reply.raise_for_status()
    except PingNotAllowed:
        return Result(False, "ping is not permitted")
    except ICMPLibError as error:
        failure = send_failure(error)
        return Result(False, network_reason(failure) if failure else lower_first(str(error)))
    return Result(True)
