"""botocore's data, trimmed: the same as its own where it matters, and never somebody else's."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.regions import EndpointResolver
from botocore.session import Session

from bgp2vpc.vpc.aws import slim_model
from bgp2vpc.vpc.aws.ec2 import Ec2
from bgp2vpc.vpc.aws.ec2_clients import make_session

pytestmark = pytest.mark.io

MODEL = Path("ec2/2016-11-15/service-2.json")
ENDPOINTS = Path("endpoints.json")
DATA = Path(botocore.__file__).parent / "data"
PRINT_IT = (
    "import botocore; from pathlib import Path; from bgp2vpc.vpc.aws.slim_model import find_or_make;"
    "print(find_or_make(Path(botocore.__file__).parent / 'data'))"
)


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    with gzip.open(DATA / "ec2/2016-11-15/service-2.json.gz") as file:
        model: dict[str, Any] = json.load(file)
    return model


@pytest.fixture(scope="module")
def all_endpoints() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / ENDPOINTS).read_bytes())
    return found


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return tmp_path / "cache"


def find_or_make() -> str | None:
    return slim_model.find_or_make(DATA)


def made(data: Path = DATA) -> Path:
    found = slim_model.find_or_make(data)
    assert found is not None
    return Path(found)


@pytest.fixture(params=["__init__.py", f"data/{MODEL}.gz", f"data/{ENDPOINTS}"])
def other_data(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Another botocore's: one of its files is not as ours has it."""
    root = tmp_path / "botocore"
    (root / "data" / MODEL).parent.mkdir(parents=True)
    for name in ("__init__.py", f"data/{MODEL}.gz", f"data/{ENDPOINTS}"):
        shutil.copy(DATA.parent / name, root / name)
    match request.param:
        case "__init__.py":  # of the same length
            changed = root / request.param
            changed.write_text(changed.read_text().replace(botocore.__version__, botocore.__version__[::-1]))
        case name if name.endswith("gz"):
            with gzip.open(root / name, "wb", compresslevel=1) as file:
                file.write(gzip.decompress((DATA.parent / name).read_bytes()))
        case name:
            (root / name).write_bytes((DATA.parent / name).read_bytes() + b"\n")
    return root / "data"


def fields(shape: Shape | None) -> Any:
    """A shape with all it reaches, as plain values; recursive shapes end at their second visit."""

    def walk(node: Any, above: tuple[str, ...]) -> Any:
        if node is None or node.name in above:
            return node and node.name
        inner = (*above, node.name)
        members = {name: walk(member, inner) for name, member in getattr(node, "members", {}).items()}
        element = walk(node.member, inner) if node.type_name == "list" else None
        return node.name, node.type_name, dict(node.serialization), dict(node.metadata), members, element

    return walk(shape, ())


@pytest.mark.parametrize("name", slim_model.OPERATIONS)
def test_an_operation_is_exactly_botocores_own(whole: dict[str, Any], name: str) -> None:
    ours: OperationModel = ServiceModel(slim_model.trim(whole), "ec2").operation_model(name)
    theirs: OperationModel = ServiceModel(whole, "ec2").operation_model(name)
    assert fields(ours.input_shape) == fields(theirs.input_shape)
    assert fields(ours.output_shape) == fields(theirs.output_shape)
    assert ours.http == theirs.http
    assert ours.metadata == theirs.metadata


def test_little_is_left(whole: dict[str, Any]) -> None:
    trimmed = slim_model.trim(whole)
    assert set(trimmed["operations"]) == set(slim_model.OPERATIONS)
    assert len(trimmed["shapes"]) < len(whole["shapes"]) / 5


def test_an_operation_that_botocore_does_not_know_is_an_error(whole: dict[str, Any]) -> None:
    with pytest.raises(KeyError, match="CreateSomethingNew"):
        slim_model.trim(whole, ("CreateRoute", "CreateSomethingNew"))


@pytest.mark.parametrize("service", slim_model.SERVICES)
def test_every_region_has_the_endpoint_that_botocore_knows(all_endpoints: dict[str, Any], service: str) -> None:
    ours, theirs = EndpointResolver(slim_model.trim_endpoints(all_endpoints)), EndpointResolver(all_endpoints)
    regions = [region for partition in all_endpoints["partitions"] for region in partition["regions"]]
    for region in (*regions, "eu-nowhere-1"):
        assert ours.construct_endpoint(service, region) == theirs.construct_endpoint(service, region)


def test_it_is_made_once_and_private(cache: Path) -> None:
    first = made()
    written = (first / MODEL).stat()
    assert first.parent == cache
    assert made() == first
    assert (first / MODEL).stat().st_mtime_ns == written.st_mtime_ns
    paths = (cache, first, first / "ec2", first / MODEL, first / ENDPOINTS)
    assert [path for path in paths if path.stat().st_mode & 0o077] == []
    assert list(cache.iterdir()) == [first]


def test_it_stays_private_under_the_umask_that_exabgp_gives_its_helpers(cache: Path) -> None:
    script = f"import os; os.umask(0); {PRINT_IT}"
    found = Path(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout[:-1])
    assert found.parent == cache
    paths = (cache, found, found / "ec2", found / MODEL, found / ENDPOINTS)
    assert [path for path in paths if path.stat().st_mode & 0o077] == []


