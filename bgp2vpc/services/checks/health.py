"""The service of all health checks: those of this host's services, which announce prefixes, and those of owners."""

from collections.abc import Collection, Mapping

from bgp2vpc.config.model import Config
from bgp2vpc.health.results import CheckStatus
from bgp2vpc.policy.decide import owners_to_check
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.view import View
from bgp2vpc.services.checks.local import LocalChecks
from bgp2vpc.services.checks.pool import unusable
from bgp2vpc.services.checks.remote import RemoteChecks


class Health(Observer):
    """Keeps exactly the configured checks running. `assumed` (`--oneshot`): runs none, takes all for healthy."""

    def __init__(
        self, checks: LocalChecks, owners: RemoteChecks, journal: Journal, view: View, *, assumed: bool
    ) -> None:
        self._checks = checks
        self._owners = owners
        self._journal = journal
        self._view = view
        self._assumed = assumed
        self._config = Config(file="")

    def load_probes(self, config: Config) -> bool:
        """Load the modules that the configured probes need. False if a check cannot work on this host: logged."""
        errors = unusable((*config.checks, *config.remote_checks))
        for error in errors:
            self._journal.failure("health checks", error, then="not made; looked at again at the next reload or start")
        if not errors:
            self._journal.success("health checks")
        return not errors

    async def configure(self, config: Config) -> None:
        """Run the checks of this configuration from now on."""
        self._config = config
        self._checks.configure(config.checks, config.checked_sources)
        self._owners.configure(() if self._assumed else config.remote_checks, self._checks.passing)

    def decided(self, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """Pass the owners to the remote checks: of the prefixes `only`, or (None) of all."""
        if self._config.remote_checks:
            as_witness = self._config.serf is not None
            tables, snapshot = self._view.tables, self._view.snapshot
            self._owners.follow(owners_to_check(tables, snapshot, inputs, only, as_witness=as_witness), only)

    def decided_all(self, prefixes: Collection[Prefix]) -> None:
        """Drop the owners of all other prefixes."""
        self._owners.follow_only(prefixes)

    def votes_changed(self) -> None:
        """Decide again which owners fail, by the votes of other members."""
        self._owners.reassess()

    def verdicts(self) -> Mapping[str, bool | None]:
        """Source -> whether it is healthy; None: no verdict yet."""
        return self._checks.verdicts()

    def statuses(self) -> list[CheckStatus]:
        """The status of each check, those of owners last."""
        return [*self._checks.statuses(), *self._owners.statuses()]

    def statuses_of(self, source: str) -> Mapping[str, CheckStatus | None]:
        """Name -> status of each check that this source depends on; None: it does not run on this host."""
        return self._checks.statuses_of(source)

    def probe_now(self, name: str) -> None:
        """Have the checks of this name probe now, those of owners, too."""
        self._checks.probe_now(name)
        self._owners.probe_now(name)

    async def stop(self) -> None:
        """Stop all checks. Announcements stay."""
        await self._checks.stop()
        await self._owners.stop()
