"""Text from outside, made fit for a line of the log and for a terminal."""

import json


def printable(text: str, keep: str = "") -> str:
    """`text` with all that could end the line or steer a terminal written as JSON escapes it, but for `keep`."""
    if text.isprintable():
        return text
    # DEL is the one control character that JSON leaves alone.
    return "".join(
        char if char.isprintable() or char in keep else json.dumps(char)[1:-1].replace("\x7f", "\\u007f")
        for char in text
    )
