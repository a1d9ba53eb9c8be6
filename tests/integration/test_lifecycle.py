"""From start to end of a whole daemon: signals, crashes, reloads, metadata, what it finds and what it leaves."""

import shlex
import signal
import sys
import time
from pathlib import Path

import pytest
from site_kit import Site, announcing, eventually, rule

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, FaultKind, MetadataFault, World, WorldSpec

A, B, C = "192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"
V6 = "2001:db8:53::1/128"
HEALTHCHECK = [sys.executable, "-m", "exabgp", "healthcheck", "--no-ip-setup", "--no-syslog", "--fast-interval", "0.1"]
HEALTHCHECK += ["--interval", "0.2", "--timeout", "60", "--rise", "1", "--fall", "1"]


def test_an_unmodified_healthcheck_drives_the_tables(world: World, site: Site, tmp_path) -> None:
    up = tmp_path / "up"
    up.touch()
    words = [*HEALTHCHECK, "--cmd", f"test -e {up}", "--ip", A, "--withdraw-on-down"]
    site.configure(processes={"dns": {"run": shlex.join(words)}})
    site.start()
    site.wait_for_route(A, *world.tables)
    up.unlink()
    site.wait_for_route(A, *world.tables, target=None)
    up.touch()
    site.wait_for_route(A, *world.tables)
    (source,) = site.status()["sources"]
    assert (source["name"], source["kind"], source["state"], source["paths"]) == ("dns", "script", "running", 1)


def test_sigterm_withdraws_and_leaves_nothing_behind(world: World, site: Site, cloud: Cloud) -> None:
    site.configure(processes={"dns": announcing(A, B)})
    site.start()
    site.wait_for_route(A, *world.tables)
    site.wait_for_route(B, *world.tables)
    assert site.stop() == 0
    assert [cloud.routes(table) for table in world.tables] == ["", ""]
    assert not site.socket.exists()


def test_sigterm_with_keep_leaves_the_routes_although_the_dying_script_withdraws(world, site, cloud) -> None:
    words = [*HEALTHCHECK, "--cmd", "true", "--ip", A]  # it withdraws when it is told to end
    site.configure(on_exit="keep", processes={"dns": {"run": shlex.join(words)}}, poll_time=0.2)
    site.start()
    site.wait_for_route(A, *world.tables)
    cloud.forget_calls()
    assert site.stop() == 0
    assert cloud.writes() == []
    assert all(f"{A} {site.host.interface_id} active" in cloud.routes(table) for table in world.tables)


def test_sighup_at_any_time_of_the_start_ends_nothing(site: Site) -> None:
    site.configure(processes={"dns": announcing(A)})
    site.start(wait=False)
    takes_it = 1 << (signal.SIGHUP - 1)
    eventually(lambda: handled_signals(site.process.pid) & takes_it, "the first handler of SIGHUP", lambda: site.log)
    for _ in range(50):
        site.send(signal.SIGHUP)
        time.sleep(0.02)
    site.wait_for_start()
    site.wait_for_route(A)
    site.wait_for_log("reloaded")


def handled_signals(pid: int) -> int:
    """The signals for which a process has handlers, as a set of bits."""
    status = Path("/proc", str(pid), "status").read_text()
    return int(status.partition("SigCgt:")[2].split()[0], 16)


def test_sigint_is_as_good_as_sigterm(world: World, site: Site, cloud: Cloud) -> None:
    site.configure(processes={"dns": announcing(A)})
    site.start()
    site.wait_for_route(A)
    assert site.stop(signal.SIGINT) == 0
    assert cloud.routes(site.host.table) == ""


