"""The commands as a user or a user's script meets them: output, JSON contracts, exit statuses."""

import json
import os
import pty
import re
import signal
import subprocess
import sys

import pytest
from site_kit import PROGRAM, Site, rule

from bgp2vpc import __version__
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, MetadataFault, World
from tests.waiting import PATIENCE, eventually

A, B = "192.0.2.1/32", "192.0.2.2/32"


@pytest.fixture
def running(site: Site) -> Site:
    return site.start()


def announcing(*prefixes: str) -> dict[str, object]:
    """A process that says all of it in one line, so that one decision is made about it."""
    line = f"announce attributes next-hop self nlri {' '.join(prefixes)}"
    return {"run": ["sh", "-c", f"echo {line}; exec cat >/dev/null"]}


# version, usage


def test_version_prints_the_version(site: Site) -> None:
    answer = site.command("version")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"bgp2vpc {__version__}\n", "")


@pytest.mark.io
def test_what_asks_the_daemon_loads_nothing_of_the_daemon() -> None:
    code = """
import sys
import bgp2vpc.sources.client
from bgp2vpc.cli.main import command_line
command_line()
print({"asyncio", "botocore", "logging", "netaddr", "pydantic", "rich", "yaml", "bgp2vpc.daemon"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["run", "--fly"],
        ["run", "--debu"],
        ["status", "extra"],
        ["api"],
        ["tee"],
        ["plan", "-f"],
        ["check", "--json"],
    ],
)
def test_wrong_usage_exits_2_and_prints_the_usage(site: Site, words) -> None:
    answer = site.command(*words)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("usage: bgp2vpc")


@pytest.mark.parametrize(
    ("word", "hint"), [("stauts", "did you mean status?"), ("prob", "did you mean probe?"), ("fly", "there are run, ")]
)
def test_a_mistyped_command_gets_the_nearest_one(site: Site, word: str, hint: str) -> None:
    answer = site.command(word, "--json")
    assert answer.returncode == 2
    assert f"there is no command '{word}'; {hint}" in answer.stderr


# check


def test_check_of_a_good_file_needs_no_network_and_exits_0(site: Site) -> None:
    site.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    answer = site.command("check", "-f", str(site.file))
    assert answer.returncode == 0
    assert f"{site.file}: ok" in answer.stdout


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_every_command_prints_all_mistakes_of_a_file_with_their_lines_and_exits_2(site: Site, command: str) -> None:
    site.file.write_text("pol_time: 3\nroutetables:\n  private:\n    find: {type: main}\n    accept: [192.0.2.1/24]\n")
    answer = site.command(command, "-f", str(site.file))
    assert (answer.returncode, answer.stdout) == (2, "")
    lines = answer.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{site.file}:1: pol_time: ")
    assert "poll_time" in lines[0]
    assert lines[1].startswith(f"{site.file}:5: routetables.private.accept[0]: ")


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_a_file_that_is_not_there_exits_2(site: Site, command: str) -> None:
    answer = site.command(command, "-f", "/nowhere/bgp2vpc.yaml")
    assert answer.returncode == 2
    assert "/nowhere/bgp2vpc.yaml" in answer.stderr
    assert "No such file" in answer.stderr


def test_check_prints_the_schema_for_editors(site: Site) -> None:
    answer = site.command("check", "--schema")
    assert answer.returncode == 0
    assert {"routetables", "processes", "poll_time"} <= json.loads(answer.stdout)["properties"].keys()


# status


def test_status_json_keeps_its_contract(world: World, running: Site) -> None:
    running.say(f"announce route {A} next-hop self med 100 local-preference 200")
    running.wait_for_route(A, *world.tables)
    answer = running.command("status", "--json", "--socket", str(running.socket))
    assert (answer.returncode, answer.stderr) == (0, "")
    status = json.loads(answer.stdout)
    assert status["instance_id"] == running.host.instance_id
    assert status["vpc_id"] == world.vpc_id
    assert {"name": "api", "kind": "client", "state": "up", "paths": 1}.items() <= status["sources"][0].items()
    (path,) = status["paths"]
    assert {
        "prefix": A,
        "next_hop": "self",
        "source": "api",
        "best": True,
        "reason": "only path",
        "med": 100,
        "local_preference": 200,
    }.items() <= path.items()
    wanted = {"verdict": "keep", "reason": "ours", "target": running.host.interface_id, "prefix": A}
    assert [row["route_table_id"] for row in status["routes"]] == sorted(world.tables)
    assert all(wanted.items() <= row.items() for row in status["routes"])
    assert status["errors"] == []


def test_commands_find_the_socket_by_the_file_by_the_environment_and_by_the_option(running: Site) -> None:
    asked = (
        running.command("status", "--json", "-f", str(running.file)),
        running.command("reconcile", "-f", str(running.file)),
        running.command("status", "--json", "--socket", str(running.socket), "-f", "/nowhere"),
    )
    assert [(each.returncode, each.stderr) for each in asked] == [(0, "")] * 3
    running.file.write_text(running.file.read_text() + "\npol_time: 3\n")  # whatever else is wrong in it
    assert running.command("status", "--json", "-f", str(running.file)).returncode == 0
    running.environment["BGP2VPC_SOCKET"] = str(running.socket)
    assert running.command("status", "--json").returncode == 0
    running.environment["BGP2VPC_SOCKET"] = "/nowhere/s"
    lost = running.command("status")
    assert lost.returncode == 1
    assert lost.stderr.startswith("bgp2vpc: /nowhere/s: no such socket")
    assert "BGP2VPC_SOCKET" in lost.stderr


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("socket: none\n", "1: socket: none: its daemon cannot be asked"),
        ("poll_time: 3\nsocket: s.sock\n", "2: socket: expected an absolute path or 'none', got 's.sock'"),
    ],
)
def test_a_file_without_a_usable_socket_is_told(site: Site, text: str, problem: str) -> None:
    site.file.write_text(text)
    answer = site.command("status", "-f", str(site.file))
    assert (answer.returncode, answer.stderr) == (2, f"{site.file}:{problem}\n")


def test_what_is_no_socket_is_told(site: Site) -> None:
    answer = site.command("status", "--socket", str(site.file))
    assert (answer.returncode, answer.stderr) == (1, f"bgp2vpc: {site.file}: is no socket\n")


def test_status_for_people_shows_ids_whole_and_errors(world: World, running: Site, cloud: Cloud) -> None:
    cloud.fault(Fault.unauthorized("CreateRoute", times=None, where={"RouteTableId": world.tables[0]}))
    running.announce(A)
    running.wait_for_route(A, world.tables[1])
    running.wait_for_log("UnauthorizedOperation")
    answer = running.command("status", "--socket", str(running.socket))
    assert answer.returncode == 0
    for word in (*world.tables, A, running.host.instance_id, world.vpc_id, "UnauthorizedOperation", "keep", "create"):
        assert word in answer.stdout
    assert "\x1b" not in answer.stdout
    del running.environment["COLUMNS"]
    narrow = running.command("status", "--socket", str(running.socket)).stdout
    assert max(map(len, narrow.splitlines())) <= 80
    for word in (*world.tables, A, running.host.interface_id, "UnauthorizedOperation", "keep", "create"):
        assert word in narrow.replace("\n", " ")


def test_status_is_shown_again_and_again_until_it_is_interrupted(running: Site) -> None:
    refused = running.command("status", "--socket", str(running.socket), "--watch", "0")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "'0': expected a number of seconds, 0.1 or more" in refused.stderr
    words = [*PROGRAM, "status", "--socket", str(running.socket), "--watch", "0.1"]
    with subprocess.Popen(words, env=running.environment, stdout=subprocess.PIPE, text=True) as watching:
        shown = watching.stdout
        assert shown is not None

        def shows(text: str) -> bool:
            return any(text in line for line in iter(shown.readline, ""))

        try:
            assert shows("nothing needs attention")
            running.announce("203.0.113.1/32")
            assert shows("203.0.113.1/32 is announced, and not permitted by any rule")
            running.stop(signal.SIGKILL)
            assert shows("nobody listens")
            running.start()
            assert shows("nothing needs attention")
            watching.send_signal(signal.SIGINT)
            assert watching.wait(PATIENCE) == 0
        finally:
            watching.kill()


def test_on_a_terminal_the_beginning_of_the_status_is_shown_again_and_again(running: Site) -> None:
    for number in range(20):
        running.announce(f"203.0.113.{number}/32")
    ours, theirs = pty.openpty()
    words = [*PROGRAM, "status", "--socket", str(running.socket), "--watch", "0.1"]
    environment = {**running.environment, "LINES": "6", "COLUMNS": "80"}
    with subprocess.Popen(words, env=environment, stdout=theirs) as watching, open(ours, encoding="utf-8") as screen:
        os.close(theirs)
        try:
            before = ""
            while not before.endswith("more lines\n"):
                before += screen.readline()
        finally:
            watching.kill()
    cleared, *lines, last = before.splitlines()
    assert cleared.startswith("\x1b[H\x1b[2J")
    assert "needs attention" in lines
    assert len(lines) == 3, "it leaves a line for the cursor"
    assert re.fullmatch(r"\.\.\. \d+ more lines", last)


def test_nothing_that_a_script_or_a_reason_holds_acts_on_the_terminal(site: Site) -> None:
    site.configure(processes={"dns": {"run": ["sh", "-c", "printf '\\033]0;mine\\007\\n'; exec cat >/dev/null"]}})
    site.start()
    eventually(lambda: site.status()["sources"][0]["last_line"], "the script to say something", lambda: site.log)
    assert site.command("hold", "--socket", str(site.socket), "--reason", "\x1b[2Jgone", A).returncode == 0
    for command in (["status"], ["why", A]):
        shown = site.command(*command[:1], "--socket", str(site.socket), *command[1:]).stdout
        assert "\\u001b[2Jgone" in shown
        assert not any(char in shown for char in "\x1b\x07")
    assert "\\u001b]0;mine\\u0007" in site.command("status", "--socket", str(site.socket)).stdout


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["api", "version"]])
def test_without_a_daemon_it_says_so_and_exits_1(site: Site, command) -> None:
    answer = site.command(*command[:1], "--socket", str(site.socket), *command[1:])
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "is bgp2vpc running" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_with_the_socket_of_a_killed_daemon_it_says_so_and_exits_1(running: Site) -> None:
    running.stop(signal.SIGKILL)
    answer = running.command("status", "--socket", str(running.socket))
    assert answer.returncode == 1
    assert "nobody listens" in answer.stderr


# api


def test_api_announces_and_withdraws_and_prints_the_answer(world: World, running: Site) -> None:
    socket = ["--socket", str(running.socket)]
    answer = running.command("api", *socket, f"announce route {A} next-hop self")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "done\n", "")
    running.wait_for_route(A, *world.tables)
    answer = running.command("api", *socket, "withdraw", "route", A, "next-hop", "self")
    assert (answer.returncode, answer.stdout) == (0, "done\n")
    running.wait_for_route(A, *world.tables, target=None)


def test_api_prints_error_and_why_and_exits_1(running: Site) -> None:
    answer = running.command("api", "--socket", str(running.socket), "announce route 192.0.2.1/24 next-hop self")
    assert (answer.returncode, answer.stdout) == (1, "error\n")
    assert "192.0.2.0/24" in answer.stderr


# plan


def test_plan_json_keeps_its_contract_and_never_writes(world: World, site: Site, cloud: Cloud) -> None:
    first, second = world.tables
    peer = world.hosts[1].interface_id
    cloud.ec2.create_route(RouteTableId=first, DestinationCidrBlock=A, NetworkInterfaceId=peer)
    site.start("--noop")
    site.announce(A)
    site.wait_for_verdict(first, A, "yield owner-healthy")
    cloud.forget_calls()
    answer = site.command("plan", "-f", str(site.file), "--json")
    assert answer.returncode == 0
    plan = json.loads(answer.stdout)
    eni = site.host.interface_id
    change = {"action": "create", "route_table_id": second, "prefix": A, "target": eni, "reason": "absent"}
    assert plan["changes"] == [change]
    verdicts = {row["route_table_id"]: (row["prefix"], row["verdict"], row["reason"]) for row in plan["verdicts"]}
    assert verdicts == {first: (A, "yield", "owner-healthy"), second: (A, "create", "absent")}
    assert all(row["target"] for row in plan["verdicts"])
    assert cloud.writes() == []


def test_plan_without_a_daemon_says_so_and_keeps_what_is_there(world: World, site: Site, cloud: Cloud) -> None:
    cloud.ec2.create_route(
        RouteTableId=world.tables[0], DestinationCidrBlock=A, NetworkInterfaceId=site.host.interface_id
    )
    answer = site.command("plan", "-f", str(site.file))
    assert answer.returncode == 0
    assert "leftover" in answer.stdout
    assert "0 changes" in answer.stdout
    assert "planning as a daemon that starts now" in answer.stderr
    assert "nothing is announced before a daemon hears it; `--assume PREFIX` plans" in answer.stderr


def test_plan_without_a_daemon_says_what_rules_find_and_plans_what_is_assumed(
    world: World, site: Site, cloud: Cloud
) -> None:
    check = {"type": "command", "destination": "127.0.0.1", "every": 300, "config": {"command": "true"}}
    nothing = {"find": {"type": "by_tag", "config": {"key": "type", "value": "mistyped"}}, "accept": [A]}
    managed = {**rule(A), "manage_routes": [{"cidr": B, "healthcheck": "web"}]}
    site.configure(
        processes={"dns": announcing(A)}, healthchecks={"web": check}, routetables={"typo": nothing, "private": managed}
    )
    for table in world.tables[:1]:
        cloud.ec2.create_tags(Resources=[table], Tags=[{"Key": "Name", "Value": "private-a"}])
    alone = site.command("plan", "-f", str(site.file))
    assert alone.returncode == 0
    assert "scripts announce nothing before they run (dns); health checks have no verdict" in alone.stderr
    private, typo = sorted(alone.stdout.splitlines()[:2])
    assert typo == "rule typo finds no route table (check `find`)"
    assert private.startswith("rule private finds rtb-")
    assert all(table in private for table in world.tables)
    assert f"{world.tables[0]} (private-a)" in private
    assert "0 changes" in alone.stdout

    del site.environment["COLUMNS"]
    narrow = site.command("plan", "-f", str(site.file), "--assume", A).stdout
    assert max(map(len, narrow.splitlines())) <= 80
    words = " ".join(narrow.split())
    assert f"{A} in {world.tables[0]} (private-a): create (absent); target {site.host.interface_id}; rule" in words
    assert narrow.endswith(f"{len(world.tables)} changes\n")

    answer = site.command("plan", "-f", str(site.file), "--json", "--assume", A, "--assume", B)
    assert answer.returncode == 0
    assert "not permitted" not in answer.stderr
    plan = json.loads(answer.stdout)
    planned = {(each["route_table_id"], each["prefix"], each["action"]) for each in plan["changes"]}
    assert planned == {(table, prefix, "create") for table in world.tables for prefix in (A, B)}
    found = {each["rule"]: each["route_tables"] for each in plan["rules"]}
    assert found["typo"] == []
    assert {"id": world.tables[0], "name": "private-a", "account": None} in found["private"]
    assert cloud.writes() == []


def test_plan_assumes_prefixes_only(world: World, site: Site) -> None:
    answer = site.command("plan", "-f", str(site.file), "--assume", "192.0.2.1/24")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "192.0.2.0/24 was probably meant" in answer.stderr
    answer = site.command("plan", "-f", str(site.file), "--assume", "203.0.113.1/32")
    assert "203.0.113.1/32 is announced, and not permitted by any rule" in answer.stderr


def test_plan_beside_a_daemon_adds_what_is_assumed(world: World, site: Site) -> None:
    site.start()
    site.announce(A)
    site.wait_for_route(A, *world.tables)
    answer = site.command("plan", "-f", str(site.file), "--json", "--assume", A, "--assume", B)
    plan = json.loads(answer.stdout)
    assert {each["prefix"] for each in plan["changes"]} == {B}
    assert len(plan["changes"]) == len(world.tables)


def test_a_plan_that_is_too_large_exits_3_with_the_numbers(world: World, site: Site) -> None:
    site.configure(max_changes=3)
    site.start()
    site.say(f"announce attributes next-hop self nlri {A} {B}")
    site.wait_for_log("more than max_changes")
    answer = site.command("plan", "-f", str(site.file), "--json")
    assert (answer.returncode, answer.stdout) == (3, "")
    assert "4 routes to create and 0 to replace at once, more than max_changes: 3" in answer.stderr


def test_plan_without_ec2_exits_1(site: Site, cloud: Cloud) -> None:
    cloud.fault(Fault.unavailable("*", times=None))
    answer = site.command("plan", "-f", str(site.file), "--json")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "Unavailable" in answer.stderr
    assert "Traceback" not in answer.stderr


# run


@pytest.mark.parametrize("spelling", ["--oneshot", "-oneshot"])
def test_oneshot_writes_what_scripts_say_keeps_it_and_exits_0(world, site, cloud, spelling) -> None:
    site.configure(processes={"dns": announcing(A)})
    site.start(spelling, wait=False)
    assert site.ended() == 0, site.log
    assert all(A in cloud.routes(table) for table in world.tables)


def test_oneshot_exits_1_if_ec2_refuses(world: World, site: Site, cloud: Cloud) -> None:
    cloud.fault(Fault.unauthorized("CreateRoute", times=None))
    site.configure(processes={"dns": announcing(A)})
    site.start("--oneshot", wait=False)
    assert site.ended() == 1
    assert "UnauthorizedOperation" in site.log


def test_oneshot_exits_3_if_the_plan_is_too_large(world: World, site: Site, cloud: Cloud) -> None:
    site.configure(processes={"dns": announcing(A, B)}, max_changes=3)
    site.start("--oneshot", wait=False)
    assert site.ended() == 3, site.log
    assert cloud.writes() == []


@pytest.mark.parametrize("spelling", ["--noop", "-noop"])
def test_noop_says_what_it_would_do_and_writes_nothing(world, site, cloud, spelling) -> None:
    site.configure(processes={"dns": announcing(A)})
    site.start(spelling)
    for table in world.tables:
        site.wait_for_log(f"would create {table} {A} {site.host.interface_id}")
    assert site.stop() == 0
    assert cloud.writes() == []


def test_a_second_daemon_on_the_same_socket_ends_at_once_and_harms_nothing(world, make_site, site, cloud) -> None:
    site.configure(processes={"dns": announcing(A)})
    site.start()
    site.wait_for_route(A, *world.tables)
    cloud.forget_calls()
    second = make_site(world.hosts[0])
    state = str(second.socket.with_name("state"))  # else it is the state file that is in use
    second.configure(socket=str(site.socket), state_file=state, processes={"web": announcing(B)})
    second.start(wait=False)
    assert second.ended() == 1
    assert "is bgp2vpc running already?" in second.log
    assert cloud.writes() == []
    assert site.status()["instance_id"] == site.host.instance_id


def test_a_configuration_without_socket_works_all_the_same(world: World, site: Site) -> None:
    site.configure(socket="none", processes={"dns": announcing(A)})
    site.start(wait=False)
    site.wait_for_route(A, *world.tables)
    assert site.stop() == 0


def test_logs_are_one_json_object_a_line_if_asked_for(world: World, site: Site) -> None:
    site.configure(processes={"dns": announcing(A)})
    site.start("--log-format", "json")
    site.wait_for_route(A, *world.tables)
    site.wait_for_log("route created", count=2)
    site.stop()
    records = [json.loads(line) for line in site.log.splitlines()]
    created = [record for record in records if record["event"] == "route created"]
    assert {record["table"] for record in created} == set(world.tables)
    assert {"time", "level", "event", "prefix", "target", "reason", "ms"} <= created[0].keys()


def test_repeated_announcements_leave_no_line_in_the_log(world: World, running: Site) -> None:
    running.announce(A)
    running.wait_for_route(A, *world.tables)
    running.wait_for_log("cycle ")
    before = running.log
    for _ in range(50):
        running.announce(A)
    assert running.log == before


def test_values_in_the_file_replace_metadata(world: World, site: Site, cloud: Cloud) -> None:
    cloud.metadata_fault(site.host.instance_id, MetadataFault.HANG)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        site.environment.pop(name)
    site.configure(instance_id=site.host.instance_id, region=cloud.region, vpc_id=world.vpc_id)
    site.start()
    site.announce(A)
    site.wait_for_route(A, *world.tables)


def test_a_rule_that_finds_no_table_is_warned_of(site: Site) -> None:
    find = {"type": "by_tag", "config": {"key": "type", "value": "privat"}}
    site.configure(routetables={"private": rule() | {"find": find}})
    site.start()
    site.wait_for_log("rule matches no route table")
