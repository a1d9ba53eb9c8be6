"""Discovery of BGP neighbors: instances found by tag become neighbors in ExaBGP's configuration.

At each poll, `NeighborDiscovery` reads the members (the instances with the tag of `peers_by_tag`) from EC2 and makes
the configuration for them (`render_conf.py`). `ExabgpNeighbors` expects a session with each of these neighbors: one
that has none for `startup_hold` seconds, and whose host does not answer, counts as lost (`peers.py`). If the text has
changed, ExaBGP checks it, the file is replaced (`exabgp_file.py`), and ExaBGP reloads it.
"""

import asyncio
import logging
import math
import random
import tempfile
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from bgp2vpc.backoff import BackOff
from bgp2vpc.bgp.mesh import BGP_PORT, Neighbor
from bgp2vpc.config.model import RUN_PORT, Bgp, Config
from bgp2vpc.errors import Ec2Error, ExabgpError, NoThread, Transient
from bgp2vpc.exabgp_api.conf import resets_sessions
from bgp2vpc.health.model import Check, ProbeResult, Tcp
from bgp2vpc.health.probe import probe_within
from bgp2vpc.health.reasons import failed
from bgp2vpc.logs import event
from bgp2vpc.prefix import IPAddress
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.read.poll_time import PollTime
from bgp2vpc.reconcile.view import View
from bgp2vpc.speaker import exabgp_file
from bgp2vpc.speaker.adj_rib_out import AdjRibOut
from bgp2vpc.speaker.peers import Peers
from bgp2vpc.speaker.render_conf import configuration
from bgp2vpc.tasks import StartTask, cancelled, on_thread
from bgp2vpc.vpc.api import MEMBERS_PAGE_SIZE
from bgp2vpc.vpc.model import TaggedInstance

log = logging.getLogger("bgp2vpc")

SUBJECT = "BGP neighbors"
FIRST_RETRY = 0.5  # seconds
LONGEST_RETRY = 60.0
BY_TAG = "with the tag of peers_by_tag"
RELOAD_AGAIN = 2.0  # seconds
REACH_TIMEOUT = 1.0  # seconds
KNOCK = 0.5
"""Seconds after ExaBGP has connected to us; it listens by then."""

Reach = Callable[[Neighbor], Awaitable[bool]]
"""Whether the neighbor's host answers at all, with or without a BGP session."""


async def reach(neighbor: Neighbor) -> bool:
    """Connect to the neighbor's port. Returns whether its host accepted or refused within `REACH_TIMEOUT`.

    Also true if that cannot be told, because the failure is on our own side (`health/reasons.py`) or our event loop
    was late: a host that does not answer loses its routes.
    """

    async def connect(_check: Check) -> ProbeResult:
        where, local = str(neighbor.address), (str(neighbor.local_address), 0)
        try:
            _, writer = await asyncio.open_connection(where, neighbor.port, local_addr=local)
        except ConnectionError:
            return ProbeResult(True)
        except OSError as error:
            return failed(error)
        writer.close()
        return ProbeResult(True)

    check = Check(name="reach", probe=Tcp(neighbor.port), every=REACH_TIMEOUT, timeout=REACH_TIMEOUT)
    return (await probe_within(check, connect)).healthy is not False


