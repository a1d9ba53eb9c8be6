"""What the daemon costs a small instance: memory, idle CPU, and the time until it is of use."""

import compileall
import os
import shutil
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import bgp2vpc
from benchmarks.figures import Figure, Statistic, at_most, goal
from benchmarks.subject import fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud

PREFIX = "192.0.2.53/32"
AT_ONCE = f"sh -c 'echo announce route {PREFIX} next-hop self; exec sleep infinity'"
HEALTHCHECK = f"python3 -m exabgp healthcheck --cmd true --ip {PREFIX} --no-ip-setup --no-syslog"
STARTS = 5
OURS = Path(bgp2vpc.__file__).parent
IDLE_SECONDS = 30.0
# A poll of EC2 is part of idling: three of them within the time that is measured, where by default there were none.
OFTEN = {"poll_time": 10}


def measure_start(cloud: Cloud) -> Iterator[Figure]:
    """Starts, warm and cold. An EC2 that answers at once: how long it takes is not the daemon's."""
    half_a_second = at_most(0.5, Statistic.MEDIAN)
    compileall.compile_dir(OURS, quiet=1)
    _start(cloud)  # EC2's model is in the cache now
    warm = [_start(cloud) for _ in range(STARTS)]
    yield Figure("start -> first CreateRoute", "s", warm, (half_a_second,))
    helpers = [_start(cloud, helper=True) for _ in range(STARTS)]
    yield Figure("the same as ExaBGP's helper", "s", helpers, (half_a_second,))
    without_model = [_start(cloud, without_model=True) for _ in range(STARTS)]
    yield Figure("the same without EC2's model in the cache", "s", without_model, (half_a_second,))
    uncompiled = [_start(cloud, without_model=True, compiled=False) for _ in range(STARTS)]
    yield Figure("... and with none of bgp2vpc's modules compiled", "s", uncompiled, (goal(0.5, Statistic.MEDIAN),))
    cold = [_start(cloud, without_model=True, from_disk=True) for _ in range(STARTS)]
    yield Figure("... compiled, but everything read from disk", "s", cold, (goal(0.5, Statistic.MEDIAN),))


def measure_idle(cloud: Cloud) -> Iterator[Figure]:
    """A daemon with one healthcheck, left alone."""
    world = fresh_world(cloud)
    with running(cloud, world, more=OFTEN, healthcheck=HEALTHCHECK) as daemon:
        cloud.wait_for_route(world.hosts[0].table, PREFIX, world.hosts[0].interface_id, timeout=20)
        time.sleep(2)
        cpu = daemon.cpu_seconds()
        time.sleep(IDLE_SECONDS)
        idle = 100 * (daemon.cpu_seconds() - cpu) / IDLE_SECONDS
        yield Figure("idle CPU, with one healthcheck", "% of a core", [idle], (at_most(0.3),))
        yield Figure("resident memory, with one healthcheck", "MB", [daemon.resident()], (at_most(80), goal(60)))


def _start(
    cloud: Cloud,
    *,
    helper: bool = False,
    without_model: bool = False,
    compiled: bool = True,
    from_disk: bool = False,
) -> float:
    """Seconds from the process's start to the first write's arrival at EC2."""
    world = fresh_world(cloud)
    cloud.latency(0)
    with tempfile.TemporaryDirectory(prefix="bgp2vpc-bench-") as scratch:
        environment = {"XDG_CACHE_HOME": scratch} if without_model else {}
        if not compiled:
            shutil.copytree(OURS, Path(scratch, "bgp2vpc"), ignore=shutil.ignore_patterns("__pycache__"))
            environment |= {"PYTHONPATH": scratch, "PYTHONDONTWRITEBYTECODE": "1"}
        if from_disk:
            _forget_pages()
        with running(cloud, world, environment=environment, helper=helper, script=AT_ONCE) as daemon:
            calls = cloud.wait_for_calls("CreateRoute", timeout=20, finished=False)
            return calls[0].started - daemon.started


def _forget_pages() -> None:
    """Have the kernel drop what it keeps of the files of Python, its libraries and bgp2vpc.

    It keeps those that a running process has mapped, such as the interpreter.
    """
    places = {OURS, *(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))}
    for place in places:
        for directory, _, names in os.walk(place):
            for name in names:
                descriptor = os.open(Path(directory, name), os.O_RDONLY)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)