def test_botocore_reads_it_and_finds_everything_else_where_it_was(cache: Path) -> None:
    del cache
    session = Session()
    session.register_component("data_loader", Loader(extra_search_paths=[str(made())]))
    client = session.create_client("ec2", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")
    assert sorted(client.meta.service_model.operation_names) == sorted(slim_model.OPERATIONS)
    assert client.meta.endpoint_url == "https://ec2.eu-west-1.amazonaws.com"
    assert client.can_paginate("describe_route_tables")


def test_services_that_credentials_come_from_are_still_spoken_to(cache: Path) -> None:
    del cache
    for service in ("sts", "sso", "sso-oidc"):
        ours, theirs = make_session(str(made())), Session()
        assert endpoint(ours, service) == endpoint(theirs, service)


def endpoint(session: Session, service: str) -> str:
    client = session.create_client(service, region_name="cn-north-1", aws_access_key_id="x", aws_secret_access_key="y")
    url: str = client.meta.endpoint_url
    return url


def test_processes_that_start_together_get_the_same_one(cache: Path) -> None:
    starts = [subprocess.Popen([sys.executable, "-c", PRINT_IT], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    found = {start.communicate()[0].strip() for start in starts}
    assert found == {str(made())}
    assert [path.name for path in cache.iterdir()] == [made().name]


def test_one_that_lost_the_race_keeps_the_winners(tmp_path: Path) -> None:
    target = tmp_path / "model"
    slim_model.make(DATA, target)
    before = (target / MODEL).stat().st_ino
    slim_model.make(DATA, target)
    assert (target / MODEL).stat().st_ino == before
    assert list(tmp_path.iterdir()) == [target]


def test_another_botocore_gets_another_one(cache: Path, other_data: Path) -> None:
    del cache
    assert made(other_data) != made()


@pytest.fixture
def shipped(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a package has the one that was made when the package was."""
    monkeypatch.setattr(slim_model, "_SHIPPED", cache.parent / "shipped")
    old = os.umask(0o077)
    try:
        slim_model.ship()
    finally:
        os.umask(old)
    return cache.parent / "shipped"


def test_one_that_a_package_brings_is_used_and_none_is_made(cache: Path, shipped: Path) -> None:
    assert made().parent == shipped
    assert operations(Ec2("us-east-1")) == len(slim_model.OPERATIONS)
    assert not cache.exists()
    assert {path.stat().st_mode & 0o777 for path in shipped.rglob("*") if path.is_file()} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in shipped.rglob("*") if path.is_dir()} == {0o755}


def test_one_that_a_package_brings_is_left_alone_by_another_botocore(
    cache: Path, shipped: Path, other_data: Path
) -> None:
    assert made(other_data).parent == cache
    assert len(list(shipped.iterdir())) == 1


def test_it_can_be_begun_before_it_is_needed(cache: Path) -> None:
    slim_model.begin()
    ((target, child),) = slim_model._early.items()
    assert target.parent == cache
    assert made() == target
    assert child.returncode == 0
    assert not slim_model._early
    slim_model.begin()  # it is there
    assert not slim_model._early


def test_one_that_was_begun_and_failed_is_left_for_the_whole_one(cache: Path) -> None:
    slim_model.begin()
    (child,) = slim_model._early.values()
    child.kill()
    child.wait()
    for draft in cache.iterdir():
        shutil.rmtree(draft)
    assert find_or_make() is None
    assert made().parent == cache  # the next who needs it makes it


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_cache_that_others_can_write_to_is_not_used(cache: Path, tmp_path: Path, mode: int) -> None:
    cache.mkdir()
    cache.chmod(mode)
    assert made().is_relative_to(tmp_path / "home")


@pytest.mark.parametrize("name", [MODEL, ENDPOINTS])
def test_a_copy_that_others_can_write_to_is_not_used(cache: Path, name: Path) -> None:
    found = made() / name
    found.chmod(0o666)
    assert find_or_make() is None
    found.chmod(0o600)
    assert made() / name == found
    assert found.is_relative_to(cache)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to somebody else")
def test_a_cache_of_another_users_is_not_used(cache: Path, tmp_path: Path) -> None:
    cache.mkdir(mode=0o700)
    os.chown(cache, 65534, 65534)
    assert made().is_relative_to(tmp_path / "home")


def test_a_link_in_place_of_the_model_is_not_followed(cache: Path, tmp_path: Path) -> None:
    found = made()
    found.rename(tmp_path / "elsewhere")
    (cache / found.name).symlink_to(tmp_path / "elsewhere")
    assert find_or_make() is None


def test_a_user_without_a_home_gets_one_below_the_temporary_directory(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cache
    monkeypatch.delenv("CACHE_DIRECTORY")
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    (tmp_path / "tmp").chmod(0o1777)
    assert made().parent == tmp_path / "tmp" / f"bgp2vpc-{os.geteuid()}"


def test_without_any_place_botocores_whole_model_is_used(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    for path in (cache, tmp_path / "tmp" / f"bgp2vpc-{os.geteuid()}"):
        path.write_text("in the way")
    assert find_or_make() is None
    assert operations(Ec2("us-east-1")) > 500


@pytest.mark.parametrize("name", [MODEL, ENDPOINTS])
def test_one_that_is_broken_is_left_for_the_whole_one(cache: Path, name: Path) -> None:
    del cache
    (made() / name).write_text('{"version": "2.0", "metadata"')
    assert operations(Ec2("us-east-1")) > 500


def test_a_users_own_models_come_first(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert operations(Ec2("us-east-1")) > 500
    assert not cache.exists()


def test_the_trimmed_one_is_what_is_used(cache: Path) -> None:
    assert operations(Ec2("us-east-1")) == len(slim_model.OPERATIONS)
    assert cache.exists()


def operations(ec2: Ec2) -> int:
    """How many operations the clients know: every one of EC2's, or ours."""
    ec2.warm_up()
    return len(ec2._clients.ready().reads.meta.service_model.operation_names)
