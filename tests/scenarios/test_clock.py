"""The wall clock: it stands in logs, signs calls of EC2 (in botocore), and decides nothing."""

import ast
import time
from pathlib import Path

import pytest

import bgp2vpc
from tests.scenarios.scene import HEARD, HOLD, TAKE, Scene
from tests.simulation.host import Health

PACKAGE = Path(bgp2vpc.__file__).parent
WALL_CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
READERS = {
    ("cli/plan.py", "time.time"),  # whether what the state file holds has ended
    ("cli/release.py", "datetime.now"),  # how long a hold lasted, for people
    ("speaker/adj_rib_in.py", "time.time"),  # when a line was said, for people
    ("tasks.py", "time.time"),  # a hold until half past three; then kept by the loop's clock
    ("reconcile/journal.py", "datetime.now"),  # when an error happened, for people
    ("operator/explaining.py", "time.time"),  # how long ago something was, for people
    ("operator/drain.py", "time.time"),  # since when a host drains, for people
    ("operator/avoided_zones.py", "time.time"),  # since when a table avoids a zone, for people
    ("services/alerts.py", "datetime.now"),  # when it was told, for people
    ("reconcile/decisions.py", "time.time"),  # since when a verdict stands, for people
    ("operator/state_file.py", "time.time"),  # whether what the state file holds has ended
    ("operator/operator.py", "time.time"),  # when a hold begins and ends, for people and the state file
    ("doctor/facts/gather.py", "time.time"),  # whether the clock is right is what it asks
    ("health/probes/ping.py", "time.time"),  # icmplib's parser wants one, and we do not read it
}


def test_no_decision_depends_on_the_wall_clock() -> None:
    found = {
        (str(file.relative_to(PACKAGE)), ast.unparse(call.func))
        for file in PACKAGE.rglob("*.py")
        if not file.is_relative_to(PACKAGE / "demo")  # the stand-in for AWS has a clock, as AWS has
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in WALL_CLOCKS
    }
    assert found == READERS


@pytest.mark.parametrize("by", [-86400, -301, 301, 86400])
def test_a_jump_of_the_clock_moves_nothing_and_delays_nothing(
    scene: Scene, by: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, other = scene.hosts
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + by)
    scene.stays(owner)
    scene.becomes(owner, Health.WITHDRAWN)
    scene.moves_to(other, within=HEARD + TAKE)
    scene.becomes(owner, Health.WELL)
    scene.stays(other, seconds=60)
    scene.strike(other.freeze)
    scene.moves_to(owner, within=HOLD + TAKE)
