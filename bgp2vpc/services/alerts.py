"""Alerts: what the daemon sees and does becomes messages in the queues of the recipients that `notify` names.

`notices` decides which changes are worth a message, `notify.sender` delivers them. Nothing here waits for a delivery.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bgp2vpc.config.model import Config
from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.notify.model import AlertKind, AlertMessage, Notice, Recipient
from bgp2vpc.policy.inputs import DecisionInput
from bgp2vpc.policy.plan import RouteKey
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.cycle import Outcome, WriteResult
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.view import View
from bgp2vpc.services import notices
from bgp2vpc.status import RecipientRow
from bgp2vpc.tasks import StartTask, cancelled, until

if TYPE_CHECKING:
    from bgp2vpc.notify.sender import Sender

_ABOUT_ROUTES = {AlertKind.TAKEOVER, AlertKind.WITHDRAWAL}


class Alerts(Observer):
    """Watches the journal and what is decided and written."""

    def __init__(self, start_task: StartTask, view: View) -> None:
        self._start_task = start_task
        self._senders: dict[Recipient, Sender] = {}
        self._tasks: dict[Recipient, asyncio.Task[None]] = {}
        self._troubles = notices.Troubles()
        self._held: dict[RouteKey, str] = {}
        self._view = view
        self._watches_routes = False
        """Whether a recipient wants to hear of takeovers or withdrawals."""

    async def configure(self, config: Config) -> None:
        """Alert the recipients of this configuration from now on; messages that wait for any other are dropped."""
        wanted = dict.fromkeys(config.notify)
        gone = [self._tasks.pop(each) for each in self._senders if each not in wanted]
        self._senders = {each: sender for each, sender in self._senders.items() if each in wanted}
        await cancelled(*gone)
        for recipient in wanted:
            if recipient not in self._senders:
                from bgp2vpc.notify.sender import Sender  # noqa: PLC0415  # most configurations have none

                self._senders[recipient] = sender = Sender(recipient)
                self._tasks[recipient] = self._start_task(f"notify {recipient.name}", sender.run())
        self._watches_routes = any(each.on & _ABOUT_ROUTES for each in self._senders)

    def decided(self, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """The reconciler has looked at the tables; `only` at these prefixes, or (None) at all."""
        if not self._watches_routes:
            return
        own = self._own()
        prefixes = None if only is None else set(only)
        about = {key: target for key, target in self._held.items() if prefixes is None or key[1] in prefixes}
        for notice in notices.of_reading(about, {key: self._view.holder(key) for key in about}):
            self._tell(notice)
        if prefixes is None:
            self._held = notices.held((table_policy.table for table_policy in self._view.tables.values()), own)
            return
        for table_id in self._view.tables:
            for prefix in prefixes:
                self._note((table_id, prefix), self._view.holder((table_id, prefix)), own)

    async def stop(self) -> None:
        """Deliver nothing any more. Call `finish` first to give waiting messages time."""
        await cancelled(*self._tasks.values())

    async def finish(self, seconds: float, hurried: Callable[[], bool]) -> None:
        """Wait until every queue is empty: at most `seconds`, and no longer once `hurried` is true."""
        await until(lambda: hurried() or all(each.is_idle for each in self._senders.values()), seconds)

    def status(self) -> list[RecipientRow]:
        """The queue of each recipient."""
        return [sender.status() for sender in self._senders.values()]

    def written(self, outcome: Outcome) -> None:
        """A write has its outcome."""
        if not self._watches_routes or outcome.result is not WriteResult.DONE:
            return
        own, key = self._own(), outcome.change.key
        if notice := notices.of_write(outcome.change, own):
            self._tell(notice)
        # Remembered, so that the next read of the tables does not report the same change again.
        self._note(key, self._view.holder(key), own)

    def _note(self, key: RouteKey, holder: str, own: Collection[str]) -> None:
        if holder in own:
            self._held[key] = holder
        else:
            self._held.pop(key, None)

    def _own(self) -> frozenset[str]:
        return frozenset(each.id for each in self._view.snapshot.interfaces)

    def failed(self, subject: str, error: Bgp2vpcError) -> None:
        """Something failed once more."""
        self._tell(self._troubles.failed(subject, error))

    def recovered(self, subject: str, *, unwanted: bool) -> None:
        """It works again, or is no longer tried."""
        if notice := self._troubles.over(subject, unwanted=unwanted):
            self._tell(notice)

    def _tell(self, notice: Notice) -> None:
        addressed = [sender for recipient, sender in self._senders.items() if notice.is_for(recipient)]
        if addressed:
            instance = self._view.instance
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            message = AlertMessage(notice, now, instance.id, instance.vpc_id)
            for sender in addressed:
                sender.take(message)
