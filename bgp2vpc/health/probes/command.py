"""The probe `command`: a program of the operator, whose exit status is the result."""

from typing import Final

from bgp2vpc.health.model import ProbeResult, Program
from bgp2vpc.health.programs import run_program
from bgp2vpc.prefix import IPAddress

_DESTINATION: Final = "%DESTINATION%"
_NOT_RUN: Final = (126, 127)
"""Exit statuses of a shell for a program that is not executable or not found (POSIX, sh)."""


async def probe_command(probe: Program, destination: IPAddress) -> ProbeResult:
    """Healthy if it exits with 0, unhealthy for any other status. Cancellation kills its process group.

    Unknown if it could not be started, if a shell did not find its command, or if a signal ended it, for example when
    memory is short.
    """
    argv = [argument.replace(_DESTINATION, str(destination)) for argument in probe.argv]
    ending = await run_program(argv)
    is_known = ending.code is not None and ending.code >= 0 and ending.code not in _NOT_RUN
    return ProbeResult(ending.ok if is_known else None, ending.trouble)
