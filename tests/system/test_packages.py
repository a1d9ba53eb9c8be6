"""The packages as an operator meets them.

The Debian one: installed, run by systemd with its locked-down unit, upgraded, purged. The rpm: unpacked, run, and read.
"""

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import debian
import pytest
import yaml
from debian import Debian
from netns import Net

from bgp2vpc import __version__
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, World
from tests.waiting import eventually

# One worker has all of them (tests/suite/order.py): to make the package and the machine takes a minute.
pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
UNIT = "bgp2vpc.service"
BUILT = 1_800_000_000
A, B = "192.0.2.53/32", "192.0.2.54/32"
CONFIG: dict[str, Any] = {
    "poll_time": 1.5,
    "settle_time": 1,
    "restart_time": 600,
    "on_exit": "keep",
    "routetables": {
        "private": {
            "find": {"type": "by_tag", "config": {"key": "type", "value": "private"}},
            "accept": ["192.0.2.0/24 le 32"],
        }
    },
}


class Packages(NamedTuple):
    deb: Path
    rpm: Path
    sbom: Path


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """All, made as `make packages` makes them."""
    out = tmp_path_factory.mktemp("packages")
    if lacks := debian.missing():
        pytest.skip("the tests of the packages need " + ", ".join(lacks))
    build = debian.until_we_die([str(ROOT / "packaging/build"), str(out)])
    # As they are distributed they are smaller, and compressed for longer.
    quick = {"COMPRESSION": "gzip", "TMPDIR": str(out), "SOURCE_DATE_EPOCH": str(BUILT)}
    done = subprocess.run(build, env=os.environ | quick, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Packages(*map(Path, done.stdout.split()))


@pytest.fixture(scope="module")
def package(packages: Packages) -> Path:
    return packages.deb


@pytest.fixture(scope="module")
def machine(net: Net, package: Path, debian_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    """A Debian with systemd and exabgp, booted."""
    root = tmp_path_factory.mktemp("machine") / "root"
    subprocess.run(["cp", "--archive", str(debian_tree), str(root)], check=True)
    shutil.copy(package, root / "bgp2vpc.deb")
    with Debian(root, net) as booted:
        booted.run("systemctl", "disable", "--now", "exabgp.service")
        yield booted
    shutil.rmtree(root)


@pytest.fixture
def installed(machine: Debian, cloud: Cloud, world: World) -> Iterator[Debian]:
    """With the package installed, as the world's first instance, and nothing configured."""
    if machine.try_run("dpkg", "-s", "bgp2vpc").returncode:
        machine.run("dpkg", "-i", "/bgp2vpc.deb")
    _drop_in(machine, "cloud", *_in_the_cloud(cloud, world))
    yield machine
    machine.try_run("systemctl", "stop", UNIT, "exabgp.service", "exabgp@*")
    for path in (machine.root / "etc/bgp2vpc.yaml", *(machine.root / "etc/exabgp").glob("*.conf")):
        path.unlink(missing_ok=True)
    for drop_ins in (machine.root / "etc/systemd/system").glob("*.service.d"):
        shutil.rmtree(drop_ins)
    machine.run("rm", "-rf", "/var/lib/private/bgp2vpc", "/var/lib/bgp2vpc")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reset-failed")


def _in_the_cloud(cloud: Cloud, world: World) -> list[str]:
    return [f"Environment={key}={value}" for key, value in cloud.environment(world.hosts[0].instance_id).items()]


def _drop_in(machine: Debian, name: str, *lines: str) -> None:
    machine.write(f"/etc/systemd/system/bgp2vpc.service.d/{name}.conf", "\n".join(["[Service]", *lines, ""]))
    machine.run("systemctl", "daemon-reload")


def configure(machine: Debian, **changes: Any) -> None:
    machine.write("/etc/bgp2vpc.yaml", yaml.safe_dump(CONFIG | changes))


def status(machine: Debian) -> dict[str, Any]:
    return json.loads(machine.run("bgp2vpc", "status", "--json"))


def announce(machine: Debian, prefix: str = A) -> None:
    machine.run("bgp2vpc", "api", f"announce route {prefix} next-hop self")


def wait_for_route(cloud: Cloud, host: CloudHost, prefix: str = A) -> None:
    cloud.wait_for_route(host.table, prefix, host.interface_id)


def check_results(machine: Debian) -> dict[str, str]:
    return {check["name"]: f"{check['state']} {check['reason'] or ''}".strip() for check in status(machine)["checks"]}


def test_what_is_installed_waits_for_a_configuration(installed: Debian) -> None:
    assert installed.run("bgp2vpc", "version").startswith("bgp2vpc ")
    assert "5." in installed.run("/usr/lib/bgp2vpc/bin/exabgp", "version")
    assert installed.try_run("systemctl", "is-enabled", UNIT).stdout.strip() == "disabled"
    installed.run("systemctl", "start", UNIT)
    assert installed.show(UNIT, "ActiveState") == "inactive"
    assert installed.show(UNIT, "ConditionResult") == "no"
    assert installed.run("systemd-analyze", "verify", UNIT) == ""


def test_a_route_is_announced_through_the_socket_and_stands_in_the_table(
    installed: Debian, world: World, cloud: Cloud
) -> None:
    configure(installed)
    installed.run("systemctl", "start", UNIT)  # it is ready: the socket is there, and EC2 has been read
    assert status(installed)["ec2_observed"]
    announce(installed)
    wait_for_route(cloud, world.hosts[0])
    eventually(lambda: "routes: 2 keep" in installed.show(UNIT, "StatusText"), "the status line", installed.journal)


def test_the_daemon_is_nobody_and_may_do_nothing_but_icmp(installed: Debian) -> None:
    configure(installed)
    installed.run("systemctl", "start", UNIT)
    facts = _facts(installed)
    assert int(facts["Uid"].split()[0]) >= 61184  # a dynamic user
    net_raw = f"{1 << 13:016x}"
    assert {facts[f"Cap{each}"] for each in ("Prm", "Eff", "Bnd", "Amb")} == {net_raw}
    assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("1", "2")
    group = installed.run("getent", "group", "bgp2vpc").split(":")[2]
    assert installed.run("stat", "-c", "%a %g", "/run/bgp2vpc/bgp2vpc.sock").split() == ["660", group]


def _facts(machine: Debian) -> dict[str, str]:
    text = machine.run("cat", f"/proc/{machine.show(UNIT, 'MainPID')}/status")
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def test_checks_scripts_and_hooks_work_within_the_lock_down(installed: Debian, world: World, cloud: Cloud) -> None:
    commands = {
        "ping": ["ping", "-c1", "-W1", "127.0.0.1"],
        "shell": ["sh", "-c", "echo $$ >/tmp/pid && kill -0 $(cat /tmp/pid) && date >/run/bgp2vpc/date"],
        "state": ["touch", "/var/lib/bgp2vpc/a-file"],
        "pgrep": ["pgrep", "-x", "systemd"],
        "ip": ["ip", "address", "show", "dev", "lo"],
        "ss": ["ss", "-ltn"],
        "python": ["python3", "-c", "import ctypes, ssl, socket, threading, subprocess; subprocess.run('true')"],
        "etc": ["touch", "/etc/a-file"],
        "mount": ["unshare", "--mount", "true"],
        "owner": ["chown", "0", "/run/bgp2vpc/date"],
    }
    checks: dict[str, Any] = {
        name: _every_half_second("command", command=program, arguments=arguments)
        for name, (program, *arguments) in commands.items()
    }
    checks["icmp"] = _every_half_second("ping")
    script = "/usr/lib/bgp2vpc/bin/python3 -m exabgp healthcheck --no-ip-setup --no-syslog --cmd true --rise 1"
    hooks = {"run_before_add_route": ["touch", "/run/bgp2vpc/hook"], "run_after_add_route": ["touch", "/etc/hook"]}
    rules = {"private": CONFIG["routetables"]["private"] | hooks}
    processes = {"dns": {"run": f"{script} --fast-interval 0.1 --ip {A}"}}
    configure(installed, healthchecks=checks, processes=processes, routetables=rules)
    installed.run("systemctl", "start", UNIT)
    wait_for_route(cloud, world.hosts[0])
    eventually(
        lambda: not any(each.startswith("no verdict") for each in check_results(installed).values()), "the checks"
    )
    results = check_results(installed)
    forbidden = {name for name, said in results.items() if not said.startswith("healthy")}
    assert forbidden == {"etc", "mount", "owner"}, results
    installed.run("test", "-e", "/run/bgp2vpc/hook")
    eventually(lambda: "hook failed" in warnings(installed), "the warning of the other hook", installed.journal)
    (line,) = {line.partition(" why=")[2] for line in warnings(installed).splitlines() if "hook failed" in line}
    assert "Read-only file system" in line
    assert "route created" in installed.journal()
    assert "route created" not in warnings(installed)


def warnings(machine: Debian) -> str:
    """What `journalctl -p warning` shows of this daemon."""
    invocation = machine.show(UNIT, "InvocationID")
    words = ("--no-pager", "--output=cat", "--priority=warning", f"_SYSTEMD_INVOCATION_ID={invocation}")
    return machine.run("journalctl", *words)


def _every_half_second(kind: str, **config: Any) -> dict[str, Any]:
    return {"type": kind, "destination": "127.0.0.1", "every": 0.5, **({"config": config} if config else {})}


def test_ec2s_model_comes_with_the_package_and_is_kept_where_it_does_not(installed: Debian) -> None:
    shipped, away = (
        installed.run("sh", "-c", "ls -d /usr/lib/bgp2vpc/lib/*/site-packages/bgp2vpc/vpc/aws/ec2-model").strip(),
        "/away",
    )

    def kept() -> list[str]:
        return installed.run("ls", "-i", "/var/cache/private/bgp2vpc").splitlines()

    configure(installed)
    installed.run("systemctl", "start", UNIT)
    assert status(installed)["ec2_observed"]
    assert kept() == []
    installed.run("mv", shipped, away)
    try:
        installed.run("systemctl", "restart", UNIT)
        (made,) = kept()
        installed.run("systemctl", "restart", UNIT)
        assert kept() == [made]
    finally:
        installed.run("mv", away, shipped)


def test_exabgp_needs_no_more_than_the_unit_gives_and_a_restart_is_told_from_a_stop(
    installed: Debian, world: World, cloud: Cloud, net: Net
) -> None:
    bgp = {
        "as": 64513,
        "local_address": net.host_address,
        # Of two with one AS the higher one listens: at a port that needs no privilege.
        "peers": [net.router_address, {"address": "198.18.0.9", "passive": True}],
    }
    script = {"run": ["sh", "-c", f"echo announce route {A} next-hop self; exec cat >/dev/null"]}
    configure(installed, bgp=bgp, processes={"one": script}, on_exit="withdraw_announced", startup_hold=1)

    def exabgp() -> dict[str, Any]:
        found: dict[str, Any] = status(installed)["exabgp"]
        return found

    def user(pid: object) -> list[str]:
        lines = installed.run("cat", f"/proc/{pid}/status").splitlines()
        return [line for line in lines if line.startswith(("Uid:", "CapBnd:", "NoNewPrivs:"))]

    installed.run("systemctl", "start", UNIT)
    eventually(lambda: exabgp()["state"] == "connected", "ExaBGP", installed.journal)
    first = exabgp()["pid"]
    assert user(first) == user(installed.show(UNIT, "MainPID"))
    for host in world.hosts:  # in each table, or the last write would be taken for one of the restart
        cloud.wait_for_route(host.table, A, world.hosts[0].interface_id)
    cloud.forget_calls()
    before = len(ends(installed))
    installed.run("systemctl", "restart", UNIT)
    eventually(lambda: ends(installed)[before:] == ["kept"], "the restart to be planned", installed.journal)
    installed.run("dpkg", "-i", "/bgp2vpc.deb")  # an upgrade
    eventually(lambda: ends(installed)[before:] == ["kept"] * 2, "the upgrade to be planned", installed.journal)
    eventually(lambda: exabgp()["state"] == "connected", "another ExaBGP", installed.journal)
    assert cloud.writes() == []
    installed.run("systemctl", "stop", UNIT)
    assert [cloud.routes(host.table) for host in world.hosts] == [""] * len(world.hosts)
    eventually(lambda: ends(installed)[before:] == ["kept"] * 2 + ["withdrawn"], "its end", installed.journal)


def ends(machine: Debian) -> list[str]:
    """What each daemon that ended said about its routes."""
    log = machine.run("journalctl", "--no-pager", "--output=cat", f"--unit={UNIT}").splitlines()
    return [line.partition("routes=")[2] for line in log if "stopping routes=" in line]


def test_a_bad_file_fails_the_reload_and_the_old_one_stays(installed: Debian, world: World, cloud: Cloud) -> None:
    configure(installed)
    installed.run("systemctl", "start", UNIT)
    configure(installed, poll_tme=3)
    assert installed.try_run("systemctl", "reload", UNIT).returncode != 0
    assert installed.show(UNIT, "ActiveState") == "active"
    assert "/etc/bgp2vpc.yaml:" in installed.journal()
    announce(installed)
    wait_for_route(cloud, world.hosts[0])
    script = {"run": ["sh", "-c", f"echo announce route {B} next-hop self; exec cat >/dev/null"]}
    configure(installed, processes={"more": script})
    installed.run("systemctl", "reload", UNIT)
    wait_for_route(cloud, world.hosts[0], B)
    assert installed.show(UNIT, "ActiveState") == "active"


def test_a_bad_file_at_the_start_is_not_tried_again_and_again(installed: Debian) -> None:
    configure(installed, poll_tme=3)
    assert installed.try_run("systemctl", "start", UNIT).returncode != 0
    # A unit that is to be started again is `activating`, not `failed`.
    assert (installed.show(UNIT, "ActiveState"), installed.show(UNIT, "NRestarts")) == ("failed", "0")


def test_a_restart_moves_no_route_where_on_exit_is_keep(installed: Debian, world: World, cloud: Cloud) -> None:
    script = {"run": ["sh", "-c", f"echo announce route {A} next-hop self; exec cat >/dev/null"]}
    configure(installed, processes={"dns": script})
    installed.run("systemctl", "start", UNIT)
    for host in world.hosts:  # in each table, or the last write would be taken for one of the restart
        cloud.wait_for_route(host.table, A, world.hosts[0].interface_id)
    cloud.forget_calls()
    installed.run("systemctl", "restart", UNIT)
    assert installed.show(UNIT, "ActiveState") == "active"
    eventually(lambda: bool(status(installed)["paths"]), "the script", installed.journal)
    looks = len(cloud.calls("DescribeRouteTables"))
    cloud.wait_for_calls("DescribeRouteTables", count=looks + 3)
    assert cloud.writes() == []
    wait_for_route(cloud, world.hosts[0])


def test_a_stop_withdraws_within_its_time(installed: Debian, world: World, cloud: Cloud) -> None:
    configure(installed, on_exit="withdraw")
    installed.run("systemctl", "start", UNIT)
    announce(installed)
    wait_for_route(cloud, world.hosts[0])
    installed.run("systemctl", "stop", UNIT)
    assert cloud.routes(world.hosts[0].table) == ""
    assert installed.show(UNIT, "Result") == "success"


def test_a_daemon_that_hangs_is_killed_and_started_again(installed: Debian, world: World, cloud: Cloud) -> None:
    configure(installed)
    _drop_in(installed, "watchdog", "WatchdogSec=6")
    installed.run("systemctl", "start", UNIT)
    announce(installed)
    wait_for_route(cloud, world.hosts[0])
    for _ in range(2):
        before = installed.show(UNIT, "WatchdogTimestampMonotonic")
        eventually(
            lambda before=before: installed.show(UNIT, "WatchdogTimestampMonotonic") != before, "it to be fed",
            installed.journal,
        )  # fmt: skip
    assert installed.show(UNIT, "NRestarts") == "0"
    pid = installed.show(UNIT, "MainPID")
    installed.run("sh", "-c", f"kill -STOP {pid}")
    eventually(lambda: installed.show(UNIT, "NRestarts") == "1", "the watchdog", installed.journal)
    eventually(lambda: installed.show(UNIT, "ActiveState") == "active", "the next one", installed.journal)
    assert installed.show(UNIT, "MainPID") != pid


def test_what_drains_is_drained_through_a_restart(installed: Debian, world: World, cloud: Cloud) -> None:
    configure(installed, drain_timeout=1)
    installed.run("systemctl", "start", UNIT)
    announce(installed)
    wait_for_route(cloud, world.hosts[0])
    assert "deleted: no successor" in installed.try_run("bgp2vpc", "drain", "--force", A).stdout
    cloud.wait_for_route(world.hosts[0].table, A, None)
    before = status(installed)["leaving"]
    installed.run("systemctl", "restart", UNIT)
    assert status(installed)["leaving"] == before
    assert A in str(before)


EXABGP = """
process bgp2vpc {{
    run {command};
    encoder text;
}}
neighbor 127.0.0.9 {{
    router-id 127.0.0.8;
    local-address 127.0.0.8;
    local-as 65001;
    peer-as 65000;
    api {{ processes [ bgp2vpc ]; }}
}}
"""
SAYS = f"echo announce route {A} next-hop self; exec cat >/dev/null"


def start_exabgp(machine: Debian, command: str, drop_in: str, *lines: str) -> None:
    machine.write("/etc/exabgp/exabgp.conf", EXABGP.format(command=command))
    copy_drop_in(machine, f"exabgp.service.d/{drop_in}", "exabgp", *lines)
    machine.run("systemctl", "start", "exabgp.service")


def copy_drop_in(machine: Debian, file: str, unit: str, *lines: str) -> None:
    text = (ROOT / "systemd" / file).read_text()
    machine.write(f"/etc/systemd/system/{unit}.service.d/bgp2vpc.conf", "\n".join([text, *lines, ""]))
    machine.run("systemctl", "daemon-reload")


def test_debians_exabgp_speaks_through_tee(installed: Debian, world: World, cloud: Cloud) -> None:
    configure(installed)
    start_exabgp(installed, f'/usr/bin/bgp2vpc tee -- /bin/sh -c "{SAYS}"', "tee.conf")
    wait_for_route(cloud, world.hosts[0])
    assert installed.show(UNIT, "ActiveState") == "active"  # ExaBGP wants it


def test_debians_exabgp_runs_the_helper(installed: Debian, world: World, cloud: Cloud) -> None:
    icmp = {"icmp": _every_half_second("ping")}
    configure(installed, processes={"dns": {"run": ["sh", "-c", SAYS]}}, healthchecks=icmp, on_exit="withdraw")
    start_exabgp(installed, "/usr/bin/bgp2vpc helper", "helper.conf", *_in_the_cloud(cloud, world))
    wait_for_route(cloud, world.hosts[0])
    eventually(lambda: check_results(installed) == {"icmp": "healthy"}, "the check", installed.journal)
    assert status(installed)["mode"] == "helper"
    assert installed.show(UNIT, "ActiveState") == "inactive"
    installed.run("systemctl", "stop", "exabgp.service")
    assert cloud.routes(world.hosts[0].table) == ""


TEMPLATE = """
[Service]
Environment=exabgp_daemon_daemonize=false
ExecStart=/usr/sbin/exabgp /etc/exabgp/exabgp-%i.conf
CapabilityBoundingSet=CAP_NET_ADMIN
AmbientCapabilities=CAP_NET_ADMIN
"""
"""What matters of the template unit that ExaBGP's source has: it starts as root."""


@pytest.fixture
def template(installed: Debian) -> Iterator[Debian]:
    """With a template unit for ExaBGP."""
    unit = "/etc/systemd/system/exabgp@.service"
    installed.write(unit, TEMPLATE)
    yield installed
    installed.try_run("systemctl", "stop", "exabgp@*")
    installed.run("rm", unit)


def test_instances_of_exabgp_speak_through_tee(template: Debian, world: World, cloud: Cloud) -> None:
    configure(template)
    copy_drop_in(template, "exabgp@.service.d/tee.conf", "exabgp@")
    for name, prefix in (("one", A), ("two", B)):
        run = f'/usr/bin/bgp2vpc tee --name {name} -- /bin/sh -c "{SAYS.replace(A, prefix)}"'
        template.write(f"/etc/exabgp/exabgp-{name}.conf", EXABGP.format(command=run))
    template.run("systemctl", "start", "exabgp@one", "exabgp@two")
    wait_for_route(cloud, world.hosts[0])
    wait_for_route(cloud, world.hosts[0], B)


def test_one_instance_of_exabgp_runs_the_helper(template: Debian, world: World, cloud: Cloud) -> None:
    configure(template, processes={"dns": {"run": ["sh", "-c", SAYS]}})
    template.write("/etc/exabgp/exabgp-edge.conf", EXABGP.format(command="/usr/bin/bgp2vpc helper"))
    copy_drop_in(template, "exabgp@.service.d/helper.conf", "exabgp@edge", *_in_the_cloud(cloud, world))
    template.run("systemctl", "start", "exabgp@edge")
    wait_for_route(cloud, world.hosts[0])
    assert status(template)["mode"] == "helper"


def test_the_packages_unit_runs_the_package_and_that_of_the_source_what_is_in_usr_local(installed: Debian) -> None:
    configure(installed)
    unit, link = f"/etc/systemd/system/{UNIT}", "/usr/local/bin/bgp2vpc"

    def running() -> list[str]:
        installed.run("systemctl", "start", UNIT)
        return installed.run("cat", f"/proc/{installed.show(UNIT, 'MainPID')}/cmdline").split("\0")

    installed.run("ln", "-s", "/usr/lib/bgp2vpc/bin/bgp2vpc", link)
    try:
        assert "/usr/bin/bgp2vpc" in running()
        installed.run("systemctl", "stop", UNIT)
        installed.write(unit, (ROOT / "systemd" / UNIT).read_text())
        installed.run("systemctl", "daemon-reload")
        assert link in running()
        installed.run("systemctl", "reload", UNIT)
        installed.run("systemctl", "stop", UNIT)
        installed.run("rm", link)
        assert "/usr/bin/bgp2vpc" in running()
    finally:
        installed.run("rm", "-f", link, unit)


def test_purge_leaves_nothing_but_the_administrators_file(installed: Debian) -> None:
    configure(installed)
    installed.run("systemctl", "enable", "--now", UNIT)
    brought = installed.run("dpkg", "-L", "bgp2vpc").splitlines()
    installed.run("dpkg", "-P", "bgp2vpc")
    left = installed.files()
    assert [path for path in sorted(left) if "bgp2vpc" in path] == [
        "/etc/bgp2vpc.yaml",
        "/etc/systemd/system/bgp2vpc.service.d",
        "/etc/systemd/system/bgp2vpc.service.d/cloud.conf",
    ]
    assert [path for path in brought if "bgp2vpc" in path and os.path.lexists(installed.root / path.lstrip("/"))] == []
    assert installed.try_run("getent", "group", "bgp2vpc").returncode != 0
    assert installed.try_run("systemctl", "cat", UNIT).returncode != 0
    assert not installed.runs("bgp2vpc")


def files_of_the_deb(package: Path) -> dict[str, str]:
    """The time of each file and link by its path, of what is no directory."""
    # 2027-01-15 08:00 ./usr/bin/bgp2vpc -> ../lib/bgp2vpc/bin/bgp2vpc
    listing = [line.split(maxsplit=5) for line in _output("dpkg-deb", "--contents", str(package)).splitlines()]
    return {what.split(" -> ")[0][1:]: f"{day} {time}" for mode, *_, day, time, what in listing if mode[0] != "d"}


def files_of_the_rpm(package: Path) -> dict[str, str]:
    query = "[%{FILEMODES:perms} %{FILEMTIMES} %{FILENAMES}\n]"
    listing = [line.split(maxsplit=2) for line in _output("rpm", "-qp", "--qf", query, str(package)).splitlines()]
    return {name: time for mode, time, name in listing if mode[0] != "d"}


def test_both_packages_have_the_same_files_of_the_same_time(packages: Packages) -> None:
    deb, rpm = files_of_the_deb(packages.deb), files_of_the_rpm(packages.rpm)
    documents = "/usr/share/doc/bgp2vpc/"
    assert set(deb) - set(rpm) == {
        f"{documents}copyright", f"{documents}changelog.Debian.gz", "/usr/share/lintian/overrides/bgp2vpc",
        "/usr/share/zsh/vendor-completions/_bgp2vpc",
    }  # fmt: skip
    assert set(rpm) - set(deb) == {"/usr/share/licenses/bgp2vpc/LICENSE", "/usr/share/zsh/site-functions/_bgp2vpc"}
    # With the file names in order, another time or the name of the host is what makes two builds differ.
    assert set(rpm.values()) == {str(BUILT)}
    assert len(set(deb.values())) == 1
    facts = _output("rpm", "-qp", "--qf", "%{BUILDTIME} %{BUILDHOST}", str(packages.rpm))
    assert facts == f"{BUILT} localhost"
    shells = ("bash-completion/completions/bgp2vpc", "fish/vendor_completions.d/bgp2vpc.fish")
    assert {f"/usr/share/{each}" for each in shells} <= set(rpm)


def test_the_packages_have_the_rooms_that_a_host_needs(packages: Packages) -> None:
    paths = files_of_the_deb(packages.deb)
    inside = {path.partition("/site-packages/bgp2vpc/")[2] for path in paths if "/site-packages/bgp2vpc/" in path}
    rooms = {path.partition("/")[0] for path in inside if "/" in path}
    assert rooms == {each.name for each in (ROOT / "bgp2vpc").iterdir() if (each / "__init__.py").exists()} - {"demo"}
    assert [path for path in paths if "/tests/" in path or "/conftest.py" in path] == []


def test_links_of_the_documents_lead_to_what_the_packages_have(packages: Packages, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--extract", str(packages.deb), str(tmp_path)], check=True)
    documents = tmp_path / "usr/share/doc/bgp2vpc"
    links = {
        (str(page.relative_to(documents)), link)
        for page in documents.rglob("*.md")
        for link in re.findall(r'(?:\]\(|\b(?:src|href)=")([^)"\s#]+)', page.read_text())
        if "://" not in link
    }
    assert {("README.md", "tutorial.md"), ("setups.md", "examples/pair.yaml")} <= links
    assert [(page, link) for page, link in sorted(links) if not (documents / page).parent.joinpath(link).exists()] == []


def test_the_rpm_needs_nothing_that_amazon_linux_2023_and_rhel_9_lack(packages: Packages) -> None:
    needs = _output("rpm", "-qp", "--requires", str(packages.rpm)).splitlines()
    assert {"python3.11", "systemd"} <= set(needs)
    newest = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 29), "CXXABI": (1, 3, 13), "GCC": (7,)}
    versions = [re.search(r"\(([A-Z]+)_([\d.]+)\)", each) for each in needs]
    found = [(each[1], tuple(map(int, each[2].split(".")))) for each in versions if each]
    assert found
    assert [each for each in found if each[1] > newest[each[0]]] == []


def test_the_rpm_runs_with_python_3_11(packages: Packages, tmp_path: Path) -> None:
    unpack = f"rpm2cpio {shlex.quote(str(packages.rpm))} | cpio --extract --make-directories --quiet"
    subprocess.run(["sh", "-c", unpack], cwd=tmp_path, check=True)
    home = tmp_path / "usr/lib/bgp2vpc"
    # Not where it belongs: the programs name their interpreter with its path, so it has to be named here.
    assert (home / "bin/python3").readlink() == Path("/usr/bin/python3.11")

    def run(program: str, *words: str) -> str:
        return _output(str(home / "bin/python3"), "-I", str(home / "bin" / program), *words)

    assert run("bgp2vpc", "version") == f"bgp2vpc {__version__}\n"
    assert ": ok;" in run("bgp2vpc", "check", "-f", str(tmp_path / "usr/share/doc/bgp2vpc/examples/pair.yaml"))
    assert "5." in run("exabgp", "version")
    unit = (tmp_path / "usr/lib/systemd/system" / UNIT).read_text()
    assert "ExecStart=/usr/bin/bgp2vpc run" in unit
    assert (tmp_path / "usr/bin/bgp2vpc").resolve() == home / "bin/bgp2vpc"


def test_the_scripts_of_the_rpm_are_those_of_its_sources(packages: Packages) -> None:
    for tag in ("POSTIN", "PREUN", "POSTUN", "POSTTRANS"):
        script = _output("rpm", "-qp", "--qf", f"%{{{tag}}}", str(packages.rpm))
        name = {"POSTIN": "post"}.get(tag, tag.lower())
        assert script.strip() == (ROOT / "packaging/rpm" / name).read_text().strip()
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)


