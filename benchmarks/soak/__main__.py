"""`python -m benchmarks.soak [--minutes N] [--seed N]`, as root; exit 1 if anything was wrong."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.__main__ import RESULTS, record
from benchmarks.soak.faults import FAULTS
from benchmarks.soak.judge import WELL_WITHIN, Minute, misplaced, trespasses, turns
from benchmarks.soak.pair import FLOODED, WANTED, Soak, lacking, name, running
from benchmarks.soak.report import LONG_LIVED, Report, by_fault, summary

MINUTE = 60.0
LASTS = 15.0
"""Seconds of a fault: longer than the hold time, so that BGP notices it."""
OF_OWNER = 0.85
"""How often it befalls the host that has the route, and not the other one."""
KILLS = ("bgp2vpc killed", "instance metadata gone")
"""Those that end bgp2vpc: that of the first host."""


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=int, default=60, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of what happens (default: %(default)s)")
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS), metavar="NAME", help="only these")
    parser.add_argument("--report", type=Path, default=Path("soak"), metavar="NAME", help="NAME.json, .md, -HOST.log")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="default: %(default)s")
    arguments = parser.parse_args()
    conditions = f"{arguments.minutes} minutes, seed {arguments.seed}, load average {os.getloadavg()[0]:.1f} before"
    with running(arguments.seed) as soak:
        report = Report(conditions, soak.wrong, soak.samples)
        ahead: list[str] = []
        for _ in range(arguments.minutes):
            if not ahead:  # each as often as the others, in a new order each time
                ahead = soak.random.sample(arguments.faults, len(arguments.faults))
            is_first = len(report.minutes) < len(arguments.faults)
            report.minutes.append(_endure(soak, ahead.pop(), is_first=is_first))
            report.write(arguments.report)
        _judge_logs(soak, report, arguments.report)
        report.write(arguments.report)
    figures = summary(report)
    record(arguments.json, "soak", figures, conditions)
    record(arguments.json, "soak_faults", by_fault(report.minutes, list(FAULTS)), conditions)
    print("\n".join(soak.wrong) or "nothing was wrong")
    return 1 if any(each.failed for each in figures) else 0


def _endure(soak: Soak, fault: str, *, is_first: bool) -> Minute:
    """One minute: a fault, its end, and what is judged then.

    The first of its kind befalls the host whose memory is judged, since a fault may take memory once that Python keeps.
    """
    import rig  # noqa: PLC0415
    import traffic  # noqa: PLC0415

    mesh = soak.mesh
    owner = next((host for host in mesh.hosts if host.seat is mesh.plane.owner()), mesh.hosts[0])
    host = owner if soak.random.random() < OF_OWNER else mesh.others(owner)[0]
    if is_first:
        host = next(each for each in mesh.hosts if name(each) == LONG_LIVED)
    if fault in KILLS:
        host = mesh.hosts[0]
    mesh.cloud.forget_calls()
    began = soak.now
    log = soak.directory / "answered"
    with traffic.Client(mesh.net.vpc.command, rig.ADDRESS, log) as client:
        soak.wait(3, toggles=1)
        since = time.monotonic()
        print(f"{began:.0f} s: {fault} at {name(host)}", flush=True)
        with FAULTS[fault](soak, host):
            soak.wait(LASTS, toggles=3)
        well = soak.until_well()
        if well is None:
            lacks = "\n".join(f"{name(each)}: {lacking(mesh, each)}" for each in mesh.hosts)
            soak.complain(f"not well {WELL_WITHIN:g} s after: {fault} at {name(host)}\n{lacks}\n{mesh.story()}")
        soak.until_calm()
        _judge(soak, fault, [rig.IPV4])
        loss = client.loss(since, traffic.LATE)
    log.unlink()
    soak.wait(began + MINUTE - soak.now, toggles=2)
    return Minute(fault, name(host), round(began, 1), well, loss.gap_ms, loss.lost)


def _judge(soak: Soak, fault: str, managed: Sequence[str]) -> None:
    """All is calm, and one poll has passed."""
    mesh = soak.mesh
    prefixes = {*WANTED, *managed, FLOODED}
    offered = {host.instance.interface_id: {*soak.wanted[name(host)], *managed} for host in mesh.hosts}
    for each in misplaced(soak.tables(), offered, prefixes):
        soak.complain(f"after {fault}: {each}")
    writes = mesh.cloud.writes()
    for each in [*trespasses(writes, prefixes), *turns(writes)]:
        soak.complain(f"during {fault}: {each}")
    for host in mesh.hosts:
        if not host.runs("bgp2vpc"):
            soak.complain(f"bgp2vpc of {name(host)} has ended")


def _judge_logs(soak: Soak, report: Report, to: Path) -> None:
    """What no log may have; they are kept beside the report."""
    for host in soak.mesh.hosts:
        text = host.said("bgp2vpc")
        report.log_bytes[name(host)] = len(text.encode())
        to.with_name(f"{to.name}-{name(host)}.log").write_text(text)
        for word in ("Traceback", "internal error"):
            if word in text:
                soak.complain(f"the log of {name(host)} has {text.count(word)} times {word!r}")


if __name__ == "__main__":
    sys.exit(main())
