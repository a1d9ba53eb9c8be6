"""Decides which requests are answered and which may steer. Pure, except for reading the token file.

A page of another site can make a browser send requests to us, even under a host name of that site that resolves to
127.0.0.1 (DNS rebinding). So the Host header must name this server, and a request that changes something must come from
our own page or from no browser and must have the token. There are no cookies, which a browser would add by itself.
"""

import hmac
import os
import stat
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bgp2vpc.files import open_without_waiting
from bgp2vpc.web.model import WebError, WebSettings

LOOPBACK: Final = frozenset(("localhost", "127.0.0.1", "[::1]"))
SHORTEST_TOKEN: Final = 16
LONGEST_TOKEN: Final = 4096
WRONG_TOKENS: Final = 10
PENALTY: Final = 60.0
"""Seconds for which further wrong tokens get 429, after `WRONG_TOKENS` of them. A right token always works."""
SAY_AGAIN: Final = 3600.0
"""Seconds. Wrong tokens are logged when their count is 1, 10, 100 …, and again after this time."""


def host_of(header: str) -> str:
    """The host of a `Host` header (RFC 9110 section 7.2) in lower case, without the port."""
    host, colon, port = header.strip().lower().rpartition(":")
    whole = not colon or (header.strip().endswith("]") and "[" in header)
    bare = header.strip().lower() if whole or not (port.isdigit() or port == "") else host
    return bare.removesuffix(".")


def is_ours(header: str, settings: WebSettings, address: str) -> bool:
    """Whether the Host header names this server. `address`: the local address of the connection."""
    literals = {f"[{each}]" if ":" in each else each for each in (settings.host, address)}
    return host_of(header) in LOOPBACK | literals | {name.removesuffix(".") for name in settings.hosts}


def is_own_page(host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether a request with this `Host` comes from our own page or from no browser.

    `origin`, `fetch_site`: the headers `Origin` (RFC 6454 section 7) and `Sec-Fetch-Site`, None if absent.
    """
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        return False
    if origin is None:
        return True
    try:
        told = urlsplit(origin)
    except ValueError:
        return False
    return told.scheme in ("http", "https") and told.netloc.lower() == host.strip().lower()


def read_token(path: Path) -> bytes:
    """Read the token file. Raises WebError if it is missing, accessible for everybody, or too short for a secret."""
    try:
        with open_without_waiting(path) as file:
            found = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(found):
                raise WebError(f"{path} is no regular file: nothing can be steered by HTTP")
            mode = stat.S_IMODE(found)
            if mode & (stat.S_IROTH | stat.S_IWOTH):
                raise WebError(f"{path} may be read or written by everybody ({mode:04o}): chmod o= {path}")
            token = file.read(LONGEST_TOKEN + 1).strip()
    except OSError as error:
        raise WebError(f"{path}: {error.strerror}: nothing can be steered by HTTP") from error
    if len(token) > LONGEST_TOKEN:
        raise WebError(f"{path} holds more than {LONGEST_TOKEN} bytes: one line with the token is expected")
    if len(token) < SHORTEST_TOKEN or any(char <= 32 or char >= 127 for char in token):
        raise WebError(
            f"{path} must hold one line of at least {SHORTEST_TOKEN} printable characters without spaces, "
            "such as `openssl rand -hex 32` prints"
        )
    return token


def token_of(authorization: str | None, field: str) -> bytes:
    """The token of a request: `Authorization: Bearer …` (RFC 6750 section 2.1), or the form's field.

    Invalid UTF-8 arrives as surrogates, which `surrogatepass` makes comparable.
    """
    if authorization is None:
        return field.strip().encode("utf-8", "surrogatepass")
    scheme, _, token = authorization.partition(" ")
    return token.strip().encode("utf-8", "surrogatepass") if scheme.lower() == "bearer" else b""


class WrongTokens:
    """Counts wrong tokens, to slow down guessing and to limit the log."""

    def __init__(self) -> None:
        self.count = 0
        """The number of wrong tokens since the last right one."""
        self._in_a_row = 0
        self._refused_until = 0.0
        self._said = 0.0

    def right(self) -> None:
        """Record a right token."""
        self._in_a_row = self.count = 0

    def wrong(self, now: float) -> bool:
        """Record a wrong token; returns whether there were too many."""
        self.count += 1
        if now < self._refused_until:
            return True
        self._in_a_row += 1
        if self._in_a_row >= WRONG_TOKENS:
            self._refused_until, self._in_a_row = now + PENALTY, 0
        return False

    def is_worth_saying(self, now: float) -> bool:
        """Whether to log the last wrong token."""
        if str(self.count).strip("0") == "1" or now - self._said > SAY_AGAIN:
            self._said = now
            return True
        return False


def is_right(token: bytes, brought: bytes) -> bool:
    """Compare in constant time, so that the time does not reveal how much of the token is right."""
    return hmac.compare_digest(token, brought)
