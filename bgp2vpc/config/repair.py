"""A key that stands deeper than the one it belongs beside, as in the example of AWSnycast's README:

    - type: by_tag
        config: …        # no YAML: `type` has a value already, so nothing can stand below it

YAML offers no reading of this, and people only one. So it is read as if it stood beside `type`, and told.
"""

import re
from typing import Final

from yaml.error import MarkedYAMLError

from bgp2vpc.errors import Problem

MOST: Final = 20
"""Repairs of one file; who needs more has another problem."""

_SYMPTOM: Final = "mapping values are not allowed here"
_WITH_VALUE: Final = re.compile(r"(?P<margin> *(?:- +)*)(?P<key>[A-Za-z_]+): +[^\s#'\"\[{|>&*!]")
_KEY: Final = re.compile(r"(?P<margin> *)(?P<key>[A-Za-z_]+):(?: |$)")


def repaired(text: str, error: MarkedYAMLError, file: str) -> tuple[str, Problem] | None:
    """`text` with the same lines, of which those that `error` is about are moved to the left; None if it is no such."""
    mark = error.problem_mark
    if error.problem != _SYMPTOM or mark is None:
        return None
    lines, wrong = text.split("\n"), mark.line
    key = _KEY.match(lines[wrong]) if wrong < len(lines) else None
    if key is None or key.end("key") != mark.column:  # YAML knows more line ends than these
        return None
    before = [line for line in lines[:wrong] if line.strip() and not line.lstrip().startswith("#")]
    above = _WITH_VALUE.match(before[-1]) if before else None
    if above is None or len(key["margin"]) <= len(above["margin"]):
        return None
    shift = len(key["margin"]) - len(above["margin"])
    for number in range(wrong, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip(" ")) < len(key["margin"]):
            break
        lines[number] = line[shift:]
    told = f"indented too deep for YAML; read as standing beside '{above['key']}'"
    return "\n".join(lines), Problem(file, wrong + 1, key["key"], told)
