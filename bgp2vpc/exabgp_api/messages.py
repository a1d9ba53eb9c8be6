"""What ExaBGP prints to a helper's stdin -> messages. One line in, no memory between lines."""

from bgp2vpc.exabgp_api.exabgp_json import decode_json
from bgp2vpc.exabgp_api.exabgp_text import decode_text
from bgp2vpc.exabgp_api.message import Ignored, Message

__all__ = ["decode"]


def decode(line: str) -> tuple[Message, ...]:
    """The messages in one line (with or without its newline), text or JSON; none for an empty line. Never raises.

    Both encodings come on one pipe: answers stay plain words when events are JSON. What cannot be read is Ignored, with
    the problem; what is readable and of no use, Ignored without.
    """
    line = line.rstrip("\r\n")
    if not line:
        return ()
    decoder = decode_json if line.startswith("{") else decode_text
    try:
        return decoder(line)
    except (ValueError, RecursionError) as error:  # RecursionError: json on thousands of nested brackets
        return (Ignored("unreadable", str(error)),)
