"""What only the VPC in memory can do: misfortunes on demand, stale reads, its voice. EC2's rules: test_vpc_api.py."""

from threading import Thread

import pytest

from bgp2vpc.errors import QuotaReached, Refused, RouteExists, RouteMissing, Transient
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.model import InstanceHealth, TargetKind, interface_target, parse_target
from tests.memory_vpc import MemoryVpc

ANYCAST = parse_prefix("192.0.2.53/32")
OTHER = parse_prefix("192.0.2.54/32")
LOST = Transient("CreateRoute", "ReadTimeoutError", "no answer")


@pytest.fixture
def vpc() -> MemoryVpc:
    memory = MemoryVpc()
    memory.add_table("rtb-1")
    memory.add_table("rtb-2")
    memory.add_interface("eni-1", "i-1")
    memory.add_interface("eni-2", "i-2")
    return memory


def seen(vpc: VpcApi, table_id: str = "rtb-1") -> list[str]:
    (table,) = vpc.route_tables(["vpc-1"], [table_id])
    return [str(route) for route in table.routes if route.target.id != "local"]


def test_it_prints_one_route_a_line_sorted_and_without_the_local_ones(vpc: MemoryVpc) -> None:
    vpc.create_route("rtb-2", ANYCAST, interface_target("eni-1"))
    vpc.create_route("rtb-1", OTHER, interface_target("eni-2"))
    vpc.create_route("rtb-1", parse_prefix("2001:db8:53::/48"), interface_target("eni-1"))
    vpc.put_route("rtb-1", "0.0.0.0/0", "igw-1")
    vpc.put_route("rtb-1", "192.0.2.54/32", "vgw-1", propagated=True)
    assert str(vpc).splitlines() == [
        "rtb-1 0.0.0.0/0 igw-1 active",
        "rtb-1 192.0.2.54/32 eni-2 active",
        "rtb-1 192.0.2.54/32 vgw-1 active propagated",
        "rtb-1 2001:db8:53::/48 eni-1 active",
        "rtb-2 192.0.2.53/32 eni-1 active",
    ]


def test_it_records_every_call_with_failed_ones_and_tells_the_writes_apart(vpc: MemoryVpc) -> None:
    vpc.route_tables(["vpc-1"])
    vpc.route_tables(["vpc-1"], ["rtb-2", "rtb-1"])
    vpc.interfaces("i-1")
    vpc.interfaces_by_id(["eni-2", "eni-1"])
    vpc.subnets(["vpc-1"])
    vpc.instance_health(["i-1", "i-2"])
    vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    vpc.replace_route("rtb-1", ANYCAST, interface_target("eni-2"))
    vpc.delete_route("rtb-1", ANYCAST)
    with pytest.raises(RouteMissing):
        vpc.delete_route("rtb-1", ANYCAST)
    assert vpc.calls == [
        "DescribeRouteTables vpc-1",
        "DescribeRouteTables rtb-2 rtb-1",
        "DescribeNetworkInterfaces i-1",
        "DescribeNetworkInterfaces eni-1 eni-2",
        "DescribeSubnets vpc-1",
        "DescribeInstanceStatus i-1 i-2",
        "CreateRoute rtb-1 192.0.2.53/32 eni-1",
        "ReplaceRoute rtb-1 192.0.2.53/32 eni-2",
        "DeleteRoute rtb-1 192.0.2.53/32",
        "DeleteRoute rtb-1 192.0.2.53/32",
    ]
    assert vpc.writes == vpc.calls[6:]


def test_a_call_told_to_fail_changes_nothing_and_the_next_one_works(vpc: MemoryVpc) -> None:
    vpc.fail_next("CreateRoute", LOST)
    with pytest.raises(Transient, match="no answer"):
        vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert str(vpc) == ""
    vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert str(vpc) == "rtb-1 192.0.2.53/32 eni-1 active"


def test_a_lost_answer_is_an_error_after_the_write_was_applied(vpc: MemoryVpc) -> None:
    vpc.fail_next("CreateRoute", LOST, after=True)
    with pytest.raises(Transient):
        vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert str(vpc) == "rtb-1 192.0.2.53/32 eni-1 active"
    with pytest.raises(RouteExists):
        vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))


def test_a_failure_can_be_kept_to_one_table_and_to_a_number_of_times(vpc: MemoryVpc) -> None:
    vpc.fail_next("CreateRoute rtb-1", LOST, times=2)
    vpc.create_route("rtb-2", ANYCAST, interface_target("eni-1"))
    for _ in range(2):
        with pytest.raises(Transient):
            vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert len(str(vpc).splitlines()) == 2


def test_ec2s_own_refusal_comes_before_a_lost_answer(vpc: MemoryVpc) -> None:
    vpc.fail_next("DeleteRoute", LOST, after=True)
    with pytest.raises(RouteMissing):
        vpc.delete_route("rtb-1", ANYCAST)


