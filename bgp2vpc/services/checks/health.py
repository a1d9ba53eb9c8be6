"""All health checks of the daemon: those of this host's services, which announce prefixes, and those of owners."""

from collections.abc import Collection, Mapping

from bgp2vpc.config.model import Config
from bgp2vpc.health.results import CheckStatus
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.view import View
from bgp2vpc.services.checks.local import Checks
from bgp2vpc.services.checks.pool import unusable
from bgp2vpc.services.checks.remote import RemoteChecks


class Health(Observer):
    """Keeps exactly the configured checks running. With `assumed`, none: all is taken for healthy (`--oneshot`)."""

    def __init__(self, checks: Checks, owners: RemoteChecks, journal: Journal, view: View, *, assumed: bool) -> None:
        self._checks = checks
        self._owners = owners
        self._journal = journal
        self._view = view
        self._assumed = assumed
        self._config = Config(file="")

    def load_probes(self, config: Config) -> bool:
        """Load what the probes of the configured checks need. False if this host lacks or denies any of it: logged."""
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
        """The owners may have changed: of the prefixes `only`, or (None) of all."""
        if self._config.remote_checks:
            as_witness = self._config.serf is not None
            self._owners.follow(self._view.owners_to_check(inputs, only, as_witness=as_witness), only)

    def decided_all(self, prefixes: Collection[Prefix]) -> None:
        """No other prefix has an owner to check any more."""
        self._owners.follow_only(prefixes)

    def votes_changed(self) -> None:
        """Others speak against other owners now."""
        self._owners.reassess()

    def verdicts(self) -> Mapping[str, bool | None]:
        """Source -> whether it is healthy, if that is known."""
        return self._checks.verdicts()

    def statuses(self) -> list[CheckStatus]:
        """How each check is, those of owners last."""
        return [*self._checks.statuses(), *self._owners.statuses()]

    def statuses_of(self, source: str) -> Mapping[str, CheckStatus | None]:
        """The checks that this source depends on, by name; None: it does not run on this host."""
        return self._checks.statuses_of(source)

    def probe_now(self, name: str) -> None:
        """Let the checks of this name probe now, those of owners, too."""
        self._checks.probe_now(name)
        self._owners.probe_now(name)

    async def stop(self) -> None:
        """Check nothing any more. What was announced stays announced."""
        await self._checks.stop()
        await self._owners.stop()
