"""What is wrong with the host: a full disk, a file in the way, a locale that is not UTF-8. Path and reason are told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from site_kit import PROGRAM, Site, rule

from tests.waiting import PATIENCE

A = "192.0.2.1/32"
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
"""A locale whose encoding is ASCII, and a Python that does not help itself."""


def test_what_the_output_cannot_take_is_told(site: Site) -> None:
    with open("/dev/full", "w") as full:
        answer = subprocess.run([*PROGRAM, "version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert answer.returncode == 1
    assert answer.stderr == "bgp2vpc: the output cannot be written: No space left on device\n"


def test_who_reads_only_the_beginning_is_no_error(site: Site) -> None:
    program = subprocess.Popen([*PROGRAM, "check", "--schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert program.stdout is not None
    program.stdout.read(1)
    program.stdout.close()
    _, stderr = program.communicate(timeout=PATIENCE)
    assert (program.returncode, stderr) == (1, b"")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("file", "{path}: exists and is no socket"),
        ("file/s.sock", "{path}: cannot make the socket: Not a directory: {parent}"),
    ],
)
def test_a_socket_that_cannot_be_made_ends_the_daemon_and_says_so(
    site: Site, tmp_path: Path, name: str, problem: str
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / name
    site.configure(socket=str(path))
    answer = site.command("run", "-f", str(site.file))
    assert answer.returncode == 1
    assert f"failed: {problem.format(path=path, parent=path.parent)}" in answer.stderr
    assert 'consequence="the daemon ends"' in answer.stderr


def test_a_locale_that_is_not_utf_8_changes_no_text(site: Site) -> None:
    site.configure(
        routetables={"pr\u00efvate": rule()},
        processes={"dns": {"run": ["sh", "-c", "echo '# gr\u00fcn \u2026' >&2; exec cat >/dev/null"]}},
    )
    site.environment |= ASCII
    checked = site.command("check", "-f", str(site.file))
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "rules: pr\\xefvate" in checked.stdout
    site.start()
    site.wait_for_log("# gr\u00fcn \u2026")
    held = site.command("hold", A, "--reason", "f\u00fcr \u2026", "-f", str(site.file))
    assert (held.returncode, held.stderr) == (0, "")
    status = site.command("status", "-f", str(site.file))
    assert (status.returncode, status.stderr) == (0, "")
    assert "f\\xfcr \\u2026" in status.stdout
    assert site.status()["steering"][0]["reason"] == "f\u00fcr \u2026"


def test_a_path_that_the_locale_cannot_write_is_told(site: Site, tmp_path: Path) -> None:
    site.configure(state_file=str(tmp_path / "gr\u00fcn" / "state"))
    site.environment |= ASCII
    answer = site.command("run", "-f", str(site.file))
    assert answer.returncode == 1
    assert "gr\\xfcn' cannot be written in ascii, the encoding of this locale; set LC_ALL=C.UTF-8" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_programs_get_their_arguments_and_environment_as_the_file_has_them(site: Site) -> None:
    code = """
import asyncio
from bgp2vpc.health.programs import run_program
ending = asyncio.run(run_program(("sh", "-c", 'printf "%s %s" "$1" "$X"', "sh", "gr\\u00fcn"), env={"X": "\\u2026"}))
print(ascii([ending.said, ending.trouble]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=site.environment | ASCII, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.replace("'", '"').replace("\\xfc", "\\u00fc")) == ["gr\u00fcn \u2026", ""]


def test_a_relay_runs_its_script_with_any_bytes(site: Site, tmp_path: Path) -> None:
    relayed = subprocess.run(
        [*PROGRAM, "tee", "--socket", str(tmp_path / "none"), "--", "echo", b"gr\xc3\xbcn \xff"],
        env=site.environment | ASCII, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert (relayed.returncode, relayed.stdout) == (0, b"gr\xc3\xbcn \xff\n")
