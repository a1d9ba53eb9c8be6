"""Which probe is run, and what is loaded for it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from health_kit import OK, a_check, run, saying, serving

from bgp2vpc.health.hooks import CheckHooks
from bgp2vpc.health.model import Dns, Http, Ping, Probe, Program, Tcp, Tls
from bgp2vpc.health.probe import prepare, probe_within, run_probe
from bgp2vpc.health.probes.tls import UnusableCa
from bgp2vpc.health.results import CheckStatus
from bgp2vpc.health.runner import Runner

HEAVY = ("aiohttp", "dns", "icmplib")


def loaded_by(code: str) -> set[str]:
    """Which of the large libraries a new interpreter has loaded after this."""
    code += f"\nimport sys; print(*(name for name in {HEAVY} if name in sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.io
@pytest.mark.parametrize(
    ("probe", "loaded"),
    [
        (None, set()),
        ("Tcp(80)", set()),
        ("Program(('true',))", set()),
        ("Http(80)", {"aiohttp"}),
        ("Dns('x')", {"dns"}),
        ("Ping()", {"icmplib"}),
    ],
)
def test_libraries_are_loaded_only_for_the_types_that_need_them(probe: str | None, loaded: set[str]):
    code = "import bgp2vpc.health.runner as r, bgp2vpc.errors as e\nfrom bgp2vpc.health.model import *\n"
    if probe:
        code += f"from bgp2vpc.health.probe import prepare\ntry: prepare({probe})\nexcept e.Bgp2vpcError: pass"
    assert loaded_by(code) == loaded


@pytest.mark.parametrize("probe", [Ping(), Tcp(1), Program(("true",)), Http(1), Dns("x")])
def test_a_template_cannot_be_probed(probe: Probe):
    async def story() -> None:
        with pytest.raises(ValueError, match="web is a template"):
            await run_probe(a_check(probe, None))

    run(story())


@pytest.mark.parametrize("kind", [Tcp, Http])
def test_certificates_that_are_none_are_told_before_the_first_probe(kind: type[Tcp] | type[Http]):
    prepare(kind(443, tls=Tls(verify=False)))
    with pytest.raises(UnusableCa):
        prepare(kind(443, tls=Tls("nonsense")))


@pytest.mark.io
def test_a_real_check_goes_from_the_wire_to_the_verdict_and_the_program(tmp_path: Path):
    told: list[CheckStatus] = []
    said = tmp_path / "said"

    async def story() -> None:
        async with serving(saying(b"OK")) as port:
            hook = (
                "sh",
                "-c",
                f'echo "$BGP2VPC_CHECK $BGP2VPC_DESTINATION $BGP2VPC_STATE" > {said}.new; mv {said}.new {said}',
            )
            check = a_check(Tcp(port, expect=b"OK"), every=0.01, rise=3, on_healthy=hook)
            assert await probe_within(check) == OK
            runner = Runner(check, lambda: told.append(runner.status), hooks=CheckHooks(check))
            running = asyncio.create_task(runner.run())
            while not said.exists():  # noqa: ASYNC110  # a program tells it
                await asyncio.sleep(0.005)
            running.cancel()
            await asyncio.wait([running])

    run(story())
    assert said.read_text() == "web 127.0.0.1 healthy\n"
    assert [(status.healthy, status.type) for status in told] == [(True, "tcp")]
