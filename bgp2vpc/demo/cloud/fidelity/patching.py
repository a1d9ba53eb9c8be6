"""Replaces methods of moto."""

from collections.abc import Callable
from types import ModuleType
from typing import Any


def patch(owner: type | ModuleType, replacement: Callable[..., Any] | property, name: str = "") -> None:
    """Replace the attribute of `owner` that has the name of `replacement` (or `name`).

    Raises AttributeError if there is none, since these patches do not fit that version of moto.
    """
    attribute = name or getattr(replacement, "__name__", "")
    if not hasattr(owner, attribute):
        raise AttributeError(f"{owner.__name__} has no {attribute}: these patches are for moto 5.2.5")
    setattr(owner, attribute, replacement)
