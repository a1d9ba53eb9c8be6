"""`python leash.py PARENT COMMAND…`: becomes COMMAND, which Linux then kills when PARENT, its parent, dies in any way.

Run as a file and not as a module, so that it needs nothing but the standard library's own start-up. It is a program of
its own, since code between fork and exec is not safe beside threads. SIGKILL, because the VPC dies at the same moment:
a daemon that is asked to go would try to withdraw its routes there until it gives up.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2). Outlives execve(2)."""


def main() -> None:
    """Never returns."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(sys.argv[1]):  # it has died already
            sys.exit(1)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
