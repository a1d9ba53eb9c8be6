"""A program of the operator's that knows better."""

from typing import Final

from bgp2vpc.health.model import Command, Result
from bgp2vpc.health.programs import run_program
from bgp2vpc.prefix import IPAddress

_DESTINATION: Final = "%DESTINATION%"


async def probe_command(probe: Command, destination: IPAddress) -> Result:
    """Healthy if it exits with 0; given up, it is killed with all that it has started."""
    argv = [argument.replace(_DESTINATION, str(destination)) for argument in probe.argv]
    ending = await run_program(argv)
    return Result(ending.ok, ending.trouble)