class ExabgpNeighbors:
    """The neighbors that ExaBGP is configured with, and the sessions that are expected with them.

    `grace`: seconds that a neighbor has for its first session, from our start or from when it was found. A neighbor
    without a session after that counts as lost, unless its host answers: then its ExaBGP has not tried to connect again
    yet (it waits up to 60 s), or does not accept us. `is_own`: `bgp2vpc run` runs this ExaBGP (`services/exabgp.py`),
    and starts it once `file` is `written`.
    """

    def __init__(
        self, peers: Peers, adj_rib_out: AdjRibOut, grace: float, start_task: StartTask, reach: Reach, *, is_own: bool
    ) -> None:
        self.grace = grace
        self.is_own = is_own
        self.file: Path | None = None
        self.written = asyncio.Event()
        self.is_connected = not is_own
        """Without a connection, no neighbor counts as lost because it has no session."""
        self.owes_reload = False
        """Whether ExaBGP's pipe has not taken the last command to reload the file."""
        self._peers = peers
        self._adj_rib_out = adj_rib_out
        self._start_task = start_task
        self._reach = reach
        self._wanted: Mapping[IPAddress, Neighbor] | None = None
        self._began = asyncio.get_running_loop().time()

    def expect(self, neighbors: Collection[Neighbor]) -> None:
        """Expect sessions with these neighbors; with new ones only after `grace` (`_conclude`).

        At our start they are expected at once, because decisions wait for `startup_hold` then anyway.
        """
        before, self._wanted = self._wanted, {each.address: each for each in neighbors}
        if not self.is_connected:
            return
        addresses = frozenset(self._wanted)
        is_start = before is None and asyncio.get_running_loop().time() < self._began + self.grace
        self._peers.expect(addresses if is_start else addresses & self._peers.expected)
        if new := addresses - frozenset(before or ()):
            self._start_task("neighbors", self._conclude(new))

    def started(self) -> None:
        """Our own ExaBGP is connected: expect all sessions, and begin `grace` again."""
        self.is_connected = True
        self._began = asyncio.get_running_loop().time()
        if self._wanted is not None:
            self._peers.expect(self._wanted)
            self._start_task("neighbors", self._conclude(frozenset(self._wanted)))
        self._start_task("knock", self._knock())

    def gone(self) -> None:
        """Our own ExaBGP is not connected any more: nothing is known of its sessions."""
        self.is_connected = False
        self._peers.exabgp_ended()

    async def _conclude(self, addresses: frozenset[IPAddress]) -> None:
        """After `grace` (a second at least), expect sessions with these neighbors but those whose host answers.

        Repeat this for those.
        """
        began = asyncio.get_running_loop().time()
        while addresses and self.is_connected:
            grace = max(self.grace, REACH_TIMEOUT)
            await asyncio.sleep(grace - REACH_TIMEOUT)
            missing = [each for each in self._without_session() if each.address in addresses]
            answers = await asyncio.gather(*map(self._reach, missing))
            await asyncio.sleep(began + grace - asyncio.get_running_loop().time())
            if not self.is_connected or began < self._began:  # ExaBGP is gone, or another was started
                return
            alive = frozenset(each.address for each, answer in zip(missing, answers, strict=True) if answer)
            self._peers.expect((self._peers.expected | addresses).intersection(self._wanted or ()) - alive)
            addresses, began = alive, began + grace

    async def _knock(self) -> None:
        """Connect to the passive neighbors: their ExaBGP then connects at once, and not when its back-off is over."""
        await asyncio.sleep(KNOCK)
        await asyncio.gather(*(self._reach(each) for each in self._without_session() if each.passive))

    async def find_silent(self) -> None:
        """Our own link may have been cut, and is back: connect to the neighbors without a session, twice if need be.

        Where that fails, the host is lost, and not only our session with it. Elsewhere ExaBGP connects at once.
        """
        silent = self._without_session()
        for _ in range(2):
            answers = await asyncio.gather(*map(self._reach, silent))
            silent = [each for each, answer in zip(silent, answers, strict=True) if not answer]
        if silent:
            self._peers.found_silent([each.address for each in silent])

    def _without_session(self) -> list[Neighbor]:
        """The neighbors of the mesh without a session. Not routers: the loss of a router's session moves no route."""
        wanted = (self._wanted or {}).values()
        return [each for each in wanted if each.internal and not self._peers.has_session(each.address)]

    async def reload(self, *, resets: bool = False) -> None:
        """Have ExaBGP reload its file. The command is sent twice: 5.0 ignores it while it sends UPDATEs.

        `resets`: ExaBGP ends the sessions of which a setting has changed. That is no evidence against the neighbors.
        """
        for pause in (0.0, RELOAD_AGAIN):
            await asyncio.sleep(pause)
            if resets:
                self._peers.exabgp.ends_sessions()
            self.owes_reload = not self._adj_rib_out.reload()


