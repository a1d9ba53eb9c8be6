"""ExaBGP's file is replaced as a whole, and only by what the real ExaBGP accepts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bgp2vpc.errors import ExabgpError
from bgp2vpc.speaker import exabgp_file

ROOT = Path(__file__).parents[2]
VERSIONS = {"4.2": ROOT / ".venv-exabgp42/bin", "5.0": ROOT / ".venv/bin"}
GOOD = """\
neighbor 10.0.0.6 {
    router-id 10.0.0.5;
    local-address 10.0.0.5;
    local-as 64512;
    peer-as 64512;
}
"""
BAD = GOOD.replace("peer-as 64512", "peer-as many")
OLD = "# the old one\n"


@pytest.fixture(params=VERSIONS)
def exabgp(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PATH", str(VERSIONS[request.param]), prepend=":")
    return str(request.param)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "exabgp.conf"
    path.write_text(OLD, "utf-8")
    path.chmod(0o600)
    return path


def only(file: Path) -> bool:
    """Whether no draft was left behind."""
    return [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.io
def test_what_exabgp_accepts_takes_the_old_ones_place(exabgp: str, file: Path) -> None:
    before = os.umask(0o137)
    try:
        exabgp_file.write(file, GOOD, exabgp_file.find_program())
    finally:
        os.umask(before)
    assert file.read_text("utf-8") == GOOD
    assert oct(file.stat().st_mode & 0o777) == "0o644"
    assert only(file)


@pytest.mark.io
def test_what_exabgp_refuses_does_not_and_its_words_are_told(exabgp: str, file: Path) -> None:
    with pytest.raises(ExabgpError) as raised:
        exabgp_file.write(file, BAD, exabgp_file.find_program())
    said = str(raised.value)
    assert said.startswith("ExaBGP does not accept the configuration:\n")
    assert "line 5: peer-as many ;\n" in said
    assert '"many" is an invalid ASN' in said
    assert str(file.parent) not in said
    assert file.read_text("utf-8") == OLD
    assert only(file)


@pytest.mark.io
def test_a_text_can_be_checked_without_being_written(exabgp: str) -> None:
    exabgp_file.check(GOOD)
    with pytest.raises(ExabgpError, match="invalid ASN"):
        exabgp_file.check(BAD)


@pytest.mark.io
def test_settings_of_a_running_exabgp_do_not_disturb_the_check(
    exabgp: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a helper has them: the port is taken, and what is wrong would go to syslog.
    monkeypatch.setenv("exabgp_tcp_bind", "192.0.2.1")
    monkeypatch.setenv("exabgp.tcp.bind", "192.0.2.1")
    monkeypatch.setenv("exabgp_log_destination", "syslog")
    exabgp_file.write(file, GOOD, exabgp_file.find_program())
    with pytest.raises(ExabgpError, match="invalid ASN"):
        exabgp_file.write(file, BAD, exabgp_file.find_program())


def test_it_may_be_written_unchecked(file: Path) -> None:
    exabgp_file.write(file, BAD, None)
    assert file.read_text("utf-8") == BAD


def test_a_link_stays_one(file: Path) -> None:
    link = file.with_name("link.conf")
    link.symlink_to(file)
    exabgp_file.write(link, GOOD, None)
    assert link.is_symlink()
    assert file.read_text("utf-8") == GOOD


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "exabgp.conf"
    with pytest.raises(ExabgpError, match=f"{missing} cannot be written: .*No such file or directory"):
        exabgp_file.write(missing, GOOD, None)


def test_without_exabgp_nothing_is_written(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(sys, "executable", "/nonexistent/python3")
    with pytest.raises(ExabgpError, match="ExaBGP is not installed: there is none on PATH, and no"):
        exabgp_file.write(file, GOOD, exabgp_file.find_program())
    assert file.read_text("utf-8") == OLD


def test_the_helper_is_run_as_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/local/bin/bgp2vpc", "exabgp-config"])
    assert exabgp_file.helper_command("/etc/b.yaml") == ("/usr/local/bin/bgp2vpc", "helper", "-f", "/etc/b.yaml")
    monkeypatch.setattr(sys, "argv", ["/opt/venv/lib/python3/site-packages/bgp2vpc/__main__.py"])
    monkeypatch.setattr(sys, "executable", "/opt/venv/bin/python3")
    assert exabgp_file.helper_command("/etc/b.yaml")[0] == "/opt/venv/bin/bgp2vpc"
    monkeypatch.chdir("/etc")
    assert exabgp_file.helper_command("b.yaml")[-1] == "/etc/b.yaml"


def test_what_is_read_is_the_text_or_nothing(file: Path) -> None:
    assert exabgp_file.read(file) == OLD
    assert exabgp_file.read(file.with_name("none")) is None
    file.write_bytes(b"\xff\xfe")
    assert exabgp_file.read(file) is None


@pytest.mark.io
def test_it_is_a_command_of_bgp2vpc(exabgp: str, tmp_path: Path) -> None:
    yaml, target = tmp_path / "bgp2vpc.yaml", tmp_path / "exabgp.conf"
    rules = "routetables: {private: {find: {type: main}, accept: [192.0.2.53/32]}}\n"
    bgp = "bgp: {as: 64512, local_address: 10.0.0.5, peers: [10.0.0.6, {address: 10.1.0.1, as: 65000}]}\n"
    command = [ROOT / ".venv/bin/bgp2vpc", "exabgp-config", "-f", yaml]

    def run(*more: object) -> tuple[int, str, str]:
        done = subprocess.run([*command, *more], capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout, done.stderr

    yaml.write_text(rules, "utf-8")
    status, out, err = run()
    assert (status, out) == (2, "")
    assert err.startswith(f"{yaml}:1: bgp: missing; it says whom ExaBGP peers with")
    yaml.write_text(rules + bgp, "utf-8")
    status, out, err = run()
    assert (status, err) == (0, "")
    assert f"run {ROOT}/.venv/bin/bgp2vpc helper -f {yaml};" in out
    assert run("--output", target) == (0, "", "")
    assert target.read_text("utf-8") == out
    assert run("--no-validate") == (0, out, "")
