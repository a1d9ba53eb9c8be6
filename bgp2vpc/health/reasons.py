"""Why a probe failed, in a few words for people, and whether that is evidence against what it probes."""

import asyncio
import errno
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bgp2vpc.health.model import ProbeResult

EVIDENCE: Final = frozenset(
    {
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.ECONNABORTED,
        errno.EPIPE,
        errno.ENOTCONN,
        errno.ETIMEDOUT,
        errno.EHOSTUNREACH,
        errno.EHOSTDOWN,
        errno.EPROTO,
    }
)
"""What the kernel reports when the other side, or a router before it, refused, hung up or kept silent (connect(2),
ip(7)). Every other number is about this host: a want of descriptors, memory, ports, routes or permission."""
_SHOWN: Final = 40
"""Characters of an expected text that are repeated."""


def failed(error: OSError) -> ProbeResult:
    """The result of a probe that ended in this error: unhealthy if the other side is its cause, else unknown."""
    told_by_peer = isinstance(error, ssl.SSLError) or (isinstance(error, ConnectionError) and error.errno is None)
    return ProbeResult(False if told_by_peer or error.errno in EVIDENCE else None, network_reason(error))


def network_reason(error: OSError) -> str:
    """`connection refused`, `certificate verify failed: …`: without addresses, which the check has anyway."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or str(error)).replace('_', ' ').lower()}"
    # asyncio words some of them anew, with the address; the number is still the kernel's.
    if error.errno is not None and error.errno > 0:
        return lower_first(os.strerror(error.errno))
    if isinstance(error, ConnectionError):
        return "connection closed"
    return str(error) or type(error).__name__


def lower_first(text: str) -> str:
    """The text of a library as a part of our sentence."""
    return text[:1].lower() + text[1:]


def shown(text: str | bytes) -> str:
    """An expected text in quotes, shortened."""
    plain = text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")
    return repr(plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…")


@contextmanager
def during(what: str) -> Iterator[None]:
    """On a time-out, note what the probe was doing (`connecting`), for `timeout_reason`."""
    try:
        yield
    except asyncio.CancelledError as cancelled:
        cancelled.add_note(what)
        raise


def timeout_reason(seconds: float, error: TimeoutError) -> str:
    """Why `asyncio.timeout` gave up, if it was that: it raises the error while it handles the cancellation."""
    # Not `__cause__`, which Python 3.11.2 (Debian 12) does not set.
    notes = getattr(error.__context__, "__notes__", None)
    return f"timed out after {seconds:g} s" + (f" while {notes[0]}" if notes else "")
