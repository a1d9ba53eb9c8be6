"""HTTP servers that say what they are told to, byte for byte."""

import asyncio

from health_kit import Handler, saying


def answering(*pieces: bytes, requests: list[bytes] | None = None) -> Handler:
    """Reads a request's head, then says this and hangs up."""
    say = saying(*pieces)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if requests is not None:
            requests.append(head)
        await say(reader, writer)

    return handler


def page(body: bytes = b"", status: str = "200 OK", *headers: str) -> bytes:
    """An answer with a body of known length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
