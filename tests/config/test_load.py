"""The file on disk, beside what it says."""

from pathlib import Path

import pytest

from bgp2vpc.config.load import load


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
