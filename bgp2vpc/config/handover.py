"""What the process that reads the file tells the one that waits: bytes that only the same program can read.

The child runs what is on disk now; the daemon, what was there when it started. Frozen dataclasses with slots are
pickled by position, so after an upgrade one setting would silently become another: hence the stamp in front.
"""

import hashlib
import pickle
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Final, TypeAlias, get_args, get_type_hints

from bgp2vpc import __version__
from bgp2vpc.config.model import Config
from bgp2vpc.errors import Problem

Answer: TypeAlias = Config | tuple[Problem, ...]

_END_OF_STAMP: Final = b"\n"


class Replaced(Exception):
    """The bytes come from another version of the program."""


def pack(answer: Answer) -> bytes:
    """The answer, behind the version and the fingerprint of this program's configuration classes."""
    return _stamp() + _END_OF_STAMP + pickle.dumps(answer)


def unpack(data: bytes) -> Answer:
    """What `pack` packed; of our own child only, for bytes from elsewhere could run anything. Raises Replaced."""
    stamp, _, packed = data.partition(_END_OF_STAMP)
    if stamp != _stamp():
        raise Replaced
    try:
        answer: Answer = pickle.loads(packed)  # noqa: S301  # see above
    except Exception as error:  # unpickling may raise anything
        raise Replaced from error
    return answer


@cache
def _stamp() -> bytes:
    text = "\n".join(sorted(_described(Answer, set())))
    return f"{__version__} {hashlib.sha256(text.encode()).hexdigest()}".encode()


def _described(hint: object, seen: set[object]) -> Iterator[str]:
    """One line for each class that `hint` or a field of such a class speaks of: all that pickle relies on."""
    for part in get_args(hint):
        yield from _described(part, seen)
    if not isinstance(hint, type) or hint in seen:
        return
    seen.add(hint)
    name = f"{hint.__module__}.{hint.__qualname__}"
    if issubclass(hint, Enum):
        yield f"{name}: {[(member.name, member.value) for member in hint]}"
    elif is_dataclass(hint):
        hints = get_type_hints(hint)
        yield f"{name}: {[(field.name, str(hints[field.name])) for field in fields(hint)]}"
        for inner in hints.values():
            yield from _described(inner, seen)
    else:
        yield name
