"""All health checks of the daemon: those of this host's services, which announce, and those of owners, which accuse."""

from collections.abc import Callable, Collection, Mapping

from bgp2vpc.config.model import Config
from bgp2vpc.health.hooks import Hooks
from bgp2vpc.health.model import Check
from bgp2vpc.health.runner import CheckStatus
from bgp2vpc.policy.wish import Wish
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.view import View
from bgp2vpc.services.check_pool import unusable
from bgp2vpc.services.checks import Checks
from bgp2vpc.services.remote_checks import Owner, OwnerChecks
from bgp2vpc.services.serf import Gossip
from bgp2vpc.sources.session import Listener
from bgp2vpc.tasks import StartTask


class Health:
    """Keeps exactly the configured checks running. With `assumed`, none: all is taken for healthy (`--oneshot`).

    With `noop` the programs that want to hear of verdicts are only named. `touch` hears of prefixes to decide about.
    """

    def __init__(
        self,
        listener: Listener,
        journal: Journal,
        start_task: StartTask,
        touch: Callable[[Collection[Prefix]], None],
        gossip: Gossip,
        *,
        assumed: bool,
        noop: bool,
    ) -> None:
        self._journal = journal
        self._start_task = start_task
        self._touch = touch
        self._gossip = gossip
        self._assumed = assumed
        self._noop = noop
        self._config = Config(file="")
        self._checks = Checks(listener, start_task, journal, self._hooks, touch, assume_healthy=assumed)
        self._owners: OwnerChecks | None = None
        self._view: View | None = None

    def may_check(self, config: Config) -> bool:
        """Load what the configured checks need; whether this host lets us make them. What it denies is logged."""
        errors = unusable((*config.checks, *config.remote_checks))
        for error in errors:
            self._journal.failure("health checks", error)
        if not errors:
            self._journal.success("health checks")
        return not errors

    def configure(self, config: Config) -> None:
        """Run the checks of this configuration from now on."""
        self._config = config
        self._checks.configure(config.checks, config.checked_sources)
        if self._owners is not None:
            self._owners.configure(() if self._assumed else config.remote_checks)

    def connect(self, calls: Calls, view: View) -> None:
        """EC2 is there: owners can be found and checked."""
        self._view = view
        self._owners = OwnerChecks(
            calls, self._journal, self._start_task, self._hooks, self._touch, self._gossip, self._checks.works
        )
        self._gossip.votes_changed = self._owners.reassess
        if not self._noop:  # who only looks on has no vote
            self._gossip.charges = lambda: self._owners.charges if self._owners else ()
        self.configure(self._config)

    def follow_owners(self, wish: Wish, only: Collection[Prefix] | None) -> None:
        """The view or the wish may have changed: about the prefixes `only`, or (None) about all."""
        if self._view is not None and self._owners is not None and self._config.remote_checks:
            as_witness = self._config.serf is not None
            self._owners.follow(self._view.owners_to_check(wish, only, as_witness=as_witness), only)

    @property
    def silent(self) -> frozenset[str]:
        """Sources whose checks have no verdict yet."""
        return self._checks.silent

    @property
    def failing(self) -> frozenset[Owner]:
        """Owners that do not pass a remote check."""
        return self._owners.failing if self._owners else frozenset()

    def verdicts(self) -> Mapping[str, bool | None]:
        """Source -> whether it is healthy, if that is known."""
        return self._checks.verdicts()

    def statuses(self) -> list[CheckStatus]:
        """How each check is, those of owners last."""
        return [*self._checks.statuses(), *(self._owners.statuses() if self._owners else ())]

    def probe_now(self, name: str) -> None:
        """Let the checks of this name probe now, those of owners, too."""
        self._checks.probe_now(name)
        if self._owners is not None:
            self._owners.probe_now(name)

    async def stop(self) -> None:
        """Check nothing any more. What was announced stays announced."""
        await self._checks.stop()
        if self._owners is not None:
            await self._owners.stop()

    def _hooks(self, check: Check) -> Hooks:
        return Hooks(check, timeout=self._config.hook_timeout, only_log=self._noop)
