"""A real ExaBGP, and bgp2vpc's own Adj-RIB-In and Adj-RIB-Out in front of it."""

import asyncio
import contextlib
import getpass
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from bgp2vpc.exabgp_api.line import decode
from bgp2vpc.exabgp_api.messages import Acknowledgement, Message, SummaryBegins
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.place_state import Places
from bgp2vpc.prefix import IPAddress, Prefix, parse_address
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.speaker.adj_rib_in import AdjRibIn
from bgp2vpc.speaker.adj_rib_out import AdjRibOut
from bgp2vpc.speaker.peers import Peers
from bgp2vpc.speaker.unanswered import QUESTION
from tests.exabgps import Exabgp
from tests.passed_on.neighbor import Neighbor
from tests.waiting import PATIENCE

LENDER = Path(__file__).with_name("lend_pipe.py")
REFUSED = "neighbor 192.0.2.99 withdraw route 10.255.0.0/32"
"""It is passed on and refused, and so makes the relay ask at once what else is unanswered."""

CONFIGURATION = """
process bgp2vpc {{ run {python} -I -S {lender} {socket}; encoder {encoder}; }}
template {{
    neighbor tested {{
        local-address 127.0.0.1;
        router-id 127.0.0.1;
        local-as 64512;
        hold-time 180;
        api hearing {{
            processes [ bgp2vpc ];
            neighbor-changes;
            receive {{ parsed; open; keepalive; update; notification; }}
        }}
    }}
}}
neighbor 127.0.0.2 {{
    inherit tested;
    peer-as 64512;
    connect {ports[0]};
    capability {{ add-path send/receive; extended-message disable; }}
    family {{
        ipv4 unicast; ipv4 multicast; ipv4 nlri-mpls; ipv4 mpls-vpn; ipv4 flow; ipv4 flow-vpn; l2vpn vpls;
        ipv6 unicast; ipv6 nlri-mpls; ipv6 mpls-vpn; ipv6 flow; ipv6 flow-vpn; {more}
    }}
}}
neighbor 127.0.0.3 {{
    inherit tested;
    peer-as 64513;
    connect {ports[1]};
    capability {{ asn4 disable; }}
    family {{ ipv4 unicast; }}
}}
neighbor 127.0.0.4 {{
    inherit tested;
    peer-as 64513;
    passive true;
    family {{ ipv4 unicast; ipv6 unicast; }}
}}
"""
"""A neighbor of every family with messages of 4 KiB, an external one that knows little, and one that never comes."""
ENCODERS = {"4.2": "text", "5.0": "json"}
MORE = {"4.2": "", "5.0": "ipv4 mcast-vpn; ipv4 mup; ipv6 mcast-vpn; ipv6 mup;"}


class StoppedError(Exception):
    """ExaBGP does not answer any more, or has lost a session."""


class _NoRoutes:
    """Decides about no route: there is no VPC."""

    def prefixes_changed(self, prefixes: Collection[Prefix]) -> None: ...
    def neighbors_changed(self) -> None: ...
    def session_lost(self, paths: Collection[tuple[Prefix, IPAddress]]) -> None: ...


