"""Whose file is looked at, with real processes; and that nothing of theirs is run."""

import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bgp2vpc.doctor.exabgp_conf import NeighborStanza, OwnRoute, ProcessStanza, read
from bgp2vpc.doctor.facts import running_exabgp
from bgp2vpc.doctor.facts.running_exabgp import look_at
from bgp2vpc.doctor.model import Closed, Exabgp, Trouble
from tests import exabgps
from tests.waiting import eventually

PYTHON = sys.executable
FILE = "/etc/bgp2vpc.yaml"
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
    argv = [PYTHON, *map(str, command)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        # It has been started, and for a moment has no command line.
        eventually(Path(f"/proc/{pid}/cmdline").read_bytes, "the command line of the child")
        yield pid
        parent.communicate("")


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    file = tmp_path / "exabgp.conf"
    file.write_text(CONF)
    return file


@pytest.fixture
def installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ExaBGP beside our own Python."""
    program = tmp_path_factory.mktemp("installed") / "exabgp"
    program.touch()
    monkeypatch.setattr(sys, "executable", str(program.with_name("python")))
    return str(program)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, installed: str) -> list[list[str]]:
    """Every command that the doctor runs; each says it is ExaBGP 5."""
    commands: list[list[str]] = []

    def run(argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(argv)
        return subprocess.CompletedProcess(argv, 0, "ExaBGP : 5.0.15", "")

    monkeypatch.setattr(running_exabgp.subprocess, "run", run)
    return commands


@pytest.mark.io
def test_no_word_of_another_command_line_is_run(
    tmp_path: Path, conf: Path, installed: str, ran: list[list[str]]
) -> None:
    fake = tmp_path / "exabgp"
    fake.write_text(PARENT)
    fake.chmod(0o755)
    with child_of(fake, "server", conf) as daemon:
        found = look_at(None, daemon, FILE)
    assert found == Exabgp(str(conf), read(CONF), "5.0.15", child=("sleep", "3600"))
    assert ran == [[installed, "--version"], [installed, "validate", str(conf)]]


@pytest.mark.io
def test_words_before_it_are_not_run_either(tmp_path: Path, conf: Path, installed: str, ran: list[list[str]]) -> None:
    """All of them root's, and harmful together: `python3 -c CODE exabgp FILE`."""
    with child_of("-c", PARENT, "exabgp", conf) as daemon:
        assert isinstance(look_at(None, daemon, FILE), Exabgp)
    assert {argv[0] for argv in ran} == {installed}


@pytest.mark.io
def test_another_parent_is_no_exabgp(ran: list[list[str]]) -> None:
    with child_of("-c", PARENT) as daemon:
        assert look_at(None, daemon, FILE) == Exabgp()
    assert look_at(None, None, FILE) == Exabgp()
    assert ran == []


@pytest.mark.io
def test_a_command_without_file(ran: list[list[str]]) -> None:
    with child_of("-c", PARENT, "exabgp", "server") as daemon:
        assert isinstance(look_at(None, daemon, FILE), Trouble)
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
    assert look_at(file, None, FILE) == Trouble(f"{file} {why}")
    assert ran == []


def test_the_largest_that_is_read(tmp_path: Path, ran: list[list[str]]) -> None:
    file = tmp_path / "x.conf"
    file.write_bytes(b"#" * (4 << 20))
    assert isinstance(look_at(file, None, FILE), Exabgp)


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\u202eb"])
def test_a_name_that_cannot_be_printed(name: str, tmp_path: Path, ran: list[list[str]]) -> None:
    file = tmp_path / name
    file.write_text(CONF)
    found = look_at(file, None, FILE)
    assert isinstance(found, Trouble)
    assert found.why.isprintable()
    assert ran == []


OWN = """
process b {{ run /bin/sh -c "exec /opt/bgp2vpc helper -f {file}"; encoder json; }}
template {{ neighbor t {{ api {{ processes [ b ]; neighbor-changes; receive {{ parsed; update; }} }} }} }}
neighbor 192.0.2.254 {{
    inherit t; router-id 192.0.2.10; local-address 192.0.2.10; local-as 65000; peer-as 65000;
    static {{ route 192.0.2.25/32 next-hop self watchdog smtp withdraw; route 192.0.2.26/32 next-hop self; }}
}}
neighbor 192.0.2.253 {{ router-id 192.0.2.10; local-address 192.0.2.10; local-as 65000; peer-as 65000; }}
"""


@pytest.mark.io
@pytest.mark.parametrize("version", exabgps.EXABGPS, ids=lambda each: each.version)
def test_what_counts_is_what_exabgps_own_parser_makes_of_the_file(
    version: exabgps.Exabgp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not version.programs.exists():
        pytest.skip(f"ExaBGP {version.version} is not installed: make setup")
    monkeypatch.setattr(sys, "executable", str(version.programs / "python"))
    monkeypatch.setattr(running_exabgp, "read", lambda _: pytest.fail("ExaBGP was not asked"))
    file = tmp_path / "exabgp.conf"
    file.write_text(OWN.format(file=FILE))
    found = look_at(file, None, FILE)
    assert isinstance(found, Exabgp)
    assert (found.refusal, found.version[:3], found.conf.user) == ("", version.version, "nobody")
    command = ("/bin/sh", "-c", f"exec /opt/bgp2vpc helper -f {FILE}")
    assert found.conf.processes == (ProcessStanza("b", command, "json"),)
    smtp = "smtp" if version is exabgps.EXABGP_50 else ""  # 4.2 forgets it while it reads the file
    assert set(found.conf.neighbors) == {
        NeighborStanza("192.0.2.253"),
        NeighborStanza(
            "192.0.2.254",
            frozenset("b"),
            frozenset("b"),
            (OwnRoute("192.0.2.25/32", smtp), OwnRoute("192.0.2.26/32")),
        ),
    }


@pytest.mark.io
def test_wrappers_between_exabgp_and_the_daemon(conf: Path, ran: list[list[str]]) -> None:
    shell = f"{PYTHON} -c '{PARENT}'"
    outer = f"import subprocess, sys; sys.exit(subprocess.run({['sh', '-c', shell + ' ; true']!r}).returncode)"
    with child_of("-c", outer, "exabgp", conf) as daemon:
        found = look_at(None, daemon, FILE)
    assert isinstance(found, Exabgp)
    assert found.child == ("sh", "-c", f"{shell} ; true")


def stanza_of(file: str) -> str:
    return f"process b {{ run /bin/bgp2vpc helper -f {file}; encoder json; }}\n"


def test_relative_absolute_and_linked_names_of_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran: list[list[str]]
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "b.yaml").touch()
    (tmp_path / "link.yaml").symlink_to("etc/b.yaml")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "exabgp.conf"
    for given in ("etc/b.yaml", str(tmp_path / "etc/b.yaml"), "link.yaml"):
        for named in ("etc/b.yaml", "./etc/../etc/b.yaml", str(tmp_path / "link.yaml")):
            file.write_text(stanza_of(named))
            found = look_at(file, None, given)
            assert isinstance(found, Exabgp)
            assert found.same == {named}
    file.write_text(stanza_of("other.yaml"))
    assert look_at(file, None, "etc/b.yaml").same == frozenset()


def pretend(monkeypatch: pytest.MonkeyPatch, place: Path, mode: int, owner: int, group: int) -> None:
    """A helper is user 5 in this group; `place` is of group 7 and this owner; all above it is open to everybody."""
    stat = os.stat

    def told(path: Path | str | int, **more: Any) -> os.stat_result:
        real = stat(path, **more)
        if isinstance(path, int) or not place.is_relative_to(path):
            return real
        bits, uid, gid = (mode, owner, 7) if path == place else (0o755, 0, 0)
        return os.stat_result((real.st_mode & ~0o777 | bits, *real[1:4], uid, gid, *real[6:]))

    monkeypatch.setattr(running_exabgp.os, "stat", told)
    entry = pwd.struct_passwd(("nobody", "x", 5, group, "", "/", "/bin/false"))
    monkeypatch.setattr(running_exabgp.pwd, "getpwnam", {"nobody": entry}.__getitem__)


@pytest.mark.parametrize(
    ("mode", "owner", "group", "closed"),
    [
        (0o600, 0, 4, "nobody may not read {file} (mode 0600, owner root)"),
        (0o640, 0, 4, "nobody may not read {file} (mode 0640, owner root)"),
        (0o064, 5, 7, "nobody may not read {file} (mode 0064, owner user 5)"),
        (0o604, 0, 7, "nobody may not read {file} (mode 0604, owner root)"),
        (0o640, 0, 7, ""),
        (0o604, 0, 4, ""),
        (0o600, 5, 4, ""),
    ],
)
def test_a_configuration_that_the_helpers_user_may_not_read(
    mode: int, owner: int, group: int, closed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    ran: list[list[str]],
) -> None:  # fmt: skip
    yaml, file = tmp_path / "b.yaml", tmp_path / "exabgp.conf"
    yaml.touch()
    file.write_text(stanza_of(str(yaml)))
    pretend(monkeypatch, yaml, mode, owner, group)
    monkeypatch.setattr(running_exabgp, "_name", lambda uid: "root" if uid == 0 else f"user {uid}")
    found = look_at(file, None, FILE)
    assert isinstance(found, Exabgp)
    mend = f"chgrp $(id -g 5) {yaml} && chmod g+r {yaml}"
    # Of an ExaBGP that does not run it is not known as whom it will; a file of root alone is closed to all others.
    expected = {str(yaml): Closed(closed.format(file=yaml), mend, sure=mode == 0o600)} if closed else {}
    assert found.closed == expected


def test_a_directory_that_the_helpers_user_may_not_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran: list[list[str]]
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "b.yaml").touch()
    file = tmp_path / "exabgp.conf"
    file.write_text(stanza_of(str(tmp_path / "closed" / "b.yaml")))
    pretend(monkeypatch, tmp_path / "closed", 0o750, 0, 4)
    found = look_at(file, None, FILE)
    assert isinstance(found, Exabgp)
    (closed,) = found.closed.values()
    assert closed.why == f"nobody may not enter {tmp_path / 'closed'} (mode 0750, owner root)"
    assert closed.mend == f"chmod a+x {tmp_path / 'closed'}"


@pytest.mark.io
def test_a_running_helper_is_judged_as_the_user_it_is(tmp_path: Path, ran: list[list[str]]) -> None:
    yaml, file = tmp_path / "b.yaml", tmp_path / "exabgp.conf"
    yaml.touch(0o600)
    file.write_text(stanza_of(str(yaml)))
    with child_of("-c", PARENT, "exabgp", file) as daemon:
        found = look_at(None, daemon, FILE)
    assert isinstance(found, Exabgp)
    assert found.closed == {}  # it is us, whose file it is
