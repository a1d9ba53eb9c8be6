"""What is published: the source distribution, and the wheel, which `pip install` puts on a host."""

import email
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from bgp2vpc import __version__

pytestmark = pytest.mark.io
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
REPOSITORY = "https://git.example.org/network/bgp2vpc"
PUBLISHED = {"BGP2VPC_REPOSITORY": REPOSITORY, "BGP2VPC_EMAIL": "network@example.org"}
NOT_DISTRIBUTED = {"setup.cfg", "PKG-INFO"}


@dataclass
class Built:
    source: Path
    wheel: Path
    listed: list[str]

    @property
    def in_the_wheel(self) -> list[str]:
        return zipfile.ZipFile(self.wheel).namelist()

    @property
    def metadata(self) -> Message:
        text = zipfile.ZipFile(self.wheel).read(f"bgp2vpc-{__version__}.dist-info/METADATA")
        return email.message_from_bytes(text)


def files_of_the_project() -> list[str]:
    """By git; in an unpacked source distribution, all there is."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    else:
        found = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()]
    hidden = (".venv", "bgp2vpc.egg-info", ".pytest_cache", ".hypothesis")
    return [
        name for name in found if (ROOT / name).is_file() and not name.startswith(hidden) and "__pycache__" not in name
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both, made from a copy (a build leaves things beside its source), with the setuptools that is installed here."""
    directory = tmp_path_factory.mktemp("distributions")
    listed = files_of_the_project()
    for name in listed:
        (directory / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, directory / "tree" / name)
    hooks = "import sys, setuptools.build_meta as b; out = sys.argv[1]; b.build_sdist(out); b.build_wheel(out)"
    subprocess.run(
        [sys.executable, "-c", hooks, str(directory)], cwd=directory / "tree", check=True, capture_output=True,
        env=os.environ | PUBLISHED | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    (source,), (wheel,) = directory.glob("*.tar.gz"), directory.glob("*.whl")
    return Built(source, wheel, listed)


def test_the_source_distribution_has_every_file_of_the_project(built: Built) -> None:
    with tarfile.open(built.source) as archive:
        names = [each.name.partition("/")[2] for each in archive.getmembers() if each.isfile()]
    inside = {name for name in names if not name.startswith("bgp2vpc.egg-info/")}
    assert inside - NOT_DISTRIBUTED == set(built.listed) - NOT_DISTRIBUTED


def test_the_wheel_has_every_file_of_the_package_and_what_a_host_copies(built: Built) -> None:
    data = f"bgp2vpc-{__version__}.data/data/share/"
    inside = {name for name in built.in_the_wheel if ".dist-info/" not in name}
    assert {name for name in inside if not name.startswith(data)} == {
        name for name in built.listed if name.startswith("bgp2vpc/")
    }
    places = {
        "examples/": "doc/bgp2vpc/examples/", "exabgp/": "doc/bgp2vpc/examples/exabgp/",
        "systemd/": "bgp2vpc/systemd/", "docs/man/": "man/",
    }  # fmt: skip
    expected = {"doc/bgp2vpc/CHANGELOG.md"}
    for folder, place in places.items():
        names = [name.removeprefix(folder) for name in built.listed if name.startswith(folder)]
        assert names, folder
        expected |= {place + (f"man{name[-1]}/{name}" if place == "man/" else name) for name in names}
    shared = {name.removeprefix(data) for name in inside if name.startswith(data)}
    assert {name for name in shared if "completions" not in name and "site-functions" not in name} == expected


def test_the_description_has_no_link_that_leads_nowhere(built: Built) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", str(built.metadata.get_payload()))
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []
    files = [target for target in targets if target.startswith(f"{REPOSITORY}/blob/v{__version__}/")]
    for target in files:
        assert (ROOT / target.partition(f"/v{__version__}/")[2].partition("#")[0]).exists(), target
    assert len(files) > 5


def test_no_document_of_the_wheel_has_a_link_that_leads_nowhere(built: Built) -> None:
    pages = [name for name in built.in_the_wheel if name.endswith(".md") and ".dist-info/" not in name]
    assert len(pages) > 2
    with zipfile.ZipFile(built.wheel) as wheel:
        for page in pages:
            targets = re.findall(r"\]\(([^)\s#]+)", wheel.read(page).decode())
            local = [posixpath.normpath(f"{page}/../{target}") for target in targets if "://" not in target]
            assert [target for target in local if target not in built.in_the_wheel] == [], page


def test_the_authors_have_the_address_that_the_publisher_gives(built: Built) -> None:
    assert (built.metadata["Author"], built.metadata["Author-email"]) == (
        "The bgp2vpc authors",
        "The bgp2vpc authors <network@example.org>",
    )


@pytest.mark.parametrize(
    "command",
    [
        ["twine", "check", "--strict"],
        ["check-wheel-contents", f"--config={ROOT / 'pyproject.toml'}"],
        ["pyroma", "--min=10"],
    ],
    ids=lambda command: command[0],
)
def test_the_tools_for_it_find_nothing(built: Built, command: list[str]) -> None:
    program, *options = command
    what = {"twine": [built.wheel, built.source], "pyroma": [built.source]}.get(program, [built.wheel])
    done = subprocess.run(
        [BIN / program, *options, *what], capture_output=True, text=True, check=False, cwd=built.wheel.parent,
        env=os.environ | PUBLISHED,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
