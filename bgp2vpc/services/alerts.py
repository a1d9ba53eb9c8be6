"""Alerts: messages about writes, lost routes and failures to the recipients of `notify`.

The observer gets an event; `notices` decides whether it is worth an alert and makes its text; the message goes into the
queue of each recipient that wants it, and a task for each recipient delivers it (`notify.sender`). No event waits for a
delivery.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bgp2vpc.config.model import Config
from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.notify.model import AlertMessage, Notice, Recipient
from bgp2vpc.reconcile.observer import LostRoute, Observer, Outcome, WriteResult
from bgp2vpc.reconcile.view import View
from bgp2vpc.services import notices
from bgp2vpc.status import RecipientRow
from bgp2vpc.tasks import StartTask, cancelled, until

if TYPE_CHECKING:
    from bgp2vpc.notify.sender import Sender


class Alerts(Observer):
    """Makes messages of the reconciler's events, and keeps one sender for each recipient."""

    def __init__(self, start_task: StartTask, view: View) -> None:
        self._start_task = start_task
        self._senders: dict[Recipient, Sender] = {}
        self._tasks: dict[Recipient, asyncio.Task[None]] = {}
        self._troubles = notices.Troubles()
        self._view = view

    async def configure(self, config: Config) -> None:
        """Alert the recipients of this configuration from now on; waiting messages to any other are dropped.

        An entry that is changed apart from its program or URL keeps its waiting messages.
        """
        wanted = dict.fromkeys(config.notify)
        gone = {each: sender for each, sender in self._senders.items() if each not in wanted}
        for recipient in wanted:
            if recipient in self._senders:
                continue
            before = next((each for each in gone if each.address == recipient.address), None)
            if before is not None:
                sender, task = gone.pop(before), self._tasks.pop(before)
                del self._senders[before]
                sender.recipient = recipient
            else:
                from bgp2vpc.notify.sender import Sender  # noqa: PLC0415  # most configurations have none

                sender = Sender(recipient)
                task = self._start_task(f"notify {recipient.name}", sender.run())
            self._senders[recipient], self._tasks[recipient] = sender, task
        self._senders = {each: self._senders[each] for each in wanted}
        await cancelled(*(self._tasks.pop(each) for each in gone))

    def lost(self, lost: LostRoute) -> None:
        """Alert: another host has pointed a route of ours elsewhere."""
        self._tell(notices.of_lost(lost))

    async def stop(self) -> None:
        """End all deliveries. Call `finish` first to give waiting messages time."""
        await cancelled(*self._tasks.values())

    async def finish(self, seconds: float, hurried: Callable[[], bool]) -> None:
        """Wait until every queue is empty, at most `seconds`, or until `hurried` returns true."""
        await until(lambda: hurried() or all(each.is_idle for each in self._senders.values()), seconds)

    def status(self) -> list[RecipientRow]:
        """A row for each recipient, for the status."""
        return [sender.status() for sender in self._senders.values()]

    def written(self, outcome: Outcome) -> None:
        """Alert if a write took over or withdrew a route."""
        own = {each.id for each in self._view.snapshot.own}
        if outcome.result is WriteResult.DONE and (notice := notices.of_write(outcome.change, own)):
            self._tell(notice)

    def failed(self, subject: str, error: Bgp2vpcError) -> None:
        """Count a failure; recipients are alerted once it has happened as often in a row as their `after` says."""
        self._tell(self._troubles.failed(subject, error))

    def recovered(self, subject: str, *, unwanted: bool) -> None:
        """Alert the recipients that were alerted of a failure: it is over."""
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
