"""Escapes text from outside for a line of the log and for a terminal."""

import json


def printable(text: str, keep: str = "") -> str:
    """`text` with all unprintable characters, except those of `keep`, escaped as in JSON."""
    if text.isprintable():
        return text
    # DEL is the one control character that JSON leaves alone.
    return "".join(
        char if char.isprintable() or char in keep else json.dumps(char)[1:-1].replace("\x7f", "\\u007f")
        for char in text
    )
