"""What fails on our own side is evidence against nobody: a probe that runs into it tells nothing."""

import errno
import os
import re
from pathlib import Path

import pytest
from health_kit import LOCAL, closed_port, reason_of, result_of, run, trouble_of
from new_network import EVERYBODY, run_in_new_network

from bgp2vpc.health.model import Dns, Http, Ping, Probe, ProbeResult, Program, Tcp, Tls
from bgp2vpc.health.probe import prepare
from bgp2vpc.health.reasons import EVIDENCE, failed
from bgp2vpc.prefix import parse_address
from tests.descriptors import no_descriptors

DOCUMENT = Path(__file__).parents[2] / "docs" / "health-checks.md"
UNVERIFIED = Tls(verify=False)
OVER_THE_NETWORK = [
    pytest.param(Tcp(80), id="tcp"),
    pytest.param(Tcp(443, tls=UNVERIFIED), id="tls"),
    pytest.param(Http(80), id="http"),
    pytest.param(Http(443, tls=UNVERIFIED), id="https"),
    pytest.param(Dns("example.org"), id="dns"),
    pytest.param(Dns("example.org", tcp=True), id="dns over tcp"),
    pytest.param(Ping(), id="ping"),
]


@pytest.mark.io
@pytest.mark.parametrize("probe", [*OVER_THE_NETWORK, pytest.param(Program(("true",)), id="command")])
def test_without_descriptors_nothing_is_known(probe: Probe):
    async def story() -> None:
        prepare(probe)
        with no_descriptors():
            reason = await trouble_of(probe)
        assert reason.removeprefix("cannot start true: ").lower() == "too many open files"

    run(story())


@pytest.mark.io
@pytest.mark.parametrize("probe", OVER_THE_NETWORK)
def test_where_no_route_of_ours_leads_nothing_is_known(probe: Probe):
    async def story() -> None:
        assert await trouble_of(probe, parse_address("192.0.2.1")) == "network is unreachable"

    run_in_new_network(story, may_ping=EVERYBODY)


@pytest.mark.io
def test_a_program_that_may_not_be_run_tells_nothing(tmp_path: Path):
    (tmp_path / "check").write_text("#!/bin/sh\nexit 0\n")

    async def story() -> None:
        assert (
            await trouble_of(Program((str(tmp_path / "check"),))) == f"cannot start {tmp_path}/check: Permission denied"
        )

    run(story())


@pytest.mark.io
def test_a_refusal_is_evidence():
    async def story() -> None:
        for probe in (Tcp(closed_port()), Http(closed_port()), Dns("example.org", port=closed_port())):
            assert await reason_of(probe) == "connection refused"
        assert await result_of(Program(("false",)), LOCAL) == ProbeResult(False, "exit 1")

    run(story())


def test_only_what_the_document_lists_counts_against_the_other_side():
    listed = re.search(r"^\| .*? \| (`E[A-Z`, ]+`) \| unhealthy \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert listed is not None
    assert {getattr(errno, name) for name in re.findall(r"\w+", listed[1])} == EVIDENCE
    for number in errno.errorcode:
        assert failed(OSError(number, os.strerror(number))).healthy is (False if number in EVIDENCE else None)


def test_a_connection_that_asyncio_lost_is_evidence():
    assert failed(ConnectionResetError("Connection lost")) == ProbeResult(False, "connection closed")
    assert failed(OSError("no number")) == ProbeResult(None, "no number")
