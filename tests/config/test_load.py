"""The file on disk, beside what it says."""

import os
from pathlib import Path
from threading import Thread

import pytest

from bgp2vpc.config.load import load
from bgp2vpc.errors import ConfigError
from bgp2vpc.files import open_without_waiting


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


def test_a_fifo_that_nobody_writes_to_is_not_waited_for_and_one_with_a_writer_is_read(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.yaml"
    os.mkfifo(fifo)
    with pytest.raises(ConfigError):
        load(fifo)
    writer = Thread(target=fifo.write_text, args=("routetables: {a: {find: {type: main}, accept: [192.0.2.0/24]}}",))
    writing = os.open(fifo, os.O_RDWR)  # as a shell that runs the writer has it open
    writer.start()
    with open_without_waiting(fifo) as file:
        writer.join()
        os.close(writing)
        assert file.read().startswith(b"routetables")
