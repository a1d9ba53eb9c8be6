"""The doctor on a host where ExaBGP runs the daemon: it finds its file and the stanza by itself."""

import json

import pytest
from anycast import PREFIXES, MakeHost
from bird import EBGP, MakeRouter

from tests.exabgps import EXABGP_50, EXABGPS, Exabgp

pytestmark = pytest.mark.system


@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)
def test_the_exabgp_that_runs_the_daemon_is_found(
    exabgp: Exabgp, make_host: MakeHost, start_router: MakeRouter
) -> None:
    host, router = make_host(exabgp), start_router(EBGP)
    host.configure(dns=host.healthcheck())
    host.start_exabgp("exabgp.conf", peering=EBGP)
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)
    answer = host.bgp2vpc("doctor", "-f", str(host.yaml), "--json")
    assert answer.stdout, answer.stderr
    found = {finding["check"]: finding for finding in json.loads(answer.stdout)}
    # The one beside bgp2vpc, whichever runs: of another process's command line nothing is run.
    assert found["exabgp"]["message"].startswith(f"ExaBGP {EXABGP_50.version}")
    assert found["exabgp-conf"] == {
        "check": "exabgp-conf",
        "state": "ok",
        "message": f"ExaBGP takes {host.directory / 'exabgp.conf'}",
        "mend": "",
    }
    assert found["helper"]["message"] == "process bgp2vpc runs `bgp2vpc helper` and hears peers"