def test_after_kill_9_what_is_said_again_is_kept_and_the_rest_removed_in_time(world, site, cloud) -> None:
    site.configure(processes={"dns": announcing(A, B)})
    site.start()
    site.wait_for_route(A, *world.tables)
    site.wait_for_route(B, *world.tables)
    site.stop(signal.SIGKILL)
    assert A in cloud.routes(site.host.table)
    cloud.forget_calls()
    site.configure(processes={"dns": announcing(A)}, restart_time=3)
    site.start()
    assert site.verdict(site.host.table, B) == "keep leftover"
    site.wait_for_route(B, *world.tables, target=None)
    assert {str(call) for call in cloud.writes()} == {f"DeleteRoute {table} {B}" for table in world.tables}
    assert site.verdict(site.host.table, A) == "keep ours"


def test_a_script_that_dies_is_started_again_and_its_routes_stay_meanwhile(world, site, cloud) -> None:
    site.configure(processes={"dns": announcing(A, then="exit 3")}, restart_time=3600)
    site.start()
    site.wait_for_route(A, *world.tables)
    cloud.forget_calls()
    eventually(lambda: site.status()["sources"][0]["restarts"] >= 2, "two restarts", lambda: site.log)
    assert cloud.writes() == []
    assert site.status()["sources"][0]["last_exit"] == "exit 3"


def test_a_reload_takes_new_scripts_and_rules(world: World, site: Site) -> None:
    site.configure(processes={"dns": announcing(A)}, routetables={"private": rule(A)})
    site.start()
    site.wait_for_route(A, *world.tables)
    site.configure(
        processes={"dns": announcing(A), "web": announcing(B, C)},
        routetables={"private": rule(A, B), "main": {"find": {"type": "main"}, "accept": [C]}},
    )
    site.send(signal.SIGHUP)
    site.wait_for_route(B, *world.tables)
    site.wait_for_route(C, world.main_table)
    site.configure(processes={"web": announcing(B, C)}, routetables={"private": rule(A, B)})
    site.send(signal.SIGHUP)
    site.wait_for_route(A, *world.tables, target=None)
    assert {source["name"] for source in site.status()["sources"]} == {"web"}


def test_a_reload_of_a_bad_file_keeps_the_old_configuration_and_names_every_mistake(world, site, cloud) -> None:
    site.configure(processes={"dns": announcing(A)})
    site.start()
    site.wait_for_route(A)
    cloud.forget_calls()
    site.configure(pol_time=3, routetables={"private": rule("192.0.2.1/24")})
    site.send(signal.SIGHUP)
    site.wait_for_log("configuration not reloaded, the old one stays", count=2)
    assert "pol_time" in site.log
    assert "poll_time" in site.log  # the key that was meant
    assert "192.0.2.1/24" in site.log
    site.announce(B)
    site.wait_for_route(B, *world.tables)
    site.configure(processes={})
    site.send(signal.SIGHUP)
    site.wait_for_log("reloaded file=")
    site.wait_for_route(A, *world.tables, target=None)


def test_source_destination_check_on_is_refused_with_the_command_that_mends_it(cloud: Cloud, make_site) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(source_dest_check=True))
    site = make_site(world.hosts[0])
    site.start()
    site.announce(A)
    site.wait_for_verdict(site.host.table, A, "blocked source-dest-check")
    command = (
        "aws ec2 modify-network-interface-attribute "
        f"--network-interface-id {site.host.interface_id} --no-source-dest-check"
    )
    site.wait_for_log(command)
    assert all(command in row["detail"] for row in site.status()["routes"])
    assert cloud.writes() == []
    cloud.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=site.host.interface_id, SourceDestCheck={"Value": False}
    )
    site.wait_for_route(A, *world.tables)


def test_source_destination_check_can_be_skipped(cloud: Cloud, make_site) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(source_dest_check=True))
    site = make_site(world.hosts[0])
    site.configure(skip_source_dest_check=True)
    site.start()
    site.announce(A)
    site.wait_for_route(A, *world.tables)


