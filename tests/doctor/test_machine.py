"""What the kernel says, in a network of its own where there is one to be had."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from bgp2vpc.doctor.facts.machine import host, proxy_for
from bgp2vpc.prefix import IPAddress
from tests.waiting import PATIENCE

ASK = """
import json
from bgp2vpc.doctor.facts.machine import host
found = host()
print(json.dumps({
    "addresses": {str(address): sorted(names) for address, names in found.addresses.items()},
    "rp_filter": dict(found.rp_filter), "forwards": sorted(found.forwards),
}))
"""
SETUP = """
ip link set lo up
ip addr add 192.0.2.53/32 dev lo
ip addr add 2001:db8:53::53/128 dev lo nodad
ip link add d0 type veth peer name d1
ip link set d0 up
ip addr add 10.9.8.7/24 dev d0
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.d0.rp_filter=1
"""


METADATA = "http://169.254.169.254"
PROXIES = [
    ({}, METADATA, ""),
    ({"http_proxy": "http://proxy.example:3128"}, METADATA, "proxy.example:3128"),
    ({"http_proxy": "http://user:secret@proxy.example:3128/"}, METADATA, "proxy.example:3128"),
    ({"http_proxy": "proxy.example:3128"}, METADATA, "proxy.example:3128"),
    ({"http_proxy": "http://proxy.example:3128", "no_proxy": "169.254.169.254"}, METADATA, ""),
    ({"http_proxy": "http://proxy.example:3128", "no_proxy": "*"}, METADATA, ""),
    ({"http_proxy": "http://proxy.example:3128", "no_proxy": "example.org"}, METADATA, "proxy.example:3128"),
    ({"http_proxy": "http://proxy.example:3128"}, "https://ec2.eu-west-1.amazonaws.com", ""),
    ({"HTTPS_PROXY": "http://proxy.example:3128"}, "https://ec2.eu-west-1.amazonaws.com", "proxy.example:3128"),
    ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": ".amazonaws.com"},
     "https://ec2.eu-west-1.amazonaws.com", ""),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "url", "expected"), PROXIES)
def test_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, expected: str
) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == expected


def test_the_loopback_address_is_found() -> None:
    assert "lo" in host().addresses[IPAddress("127.0.0.1")]


@pytest.mark.io
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"),
    reason="needs root, unshare and ip for a network namespace of its own",
)
def test_addresses_and_sysctls_of_a_network() -> None:
    script = f"set -e\n{SETUP}\nexec {sys.executable} -c '{ASK}'"
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if "Operation not permitted" in done.stderr or "Read-only" in done.stderr:
        pytest.skip(f"no network namespace here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["addresses"]["192.0.2.53"] == ["lo"]
    assert found["addresses"]["2001:db8:53::53"] == ["lo"]
    assert found["addresses"]["10.9.8.7"] == ["d0"]
    assert found["rp_filter"]["d0"] == 1
    assert 4 in found["forwards"]
