"""What `bgp2vpc demo` says where its libraries are missing: a command that works wherever bgp2vpc is installed."""

import shlex
import sys

import pytest

from bgp2vpc.cli.main import main


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "waitress", None)  # Python's way to say that there is none
    assert main(["demo"]) == 1
    said = capsys.readouterr().err
    assert "(waitress)" in said
    python, *words = shlex.split(said.partition("): ")[2])
    assert (python, words[:3]) == (sys.executable, ["-m", "pip", "install"])
    names = {word.partition("=")[0].rstrip(">") for word in words[3:]}
    assert names == {"moto", "flask", "flask-cors", "waitress", "werkzeug"}
