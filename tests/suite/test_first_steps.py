"""What somebody gets who uses bgp2vpc for the first time, and in an obvious way that is not the right one."""

import os
import sys
from pathlib import Path

import pytest

from bgp2vpc.cli.main import COMMANDS, main

GOOD = "routetables:\n  private:\n    find: {type: main}\n    accept: [192.0.2.53/32]\n"


def test_no_command_shows_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    said = capsys.readouterr().err
    assert [name for name in COMMANDS if f"    {name}" not in said] == []


@pytest.mark.parametrize("command", ["run", "plan", "doctor", "status"])
def test_a_file_without_its_option_gets_the_right_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "pair.yaml"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert (
        f"unrecognized arguments: pair.yaml; name the configuration file with -f: bgp2vpc {command} -f pair.yaml"
        in said
    )


def test_another_word_too_many_gets_no_such_hint(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["status", "extra"])
    assert capsys.readouterr().err.endswith("unrecognized arguments: extra\n")


def test_check_takes_a_file_without_its_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pair.yaml").write_text(GOOD)
    assert main(["check", str(tmp_path / "pair.yaml")]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/pair.yaml: ok")


def test_a_helper_in_a_terminal_says_who_runs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, terminal = os.openpty()
    with open(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["helper"]) == 2
    os.close(ours)
    assert "ExaBGP runs `helper`" in capsys.readouterr().err


def test_a_program_for_bgp_that_does_not_exist_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "f.yaml").write_text(f"bgp: {{as: 64513, peers: [10.0.1.11], exabgp: {tmp_path}/exabgp}}\n{GOOD}")
    assert main(["check", "-f", str(tmp_path / "f.yaml")]) == 0
    said = capsys.readouterr().err
    assert f"f.yaml:1: bgp.exabgp: '{tmp_path}/exabgp' does not exist on this machine (warning)" in said
