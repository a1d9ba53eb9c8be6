"""Runs one probe of any type. The code of a type is imported when the first check uses it, since some is large."""

# ruff: noqa: PLC0415

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final, TypeAlias, assert_never

from bgp2vpc.health.model import Check, Dns, Http, Ping, Probe, ProbeResult, Program, Tcp
from bgp2vpc.health.probes.tls import UnusableCa, tls_context
from bgp2vpc.health.reasons import timeout_reason
from bgp2vpc.prefix import IPAddress

_LOOKS: Final = 8
"""How many times within a time-out the lateness of the event loop is measured."""
_TOLERATED: Final = 0.25
"""The part of a time-out by which the event loop may be late in all."""

Prober: TypeAlias = Callable[[Check], Awaitable[ProbeResult]]
"""Runs one probe of a check, without a deadline, as `run_probe` does."""


def prepare(probe: Probe) -> None:
    """Import the code of this probe type, so that the first probe is not late, and check that it can work here.

    Raises PingNotAllowed, and UnusableCa for configured CAs. If the system's cannot be read, the probes report it.
    """
    _prober(probe)
    match probe:
        case Ping():
            from bgp2vpc.health.probes.ping import ensure_ping_allowed

            ensure_ping_allowed()
        case Tcp(tls=tls) | Http(tls=tls) if tls is not None:
            with suppress(*((OSError,) if tls.ca_pem is not None else (OSError, UnusableCa))):
                tls_context(tls.ca_pem, tls.verify)


async def run_probe(check: Check) -> ProbeResult:
    """Run one probe, without a deadline; cancellation cleans up.

    Any failure of the network or a program is a ProbeResult. Raises ValueError for a template without a destination.
    """
    if check.destination is None:
        raise ValueError(f"{check.name} is a template: there is no destination to probe")
    return await _prober(check.probe)(check.destination)


async def probe_within(check: Check, probe: Prober = run_probe) -> ProbeResult:
    """Run one probe within the check's time-out.

    A time-out is unhealthy only if our event loop was on time. If the loop was late by more than a quarter of the
    time-out in all, the answer may have arrived without being read, so the result is unknown. So is a refusal that came
    after the time-out: the destination may have hung up because we stood still.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    given_up = started + check.timeout
    step, late = check.timeout / _LOOKS, 0.0
    # Set by the first `look`. Most probes have ended by then, and so have needed one timer instead of two.
    deadline = asyncio.timeout_at(None)
    timer: asyncio.TimerHandle

    def look(due: float) -> None:
        nonlocal late, timer
        now = loop.time()
        # All delays together: a probe of HTTPS takes a dozen turns of the loop, and each of them may be slow. Shorter
        # delays are the resolution of timers, and other processes.
        late += now - due if now - due > step / 2 else 0.0
        if deadline.when() is None:
            deadline.reschedule(given_up)
        timer = loop.call_at(now + step, look, now + step)

    timer = loop.call_at(started + step, look, started + step)
    try:
        async with deadline:
            result = await probe(check)
    except TimeoutError as error:
        result = ProbeResult(False, timeout_reason(check.timeout, error))
    finally:
        timer.cancel()
    # `late` is measured by `look` alone: ending a program that survives SIGKILL takes long, and is no lateness of ours.
    if result.healthy is False and loop.time() >= given_up and late > check.timeout * _TOLERATED:
        return ProbeResult(None, f"{result.reason}, but our event loop was late by {late:.2g} s")
    return result


def _prober(probe: Probe) -> Callable[[IPAddress], Awaitable[ProbeResult]]:
    match probe:
        case Ping():
            from bgp2vpc.health.probes.ping import probe_ping

            return partial(probe_ping, probe)
        case Tcp():
            from bgp2vpc.health.probes.tcp import probe_tcp

            return partial(probe_tcp, probe)
        case Program():
            from bgp2vpc.health.probes.command import probe_command

            return partial(probe_command, probe)
        case Http():
            from bgp2vpc.health.probes.http import probe_http

            return partial(probe_http, probe)
        case Dns():
            from bgp2vpc.health.probes.dns import probe_dns

            return partial(probe_dns, probe)
    assert_never(probe)
