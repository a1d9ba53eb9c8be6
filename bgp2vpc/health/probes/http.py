"""The probe `http`: one request on a connection of its own."""

from typing import Final

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from bgp2vpc import __version__
from bgp2vpc.health.model import Http, ProbeResult
from bgp2vpc.health.probes.tls import UnusableCa, tls_context
from bgp2vpc.health.reasons import during, failed, shown
from bgp2vpc.prefix import IPAddress

_BODY_LIMIT: Final = 1024 * 1024
"""Maximum number of bytes read of a body."""
_REGEXP_LIMIT: Final = 16 * 1024
"""Characters that a regexp is searched in, which may take quadratic time and blocks the event loop."""
_NO_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)
"""No time-outs of aiohttp, because the caller sets the deadline."""


async def probe_http(probe: Http, destination: IPAddress) -> ProbeResult:
    """Healthy if the status is one of `statuses` and the body has `body` and matches `body_regexp`."""
    host = f"[{destination}]" if destination.version == 6 else str(destination)
    # A path of printable ASCII is sent as it is; any other path is percent-encoded.
    fit = all("!" <= char <= "~" for char in probe.path)
    url = URL(f"{'https' if probe.tls else 'http'}://{host}:{probe.port}{probe.path}", encoded=fit)
    tls = probe.tls
    # The TLS server name must not have a port.
    host_name = URL(f"//{probe.host}").host if probe.host else None
    headers = CIMultiDict(probe.headers)
    headers.setdefault("User-Agent", f"bgp2vpc/{__version__}")
    # Uncompressed, unless the check sets this header: a compressed megabyte may unpack to a gigabyte.
    headers.setdefault("Accept-Encoding", "identity")
    if probe.host:
        headers["Host"] = probe.host
    connector = aiohttp.TCPConnector(force_close=True, resolver=aiohttp.ThreadedResolver())
    try:
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=_NO_TIMEOUT, trust_env=False
        ) as session:
            with during("waiting for the answer"):
                response = await session.request(
                    probe.method,
                    url,
                    headers=headers,
                    allow_redirects=False,
                    ssl=tls_context(tls.ca_pem, tls.verify) if tls else True,
                    server_hostname=(tls.server_name or host_name or str(destination)) if tls else None,
                )
            # Leaving this block closes the connection, even if more of the answer is to come.
            async with response:
                return await _judge(probe, response)
    except aiohttp.ClientError as error:
        return _failed(error)
    except OSError as error:
        return failed(error)
    except UnusableCa as error:
        return ProbeResult(None, str(error))


async def _judge(probe: Http, response: aiohttp.ClientResponse) -> ProbeResult:
    if response.status not in probe.statuses:
        return ProbeResult(False, f"status {response.status}")
    if not probe.body and probe.body_regexp is None:
        return ProbeResult(True)
    with during("reading the body"):
        raw = bytearray()
        while len(raw) < _BODY_LIMIT and (chunk := await response.content.read(_BODY_LIMIT - len(raw))):
            raw += chunk
    try:
        body = raw.decode(response.charset or "utf-8", "replace")
    except LookupError:  # a charset that Python does not know
        body = raw.decode("utf-8", "replace")
    if probe.body and probe.body not in body:
        return ProbeResult(False, f"{shown(probe.body)} not found in the body")
    if probe.body_regexp is not None and not probe.body_regexp.search(body[:_REGEXP_LIMIT]):
        return ProbeResult(False, f"nothing in the body matches {shown(probe.body_regexp.pattern)}")
    return ProbeResult(True)


def _failed(error: aiohttp.ClientError) -> ProbeResult:
    match error:
        case (
            aiohttp.ClientConnectorCertificateError(certificate_error=OSError() as cause)
            | aiohttp.ClientConnectorError(os_error=cause)
            | (aiohttp.ClientOSError() as cause)
        ):
            return failed(cause)
        case aiohttp.ServerDisconnectedError():
            return ProbeResult(False, "closed without an answer")
        case aiohttp.ClientPayloadError():
            return ProbeResult(False, "the answer was cut short")
        case aiohttp.ClientResponseError():
            return ProbeResult(False, "the answer is not HTTP")
        case _:
            return ProbeResult(None, str(error) or type(error).__name__)
