"""A failing test explains itself: its report has the daemons' logs, the calls that EC2 received, and the route tables.

The logs are the files named `log` or `*.log` below the test's `tmp_path`. Calls and tables come from each stand-in for
EC2 that the test used, and from each object that announced itself with `keep` (a daemon on virtual time).
"""

import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from botocore.exceptions import BotoCoreError

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.process import CloudError

LAST_CHARACTERS = 8000
"""Of each log."""
LAST_CALLS = 60

Section = tuple[str, str]
"""Heading and text."""


class Witness(Protocol):
    """What can say what it saw."""

    def evidence(self) -> list[Section]: ...


_witnesses: weakref.WeakSet[Witness] = weakref.WeakSet()


def keep(witness: Witness) -> None:
    """If the test that made this object fails, its evidence is in the report."""
    _witnesses.add(witness)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    _witnesses.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed and report.when != "teardown":
        report.sections.extend(_sections(getattr(item, "funcargs", {})))
    return report


def _sections(fixtures: dict[str, object]) -> Iterator[Section]:
    directory = fixtures.get("tmp_path")
    if isinstance(directory, Path):
        for log in sorted({*directory.rglob("*.log"), *directory.rglob("log")}):
            if log.is_file():
                yield str(log.relative_to(directory)), log.read_text("utf-8", "replace")[-LAST_CHARACTERS:]
    clouds = {id(fixture): fixture for fixture in fixtures.values() if isinstance(fixture, Cloud)}
    for cloud in clouds.values():
        try:
            yield f"calls that {cloud.endpoint_url} received", "\n".join(map(str, cloud.calls()[-LAST_CALLS:]))
            tables = cloud.ec2.describe_route_tables()["RouteTables"]
            yield "route tables", "\n".join(f"{t['RouteTableId']}\n{cloud.routes(t['RouteTableId'])}" for t in tables)
        except (OSError, CloudError, BotoCoreError) as error:
            yield "EC2", f"does not answer: {error}"
    for witness in list(_witnesses):
        yield from witness.evidence()