class NeighborDiscovery:
    """Reads the members at each poll, and keeps ExaBGP's file in step with them. `writes` false: never writes it."""

    def __init__(
        self,
        calls: Calls,
        view: View,
        journal: Journal,
        start_task: StartTask,
        exabgp: ExabgpNeighbors,
        poll_time: PollTime,
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
        self._poll_time = poll_time
        self._pause = poll_time.pause()
        self._last: tuple[TaggedInstance, ...] = ()
        self._refused: tuple[str, ExabgpError] | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    async def configure(self, config: Config) -> None:
        """Use the `bgp` section of this configuration: read its members at once, then at each poll."""
        self._config = config
        self._exabgp.grace = config.startup_hold
        self._exabgp.file = config.bgp.config_file if config.bgp else None
        if config.bgp is not None and self._exabgp.is_own:
            beside = config.state_file
            if beside is None:
                # Without a `state_file`: in a temporary directory that is removed when the daemon ends.
                self._directory = self._directory or tempfile.TemporaryDirectory(
                    prefix="bgp2vpc-", ignore_cleanup_errors=True
                )
                beside = Path(self._directory.name) / "state"
            self._exabgp.file = config.bgp.config_file or beside.with_name(f"{beside.name}.exabgp.conf")
            if await on_thread(partial(exabgp_file.read, self._exabgp.file)) is not None:
                self._exabgp.written.set()
        self._pause.end()
        if self._looking is None:
            self._looking = self._start_task("discovery", self._run())

    async def stop(self) -> None:
        """Stop reading the members."""
        if self._looking is not None:
            await cancelled(self._looking)

    async def _run(self) -> None:
        """Wait until EC2 is connected, then follow the members until cancelled.

        Until the first answer there may be no sessions, so it is asked for again soon; with a back-off and jitter, as
        EC2 throttles most of these calls when a whole fleet starts at once.
        """
        await self._calls.connector.ready.wait()
        first = BackOff(FIRST_RETRY, LONGEST_RETRY)
        has_looked = False
        while True:
            self._pause.clear()
            config, is_transient = self._config, False
            if config.bgp is not None:
                try:
                    await self._follow(config.bgp, config.file)
                except (Ec2Error, ExabgpError, NoThread) as error:
                    self._journal.failure(SUBJECT, error)
                    is_transient = isinstance(error, Transient)
                else:
                    self._journal.success(SUBJECT)
                    has_looked = True
            else:
                self._journal.forget(SUBJECT)
            if is_transient and not has_looked:
                await self._pause.wait(first.next() * (0.5 + random.random()))  # noqa: S311
            else:
                await self._pause.poll_time()

    async def _follow(self, bgp: Bgp, file: str) -> None:
        """Read the members, and write ExaBGP's file if its text has changed. Raises Ec2Error, ExabgpError, NoThread."""
        members: tuple[TaggedInstance, ...] = ()
        if bgp.peers_by_tag is not None:
            # A member stays in the file until two reads in a row lack it: one read may be old, and ExaBGP ends the
            # session of a neighbor that is removed. A member that is really gone does no harm there.
            found = await self._calls.members(self._view.instance.vpc_id, bgp.peers_by_tag.key, bgp.peers_by_tag.value)
            ids = {member.instance_id for member in found}
            members = (*found, *(member for member in self._last if member.instance_id not in ids))
            self._last = found
            self._poll_time.know(BY_TAG, len(ids | {self._view.instance.id}))
            self._poll_time.needs("DescribeInstances", math.ceil(len(found) / MEMBERS_PAGE_SIZE))
        else:
            self._poll_time.know(BY_TAG, 0)
        instance, is_own = self._view.instance, self._exabgp.is_own
        interfaces = self._view.snapshot.interfaces or await self._calls.interfaces(instance.id)
        written = configuration(
            bgp,
            interfaces,
            members,
            instance_id=instance.id,
            helper=exabgp_file.relay_command() if is_own else exabgp_file.helper_command(file),
            file=file,
            port=RUN_PORT if is_own else BGP_PORT,
        )
        self._exabgp.expect(written.neighbors)
        path = self._exabgp.file
        if path is None or not self._writes:
            return
        present = await on_thread(partial(exabgp_file.read, path))
        if present == written.text:
            self._exabgp.written.set()
            if self._exabgp.owes_reload:
                await self._exabgp.reload()
            return
        if self._refused is not None and self._refused[0] == written.text:
            raise self._refused[1]
        try:
            program = None
            if present is not None or not is_own:  # our own first file is checked by starting ExaBGP with it
                program = await on_thread(partial(exabgp_file.find_program, bgp.exabgp, own_first=is_own))
            await on_thread(partial(exabgp_file.write, path, written.text, program))
        except ExabgpError as error:
            if error.is_refusal:  # a full disk and the like may be over at the next poll
                self._refused = (written.text, error)
            raise
        self._exabgp.written.set()
        event(log, logging.INFO, "ExaBGP's configuration written", file=path, neighbors=len(written.neighbors))
        await self._exabgp.reload(resets=present is not None and resets_sessions(present, written.text))
