"""Reduces botocore's data to the operations used here, which saves 23 MB and 0.2 s at the start.

Measured with two EC2 clients made and everything else imported (Python 3.11, botocore 1.44.8, 2 cores of AMD EPYC; five
runs of each, all within 1 MB and 0.1 s):

| | resident | at the peak | CPU time until the clients are made |
|---|---|---|---|
| with botocore's whole data | 72 MB | 77 MB | 0.19 to 0.27 s |
| with ours | 48 MB | 48 MB | 0.04 s; and 0.15 s of a child once after an upgrade of botocore, when it is made |

botocore reads a service's operations and shapes from `service-2.json` (EC2 has 830 operations), and the endpoints of
all services from `endpoints.json` (1.2 MB). `find_or_make` returns a directory to be put first in the loader's path.
It has only our operations with the shapes they reach, and only the endpoints of EC2, of the services that credentials
come from, and of Auto Scaling (whose model is small, and read only when the instance leaves its group).

The Debian package and the container image ship this copy beside this file. Otherwise a child process makes it from the
installed botocore and stores it in a cache; a child, because reading the whole data takes the memory to be saved. The
copy's name contains a hash of botocore's version and file sizes, so each botocore has its own copy. On any failure the
result is None, and botocore reads its own data.
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
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

OPERATIONS = (
    "CreateRoute",
    "CreateTransitGatewayRoute",
    "DeleteRoute",
    "DeleteTransitGatewayRoute",
    "DescribeCarrierGateways",
    "DescribeEgressOnlyInternetGateways",
    "DescribeInstanceStatus",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeLocalGatewayRouteTableVpcAssociations",
    "DescribeManagedPrefixLists",
    "DescribeNatGateways",
    "DescribeNetworkInterfaces",
    "DescribeRouteTables",
    "DescribeSecurityGroupRules",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeTransitGatewayAttachments",
    "DescribeTransitGatewayRouteTables",
    "DescribeTransitGatewayVpcAttachments",
    "DescribeVpcEndpoints",
    "DescribeVpcPeeringConnections",
    "DescribeVpnGateways",
    "GetManagedPrefixListEntries",
    "ModifyManagedPrefixList",
    "ReplaceRoute",
    "ReplaceTransitGatewayRoute",
    "SearchTransitGatewayRoutes",
)
# Names in endpoints.json. botocore derives the endpoints of other services from the defaults of the partition.
SERVICES = ("autoscaling", "ec2", "oidc", "portal.sso", "signin", "sso", "sts")
API_VERSION = "2016-11-15"
_MODEL = Path("ec2", API_VERSION, "service-2.json")
_ENDPOINTS = Path("endpoints.json")
_SECONDS_TO_MAKE = 20.0
_SHIPPED = Path(__file__).with_name("ec2-model")

_early: "dict[Path, subprocess.Popen[bytes]]" = {}
"""The child process that `begin` has started, by the copy that it makes."""

log = logging.getLogger(__name__)


def find_or_make(data: Path) -> str | None:
    """The directory of the trimmed copy of botocore's directory `data`, made if there is none; None on failure."""
    try:
        target = _found(data)
        if not _is_whole(target):
            child = _early.pop(target) if target in _early else _started(data, target)
            try:
                child.wait(_SECONDS_TO_MAKE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                raise
            if not _is_whole(target):
                raise LookupError(f"{target} was not made as it should")
        return str(target)
    except (OSError, LookupError, subprocess.SubprocessError) as error:
        log.debug("botocore's whole EC2 model is used: %s", error)
        return None


def begin() -> None:
    """Start to make the copy, if there is none, in parallel with the start until `find_or_make` is called."""
    botocore = find_spec("botocore")
    if botocore is None or not botocore.origin or os.environ.get("AWS_DATA_PATH"):
        return
    data = Path(botocore.origin).parent / "data"
    with suppress(OSError, LookupError):  # `find_or_make` logs the failure
        target = _found(data)
        if not _is_whole(target):
            _early[target] = _started(data, target)


def trim(model: Mapping[str, Any], operations: tuple[str, ...] = OPERATIONS) -> dict[str, Any]:
    """The model with only these operations and the shapes they reach. Raises KeyError for an unknown operation."""
    kept = {name: model["operations"][name] for name in operations}
    waiting = [name for operation in kept.values() for name in _shapes_named_in(operation)]
    shapes: dict[str, Any] = {}
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            waiting.extend(_shapes_named_in(shapes[name]))
    return {**model, "operations": kept, "shapes": shapes}


def trim_endpoints(endpoints: Mapping[str, Any]) -> dict[str, Any]:
    """The endpoints with all partitions and regions, but only the services in `SERVICES`."""
    partitions = [
        {**partition, "services": {name: found for name, found in partition["services"].items() if name in SERVICES}}
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def make(data: Path, target: Path) -> None:
    """Write the trimmed copy of `data` to `target`, atomically even if several processes do so at once."""
    with gzip.open(data / _MODEL.with_suffix(".json.gz")) as file:
        model = trim(json.load(file))
    endpoints = trim_endpoints(json.loads((data / _ENDPOINTS).read_bytes()))
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
    try:
        _make_directory((draft / _MODEL).parent)
        for name, content in ((_MODEL, model), (_ENDPOINTS, endpoints)):
            descriptor = os.open(draft / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                json.dump(content, out)
                out.flush()
                os.fsync(out.fileno())
        draft.rename(target)
    except OSError:
        if not _is_whole(target):  # else another process was faster, with the same content
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _shapes_named_in(node: Any) -> Iterator[str]:
    """Every `"shape": "Name"` below this node. A member that happens to be named `shape` is a mapping instead."""
    if isinstance(node, Mapping):
        name = node.get("shape")
        if isinstance(name, str):
            yield name
        for value in node.values():
            yield from _shapes_named_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _shapes_named_in(value)


def _found(data: Path) -> Path:
    """The path of the copy, existing or to be made. Raises LookupError if there is no safe place for it."""
    if (data / _MODEL).exists():
        raise LookupError(f"{data / _MODEL} is not compressed: not the model that botocore ships")
    name = name_of_copy(data)
    shipped = _SHIPPED / name
    if _is_whole(shipped):
        return shipped
    # The first place that exists or can be made, and that only this user (and root) can write to.
    for candidate in _candidates():
        try:
            _make_directory(candidate)
            directory = candidate.resolve(strict=True)
        except OSError:
            continue
        if os.access(directory, os.W_OK | os.X_OK) and _is_ours(directory):
            return directory / f"ec2-model-{name}"
    raise LookupError("no cache directory that only this user can write to")


def name_of_copy(data: Path) -> str:
    """The name of the copy: a hash of botocore's `__init__.py` (its version), file sizes, OPERATIONS and SERVICES."""
    sizes = [str((data / name).stat().st_size) for name in (_MODEL.with_suffix(".json.gz"), _ENDPOINTS)]
    found = hashlib.sha256((data.parent / "__init__.py").read_bytes())
    found.update("\n".join((*sizes, *OPERATIONS, *SERVICES)).encode())
    return found.hexdigest()[:16]


def _started(data: Path, target: Path) -> "subprocess.Popen[bytes]":
    """Start the child process, isolated (-I) so that root imports nothing from the current directory or PYTHONPATH."""
    if not sys.executable:
        raise LookupError("no Python to run")
    command = [sys.executable, "-I", "-S", __file__, str(data), str(target)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _is_whole(target: Path) -> bool:
    return all(_is_ours(target / name) for name in (_MODEL, _ENDPOINTS))


def _make_directory(path: Path) -> None:
    """Make a directory and its missing parents with mode 0700, because ExaBGP starts its helpers with umask 0."""
    for each in (*reversed(path.parents), path):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)


def _candidates() -> Iterator[Path]:
    """Places for the copy: systemd's CacheDirectory=, the user's cache, a directory in the temporary directory."""
    given = os.environ.get("CACHE_DIRECTORY", "").partition(":")[0]
    if given:
        yield Path(given)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if os.path.isabs(home):
        yield Path(home) / "bgp2vpc"
    # Last, as gettempdir() raises OSError if there is no writable directory.
    yield Path(tempfile.gettempdir()) / f"bgp2vpc-{os.geteuid()}"


def _is_ours(path: Path) -> bool:
    """Whether the path exists and no other user can have written or can replace it or a directory above it.

    This data decides which requests botocore signs and where it sends them, so another user's file must not be read.
    """
    try:
        found = [each.lstat() for each in (path, *path.parents)]
    except OSError:
        return False
    # A sticky directory such as /tmp is safe. A symbolic link never is: its mode permits everybody to write.
    return all(
        each.st_uid in (0, os.geteuid())
        and (
            not each.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            or (stat.S_ISDIR(each.st_mode) and bool(each.st_mode & stat.S_ISVTX))
        )
        for each in found
    )


def ship() -> None:
    """Make the copy beside this file, readable for everybody, when a package or image is built."""
    botocore = find_spec("botocore")
    if botocore is None or not botocore.origin:
        raise LookupError("botocore is not installed")
    data = Path(botocore.origin).parent / "data"
    _SHIPPED.mkdir(exist_ok=True)
    make(data, _SHIPPED / name_of_copy(data))
    for path in _SHIPPED.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
