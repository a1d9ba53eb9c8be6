"""The process that ExaBGP starts where `bgp2vpc run` runs ExaBGP: it passes ExaBGP's pipe to the daemon.

    python3 -I -S relay.py          (BGP2VPC_RELAY: the path of the daemon's socket)

ExaBGP exchanges lines with the standard input and output of a child process, and the daemon is its parent. So this
process sends both descriptors to the daemon (SCM_RIGHTS, unix(7)), which then reads and writes ExaBGP's pipe itself, as
a helper does. Then this process only waits for the end of either side:

- ExaBGP is gone: this process ends.
- The daemon is gone: this process ends ExaBGP, which would go on announcing paths that nothing checks any more.

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
    """Send the pipe to the daemon, then wait until ExaBGP or the daemon is gone."""
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
        watched.register(0, 0)  # only POLLHUP and POLLERR: the daemon reads what arrives
        while True:
            ready = {fd for fd, _ in watched.poll()}
            if 0 in ready:
                return
            if not daemon.recv(1):
                end(exabgp)
                return


def end(exabgp: int) -> None:
    """End ExaBGP by SIGTERM, then SIGKILL, as long as it is still our parent process."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + GRACE
        if os.getppid() == exabgp:
            os.kill(exabgp, number)
        while os.getppid() == exabgp and time.monotonic() < deadline:
            time.sleep(0.05)


if __name__ == "__main__":
    main()
