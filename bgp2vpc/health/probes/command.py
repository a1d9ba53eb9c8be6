"""The probe `command`: a program of the operator, whose exit status is the result."""

from typing import Final

from bgp2vpc.health.model import ProbeResult, Program
from bgp2vpc.health.programs import run_program
from bgp2vpc.prefix import IPAddress
from bgp2vpc.sources.child import Child

_DESTINATION: Final = "%DESTINATION%"
_NOT_RUN: Final = (126, 127)
"""Exit statuses of a shell for a program that is not executable or not found (POSIX, sh)."""
_survivors: Final[dict[tuple[str, ...], Child]] = {}
"""Command line -> a program that has survived SIGKILL: it runs as another user (sudo), or hangs in the kernel."""


async def probe_command(probe: Program, destination: IPAddress) -> ProbeResult:
    """Healthy if it exits with 0, unhealthy for any other status. Cancellation kills its process group.

    Unknown if it could not be started, if a shell did not find its command, or if a signal ended it, for example when
    memory is short. While one that was given up still runs, no other is started, and this is unhealthy, as its time-out
    was: otherwise they would use up all processes that we may have, within hours.
    """
    argv = tuple(argument.replace(_DESTINATION, str(destination)) for argument in probe.argv)
    if (survivor := _survivors.pop(argv, None)) is not None and survivor.is_running:
        _survivors[argv] = survivor
        return ProbeResult(False, f"the program of an earlier probe cannot be killed (pid {survivor.pid})")
    ending = await run_program(argv, on_survival=lambda child: _survivors.update({argv: child}))
    is_known = ending.code is not None and ending.code >= 0 and ending.code not in _NOT_RUN
    return ProbeResult(ending.ok if is_known else None, ending.trouble)
