"""Why a probe failed, in a few words for people, and whether that is evidence against its destination."""

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
"""Errors reported if the destination, or a router on the way, refused, hung up or did not answer (connect(2), ip(7)).
All other errors concern this host: no descriptors, memory, ports, routes or permission."""
_NOT_YET_VALID: Final = 9
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID. Certificates are used from their first day on, so our clock is behind."""
_SHOWN: Final = 40
"""Maximum number of characters of an expected text in a reason."""


def failed(error: OSError) -> ProbeResult:
    """The result of a probe that ended in this error: unhealthy if the destination caused it, else unknown."""
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code == _NOT_YET_VALID:
        return ProbeResult(None, f"{network_reason(error)}; is the clock of this host right?")
    told_by_peer = isinstance(error, ssl.SSLError) or (isinstance(error, ConnectionError) and error.errno is None)
    return ProbeResult(False if told_by_peer or error.errno in EVIDENCE else None, network_reason(error))


def network_reason(error: OSError) -> str:
    """`connection refused`, `certificate verify failed: …`; without addresses, which messages name anyway."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or str(error)).replace('_', ' ').lower()}"
    # asyncio replaces some texts by its own, which has the address; the error number is still the kernel's.
    if error.errno is not None and error.errno > 0:
        return lower_first(os.strerror(error.errno))
    if isinstance(error, ConnectionError):
        return "connection closed"
    return str(error) or type(error).__name__


def lower_first(text: str) -> str:
    """The text of a library with a lower-case first letter, for use within a sentence."""
    return text[:1].lower() + text[1:]


def shown(text: str | bytes) -> str:
    """An expected text in quotes, shortened."""
    plain = text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")
    return repr(plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…")


@contextmanager
def during(what: str) -> Iterator[None]:
    """On a time-out, add what the probe was doing (`connecting`) to the exception, for `timeout_reason`."""
    try:
        yield
    except asyncio.CancelledError as cancelled:
        cancelled.add_note(what)
        raise


def timeout_reason(seconds: float, error: TimeoutError) -> str:
    """The reason for a time-out, with the note of `during`, which is at the cancellation that caused the error."""
    # Not `__cause__`, which Python 3.11.2 (Debian 12) does not set.
    notes = getattr(error.__context__, "__notes__", None)
    return f"timed out after {seconds:g} s" + (f" while {notes[0]}" if notes else "")