class Trial:
    """What is said to one ExaBGP, and whether it answers."""

    def __init__(
        self, exabgp: subprocess.Popen[bytes], pipe: ExabgpPipe, neighbors: Sequence[Neighbor], patience: float
    ) -> None:
        self.passed_on = 0
        self._exabgp = exabgp
        self._pipe = pipe
        self._neighbors = neighbors
        self._patience = patience
        self._adj_rib_out = AdjRibOut()
        self._adj_rib_out.connected(self)
        inputs = Inputs(Places(0.0, DampingLimits()))
        self._adj_rib_in = AdjRibIn(inputs, _NoRoutes(), self._adj_rib_out)
        self._peers = Peers(inputs, _NoRoutes(), self._adj_rib_in, Journal())
        self._adj_rib_in.use_limits({}, 1 << 40)
        self._peers.expect([parse_address(f"127.0.0.{host}") for host in (2, 3, 4)])
        self._adj_rib_in.opened("script", SourceKind.SCRIPT)
        self._batches = 0
        self._heard_alone: list[Message] | None = None
        self._ear = asyncio.create_task(pipe.run(self._heard))

    async def have_sessions(self) -> None:
        """Wait until those of the neighbors that listen are up."""
        await self._until(self._all_up, "no session comes up")

    def _all_up(self) -> bool:
        return sum(kind is SourceKind.PEER for kind in self._adj_rib_in.kinds.values()) == len(self._neighbors)

    async def say(self, lines: Iterable[str]) -> None:
        """Pass them on as bgp2vpc does, and wait until nothing is without an answer. Raises StoppedError."""
        for line in lines:
            self._adj_rib_in.said("script", decode(line.encode("utf-8")))
        self._batches += 1
        number = self._batches.to_bytes(2, "big")
        for neighbor in self._neighbors:
            neighbor.awaited = bytes([32, 10, 255, *number])
        for last in (f"announce route 10.255.{number[0]}.{number[1]}/32 next-hop 192.0.2.1", REFUSED):
            self._adj_rib_in.said("script", decode(last.encode()))
        await self._until(lambda: not self._adj_rib_out._unanswered._lines, "it does not answer")
        for neighbor in self._neighbors:
            await self._until(lambda neighbor=neighbor: not neighbor.awaited, "it sends nothing more")
        self.passed_on -= 2  # those two

    async def answers(self, line: str) -> list[bool]:
        """What it answers to this line alone: true for `done`."""
        self._heard_alone = heard = []
        self._pipe.send(line)
        self._pipe.send(QUESTION)
        await self._until(lambda: _is_over(heard), "it does not answer")
        self._heard_alone = None
        ours = heard[: next(at for at, each in enumerate(heard) if isinstance(each, SummaryBegins))]
        return [each.ok for each in ours if isinstance(each, Acknowledgement)]

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = asyncio.get_running_loop().time() + self._patience
        while not condition():
            if self._exabgp.poll() is not None:
                raise StoppedError(f"it has ended with status {self._exabgp.returncode}")
            if self._ear.done():
                raise StoppedError("it has closed the pipe of its helper")
            for neighbor in self._neighbors:
                if neighbor.lost:
                    raise StoppedError(f"it {neighbor.lost} with {neighbor.address}")
            if asyncio.get_running_loop().time() > deadline:
                raise StoppedError(f"{what} within {self._patience:g} s")
            await asyncio.sleep(0.005)

    def send(self, line: str) -> bool:
        """Pass a line of the Adj-RIB-Out on to ExaBGP."""
        self.passed_on += line != QUESTION
        return self._pipe.send(line)

    def _heard(self, message: Message) -> None:
        if self._heard_alone is not None and isinstance(message, Acknowledgement | SummaryBegins):
            self._heard_alone.append(message)
        else:
            self._peers.heard(message)


def _is_over(heard: Sequence[Message]) -> bool:
    """Whether the question has been answered, too."""
    begun = [at for at, each in enumerate(heard) if isinstance(each, SummaryBegins)]
    return bool(begun) and len(heard) > begun[0] + 1


@contextlib.asynccontextmanager
async def trial(exabgp: Exabgp, *, with_sessions: bool, patience: float = PATIENCE) -> AsyncIterator[Trial]:
    """Starts an ExaBGP on loopback, which listens nowhere, and ends it."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as open_now:
        directory = Path(open_now.enter_context(tempfile.TemporaryDirectory()))
        neighbors = [Neighbor("127.0.0.2", 64512), Neighbor("127.0.0.3", 64513)]
        for each in neighbors:
            open_now.callback(each.close)
            if with_sessions:
                await each.listen()
        door = open_now.enter_context(socket.socket(socket.AF_UNIX))
        door.bind(str(directory / "door"))
        door.listen()
        door.setblocking(False)
        process = open_now.enter_context(_running(exabgp, directory, [each.port for each in neighbors]))
        helper, _ = await asyncio.wait_for(loop.sock_accept(door), PATIENCE)
        open_now.enter_context(helper)
        await asyncio.wait_for(_readable(helper), PATIENCE)
        _, (read_fd, write_fd), *_ = socket.recv_fds(helper, 1, 2)
        pipe = ExabgpPipe(read_fd, write_fd)
        open_now.callback(pipe.close)
        made = Trial(process, pipe, neighbors if with_sessions else [], patience)
        try:
            await made.have_sessions()
            yield made
        except StoppedError as error:
            log = (directory / "log").read_text("utf-8", "replace").splitlines()
            raise StoppedError("\n".join([str(error), *log[-5:]])) from None


@contextlib.contextmanager
def _running(exabgp: Exabgp, directory: Path, ports: Sequence[int]) -> Iterator[subprocess.Popen[bytes]]:
    text = CONFIGURATION.format(
        python=sys.executable, lender=LENDER, socket=directory / "door", encoder=ENCODERS[exabgp.version],
        ports=ports, more=MORE[exabgp.version],
    )  # fmt: skip
    configuration = directory / "exabgp.conf"
    configuration.write_text(text, "utf-8")
    environment = {
        **os.environ,
        "exabgp_daemon_user": getpass.getuser(),
        "exabgp_api_cli": "false",
        "exabgp_log_destination": "stdout",
    }
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            exabgp.serve(configuration),
            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()  # it may be busy for ever
        process.wait()


async def _readable(one: socket.socket) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(one, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(one)
