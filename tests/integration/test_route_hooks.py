"""Programs that run before and after writes, and when a check changes: what they are told, and what they cannot do."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from awsnycast_kit import PATIENT, all_of, build, exists, managing, wait_for_check, writes
from site_kit import Site, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, Fault, World

A, B, C = "192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"
TOLD = " ".join(f"$BGP2VPC_{name}" for name in ("ACTION", "PREFIX", "ROUTE_TABLE", "OLD_TARGET", "NEW_TARGET"))


class Stage:
    """A host whose hooks write what they are told into a file."""

    def __init__(self, cloud: Cloud, site: Site, world: World, directory: Path) -> None:
        self.cloud = cloud
        self.site = site
        self.table = site.host.table
        self.us, self.them = (host.interface_id for host in world.hosts[:2])
        self.notes = directory / "notes"
        self.well = directory / "well"
        self.well.touch()
        self.go = directory / "go"

    def note(self, word: str, then: str = "") -> list[str]:
        """A hook that notes what it is told, and then does more."""
        return ["sh", "-c", f'echo "{word} {TOLD}" >> {self.notes}; {then}'.rstrip("; ")]

    @property
    def until_told(self) -> str:
        """Shell that waits for the test, but not for ever."""
        return f"for i in $(seq 6000); do test -e {self.go} && exit 0; sleep 0.05; done"

    def start(self, *routes: dict[str, object], checks: dict[str, object] | None = None, **settings: object) -> None:
        rule = managing(*({"healthcheck": "web", **route} for route in routes))
        rule["private"]["find"] = {"type": "ids", "config": {"ids": [self.table]}}
        self.site.configure(
            healthchecks=checks or {"web": exists(self.well)}, routetables=rule, **{**PATIENT, **settings}
        )
        self.site.start()

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def wait_for_notes(self, *lines: str) -> None:
        eventually(lambda: self.noted() == list(lines), f"{lines}", lambda: f"instead: {self.noted()}\n{self.site.log}")


@pytest.fixture
def stage(cloud: Cloud, make_site, tmp_path: Path) -> Iterator[Stage]:
    world = build(cloud)
    made = Stage(cloud, make_site(world.hosts[0]), world, tmp_path)
    yield made
    made.go.touch()


def test_hooks_are_told_what_is_written_and_where(cloud: Cloud, stage: Stage) -> None:
    cloud.write(External.create_route(stage.table, B, stage.them))
    places = [f"{when}_{what}" for when in ("before", "after") for what in ("add", "replace", "delete")]
    hooks = {f"run_{place}_route": stage.note(place) for place in places}
    stage.start({"cidr": A, **hooks})
    created = f"create {A} {stage.table}  {stage.us}"
    stage.wait_for_notes(f"before_add {created}", f"after_add {created}")

    stage.notes.unlink()
    stage.well.unlink()
    deleted = f"delete {A} {stage.table} {stage.us} "
    stage.wait_for_notes(f"before_delete {deleted}", f"after_delete {deleted}")
    stage.site.stop()

    stage.notes.unlink()
    stage.well.touch()
    stage.start({"cidr": B, **hooks})
    replaced = f"replace {B} {stage.table} {stage.them} {stage.us}"
    stage.wait_for_notes(f"before_replace {replaced}", f"after_replace {replaced}")


def test_a_write_waits_for_the_hook_before_it_and_for_no_other(cloud: Cloud, stage: Stage) -> None:
    slow = stage.note("begun", stage.until_told)
    stage.start({"cidr": A, "run_before_add_route": slow}, {"cidr": B}, hook_timeout=3600)
    stage.site.wait_for_route(B)
    eventually(stage.noted, "the hook to begin", lambda: stage.site.log)
    assert writes(cloud) == all_of("CreateRoute", [stage.table], B, stage.us)
    stage.go.touch()
    stage.site.wait_for_route(A)


@pytest.mark.parametrize("present", [False, True])
def test_what_is_no_longer_wanted_after_the_hook_is_not_written(cloud: Cloud, stage: Stage, present: bool) -> None:
    """A service that comes or goes while a program prepares for the opposite."""
    action = "delete" if present else "add"
    stage.start({"cidr": A, f"run_before_{action}_route": stage.note("begun", stage.until_told)}, hook_timeout=3600)
    if present:
        stage.site.wait_for_route(A)
        stage.well.unlink()
    eventually(stage.noted, "the hook to begin", lambda: stage.site.log)
    cloud.forget_calls()
    before = stage.site.status()["last_cycle"]
    stage.well.touch() if present else stage.well.unlink()
    wait_for_check(stage.site, "web", "healthy" if present else "unhealthy")
    stage.go.touch()
    # After the hook a delete reads the table once more; only then is it decided that nothing is written.
    eventually(lambda: stage.site.status()["last_cycle"] != before, "the end of the cycle", lambda: stage.site.log)
    assert ": nothing to change (" in stage.site.status()["last_cycle"]
    assert f"hook ran before {'delete' if present else 'create'}" in stage.site.log
    stage.well.unlink() if present else stage.well.touch()
    stage.site.wait_for_route(A, target=None if present else "")
    wanted = f"DeleteRoute {stage.table} {A}" if present else f"CreateRoute {stage.table} {A} {stage.us}"
    assert writes(cloud) == [wanted]
    assert len(stage.noted()) == 2


def test_a_hook_that_hangs_before_a_write_is_killed_in_time_and_the_write_happens(cloud: Cloud, stage: Stage) -> None:
    stage.start({"cidr": A, "run_before_add_route": stage.note("begun", stage.until_told)}, hook_timeout=0.3)
    stage.site.wait_for_route(A)
    stage.site.wait_for_log("hook failed before create")
    assert "timed out after 0.3 s" in stage.site.log
    assert stage.site.log.count("hook failed") == 1


def test_a_hook_that_hangs_after_a_write_delays_nothing(cloud: Cloud, stage: Stage) -> None:
    hanging = stage.note("begun", stage.until_told)
    hooks = {"run_after_add_route": hanging, "run_after_delete_route": hanging}
    stage.start({"cidr": A, **hooks}, {"cidr": B, **hooks}, hook_timeout=3600)
    for present in (True, False, True):
        for prefix in (A, B):
            stage.site.wait_for_route(prefix, target="" if present else None)
        stage.well.unlink() if present else stage.well.touch()
    eventually(lambda: len(stage.noted()) >= 6, "six hooks at once", lambda: stage.site.log)
    assert "hook ran" not in stage.site.log
    assert "hook failed" not in stage.site.log


def test_a_hook_that_fails_is_a_warning_and_the_write_happens(stage: Stage) -> None:
    failing = {A: ["false"], B: ["/nowhere/hook"], C: "sh -c 'echo this is wrong >&2; exit 3'"}
    stage.start(
        *({"cidr": cidr, "run_before_add_route": hook, "run_after_add_route": hook} for cidr, hook in failing.items())
    )
    for prefix in failing:
        stage.site.wait_for_route(prefix)
    for when in ("before", "after"):
        stage.site.wait_for_log(f" warning hook failed {when} create", count=3)
    for why in ("exit 1", ": No such file or directory", "exit 3: this is wrong"):
        assert stage.site.log.count(why) == 2
    assert stage.site.status()["errors"] == []


def test_a_hook_runs_once_however_often_the_write_is_tried(cloud: Cloud, stage: Stage) -> None:
    cloud.fault(Fault.internal_error("CreateRoute", times=2))
    stage.start({"cidr": A, "run_before_add_route": stage.note("before"), "run_after_add_route": stage.note("after")})
    stage.site.wait_for_route(A)
    created = f"create {A} {stage.table}  {stage.us}"
    stage.wait_for_notes(f"before {created}", f"after {created}")


def test_hooks_of_deletion_run_also_when_the_route_goes_to_its_fallback(cloud: Cloud, make_site, tmp_path) -> None:
    world = build(cloud, nat_gateway=True)
    stage = Stage(cloud, make_site(world.hosts[0]), world, tmp_path)
    hooks = {f"run_{when}_delete_route": stage.note(when) for when in ("before", "after")}
    stage.start({"cidr": "0.0.0.0/0", "fallback": world.nat_gateway, **hooks})
    stage.site.wait_for_route("0.0.0.0/0")
    stage.well.unlink()
    moved = f"replace 0.0.0.0/0 {stage.table} {stage.us} {world.nat_gateway}"
    stage.wait_for_notes(f"before {moved}", f"after {moved}")


def test_programs_run_at_the_first_verdict_of_a_check_and_when_it_changes(cloud: Cloud, stage: Stage) -> None:
    note = f'echo "$BGP2VPC_CHECK $BGP2VPC_STATE $BGP2VPC_DESTINATION" >> {stage.notes}'
    changes = {"run_on_healthy": ["sh", "-c", note], "run_on_unhealthy": ["sh", "-c", note]}
    stage.start({"cidr": A}, checks={"web": exists(stage.well, **changes)})
    stage.wait_for_notes("web healthy 127.0.0.1")
    stage.well.unlink()
    wait_for_check(stage.site, "web", "unhealthy")
    stage.wait_for_notes("web healthy 127.0.0.1", "web unhealthy 127.0.0.1")


def test_a_daemon_that_ends_withdraws_with_its_hooks(cloud: Cloud, stage: Stage) -> None:
    hooks = {
        "run_before_delete_route": stage.note("before"),
        "run_after_delete_route": stage.note("after", "sleep 0.1"),
    }
    stage.start({"cidr": A, **hooks}, on_exit="withdraw")
    stage.site.wait_for_route(A)
    assert stage.site.stop(signal.SIGTERM) == 0
    deleted = f"delete {A} {stage.table} {stage.us} "
    assert stage.noted() == [f"before {deleted}", f"after {deleted}"]
