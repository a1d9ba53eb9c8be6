"""The configuration that users copy: accepted by the programs it is for."""

import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bgp2vpc.config.load import load
from bgp2vpc.prefix import parse_address
from bgp2vpc.speaker.render_conf import configuration

ROOT = Path(__file__).parents[1]
BGP2VPC = Path(sys.executable).with_name("bgp2vpc")
VALIDATE = {
    "5.0": [ROOT / ".venv/bin/exabgp", "validate"],
    "4.2": [ROOT / ".venv-exabgp42/bin/exabgp", "--test"],
}
CONFIGURATIONS = sorted((ROOT / "exabgp").glob("*/*.conf"))
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def validated(version: str, text: str, directory: Path) -> subprocess.CompletedProcess[str]:
    path = directory / "exabgp.conf"
    # ExaBGP looks whether the program is there.
    path.write_text(text.replace("/opt/bgp2vpc/bin/bgp2vpc", str(BGP2VPC)), "utf-8")
    return subprocess.run([*VALIDATE[version], path], capture_output=True, text=True, check=False, timeout=60)


def test_there_is_a_configuration_for_both_versions_and_every_wiring() -> None:
    wirings = ("exabgp.conf", "tee-service.conf", "tee.conf")
    assert [name(path) for path in CONFIGURATIONS] == [f"{v}/{file}" for v in ("4.2", "5.0") for file in wirings]


@pytest.mark.io
@pytest.mark.parametrize("path", CONFIGURATIONS, ids=name)
def test_exabgp_itself_finds_nothing_wrong_with_our_configuration(path: Path, tmp_path: Path) -> None:
    result = validated(path.parent.name, path.read_text("utf-8"), tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.io
@pytest.mark.parametrize("path", CONFIGURATIONS, ids=name)
def test_exabgp_itself_would_say_so_if_something_were_wrong(path: Path, tmp_path: Path) -> None:
    wrong = path.read_text("utf-8").replace("peer-as 64512;", "peer-as sixtyfourthousand;")
    assert validated(path.parent.name, wrong, tmp_path).returncode != 0


def without_header(path: Path) -> list[str]:
    lines = path.read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("file", ["exabgp.conf", "tee.conf", "tee-service.conf"])
def test_both_versions_are_configured_alike(file: str) -> None:
    assert without_header(ROOT / "exabgp/4.2" / file) == without_header(ROOT / "exabgp/5.0" / file)


@pytest.mark.io
@pytest.mark.parametrize("path", EXAMPLES, ids=name)
def test_bgp2vpc_finds_nothing_wrong_with_an_example(path: Path) -> None:
    result = subprocess.run([BGP2VPC, "check", "-f", path], capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0
    # What `if_unhealthy` costs is a note.
    assert [line for line in result.stderr.splitlines() if ": note: `if_unhealthy`" not in line] == []


@pytest.mark.parametrize("example", ["standalone.yaml", "helper.yaml"])
def test_the_healthcheck_of_the_examples_is_that_of_exabgps_configuration(example: str) -> None:
    """The same command line in every wiring: that is what bgp2vpc is for."""
    (process,) = load(ROOT / "examples" / example).processes
    tee = (ROOT / "exabgp/5.0/tee.conf").read_text("utf-8")
    (run,) = [line for line in tee.splitlines() if " tee " in line and line.strip().startswith("run")]
    assert list(process.argv) == shlex.split(run.partition(" -- ")[2].rstrip(";"))


def test_the_neighbor_that_the_document_shows_is_what_is_written_for_the_route_server() -> None:
    bgp = load(ROOT / "examples/route-server.yaml").bgp
    assert bgp is not None
    ours = (parse_address("10.0.1.10"), parse_address("2001:db8:1::10"))
    helper = [str(BGP2VPC), "helper", "-f", "/etc/bgp2vpc.yaml"]
    written = configuration(
        replace(bgp, local_addresses=ours), [], [], instance_id="i-1", helper=helper, file="/etc/bgp2vpc.yaml"
    )
    (shown,) = re.findall(r"^```\n(neighbor .*?)^```$", (ROOT / "docs/route-server.md").read_text(), re.M | re.S)
    assert shown in written.text
