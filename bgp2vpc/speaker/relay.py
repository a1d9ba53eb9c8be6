"""The process that ExaBGP runs for `bgp2vpc run`: it lends ExaBGP's pipe to the daemon.

    python3 -I -S relay.py          (BGP2VPC_RELAY: the path of the daemon's socket)

ExaBGP speaks with the standard input and output of a process of its own, and the daemon is not one: it started ExaBGP.
So this process sends both descriptors to the daemon (SCM_RIGHTS, unix(7)), which then reads and writes ExaBGP's pipe
itself, as a helper does. All that is left to do here is to watch both ends:

- ExaBGP is gone: this process ends.
- The daemon is gone: ExaBGP has to end as well, or it would go on announcing what nobody checks any more.

It imports nothing of bgp2vpc, so that it is small and starts at once.
"""

import os
import select
import signal
import socket
import time

VARIABLE = "BGP2VPC_RELAY"
GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""


def main() -> None:
    """Lend the pipe, and watch."""
    exabgp = os.getppid()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as daemon:
        try:
            daemon.connect(os.environ[VARIABLE])
            socket.send_fds(daemon, [b"\n"], [0, 1])
        except OSError:
            end(exabgp)
            return
        watched = select.poll()
        watched.register(daemon, select.POLLIN)
        watched.register(0, 0)  # only whether it is closed: what arrives is for the daemon to read
        while True:
            ready = {fd for fd, _ in watched.poll()}
            if 0 in ready:
                return
            if not daemon.recv(1):
                end(exabgp)
                return


def end(exabgp: int) -> None:
    """End ExaBGP, if it is still the process that started this one."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + GRACE
        if os.getppid() == exabgp:
            os.kill(exabgp, number)
        while os.getppid() == exabgp and time.monotonic() < deadline:
            time.sleep(0.05)


if __name__ == "__main__":
    main()
