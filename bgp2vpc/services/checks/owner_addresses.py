"""Reads the addresses of the interfaces that routes point at from EC2, until all are known."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import Ec2Error
from bgp2vpc.prefix import IPAddress
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.tasks import StartTask

FIRST_RETRY = 0.5  # seconds
LONGEST_RETRY = 30.0
SUBJECT = "addresses of owners"


class OwnerAddresses:
    """Keeps the address of each wanted interface. `on_found` is called after each answer of EC2."""

    def __init__(self, calls: Calls, journal: Journal, start_task: StartTask, on_found: Callable[[], None]) -> None:
        self._calls = calls
        self._journal = journal
        self._start_task = start_task
        self._on_found = on_found
        self.known: dict[str, IPAddress] = {}
        """Id of a wanted interface -> its address."""
        self._wanted: frozenset[str] = frozenset()
        self._asked: frozenset[str] = frozenset()
        """Interface ids of the last call to EC2."""
        self._has_new = asyncio.Event()
        """Set when an interface is wanted that EC2 has not been asked about yet."""
        self._is_asking = False

    def want(self, interface_ids: frozenset[str]) -> None:
        """Set the wanted interfaces: forget the addresses of others, and read unknown ones from EC2."""
        self._wanted = interface_ids
        self.known = {each: address for each, address in self.known.items() if each in interface_ids}
        unknown = interface_ids - self.known.keys()
        if unknown - self._asked:
            self._has_new.set()
        if unknown and not self._is_asking:
            self._is_asking = True
            self._start_task(SUBJECT, self._ask())

    async def _ask(self) -> None:
        """Ask EC2 until all addresses are known: at once for a newly wanted interface, else with a back-off."""
        back_off = BackOff(FIRST_RETRY, LONGEST_RETRY)
        try:
            while unknown := self._wanted - self.known.keys():
                self._has_new.clear()
                self._asked = unknown
                try:
                    found = await self._calls.interfaces_anywhere(unknown)
                except Ec2Error as error:
                    self._journal.failure(SUBJECT, error)
                else:
                    self._journal.success(SUBJECT)
                    self.known |= {each.id: each.address for each in found if each.address is not None}
                    self._on_found()
                    if unknown <= self.known.keys():
                        continue
                    # An interface is gone (its route will be a black hole), or too new for EC2's reads to show it.
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._has_new.wait(), back_off.next())
            self._journal.forget(SUBJECT)  # unless EC2 has answered, the owners are gone
        finally:
            self._is_asking = False
