"""Typed access to parsed JSON that somebody else wrote: the wrong shape is a ValueError that names the field."""

from typing import TypeAlias, cast

JsonObject: TypeAlias = dict[str, object]


def as_object(value: object, field: str) -> JsonObject:
    """`value` if it is an object."""
    if not isinstance(value, dict):
        raise ValueError(f"{field}: {_short(value)} is not an object")
    return cast(JsonObject, value)


def as_list(value: object, field: str) -> list[object]:
    """`value` if it is a list."""
    if not isinstance(value, list):
        raise ValueError(f"{field}: {_short(value)} is not a list")
    return value


def as_text(value: object, field: str) -> str:
    """`value` if it is a string."""
    if not isinstance(value, str):
        raise ValueError(f"{field}: {_short(value)} is not a string")
    return value


def as_number(value: object, field: str, bits: int) -> int:
    """`value` if it is an unsigned number of at most `bits` bits."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise ValueError(f"{field}: {_short(value)} is not a number from 0 to 2^{bits}-1")
    return value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
