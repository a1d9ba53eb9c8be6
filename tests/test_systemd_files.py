"""The unit is as locked down as it says, by systemd's own measure."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.io

SYSTEMD = Path(__file__).parents[1] / "systemd"
UNIT = SYSTEMD / "bgp2vpc.service"
LIMIT = 2.0

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing (apt-get install systemd)"
)


def _security(*options: str) -> str:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", *options, str(UNIT)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@needs_systemd
def test_the_exposure_is_under_the_limit() -> None:
    found = re.search(r"Overall exposure level for bgp2vpc.service: ([\d.]+)", _security())
    assert found is not None
    assert float(found[1]) < LIMIT, _security()


@needs_systemd
def test_the_only_capability_is_for_icmp() -> None:
    bounds = [row for row in json.loads(_security("--json=short")) if "CapabilityBoundingSet" in row["name"]]
    assert [row["name"] for row in bounds if not row["set"]] == [
        "CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)"
    ]
    assert "\nCapabilityBoundingSet=CAP_NET_RAW\nAmbientCapabilities=CAP_NET_RAW\n" in UNIT.read_text()
