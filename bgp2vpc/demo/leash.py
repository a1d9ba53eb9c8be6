"""`python leash.py PARENT COMMAND…`: executes COMMAND, which Linux then kills when PARENT, its parent process, dies.

It is run as a file and not as a module, which would import the package. It is a separate program, since code between
fork and exec is not safe in a process with threads. The signal is SIGKILL: with SIGTERM a daemon would try to withdraw
its routes from a VPC that has died with PARENT.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal at the parent's death. The setting survives execve(2)."""


def main() -> None:
    """Set the signal, and execute COMMAND. Never returns."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(sys.argv[1]):  # PARENT has died already
            sys.exit(1)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
