"""How a method of moto is replaced."""

from collections.abc import Callable
from types import ModuleType
from typing import Any


def patch(owner: type | ModuleType, replacement: Callable[..., Any] | property, name: str = "") -> None:
    """Put `replacement` in the place of the attribute of `owner` with the same name (or `name`).

    Raises AttributeError if there is none: another version of moto, for which these patches were not made.
    """
    attribute = name or getattr(replacement, "__name__", "")
    if not hasattr(owner, attribute):
        raise AttributeError(f"{owner.__name__} has no {attribute}: these patches are for moto 5.2.5")
    setattr(owner, attribute, replacement)
