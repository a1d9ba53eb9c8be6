"""Steering and `why`, with the commands that operators type, real daemons and the cloud."""

import getpass
import json
import re
import socket
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from site_kit import PROGRAM, Site, announcing, eventually, rule

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, External, World

A, B = "192.0.2.1/32", "192.0.2.2/32"
Make = Callable[[CloudHost], Site]
WHO = re.compile(rf"{getpass.getuser()} \(uid \d+, pid \d+\)")


@pytest.fixture
def holder(world: World, site: Site) -> Site:
    """A daemon that holds the routes of A."""
    site.configure(processes={"dns": announcing(A)})
    site.start()
    site.wait_for_route(A, *world.tables)
    return site


def command(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    return site.command(words[0], "--socket", str(site.socket), *words[1:])


def said(site: Site, *words: str) -> str:
    answer = command(site, *words)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_hold_release_and_what_status_and_log_say(world: World, holder: Site, cloud: Cloud) -> None:
    site = holder
    text = said(site, "hold", A, "--for", "1h", "--reason", "maintenance of the\ntable")
    assert re.fullmatch(rf"{A} is held for 1h, until 20\S+\n", text)
    (row,) = site.status()["steering"]
    assert (row["verb"], row["prefix"], row["reason"]) == ("hold", A, "maintenance of the table")
    assert WHO.fullmatch(row["by"])
    assert "held prefix=192.0.2.1/32 by=" in site.log
    assert 'reason="maintenance of the table"' in site.log
    table = said(site, "status")
    assert f"{A} is held since 20" in table
    assert "`bgp2vpc release` ends it, or by itself at 20" in table
    for table in world.tables:
        cloud.write(External.delete_route(table, A))
    cloud.forget_calls()
    site.stop()
    site.start()
    assert site.reconcile() == ""
    assert site.status()["steering"] == [row]
    plan = json.loads(site.command("plan", "-f", str(site.file), "--json").stdout)
    assert {verdict["reason"] for verdict in plan["verdicts"]} == {"held"}
    assert cloud.writes() == []
    text = said(site, "release", "--reason", "done")
    assert re.match(rf"{A} is released; it was held for \d+:\d\d:\d\d, since 20\S+, by ", text)
    assert text.endswith(": maintenance of the table\n")
    assert said(site, "release", A) == "nothing was held or being taken over\n"
    site.wait_for_route(A, *world.tables)


def test_what_is_no_order_exits_1_and_says_what_would_be_right(holder: Site) -> None:
    for words, problem in (
        (("hold", A, "--for", "soon"), "'soon' is no duration: expected a number of s, m, h or d, such as 30m"),
        (("hold", "192.0.2.1/24"), "192.0.2.0/24 was probably meant"),
        (("takeover", B), f"{B} cannot be taken over: no source of this host offers it"),
        (("probe", "dns"), "no health check of that name runs: 'dns'; those that do: none"),
        (("why", "203.0.113.1/32"), "nothing is known of 203.0.113.1/32"),
    ):
        answer = command(holder, *words)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert problem in answer.stderr


def test_takeover_moves_the_routes_once(world: World, make_site: Make, cloud: Cloud, holder: Site) -> None:
    other = make_site(world.hosts[1])
    other.configure(processes={"dns": announcing(A)})
    other.start()
    eventually(lambda: other.verdict(world.tables[0], A) == "yield owner-healthy", "its verdict", lambda: other.log)
    text = said(other, "takeover", A, "--reason", "the first is slow")
    assert sorted(text.splitlines()) == sorted(
        f"{table} {A}: ours ({other.host.interface_id})" for table in world.tables
    )
    assert 'manual takeover prefix=192.0.2.1/32 by="' in other.log
    for table in world.tables:
        assert f"{A} {other.host.interface_id} active" in cloud.routes(table)
    assert (holder.reconcile(), other.reconcile()) == ("", "")
    for table in world.tables:
        assert f"{A} {other.host.interface_id} active" in cloud.routes(table)
    assert other.status()["steering"] == []


def test_reconcile_puts_back_what_somebody_has_deleted(world: World, site: Site, cloud: Cloud) -> None:
    # What was just written is doubted at once.
    site.configure(processes={"dns": announcing(A)}, poll_time=3600, settle_time=0)
    site.start()
    site.wait_for_route(A, *world.tables)
    assert said(site, "reconcile") == "read and decided: nothing to change\n"
    for table in world.tables:
        cloud.write(External.delete_route(table, A))
    text = said(site, "reconcile", "--reason", "terraform ran")
    assert text == f"read and decided: {len(world.tables)} to create\n"
    site.wait_for_route(A, *world.tables)
    assert 'manual reconcile by="' in site.log


def test_probe_runs_a_health_check_now(world: World, site: Site) -> None:
    check = {"type": "command", "destination": "127.0.0.1", "every": 300, "rise": 2, "config": {"command": "true"}}
    managed = {**rule(), "manage_routes": [{"cidr": A, "healthcheck": "web"}]}
    bad = {**check, "config": {"command": "false"}}
    site.configure(routetables={"private": managed}, healthchecks={"web": check, "bad": bad})
    site.start()
    eventually(lambda: [row["probes"] for row in site.status()["checks"]] == [1, 1], "one probe", lambda: site.log)
    assert re.fullmatch(r"web command 127.0.0.1: passed \([\d.]+ s\); healthy\n", said(site, "probe", "web"))
    site.wait_for_route(A, *world.tables)
    answer = command(site, "probe", "bad")
    assert answer.returncode == 1
    assert answer.stdout.startswith("bad command 127.0.0.1: ")
    old = command(site, "check", "bad", "--reason", "as in version 0.1")
    assert (old.returncode, old.stdout[:23]) == (1, answer.stdout[:23])
    assert "bgp2vpc probe bad" in old.stderr


def test_why_tells_the_chain(world: World, holder: Site) -> None:
    table = sorted(world.tables)[0]
    lines = said(holder, "why", A).splitlines()
    assert lines[0] == A
    assert lines[1].startswith("  announced by dns (script), since 20")
    assert lines[1].endswith(f": announce route {A} next-hop self")
    place = lines[next(n for n, line in enumerate(lines) if line.startswith(f"{table} (")) :]  # with its tag Name
    written = holder.file.read_text().splitlines()
    number = 1 + next(n for n, line in enumerate(written) if "192.0.2.0/24" in line)
    assert place[1] == (
        f"  rule private matches it: accept: 192.0.2.0/24 le 32 ({holder.file}:{number}); takeover: if_unhealthy"
    )
    assert place[2] == f"  path of dns -> {holder.host.interface_id} (next-hop self): the only one"
    assert place[4].startswith("  keep (ours, since 20")
    answer = json.loads(said(holder, "why", A, "--table", table, "--json"))
    assert (answer["schema"], [each["route_table_id"] for each in answer["tables"]]) == (1, [table])
    assert answer["tables"][0]["route"]["target"] == holder.host.interface_id


def test_drain_for_a_time_says_until_when(world: World, site: Site) -> None:
    site.configure(processes={"dns": announcing(A)}, drain_timeout=0.2)
    site.start()
    site.wait_for_route(A, *world.tables)
    answer = command(site, "drain", "--force", A, "--for", "1h", "--reason", "a new kernel")
    assert answer.returncode == 1  # nobody took it
    (row,) = site.status()["steering"]
    assert (row["verb"], row["prefix"], row["reason"]) == ("drain", A, "a new kernel")
    time = datetime.fromisoformat(row["until"]) - datetime.fromisoformat(row["since"])
    assert time.total_seconds() == pytest.approx(3600, abs=1)
    said(site, "undrain", A)
    site.wait_for_route(A, *world.tables)
    assert site.status()["steering"] == []


# Garbage


def test_a_flood_of_the_socket_holds_up_no_route(world: World, site: Site) -> None:
    """A thousand clients, some of which never stop to send nonsense and never read."""
    site.start()
    ended = threading.Event()
    connections: list[socket.socket] = []
    for _ in range(1000):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(site.socket))
        connection.setblocking(False)
        connections.append(connection)

    def pester() -> None:
        while not ended.is_set():
            for each in connections[-100:]:
                try:
                    each.send(b"bgp2vpc status\nnonsense\n\xff\xfe\n" * 100)
                except OSError:
                    continue
            ended.wait(0.01)

    thread = threading.Thread(target=pester)
    thread.start()
    try:
        for number in range(5):
            prefix = f"192.0.2.{10 + number}/32"
            site.announce(prefix)
            site.wait_for_route(prefix, *world.tables)
    finally:
        ended.set()
        thread.join()
        for each in connections:
            each.close()
    assert site.log.count("too many clients") < 100
    assert site.verdict(world.tables[0], "192.0.2.10/32") == "keep ours"


def test_help_of_every_verb(site: Site) -> None:
    for verb in ("hold", "release", "takeover", "reconcile", "drain", "undrain", "probe", "why"):
        answer = subprocess.run([*PROGRAM, verb, "--help"], capture_output=True, text=True, check=True)
        assert "--socket" in answer.stdout
