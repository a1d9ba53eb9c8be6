"""Whose file is looked at, with real processes; and that nothing of theirs is run."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bgp2vpc.doctor import running_exabgp
from bgp2vpc.doctor.model import Exabgp, Trouble
from bgp2vpc.doctor.running_exabgp import look_at

CONF = "process b { run /bin/cat; encoder text; }\n"
PARENT = """\
import subprocess, sys
child = subprocess.Popen(["sleep", "3600"])
print(child.pid, flush=True)
sys.stdin.read()
child.kill()
child.wait()
"""


@contextmanager
def child_of(*command: str | Path) -> Iterator[int]:
    """The pid of a process whose parent has this command line, behind its Python."""
    argv = [sys.executable, *map(str, command)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        yield int(parent.stdout.readline())
        parent.communicate("")


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    file = tmp_path / "exabgp.conf"
    file.write_text(CONF)
    return file


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every command that the doctor runs; each says it is ExaBGP 5."""
    commands: list[list[str]] = []

    def run(argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(argv)
        return subprocess.CompletedProcess(argv, 0, "ExaBGP : 5.0.15", "")

    monkeypatch.setattr(running_exabgp.subprocess, "run", run)
    monkeypatch.setattr(running_exabgp, "_installed", lambda: ["/installed/exabgp"])
    return commands


@pytest.mark.io
def test_no_word_of_another_command_line_is_run(tmp_path: Path, conf: Path, ran: list[list[str]]) -> None:
    fake = tmp_path / "exabgp"
    fake.write_text(PARENT)
    fake.chmod(0o755)
    with child_of(fake, "server", conf) as daemon:
        found = look_at(None, daemon)
    assert found == Exabgp(str(conf), CONF, "5.0.15")
    assert ran == [["/installed/exabgp", "--version"], ["/installed/exabgp", "validate", str(conf)]]


@pytest.mark.io
def test_words_before_it_are_not_run_either(tmp_path: Path, conf: Path, ran: list[list[str]]) -> None:
    """All of them root's, and harmful together: `python3 -c CODE exabgp FILE`."""
    with child_of("-c", PARENT, "exabgp", conf) as daemon:
        assert isinstance(look_at(None, daemon), Exabgp)
    assert {argv[0] for argv in ran} == {"/installed/exabgp"}


@pytest.mark.io
def test_another_parent_is_no_exabgp(ran: list[list[str]]) -> None:
    with child_of("-c", PARENT) as daemon:
        assert look_at(None, daemon) == Exabgp()
    assert look_at(None, None) == Exabgp()
    assert ran == []


@pytest.mark.io
def test_a_command_without_file(ran: list[list[str]]) -> None:
    with child_of("-c", PARENT, "exabgp", "server") as daemon:
        assert isinstance(look_at(None, daemon), Trouble)
    assert ran == []


def fifo(path: Path) -> None:
    os.mkfifo(path)


def large(path: Path) -> None:
    path.write_bytes(b"")
    os.truncate(path, (4 << 20) + 1)


@pytest.mark.parametrize(
    ("make", "why"),
    [(fifo, "is no regular file"), (Path.mkdir, "is no regular file"), (large, "is larger than 4 MiB"),
     (lambda path: path.symlink_to("/dev/zero"), "is no regular file")],
    ids=["pipe", "directory", "large", "device"],
)  # fmt: skip
def test_what_is_not_read(make: Callable[[Path], None], why: str, tmp_path: Path, ran: list[list[str]]) -> None:
    file = tmp_path / "x.conf"
    make(file)
    assert look_at(file, None) == Trouble(f"{file} {why}")
    assert ran == []


def test_the_largest_that_is_read(tmp_path: Path, ran: list[list[str]]) -> None:
    file = tmp_path / "x.conf"
    file.write_bytes(b"#" * (4 << 20))
    assert isinstance(look_at(file, None), Exabgp)


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\u202eb"])
def test_a_name_that_cannot_be_printed(name: str, tmp_path: Path, ran: list[list[str]]) -> None:
    file = tmp_path / name
    file.write_text(CONF)
    found = look_at(file, None)
    assert isinstance(found, Trouble)
    assert found.why.isprintable()
    assert ran == []
