"""Discovery of BGP neighbors: instances found by tag become neighbors in ExaBGP's configuration.

At each poll the members are looked up. If that changes the configuration, the file is written and ExaBGP reloads it.
"""

import asyncio
import logging
import random
from contextlib import suppress
from functools import partial

from bgp2vpc.config.model import Bgp, Config
from bgp2vpc.errors import Ec2Error, ExabgpError, NoThread
from bgp2vpc.logs import event
from bgp2vpc.prefix import IPAddress
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.view import View
from bgp2vpc.speaker import exabgp_file
from bgp2vpc.speaker.adj_rib_out import AdjRibOut
from bgp2vpc.speaker.peers import Peers
from bgp2vpc.speaker.render_conf import configuration
from bgp2vpc.tasks import StartTask, cancelled, on_thread
from bgp2vpc.vpc.model import TaggedInstance

log = logging.getLogger("bgp2vpc")

SUBJECT = "BGP neighbors"
RELOAD_AGAIN = 2.0


class ExabgpNeighbors:
    """ExaBGP, as far as it has to follow: it reads its file again, and has sessions with whom we expect it to.

    `grace`: seconds that a neighbor that has come has for its first session; without one after that, it counts as lost.
    """

    def __init__(self, peers: Peers, adj_rib_out: AdjRibOut, grace: float) -> None:
        self.grace = grace
        self._peers = peers
        self._adj_rib_out = adj_rib_out
        self._wanted: frozenset[IPAddress] | None = None
        self._began = asyncio.get_running_loop().time()

    def expect(self, neighbors: frozenset[IPAddress]) -> None:
        """There should be sessions with these. At our start, nothing is concluded about them for that long anyway."""
        before, self._wanted = self._wanted, neighbors
        is_start = before is None and asyncio.get_running_loop().time() < self._began + self.grace
        self._peers.expect(neighbors if is_start else neighbors & self._peers.expected)
        if not is_start and neighbors - (before or frozenset()):
            asyncio.get_running_loop().call_later(self.grace, lambda: self._peers.expect(self._wanted or ()))

    async def reload(self) -> None:
        """Let ExaBGP read its file. Twice: 5.0 ignores the command while it is sending updates."""
        self._adj_rib_out.reload()
        await asyncio.sleep(RELOAD_AGAIN)
        self._adj_rib_out.reload()


class NeighborDiscovery:
    """Helper mode. `writes` false: only look."""

    def __init__(
        self,
        calls: Calls,
        view: View,
        journal: Journal,
        start_task: StartTask,
        exabgp: ExabgpNeighbors,
        *,
        writes: bool,
    ) -> None:
        self._calls = calls
        self._view = view
        self._start_task = start_task
        self._journal = journal
        self._exabgp = exabgp
        self._writes = writes
        self._config = Config(file="")
        self._looking: asyncio.Task[None] | None = None
        self._look_now = asyncio.Event()
        self._last: tuple[TaggedInstance, ...] = ()
        self._refused: tuple[str, ExabgpError] | None = None

    async def configure(self, config: Config) -> None:
        """Look for the peers of this configuration, now and from now on."""
        self._config = config
        self._exabgp.grace = config.startup_hold
        self._look_now.set()
        if self._looking is None:
            self._looking = self._start_task("discovery", self._run())

    async def stop(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            await cancelled(self._looking)

    async def _run(self) -> None:
        """Look, and look again, once EC2 is reached."""
        await self._calls.is_connected.wait()
        while True:
            self._look_now.clear()
            config = self._config
            if config.bgp is not None:
                await self._look(config.bgp, config.file)
            wait = config.poll_time * (0.9 + random.random() / 5)  # noqa: S311
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), wait)

    async def _look(self, bgp: Bgp, file: str) -> None:
        try:
            await self._follow(bgp, file)
        except (Ec2Error, ExabgpError, NoThread) as error:
            self._journal.failure(SUBJECT, error)
        else:
            self._journal.success(SUBJECT)

    async def _follow(self, bgp: Bgp, file: str) -> None:
        members = await self._members(bgp)
        instance = self._view.instance
        interfaces = self._view.snapshot.interfaces or await self._calls.interfaces(instance.id)
        written = configuration(
            bgp, interfaces, members, instance_id=instance.id, helper=exabgp_file.helper_command(file), file=file
        )
        self._exabgp.expect(frozenset(neighbor.address for neighbor in written.neighbors))
        path = bgp.config_file
        if path is None or not self._writes or await on_thread(partial(exabgp_file.read, path)) == written.text:
            return
        if self._refused is not None and self._refused[0] == written.text:
            raise self._refused[1]
        try:
            await on_thread(partial(exabgp_file.write, path, written.text))
        except ExabgpError as error:
            self._refused = (written.text, error)
            raise
        event(log, logging.INFO, "ExaBGP's configuration written", file=path, neighbors=len(written.neighbors))
        await self._exabgp.reload()

    async def _members(self, bgp: Bgp) -> tuple[TaggedInstance, ...]:
        """Those found now, and those found the time before: a read may be old, and would end a session by mistake.

        An instance that is gone has no session, so it does no harm in ExaBGP's file until the next time.
        """
        if bgp.peers_by_tag is None:
            return ()
        found = await self._calls.members(self._view.instance.vpc_id, bgp.peers_by_tag.key, bgp.peers_by_tag.value)
        present = {member.instance_id for member in found}
        kept = tuple(member for member in self._last if member.instance_id not in present)
        self._last = found
        return (*found, *kept)
