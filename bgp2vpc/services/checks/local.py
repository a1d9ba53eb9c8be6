"""The health checks of this host's services, and the sources that announce managed routes while these are healthy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bgp2vpc.config.model import Announcement, CheckedSource
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.health.model import Check
from bgp2vpc.health.results import CheckStatus
from bgp2vpc.health.rise_fall import combined
from bgp2vpc.policy.plan import RouteKey
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.services.checks.pool import CheckPool, MakeHooks
from bgp2vpc.services.checks.remote import RemoteChecks
from bgp2vpc.sources.session import Listener, SourceKind
from bgp2vpc.tasks import StartTask


class LocalChecks:
    """Runs the configured checks. Each checked source announces its prefixes while enough of its checks are healthy.

    `assume_healthy` (`--oneshot`): runs no check, and takes all for healthy.
    """

    def __init__(
        self,
        listener: Listener,
        start_task: StartTask,
        journal: Journal,
        make_hooks: MakeHooks,
        reconciler: Reconciler,
        owners: RemoteChecks,
        *,
        assume_healthy: bool,
    ) -> None:
        self._listener = listener
        self._reconciler = reconciler
        self._assume_healthy = assume_healthy
        self._pool: CheckPool[str] = CheckPool(
            start_task,
            journal,
            make_hooks,
            self._verdict_changed,
            self._probed,
        )
        self._owners = owners
        self._sources: dict[str, CheckedSource] = {}
        self._retired: dict[str, CheckedSource] = {}
        """Sources that are not configured any more, until they are closed (`_close_retired`)."""
        self._said: dict[str, tuple[Announcement, ...]] = {}
        """Source -> its present announcements; no entry: neither announced nor withdrawn yet."""

    def configure(self, checks: Sequence[Check], sources: Sequence[CheckedSource]) -> None:
        """Run exactly these checks, for exactly these sources. Announcements stay until a source has a verdict."""
        if not self._assume_healthy:
            self._pool.want({check.name: check for check in checks})
        wanted = {source.name: source for source in sources}
        self._retired |= {name: source for name, source in self._sources.items() if name not in wanted}
        for name in wanted.keys() - self._sources.keys() - self._retired.keys():
            self._listener.opened(name, SourceKind.CHECK)
        self._retired = {name: source for name, source in self._retired.items() if name not in wanted}
        self._sources = wanted
        self._tell_what_is_pending()
        for source in sources:
            self._reassess(source)
        self._close_retired()

    def _close_retired(self) -> None:
        """Close sources that are not configured any more, once all sources of the same prefixes have a verdict.

        Otherwise a check that is only renamed would be withdrawn from the datacenter until its first verdict.
        """
        awaited = {
            each.prefix
            for source in self._sources.values()
            if self._verdict(source) is None
            for each in source.announcements
        }
        for name, source in list(self._retired.items()):
            if awaited.isdisjoint(each.prefix for each in source.announcements):
                del self._retired[name]
                self._said.pop(name, None)
                self._listener.closed(name, hold=0)

    def _tell_what_is_pending(self) -> None:
        """Set `Inputs.pending`: the sources without a verdict, whose routes stay as they are."""
        pending = (name for name, healthy in self.verdicts().items() if healthy is None)
        self._reconciler.inputs.pending = frozenset(pending)

    def verdicts(self) -> Mapping[str, bool | None]:
        """Source -> whether it is healthy, if that is known."""
        return {source.name: self._verdict(source) for source in self._sources.values()}

    @property
    def passing(self) -> frozenset[str]:
        """Names of the checks that are healthy and whose last probe succeeded."""
        return self._pool.passing

    def statuses_of(self, source: str) -> Mapping[str, CheckStatus | None]:
        """The checks that this source depends on, by name; None: it does not run on this host."""
        found = {each.name: each for each in self._pool.statuses()}
        return {name: found.get(name) for name in (self._sources[source].checks if source in self._sources else ())}

    def statuses(self) -> list[CheckStatus]:
        """The status of each check."""
        return self._pool.statuses()

    def probe_now(self, name: str) -> None:
        """Have the check of this name probe now, if it runs."""
        self._pool.probe_now(name)

    async def stop(self) -> None:
        """Stop all checks. Announcements stay."""
        await self._pool.stop()

    def _verdict_changed(self, name: str) -> None:
        self._tell_what_is_pending()
        for source in self._sources.values():
            if name in source.checks:
                self._reassess(source)
        self._close_retired()

    def _probed(self, name: str) -> None:
        """Tell the reconciler when a failing check will be unhealthy, and which of our routes that would withdraw."""
        self._owners.control_probed(name, passes=self._pool.passes(name))
        due = self._pool.unhealthy_at(name)
        places: list[RouteKey] = []
        if due is not None:
            # Routes of ours whose source is healthy now and would not be without this check.
            view = self._reconciler.view
            prefixes = {
                each.prefix
                for source in self._sources.values()
                if name in source.checks and self._verdict(source)
                and not combined([each != name and self._pool.healthy(each) for each in source.checks], source.needed)
                for each in source.announcements
            }  # fmt: skip
            places = [(table, prefix) for table in view.tables for prefix in prefixes if view.is_at_ours(table, prefix)]
        self._reconciler.expect((name, ""), due, places)

    def _verdict(self, source: CheckedSource) -> bool | None:
        if self._assume_healthy:
            return True
        return combined([self._pool.healthy(name) for name in source.checks], source.needed)

    def _reassess(self, source: CheckedSource) -> None:
        """Announce or withdraw the prefixes of a source by its verdict; without one, change nothing."""
        healthy = self._verdict(source)
        if healthy is None:
            return
        said = self._said.get(source.name)
        wanted = source.announcements if healthy else ()
        # Withdraw once even if it was never announced: a route of ours may be left from an earlier run.
        gone = source.announcements if said is None and not healthy else said or ()
        replaced = {each.prefix for each in wanted if each.for_exabgp}
        for announcement in gone:
            if announcement not in wanted and announcement.prefix not in replaced:
                self._say(source, f"withdraw route {announcement.prefix} next-hop self", announcement)
        for announcement in wanted:
            if announcement not in (said or ()):
                self._say(source, announcement.line, announcement)
        self._said[source.name] = wanted
        # Also without a new line: a route that was kept for lack of a verdict has to be decided now.
        self._reconciler.prefixes_changed({each.prefix for each in source.announcements})

    def _say(self, source: CheckedSource, line: str, about: Announcement) -> None:
        # ExaBGP gets the text of the line, and `status` shows it, as if a script had printed it. The events are parsed
        # from the same text, so that the RIB and ExaBGP have the same path.
        self._listener.said(source.name, replace(parse(line), for_exabgp=about.for_exabgp))