def test_the_sbom_lists_what_the_packages_bring(packages: Packages) -> None:
    sbom = json.loads(packages.sbom.read_text())
    assert sbom["bomFormat"] == "CycloneDX"
    assert sbom["metadata"]["component"]["name"] == "bgp2vpc"
    brought = {each["name"].lower().replace("_", "-"): each["version"] for each in sbom["components"]}
    documents = "./usr/share/doc/bgp2vpc"
    archive = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(packages.deb)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tree:

        def text(name: str) -> str:
            member = tree.extractfile(f"{documents}/{name}")
            assert member is not None
            return member.read().decode()

        pinned = dict(line.split("==") for line in text("requirements.txt").splitlines())
        assert json.loads(text("sbom.cdx.json")) == sbom
    assert {name.lower().replace("_", "-"): version for name, version in pinned.items()}.items() <= brought.items()
    assert set(brought) - {"bgp2vpc"} == {name.lower().replace("_", "-") for name in pinned}


def _output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ | {"TZ": "UTC"}).stdout


def test_lintian_finds_no_error(package: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is missing (apt-get install lintian)")
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error", package], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("field", ["Package", "Version"])
def test_the_package_is_called_as_in_pyproject(package: Path, field: str) -> None:
    found = subprocess.run(["dpkg-deb", "-f", package, field], capture_output=True, text=True, check=True).stdout
    assert found.strip() == {"Package": "bgp2vpc", "Version": f"{__version__}-1"}[field]
