"""What a lab's health checks look at: services on loopback, the file that names them, and a VPC for its routes."""

import socket
from contextlib import suppress

from lab import OURS, PEER, two_hosts

from bgp2vpc.config.load import parse
from tests.memory_vpc import MemoryVpc

P, Q = "192.0.2.53/32", "192.0.2.54/32"
FOREVER = 1000.0


class Service:
    """Something that listens, or refuses, on an address of loopback. A connection is well as soon as it stands."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        self._socket = socket.create_server((self._address, self.port), backlog=512)
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def visits(self) -> int:
        """How many connections were made since this was last asked."""
        count = 0
        with suppress(BlockingIOError):
            while self._socket is not None:
                self._socket.accept()[0].close()
                count += 1
        return count


def settings(text: str) -> dict:
    """What the lab's daemon needs of a file."""
    config = parse(text, "lab.yaml")
    names = ("rules", "checks", "remote_checks", "checked_sources", "on_exit", "hook_timeout")
    return {name: getattr(config, name) for name in names}


def file(service: Service, route: str = "", remote: Service | None = None, more: str = "", rule: str = "") -> str:
    remote_checks = ""
    if remote is not None:
        remote_checks = f"remote_healthchecks:\n  alive: {{type: tcp, every: 1, config: {{port: {remote.port}}}}}\n"
    return f"""\
healthchecks:
  web: {{type: tcp, destination: 127.0.0.1, every: 1, config: {{port: {service.port}}}}}
  other: {{type: tcp, destination: 127.0.0.1, every: 1, rise: 5, config: {{port: {service.port}}}}}
{remote_checks}{more}
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    manage_routes:
      - {{cidr: {P}, healthcheck: web{route}}}
{rule}"""


def owned_by_peer() -> MemoryVpc:
    """The peer, at 127.0.0.2, holds the route."""
    vpc = MemoryVpc()
    vpc.add_table("rtb-1", tags={"type": "private"})
    vpc.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    vpc.add_interface(PEER, "i-2", addresses=["127.0.0.2"])
    vpc.put_route("rtb-1", P, PEER)
    return vpc


def held_by_us() -> MemoryVpc:
    vpc = two_hosts()
    vpc.put_route("rtb-1", P, OURS)
    return vpc
