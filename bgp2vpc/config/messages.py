"""Converts pydantic's errors into problems for the user: the line, what is wrong there, what would be right."""

import difflib
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bgp2vpc.config.document import Document, Location, Value, dotted, kind_of, shortened
from bgp2vpc.config.schema import fields
from bgp2vpc.config.schema.checks import CHECK_TYPES, TcpEntry
from bgp2vpc.config.schema.file import EXTENSION, ProcessEntry
from bgp2vpc.config.schema.find import FIND_TYPES
from bgp2vpc.config.schema.rules import RuleEntry
from bgp2vpc.errors import Problem

_EXPECTED: Final = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a mapping (KEY: VALUE)",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller number",
    "int_type": "a whole number",
    "list_type": "a list ([A, B] or lines that begin with '-')",
    "model_attributes_type": "a mapping (KEY: VALUE)",
    "model_type": "a mapping (KEY: VALUE)",
    "string_type": "text",
}
_COLLECTIONS: Final = frozenset({"dict_type", "list_type", "model_attributes_type", "model_type"})
_LIMITS: Final = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}
_MAX_MESSAGE: Final = 500
_KEYS_OF_ENTRIES: Final[Mapping[str, Container[str]]] = {
    "routetables": RuleEntry.model_fields,
    "route_tables": RuleEntry.model_fields,
    "processes": ProcessEntry.model_fields,
    "healthchecks": TcpEntry.model_fields,
    "remote_healthchecks": TcpEntry.model_fields,
}
_ABSENT: Final = {"missing": "missing", "too_short": "empty", "string_too_short": "empty"}

Models = Mapping[int, type[BaseModel]]
"""id() of a mapping of the document -> the model that validated it (see schema.BaseEntry)."""


def problems(document: Document, file: str, errors: Iterable[ErrorDetails], models: Models) -> list[Problem]:
    """A problem for each of pydantic's errors, and one for each entry whose keys are not indented below its name."""
    found, explained = [], set()
    for location, keys in _not_indented(document.data):
        message = f"empty; indent these keys below '{location[-1]}': {', '.join(keys)}"
        found.append(Problem(file, document.line(location), dotted(location), shortened(message, _MAX_MESSAGE)))
        explained |= {location, *((*location[:-1], key) for key in keys)}
    for error in errors:
        location, container = _locate(document.data, error)
        if location[:2] in explained:
            continue
        message = shortened(_message(error, location, models.get(id(container))), _MAX_MESSAGE)
        found.append(Problem(file, document.line(location), dotted(location), message))
    return found


def _not_indented(data: Mapping[str, Value]) -> Iterator[tuple[Location, list[str]]]:
    """Each empty rule, process or check, with its keys that follow at the indentation of its name."""
    for section, known in _KEYS_OF_ENTRIES.items():
        entries = data.get(section)
        names = list(entries) if isinstance(entries, dict) else []
        for place, name in enumerate(names):
            behind = list(takewhile(known.__contains__, names[place + 1 :]))
            if isinstance(entries, dict) and entries[name] is None and behind:
                yield (section, name), behind


def _locate(data: Value, error: ErrorDetails) -> tuple[Location, Value]:
    """The location of the error in the document, and the mapping or list that encloses it.

    pydantic's `loc` also has steps for members of unions (`find`, `by_tag`, `config`) and for levels inserted by a
    validator (`config`, `filters`). These do not exist in the document and are skipped.
    """
    location: Location = ()
    container: Value = None
    arrived = False
    for step in error["loc"]:
        children: dict[str | int, Value] = {}
        if isinstance(data, list):
            children.update(enumerate(data))
        elif isinstance(data, dict):
            children.update(data.items())
        if arrived := step in children:
            container, data, location = data, children[step], (*location, step)
    if error["type"] == "missing" and not arrived:
        return (*location, error["loc"][-1]), data
    if error["type"].startswith("union_tag_"):
        return (*location, "type"), data
    return location, container


def _message(error: ErrorDetails, location: Location, model: type[BaseModel] | None) -> str:
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, got {kind_of(given)}{_how(error, location, model)}"
    if kind in _LIMITS:
        words, bound = _LIMITS[kind]
        return f"must be {words} {context[bound]:.10g}, got {shortened(str(given))}"
    if kind in _ABSENT:
        return _ABSENT[kind] + _meaning(location, model)
    match kind:
        case "union_tag_not_found":
            joined = next((key for key in given if key.startswith("type:")), "") if isinstance(given, dict) else ""
            message = f"missing; known: {', '.join(_types(location))}"
            if joined:
                message = f"a space is missing behind the ':' of '{shortened(joined)}'"
        case "extra_forbidden":
            message = _unknown_key(location, given, model)
        case "enum" | "literal_error":
            known = re.findall(r"'([^']*)'", context["expected"])  # pydantic's `'a', 'b' or 'c'`
            message = unknown("value", str(given), known)
        case "union_tag_invalid":
            message = unknown("type", str(context["tag"]), _types(location))
        case "value_error":
            message = str(context["error"])
        case _:
            message = error["msg"]
    return message


def _unknown_key(location: Location, given: object, model: type[BaseModel] | None) -> str:
    if location == ("route_tables",):
        return "means the same as 'routetables', which is there, too: keep one of them"
    keys = [field.alias or key for key, field in model.model_fields.items()] if model else []
    key = str(location[-1])
    if key.partition(":")[0] in keys:
        return f"a space is missing behind the ':' of '{shortened(key)}'"
    message = unknown("key", key, keys)
    holds_anchors = len(location) == 1 and isinstance(given, dict | list)
    return f"{message}; a key that only holds anchors begins with '{EXTENSION}'" if holds_anchors else message


def _types(location: Location) -> Sequence[str]:
    return CHECK_TYPES if location[0] in ("healthchecks", "remote_healthchecks") else FIND_TYPES


def unknown(what: str, given: str, known: Sequence[str]) -> str:
    """The message about a word that is not among the `known` ones."""
    nearest = difflib.get_close_matches(given, known, n=1)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"known: {', '.join(known) or 'none'}"
    return f"unknown {what} '{shortened(given)}'; {hint}"


def _field(location: Location, model: type[BaseModel] | None) -> FieldInfo | None:
    """The schema of the key at this location; `model`: that of the mapping which encloses it."""
    key = str(location[-1]) if location else ""
    of_model = model.model_fields.items() if model else ()
    return next((field for name, field in of_model if key == (field.alias or name)), None)


def _how(error: ErrorDetails, location: Location, model: type[BaseModel] | None) -> str:
    """How a value of the wrong kind is written correctly, as the end of a message: an example, or a time in seconds."""
    field = _field(location, model)
    extra = field.json_schema_extra if field else None
    if isinstance(extra, dict) and extra.get("unit") == "seconds":
        return fields.without_unit(error["input"])
    if field and field.examples and error["type"] in _COLLECTIONS:
        return f"; for example {location[-1]}: {field.examples[0]}"
    return ""


def _meaning(location: Location, model: type[BaseModel] | None) -> str:
    """The description and example of the key from the schema, for a message."""
    field = _field(location, model)
    if field is None or not field.description:
        return ""
    description = field.description[0].lower() + field.description[1:].rstrip(".")
    example = f", for example {location[-1]}: {field.examples[0]}" if field.examples else ""
    return f" ({description}){example}"
