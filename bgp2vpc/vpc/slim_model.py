"""EC2's service model cut down to what is used here: 16 MiB and 0.15 s less than the whole, which has 830 operations.

botocore reads a service's operations and shapes from `service-2.json`. `find_or_make` returns a directory to be put
first in its loader's path, with only our operations and the shapes that these reach, each unchanged. It is made from
the installed botocore, in a child process, since reading the whole model is the very cost to be avoided; its name
carries that file's identity, so that another botocore gets another one. On any trouble the answer is None: then
botocore reads its own.
"""

import gzip
import hashlib
import json
import logging
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

OPERATIONS = (
    "CreateRoute",
    "DeleteRoute",
    "DescribeInstanceStatus",
    "DescribeInstances",
    "DescribeNetworkInterfaces",
    "DescribeRouteTables",
    "DescribeSubnets",
    "ReplaceRoute",
)
_MODEL = Path("ec2", "2016-11-15", "service-2.json")
_SECONDS_TO_MAKE = 20.0

log = logging.getLogger(__name__)


def find_or_make() -> str | None:
    """The directory with the trimmed model of the installed botocore, made if need be; None where that fails."""
    try:
        source = _source()
        cache = _cache_directory()
        target = cache / f"ec2-model-{_identity(source)}"
        if not _is_ours(target / _MODEL):
            _make_in_child(source, target)
        return str(target)
    except (OSError, LookupError, subprocess.SubprocessError) as error:
        log.debug("botocore's whole EC2 model is used: %s", error)
        return None


def trim(model: Mapping[str, Any], operations: tuple[str, ...] = OPERATIONS) -> dict[str, Any]:
    """The model with these operations and the shapes they reach. Raises KeyError for one that it does not have."""
    kept = {name: model["operations"][name] for name in operations}
    waiting = [name for operation in kept.values() for name in _shapes_named_in(operation)]
    shapes: dict[str, Any] = {}
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            waiting.extend(_shapes_named_in(shapes[name]))
    return {**model, "operations": kept, "shapes": shapes}


def make(source: Path, target: Path) -> None:
    """Write the trimmed copy of `source` below `target`. It appears whole or not at all, whoever else does the same."""
    with gzip.open(source) as file:
        model = json.load(file)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
    try:
        _make_directory((draft / _MODEL).parent)
        descriptor = os.open(draft / _MODEL, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(trim(model), out)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(target)
    except OSError:
        if not _is_ours(target / _MODEL):  # else another process was faster, with the same content
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _shapes_named_in(node: Any) -> Iterator[str]:
    """Every `"shape": "Name"` below this node; a member that is itself named `shape` has a mapping there."""
    if isinstance(node, Mapping):
        name = node.get("shape")
        if isinstance(name, str):
            yield name
        for value in node.values():
            yield from _shapes_named_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _shapes_named_in(value)


def _source() -> Path:
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        raise LookupError("botocore is not installed as files")
    data = Path(spec.origin).parent / "data"
    plain = data / _MODEL
    if plain.exists():
        raise LookupError(f"{plain} is not compressed: not the model that botocore ships")
    return data / _MODEL.with_name("service-2.json.gz")


def _identity(source: Path) -> str:
    """What the copy depends on: where botocore's file is, its version, size and time, and our list of operations."""
    found = source.stat()
    try:
        release = version("botocore")
    except PackageNotFoundError:
        release = ""
    parts = (str(source), release, str(found.st_size), str(found.st_mtime_ns), *OPERATIONS)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _make_in_child(source: Path, target: Path) -> None:
    """By path and isolated (-I), so that nothing in the current directory or PYTHONPATH is imported as root."""
    if not sys.executable:
        raise LookupError("no Python to run")
    command = [sys.executable, "-I", "-S", __file__, str(source), str(target)]
    subprocess.run(command, check=True, timeout=_SECONDS_TO_MAKE, stdin=subprocess.DEVNULL, capture_output=True)
    if not _is_ours(target / _MODEL):
        raise LookupError(f"{target} was not made as it should")


def _cache_directory() -> Path:
    """The first place that exists or can be made, and that nobody but us (and root) can write to."""
    for candidate in _candidates():
        try:
            _make_directory(candidate)
            found = candidate.resolve(strict=True)
        except OSError:
            continue
        if os.access(found, os.W_OK | os.X_OK) and _is_ours(found):
            return found
    raise LookupError("no cache directory that only this user can write to")


def _make_directory(path: Path) -> None:
    """With what is missing above it, all private: ExaBGP starts its helpers with a umask of 0."""
    for each in (*reversed(path.parents), path):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)


def _candidates() -> Iterator[Path]:
    """The CacheDirectory= of systemd, the user's cache, and for users without a home one in the temporary directory."""
    given = os.environ.get("CACHE_DIRECTORY", "").partition(":")[0]
    if given:
        yield Path(given)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if os.path.isabs(home):
        yield Path(home) / "bgp2vpc"
    yield Path(tempfile.gettempdir()) / f"bgp2vpc-{os.geteuid()}"


def _is_ours(path: Path) -> bool:
    """Whether this exists and no other user can have put it there, or can replace it or a directory above it.

    What botocore reads here decides what is sent where, with our signature: a file of another user's is not for us.
    """
    try:
        found = [each.lstat() for each in (path, *path.parents)]
    except OSError:
        return False
    return all(map(_is_safe, found))


def _is_safe(found: os.stat_result) -> bool:
    """Owner and mode. A link, whose mode lets everybody write, is never safe; a sticky directory such as /tmp is."""
    trusted = found.st_uid in (0, os.geteuid())
    by_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return trusted and (not by_others or (stat.S_ISDIR(found.st_mode) and bool(found.st_mode & stat.S_ISVTX)))


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
