"""An ICMP echo."""

from icmplib.exceptions import ICMPLibError, ICMPSocketError

from bgp2vpc.health.errors import PingNotAllowed
from bgp2vpc.health.model import Ping, Result
from bgp2vpc.health.probes.icmp import send_failure, shared_echoes
from bgp2vpc.health.reasons import during, failed, lower_first
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
        return Result(None, "ping is not permitted")
    except ICMPSocketError as error:
        failure = send_failure(error)
        return failed(failure) if failure else Result(None, lower_first(str(error)))
    except ICMPLibError as error:  # an ICMP error from a router, or the destination itself
        return Result(False, lower_first(str(error)))
    return Result(True)