def test_ipv6_is_written_and_withdrawn_as_ipv4(cloud: Cloud, make_site) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(ipv6=True))
    site = make_site(world.hosts[0])
    site.start()
    site.announce(V6)
    site.announce(A)
    site.wait_for_route(V6, *world.tables)
    site.wait_for_route(A, *world.tables)
    site.withdraw(V6)
    site.wait_for_route(V6, *world.tables, target=None)
    assert A in cloud.routes(site.host.table)


def test_several_tables_of_a_zone_are_all_written(cloud: Cloud, make_site) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(tables_per_zone=4))
    site = make_site(world.hosts[0])
    site.start()
    site.announce(A)
    site.wait_for_route(A, *world.tables)
    assert len(world.tables) == 8
    site.withdraw(A)
    site.wait_for_route(A, *world.tables, target=None)
    reads = [c for c in cloud.calls("DescribeRouteTables") if any("route-table-id" in v for v in c.parameters.values())]
    assert len(reads) == 1


@pytest.mark.parametrize(("interface", "which"), [(None, 0), (0, 0), (1, 1), ("subnet", 0)])
def test_the_interface_that_routes_point_at_can_be_chosen(cloud: Cloud, make_site, interface, which: int) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(interfaces=2))
    host = world.hosts[0]
    chosen = {} if interface is None else {"interface": host.subnet_id if interface == "subnet" else interface}
    site = make_site(host)
    site.configure(routetables={"private": rule(**chosen)})
    site.start()
    site.announce(A)
    site.wait_for_route(A, *world.tables, target=host.interfaces[which])


def test_a_next_hop_chooses_the_interface_that_has_it_and_a_strange_one_is_refused(cloud: Cloud, make_site) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(interfaces=2))
    host = world.hosts[0]
    second = cloud.ec2.describe_network_interfaces(NetworkInterfaceIds=[host.interfaces[1]])["NetworkInterfaces"][0]
    site = make_site(host)
    site.start()
    site.say(f"announce route {A} next-hop {second['PrivateIpAddress']}", f"announce route {B} next-hop 10.9.9.9")
    site.wait_for_route(A, *world.tables, target=host.interfaces[1])
    site.wait_for_verdict(host.table, B, "blocked next-hop-not-ours")
    assert "10.9.9.9" in site.log


def test_metadata_that_is_down_at_the_start_is_waited_for(world: World, site: Site, cloud: Cloud) -> None:
    cloud.metadata_fault(site.host.instance_id, MetadataFault.UNAVAILABLE)
    site.start(wait=False)
    site.wait_for_log("metadata")
    site.announce(A)
    assert site.status()["ec2_observed"] is False
    cloud.metadata_fault(site.host.instance_id, None)
    site.wait_for_route(A, *world.tables)


def test_credentials_of_the_instance_role_are_enough(world: World, site: Site, cloud: Cloud) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        site.environment.pop(name, None)
    site.start()
    site.announce(A)
    site.wait_for_route(A, *world.tables)


def test_told_to_end_while_metadata_hangs_it_does_so_soon(site: Site, cloud: Cloud) -> None:
    cloud.metadata_fault(site.host.instance_id, MetadataFault.HANG)
    site.start(wait=False)
    eventually(site.socket.exists, "the socket")
    assert site.stop() == 0


def test_told_twice_to_end_while_ec2_hangs_it_gives_up_and_says_what_it_leaves(
    world: World, site: Site, cloud: Cloud
) -> None:
    site.configure(ec2={"timeout": 2})  # a call that is under way is given up, not broken off
    site.start()
    site.announce(A)
    site.wait_for_route(A, *world.tables)
    cloud.fault(Fault("*", FaultKind.HANG, times=None))
    site.send(signal.SIGTERM)
    site.wait_for_log("stopping")
    cloud.wait_for_calls("DescribeRouteTables", finished=False)
    assert site.stop() == 1
    for table in world.tables:
        assert f"exiting with a stale route: delete failed table={table} prefix={A}" in site.log
