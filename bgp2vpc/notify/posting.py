"""Sends one POST with a JSON body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout

from bgp2vpc import __version__

_AGAIN = frozenset((408, 425, 429))
"""The 4xx statuses that may be temporary (RFC 9110, 15.5)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a POST failed. `may_pass`: whether a retry may succeed."""

    why: str
    may_pass: bool = True


async def post(url: str, body: Mapping[str, Any], timeout: float) -> Refusal | None:  # noqa: ASYNC109  # aiohttp's
    """Send `body`; None if the status is 2xx. Redirects are not followed, since they would turn the POST into GET."""
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
        return Refusal(str(error))  # host, port and reason
    except RuntimeError as error:  # no thread for the look-up of the host's name
        return Refusal(str(error))
    except (ClientError, ValueError, OSError) as error:
        # Not the error's text, which often quotes the whole URL, whose path may be a secret.
        return Refusal(f"no proper HTTP answer ({type(error).__name__})")
    if 200 <= status < 300:
        return None
    return Refusal(f"HTTP {status}", may_pass=status >= 500 or status in _AGAIN)
