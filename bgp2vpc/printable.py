"""Text from outside, made fit for a line of the log and for a terminal."""

import json


def printable(text: str, keep: str = "") -> str:
    """`text` with all that could end the line or steer a terminal written as JSON escapes it, but for `keep`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else _escape(char) for char in text)


def _escape(char: str) -> str:
    # DEL is the one control character that JSON leaves alone.
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]
