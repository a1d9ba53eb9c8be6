"""Leaving: `bgp2vpc drain`, SIGTERM and instance metadata, with real daemons on two hosts of the cloud."""

import json
import re
import signal
import stat
import subprocess
from collections.abc import Callable

import pytest
from site_kit import PROGRAM, Site, announcing, eventually, rule

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, MetadataFault, World
from tests.waiting import PATIENCE

A, B = "192.0.2.1/32", "192.0.2.2/32"
Make = Callable[[CloudHost], Site]


def states(site: Site) -> list[str]:
    return [f"{each['prefix'] or 'everything'} {each['state']} {each['by']}" for each in site.status()["leaving"]]


def holder(site: Site, world: World, **more: object) -> Site:
    """A daemon whose script has announced A and B, and which holds their routes."""
    site.configure(**{"drain_timeout": 0.2, "processes": {"dns": announcing(A, B)}, **more})
    site.start()
    for prefix in (A, B):
        site.wait_for_route(prefix, *world.tables)
    return site


def successor(site: Site, *prefixes: str) -> Site:
    """A daemon on the other host that takes these prefixes at its next poll."""
    site.configure(processes={"dns": announcing(*prefixes)}, routetables={"private": rule(takeover="always")})
    return site.start()


def drain(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    return site.command("drain", "--socket", str(site.socket), *words)


def test_drain_without_a_successor_is_refused_and_nothing_changes(world: World, site: Site, cloud: Cloud) -> None:
    holder(site, world)
    for words in ((), (A,), ("--no-wait", B)):
        answer = drain(site, *words)
        assert (answer.returncode, answer.stdout) == (3, "")
        prefixes = next((word for word in words if "/" in word), f"{A}, {B}")
        assert f"nothing is drained: no other instance is known to offer {prefixes}, so nobody would" in answer.stderr
        assert answer.stderr.endswith("add --force\n")
    assert states(site) == []
    assert drain(site, "192.0.2.9/32").returncode == 0  # there is no route of it
    assert all(prefix in cloud.routes(table) for table in world.tables for prefix in (A, B))


def test_who_stops_watching_a_drain_is_told_that_it_goes_on(world: World, site: Site) -> None:
    holder(site, world, drain_timeout=3600)
    draining = subprocess.Popen(
        [*PROGRAM, "drain", "--force", "--socket", str(site.socket), A],
        env=site.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert draining.stdout is not None
    assert draining.stdout.readline() == f"draining {A}, at most 3600 s\n"
    draining.send_signal(signal.SIGINT)
    _, told = draining.communicate(timeout=PATIENCE)
    undrain, status = f"bgp2vpc undrain {A} --socket {site.socket}", f"bgp2vpc status --socket {site.socket}"
    assert told == f"bgp2vpc: the drain goes on; stop it with `{undrain}`, watch it with `{status}`\n"
    assert draining.returncode == 130
    assert states(site) == [f"{A} draining cli"]


def test_drain_by_force_without_a_successor_says_so_and_exits_1(world: World, site: Site, cloud: Cloud) -> None:
    holder(site, world)
    answer = drain(site, "--force")
    assert answer.returncode == 1
    first, heard, *ends = answer.stdout.splitlines()
    assert first == "draining everything, at most 0.2 s"
    assert heard == f"no other instance is known to offer {A}, {B}"
    places = [f"{table} {prefix}" for table in sorted(world.tables) for prefix in (A, B)]
    assert sorted(ends) == [f"{place}: deleted: no successor (nobody else offers it)" for place in places]
    assert answer.stderr == f"bgp2vpc: drained, without a successor: {', '.join(places)}\n"
    assert [cloud.routes(table) for table in world.tables] == ["", ""]
    assert states(site) == ["everything drained cli"]
    assert {path["prefix"] for path in site.status()["paths"]} == {A, B}
    plan = json.loads(site.command("plan", "-f", str(site.file), "--json").stdout)
    assert plan["changes"] == []


def test_drain_with_a_successor_waits_for_it_and_exits_0(world: World, make_site: Make, cloud: Cloud) -> None:
    site = holder(make_site(world.hosts[0]), world, drain_timeout=3600)
    draining = subprocess.Popen(
        [*PROGRAM, "drain", "--force", "--socket", str(site.socket)],
        env=site.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: states(site) == ["everything draining cli"], "the drain", lambda: site.log)
    other = successor(make_site(world.hosts[1]), A, B)
    text, _ = draining.communicate(timeout=PATIENCE)
    assert draining.returncode == 0, text
    owner = f"taken over by {other.host.instance_id} ({other.host.interface_id})"
    lines = text.splitlines()
    assert sorted(lines[2:-1]) == sorted(f"{table} {prefix}: {owner}" for table in world.tables for prefix in (A, B))
    assert lines[-1] == "drained: all was taken over"
    for table in world.tables:
        for prefix in (A, B):
            assert f"{prefix} {other.host.interface_id} active" in cloud.routes(table)
    assert {call.operation for call in cloud.writes() if call.caller == site.host.instance_id} <= {"CreateRoute"}


def test_some_prefixes_leave_and_come_back(world: World, site: Site, cloud: Cloud) -> None:
    holder(site, world)
    assert drain(site, "--force", B).returncode == 1
    assert [B in cloud.routes(table) for table in world.tables] == [False, False]
    assert [A in cloud.routes(table) for table in world.tables] == [True, True]
    status = site.command("status", "--socket", str(site.socket)).stdout
    assert f"{B} is drained since 20" in status
    assert re.search(r"\(by cli, .*uid \d+, pid \d+\)?\); `bgp2vpc undrain` ends it", status)
    answer = site.command("undrain", "--socket", str(site.socket), B)
    assert (answer.returncode, answer.stdout) == (0, f"{B} is announced again as before; it was drained (cli)\n")
    site.wait_for_route(B, *world.tables)
    again = site.command("undrain", "--socket", str(site.socket))
    assert (again.returncode, again.stdout) == (0, "nothing was draining\n")


def test_drain_with_nothing_of_ours_exits_0(world: World, site: Site) -> None:
    site.start()
    answer = drain(site)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.splitlines()[-1] == "drained: no route was ours"


def test_without_waiting_it_only_begins(world: World, site: Site) -> None:
    holder(site, world, drain_timeout=3600)
    answer = drain(site, "--force", "--no-wait", A)
    assert (answer.returncode, answer.stdout.splitlines()[0]) == (0, f"draining {A}, at most 3600 s")
    assert states(site) == [f"{A} draining cli"]
    refused = drain(site, "192.0.2.1/24")
    assert refused.returncode == 1
    assert "192.0.2.0/24 was probably meant" in refused.stderr
    drain(site, "--force", "--no-wait")
    refused = site.command("undrain", "--socket", str(site.socket), A)
    assert refused.returncode == 1
    assert f"everything is draining, so {A} cannot stay alone" in refused.stderr


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_drained_host_stays_so_through_a_restart(world: World, site: Site, cloud: Cloud, end: signal.Signals) -> None:
    holder(site, world, on_exit="keep")
    drain(site, "--force", A)
    file = site.socket.with_name("s.sock.state")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    site.stop(end)
    cloud.forget_calls()
    plan = json.loads(site.command("plan", "-f", str(site.file), "--json").stdout)
    assert {verdict["prefix"] for verdict in plan["verdicts"]} == {B}
    site.start()
    eventually(lambda: len(site.status()["paths"]) == 2, "the script to announce", lambda: site.log)
    assert site.reconcile() == ""
    assert cloud.writes() == []
    assert states(site) == [f"{A} drained cli"]
    assert "still drained prefix=192.0.2.1/32 by=cli" in site.log
    site.command("undrain", "--socket", str(site.socket))
    site.wait_for_route(A, *world.tables)


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe", b'{"version": 9, "leaving": []}'])
def test_a_state_that_is_garbage_is_warned_of_and_the_host_works(world, site: Site, garbage: bytes) -> None:
    site.socket.with_name("s.sock.state").write_bytes(garbage)
    holder(site, world)
    assert "s.sock.state: " in site.log
    assert "nothing is taken for draining" in site.log
    assert states(site) == []


def test_a_state_that_cannot_be_written_is_said_by_drain(world: World, site: Site) -> None:
    (site.socket.parent / "file").touch()
    holder(site, world, state_file=str(site.socket.parent / "file" / "state"))
    answer = drain(site, "--force")
    problem = f"{site.socket.parent}/file/state: cannot be written: Not a directory: {site.socket.parent}/file"
    assert f"does not survive a restart: {problem}" in answer.stderr
    assert "file/state: cannot be written" in site.log


def test_sigterm_drains_into_the_hands_of_a_successor(world: World, make_site: Make, cloud: Cloud) -> None:
    site = holder(make_site(world.hosts[0]), world, on_exit="drain", drain_timeout=3600)
    other = make_site(world.hosts[1])
    site.send(signal.SIGTERM)
    site.wait_for_log("draining prefix=all by=sigterm")
    successor(other, A, B)
    assert site.ended() == 0
    for prefix in (A, B):
        other.wait_for_route(prefix, *world.tables)
    assert not [call for call in cloud.writes() if call.operation == "DeleteRoute"]


def test_sigterm_without_a_successor_withdraws_when_the_time_is_over_or_at_a_second_signal(world, site, cloud) -> None:
    holder(site, world, on_exit="drain")
    assert site.stop() == 0
    assert [cloud.routes(table) for table in world.tables] == ["", ""]
    holder(site, world, on_exit="drain", drain_timeout=3600)
    site.send(signal.SIGTERM)
    site.wait_for_log("draining prefix=all by=sigterm", count=2)
    site.stop()


# Instance metadata


def test_a_spot_interruption_and_a_return_to_service(world: World, site: Site, cloud: Cloud) -> None:
    holder(site, world, lifecycle=True)
    action = '{"action": "stop", "time": "2030-01-01T00:00:00Z"}'
    cloud.set_metadata(site.host.instance_id, "spot/instance-action", action)
    site.wait_for_route(A, *world.tables, target=None)
    assert states(site) == ["everything drained lifecycle"]
    assert "spot interruption: stop at 2030-01-01T00:00:00Z" in site.log
    cloud.set_metadata(site.host.instance_id, "spot/instance-action", None)
    cloud.set_metadata(site.host.instance_id, "autoscaling/target-lifecycle-state", "InService")
    site.wait_for_route(A, *world.tables)
    assert states(site) == []


@pytest.mark.parametrize("fault", [MetadataFault.HANG, MetadataFault.UNAVAILABLE])
def test_metadata_that_fails_later_is_logged_once_and_moves_nothing(world, site: Site, cloud: Cloud, fault) -> None:
    holder(site, world, lifecycle=True)
    cloud.metadata_fault(site.host.instance_id, fault)
    site.wait_for_log("failed: instance metadata")
    cloud.forget_calls()
    cloud.metadata_fault(site.host.instance_id, None)
    cloud.set_metadata(site.host.instance_id, "autoscaling/target-lifecycle-state", "Standby")
    site.wait_for_log("draining prefix=all by=lifecycle")
    assert site.log.count("failed: instance metadata") == 1
    cloud.metadata_fault(site.host.instance_id, fault)
    site.stop()


# Restart


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_an_upgrade_moves_no_route(world: World, site: Site, cloud: Cloud, end: signal.Signals) -> None:
    managed = {"find": {"type": "by_tag", "config": {"key": "type", "value": "private"}}, "accept": [A]}
    managed |= {"manage_routes": [{"cidr": B, "healthcheck": "up"}]}
    check = {"type": "command", "every": 0.2, "rise": 1, "config": {"command": "true"}, "destination": "127.0.0.1"}
    settings = {"routetables": {"private": managed}, "healthchecks": {"up": check}, "processes": {"dns": announcing(A)}}
    site.configure(on_exit="keep", restart_time=3600, **settings)
    site.start()
    for prefix in (A, B):
        site.wait_for_route(prefix, *world.tables)
    before = [cloud.routes(table) for table in world.tables]
    site.stop(end)
    cloud.forget_calls()
    site.start()
    for table in world.tables:
        for prefix in (A, B):
            site.wait_for_verdict(table, prefix, "keep ours")  # and no leftover any more
    assert site.reconcile() == ""
    assert cloud.writes() == []
    assert [cloud.routes(table) for table in world.tables] == before
