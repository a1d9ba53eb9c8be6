"""What a service tells systemd, and how: datagrams of `KEY=value` lines, as sd_notify(3) says."""

import logging
import os
import socket
from collections.abc import MutableMapping
from typing import Final, Self

from bgp2vpc.logs import event

log = logging.getLogger("bgp2vpc")

_SOCKET: Final = "NOTIFY_SOCKET"
_WATCHDOG: Final = "WATCHDOG_USEC"
_WATCHDOG_PID: Final = "WATCHDOG_PID"
MICROSECONDS: Final = 1_000_000


class SdNotify:
    """Tells systemd, or nobody where nobody asked to be told. Never raises, never waits: this is by the way."""

    def __init__(self, address: str = "", watchdog: float | None = None) -> None:
        """`address`: a path, or `@name` for an abstract socket. `watchdog`: seconds within which systemd must hear."""
        self.watchdog = watchdog
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._complained = False

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str]) -> Self:
        """As systemd says. The variables are taken out: they are not for the scripts that we start."""
        address = environ.pop(_SOCKET, "")
        watchdog = environ.pop(_WATCHDOG, "")
        for_whom = environ.pop(_WATCHDOG_PID, str(os.getpid()))
        is_ours = watchdog.isdigit() and int(watchdog) > 0 and for_whom == str(os.getpid())
        return cls(address, int(watchdog) / MICROSECONDS if is_ours else None)

    @property
    def is_heard(self) -> bool:
        """Whether somebody asked to be told."""
        return bool(self._address)

    def send(self, *lines: str) -> bool:
        """Send these assignments in one datagram. Whether they are on their way."""
        if not (self.is_heard and lines):
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
                sending.setblocking(False)
                sending.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if not self._complained:
                event(log, logging.WARNING, "sd_notify failed", socket=self._address, error=error)
            self._complained = True
            return False
        self._complained = False
        return True