def test_somebody_else_can_act_between_our_read_and_our_write(vpc: MemoryVpc) -> None:
    vpc.before_next("CreateRoute", lambda: vpc.put_route("rtb-1", "192.0.2.53/32", "eni-2"))
    with pytest.raises(RouteExists):
        vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert str(vpc) == "rtb-1 192.0.2.53/32 eni-2 active"


def test_with_a_lag_that_many_reads_after_a_write_are_old(vpc: MemoryVpc) -> None:
    vpc.lag = 2
    vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert [seen(vpc), seen(vpc), seen(vpc)] == [[], [], ["192.0.2.53/32 eni-1 active"]]


def test_a_frozen_view_stays_until_it_thaws_while_writes_meet_the_truth(vpc: MemoryVpc) -> None:
    vpc.freeze()
    vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert [seen(vpc) for _ in range(3)] == [[], [], []]
    with pytest.raises(RouteExists):
        vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert str(vpc) == "rtb-1 192.0.2.53/32 eni-1 active"
    vpc.thaw()
    assert seen(vpc) == ["192.0.2.53/32 eni-1 active"]


def test_creating_what_is_already_so_succeeds_only_where_aws_is_said_to_allow_it(vpc: MemoryVpc) -> None:
    vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    vpc.create_same_succeeds = True
    vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    with pytest.raises(RouteExists):
        vpc.create_route("rtb-1", ANYCAST, interface_target("eni-2"))
    assert str(vpc) == "rtb-1 192.0.2.53/32 eni-1 active"


def test_the_quota_counts_each_family_apart_and_neither_local_nor_propagated_routes(vpc: MemoryVpc) -> None:
    vpc.quota = 1
    vpc.put_route("rtb-1", "198.51.100.0/24", "vgw-1", propagated=True)
    vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    vpc.create_route("rtb-1", parse_prefix("2001:db8::53/128"), interface_target("eni-1"))
    with pytest.raises(QuotaReached):
        vpc.create_route("rtb-1", OTHER, interface_target("eni-1"))
    vpc.replace_route("rtb-1", ANYCAST, interface_target("eni-2"))


@pytest.mark.parametrize("prefix", ["169.254.169.253/32", "fd00:ec2::53/128"])
def test_ec2s_own_ranges_are_refused(vpc: MemoryVpc, prefix: str) -> None:
    with pytest.raises(Refused, match="reserved"):
        vpc.create_route("rtb-1", parse_prefix(prefix), interface_target("eni-1"))


def test_a_stopped_instance_is_a_black_hole_until_it_is_back(vpc: MemoryVpc) -> None:
    vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    vpc.set_health("i-1", InstanceHealth.GONE)
    assert str(vpc) == "rtb-1 192.0.2.53/32 eni-1 blackhole"
    vpc.set_health("i-1", InstanceHealth.IMPAIRED)
    assert str(vpc) == "rtb-1 192.0.2.53/32 eni-1 active"


def test_threads_may_write_at_once(vpc: MemoryVpc) -> None:
    def write(third: int) -> None:
        for fourth in range(50):
            vpc.create_route("rtb-1", parse_prefix(f"198.51.{third}.{fourth}/32"), interface_target("eni-1"))

    threads = [Thread(target=write, args=(third,)) for third in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(str(vpc).splitlines()) == len(vpc.writes) == 200


def test_a_gateway_that_comes_back_is_no_black_hole_any_more(vpc: MemoryVpc) -> None:
    vpc.add_gateway("nat-1")
    vpc.create_route("rtb-1", ANYCAST, parse_target("nat-1"))
    vpc.remove_gateway("nat-1")
    assert str(vpc) == "rtb-1 192.0.2.53/32 nat-1 blackhole"
    vpc.add_gateway("nat-1")
    assert str(vpc) == "rtb-1 192.0.2.53/32 nat-1 active"


def test_somebody_else_may_have_written_a_target_of_any_kind(vpc: MemoryVpc) -> None:
    for number, target in enumerate(("tgw-1", "local", "odb-1")):
        vpc.put_route("rtb-1", f"198.51.100.{number}/32", target)
    (table,) = vpc.route_tables(["vpc-1"], ["rtb-1"])
    kinds = {route.target.id: route.target.kind for route in table.routes if str(route.destination) != "10.0.0.0/16"}
    assert kinds == {"tgw-1": TargetKind.TRANSIT_GATEWAY, "local": TargetKind.LOCAL, "odb-1": TargetKind.OTHER}


def test_an_interface_has_the_zone_of_its_subnet_and_its_first_ipv4_address(vpc: MemoryVpc) -> None:
    vpc.add_subnet("subnet-7", "10.0.7.0/24", zone="us-east-1c")
    vpc.add_interface("eni-7", "i-7", subnet_id="subnet-7", addresses=["2001:db8::7", "10.0.7.9", "10.0.7.5"])
    vpc.add_interface("eni-8")
    seven, eight = vpc.interfaces_by_id(["eni-8", "eni-7"])
    assert (seven.zone, str(seven.address), seven.instance_id) == ("us-east-1c", "10.0.7.9", "i-7")
    assert (eight.zone, eight.address, eight.instance_id) == ("", None, None)
