"""One POST of JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout

from bgp2vpc import __version__

_AGAIN = frozenset((408, 425, 429))
"""Of the refusals (RFC 9110, 15.5) those that may be temporary."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it was not accepted, and whether it may be later."""

    why: str
    may_pass: bool = True


async def post(url: str, body: Mapping[str, Any], timeout: float) -> Refusal | None:  # noqa: ASYNC109  # aiohttp's
    """None: accepted, with a 2xx status. Redirects are not followed: a POST would become a GET."""
    headers = {"User-Agent": f"bgp2vpc/{__version__}"}
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=timeout), headers=headers) as session,
            session.post(url, json=body, allow_redirects=False) as answer,
        ):
            status = answer.status
    except TimeoutError:
        return Refusal(f"no answer within {timeout:g} s")
    except ClientConnectorError as error:
        return Refusal(str(error))  # the host, the port, and the reason
    except (ClientError, ValueError, OSError) as error:
        # Not its text: many of these errors quote the whole URL, whose path is often a secret.
        return Refusal(f"no proper HTTP answer ({type(error).__name__})")
    if 200 <= status < 300:
        return None
    return Refusal(f"HTTP {status}", may_pass=status >= 500 or status in _AGAIN)
