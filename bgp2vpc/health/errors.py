"""What keeps a check from working at all, and has to be mended by the operator.

Bgp2vpcError
├── PingNotAllowed   the host: neither way to send ICMP is open to us
└── UnusableCa       the author of the file: `ca_pem` holds no certificates
"""

from bgp2vpc.errors import Bgp2vpcError


class PingNotAllowed(Bgp2vpcError):
    """The kernel allows neither datagram nor raw ICMP sockets."""

    def __init__(self) -> None:
        super().__init__(
            "ping is not permitted: either open the sysctl net.ipv4.ping_group_range to our group "
            '(net.ipv4.ping_group_range="0 2147483647" for every group), or give us the capability CAP_NET_RAW '
            "(systemd: AmbientCapabilities=CAP_NET_RAW)"
        )


class UnusableCa(Bgp2vpcError):
    """Certificates to check servers with that cannot be read."""
