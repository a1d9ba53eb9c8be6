"""Loading in a child process: the same result, without the schema library in this one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bgp2vpc
from bgp2vpc.config import handover
from bgp2vpc.config.apart import load_apart
from bgp2vpc.config.handover import Replaced, pack, unpack
from bgp2vpc.config.load import load
from bgp2vpc.errors import ConfigError

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("name", ["valid-documented", "valid-everything"])
def test_the_child_reads_the_same_configuration(name: str) -> None:
    assert load_apart(DATA / f"{name}.yaml") == load(DATA / f"{name}.yaml")


@pytest.mark.parametrize(
    ("state_directory", "more", "path"),
    [
        ("/var/lib/bgp2vpc", "", "/var/lib/bgp2vpc/state"),
        ("/var/lib/bgp2vpc:/var/lib/other", "", "/var/lib/bgp2vpc/state"),
        ("", "", "/run/x.state"),
        ("/var/lib/bgp2vpc", "state_file: /elsewhere", "/elsewhere"),
    ],
)
def test_where_systemd_keeps_state_it_is_remembered_what_drains(
    state_directory: str, more: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", state_directory)
    file = tmp_path / "f.yaml"
    file.write_text(f"socket: /run/x\nroutetables: {{a: {{find: {{type: main}}, accept: [192.0.2.0/24]}}}}\n{more}\n")
    assert load(file).state_file == Path(path)
    assert load_apart(file).state_file == Path(path)


def test_the_child_finds_the_same_problems() -> None:
    path = DATA / "invalid-everything-at-once.yaml"
    with pytest.raises(ConfigError) as here:
        load(path)
    with pytest.raises(ConfigError) as apart:
        load_apart(path)
    assert apart.value.problems == here.value.problems


def test_a_child_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(ConfigError, match=r"the process that checks it failed: .*No such file"):
        load_apart(DATA / "valid-documented.yaml")


def test_a_child_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ConfigError, match="the process that checks it failed"):
        load_apart(DATA / "valid-documented.yaml")


def test_the_daemon_does_not_hold_the_schema_library() -> None:
    script = (
        "import sys\n"
        "from bgp2vpc.config.apart import load_apart\n"
        f"load_apart({str(DATA / 'valid-documented.yaml')!r})\n"
        "sys.exit('pydantic' in sys.modules or 'yaml' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


# What a later version may bring: a new key in the middle, a key with another meaning, another word, another version.
UPGRADES = [
    (
        "config/model.py",
        "    settle_time: float = 10.0\n",
        "    grace_time: float = 3.0\n    settle_time: float = 10.0\n",
    ),
    ("config/model.py", "    max_changes: int = 1000\n", "    max_changes: float = 1000\n"),
    ("config/model.py", 'KEEP = "keep"', 'KEEP = "leave"'),
    ("routing/rule.py", 'IF_UNHEALTHY = "if_unhealthy"', 'IF_UNHEALTHY = "if-unhealthy"'),
    ("vpc/finders.py", "    subnet_id: str\n", "    subnet_id: str\n    vpc_id: str = ''\n"),
    ("routing/prefix_list.py", "    ge: int\n    le: int\n", "    le: int\n    ge: int\n"),
    ("__init__.py", "__version__ = ", "__version__ = '99' + "),
]


@pytest.mark.parametrize(("file", "old", "new"), UPGRADES)
def test_a_program_that_was_replaced_on_disk_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str
) -> None:
    package = tmp_path / "bgp2vpc"
    ignored = shutil.ignore_patterns("__pycache__", "demo", "daemon", "cli")
    shutil.copytree(Path(bgp2vpc.__file__).parent, package, ignore=ignored)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert load_apart(DATA / "valid-documented.yaml") == load(DATA / "valid-documented.yaml")
    text = (package / file).read_text()
    assert old in text
    (package / file).write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match="bgp2vpc was replaced on disk; restart it"):
        load_apart(DATA / "valid-documented.yaml")


def test_an_answer_that_cannot_be_read_is_not_believed() -> None:
    packed = pack(load(DATA / "valid-documented.yaml"))
    assert unpack(packed) == load(DATA / "valid-documented.yaml")
    for damaged in (b"", packed[:-20], packed.replace(b"Config", b"Gonfic"), b"0.0 " + packed):
        with pytest.raises(Replaced):
            unpack(damaged)


def test_every_class_that_a_configuration_is_made_of_counts() -> None:
    described = "\n".join(handover._described(handover.Answer, set()))
    for name in (
        "Config",
        "Process",
        "Ec2Limits",
        "OnExit",
        "Problem",
        "Rule",
        "Takeover",
        "PrefixRange",
        "And",
        "Ids",
    ):
        assert f".{name}: " in described
