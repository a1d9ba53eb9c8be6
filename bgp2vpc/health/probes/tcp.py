"""The probe `tcp`: a TCP or TLS connection, with data sent and expected."""

import asyncio
import errno
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from bgp2vpc.health.model import ProbeResult, Tcp, Tls
from bgp2vpc.health.probes.tls import UnusableCa, tls_context
from bgp2vpc.health.reasons import during, failed, shown
from bgp2vpc.prefix import IPAddress

_CHUNK: Final = 64 * 1024
_PATIENT: Final = 1024 * 1024
"""Bytes read at full speed; after that one chunk a millisecond, so that an endless answer does not take a core."""


async def probe_tcp(probe: Tcp, destination: IPAddress) -> ProbeResult:
    """Healthy if it connects, `send` can be written, and `expect` arrives."""
    try:
        if probe.tls is not None:
            return await _over_tls(probe, probe.tls, destination)
        # A bare socket: asyncio's streams take three times the CPU, and there may be hundreds of probes a second.
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if destination.version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.setblocking(False)
            with during("connecting"):
                await _connect(connection, (str(destination), probe.port))
            return await _converse(
                probe, lambda data: loop.sock_sendall(connection, data), lambda: loop.sock_recv(connection, _CHUNK)
            )
    except OSError as error:
        return failed(error)
    except UnusableCa as error:
        return ProbeResult(None, str(error))


async def _connect(connection: socket.socket, address: tuple[str, int]) -> None:
    error = connection.connect_ex(address)
    if error == errno.EINPROGRESS:
        # A connection to this host, the usual case, is established by now, which saves a turn of the event loop.
        error = connection.connect_ex(address)
    if error in (errno.EINPROGRESS, errno.EALREADY):
        try:
            await asyncio.get_running_loop().sock_connect(connection, address)
        except OSError as late:
            # Established between our call and that of asyncio, which treats EISCONN as a failure.
            if late.errno != errno.EISCONN:
                raise
    elif error not in (0, errno.EISCONN):
        raise OSError(error, os.strerror(error))


async def _over_tls(probe: Tcp, tls: Tls, destination: IPAddress) -> ProbeResult:
    host = str(destination)
    with during("connecting"):
        reader, writer = await asyncio.open_connection(
            host, probe.port, ssl=tls_context(tls.ca_pem, tls.verify), server_hostname=tls.server_name or host
        )

    async def send(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    try:
        return await _converse(probe, send, lambda: reader.read(_CHUNK))
    finally:
        # Sends close_notify without waiting for that of the destination.
        writer.close()
        writer.transport.abort()


async def _converse(
    probe: Tcp, send: Callable[[bytes], Awaitable[None]], receive: Callable[[], Awaitable[bytes]]
) -> ProbeResult:
    if probe.send:
        try:
            with during("sending"):
                await send(probe.send)
        except ConnectionError:
            # A server that closed without reading our data may have sent `expect` already.
            if not probe.expect:
                raise
    if not probe.expect:
        return ProbeResult(True)
    tail = b""
    seen = 0
    with during(f"waiting for {shown(probe.expect)}"):
        while data := await receive():
            seen += len(data)
            window = tail + data
            if probe.expect in window:
                return ProbeResult(True)
            # Keep only as many bytes as may be the beginning of `expect`.
            tail = window[max(0, len(window) - len(probe.expect) + 1) :]
            # `receive` returns data that is there without a turn of the event loop, so nothing else would run.
            await asyncio.sleep(0 if seen < _PATIENT else 0.001)
    return ProbeResult(False, f"{shown(probe.expect)} not found in the answer" if seen else "closed without an answer")
