"""Two daemons with one state file: the second one does not start, or, as a helper, waits; a crash leaves no lock."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from site_kit import Site, announcing, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World

BGP2VPC = Path(sys.executable).with_name("bgp2vpc")
A, B = "192.0.2.1/32", "192.0.2.2/32"
MakeSite = Callable[..., Site]


def two(world: World, make_site: MakeSite) -> tuple[Site, Site]:
    """Two configurations of one host, with different sockets and one state file; the first one has a daemon."""
    first, second = make_site(world.hosts[0]), make_site(world.hosts[0])
    state = str(first.socket.with_name("state"))
    first.configure(processes={"dns": announcing(A)}, state_file=state, on_exit="keep")
    second.configure(processes={"dns": announcing(B)}, state_file=state)
    first.start().wait_for_route(A, *world.tables)
    return first, second


def test_the_second_daemon_refuses_to_start_and_names_the_first_until_that_is_killed(
    world: World, make_site: MakeSite, cloud: Cloud
) -> None:
    first, second = two(world, make_site)
    assert first.process is not None
    cloud.forget_calls()
    refused = second.command("run", "-f", str(second.file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"in use by process {first.process.pid} (bgp2vpc with {first.file})" in refused.stderr
    assert cloud.writes() == []
    first.stop(signal.SIGKILL)
    second.start().wait_for_route(B, *world.tables)


def test_a_helper_waits_for_the_end_of_the_first_and_writes_nothing_before(
    world: World, make_site: MakeSite, cloud: Cloud
) -> None:
    first, second = two(world, make_site)
    assert first.process is not None
    cloud.forget_calls()
    with (
        second.log_file.open("wb") as log,
        subprocess.Popen(
            [BGP2VPC, "helper", "-f", str(second.file)], env=second.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        ) as helper,
    ):  # fmt: skip
        try:
            second.wait_for_log(f"in use by process {first.process.pid} (bgp2vpc with {first.file})")
            assert helper.poll() is None
            assert not second.socket.exists()
            assert cloud.writes() == []
            first.stop()
            second.wait_for_route(B, *world.tables)
            assert second.log.count("waiting for the state file") == 1
            assert helper.stdin is not None
            helper.stdin.close()  # ExaBGP is gone
            eventually(lambda: helper.poll() is not None, "the helper to end", lambda: second.log)
            assert helper.returncode == 0
        finally:
            helper.kill()
