"""Faults, throttling, latency, stale reads, races, and the log that tells what came of each call."""

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.front.buckets import Buckets
from bgp2vpc.demo.cloud.process import CloudError
from bgp2vpc.demo.cloud.values import CloudThrottle, External, Fault, FaultKind, World
from tests.cloud.ec2_battery.lab import code
from tests.waiting import PATIENCE

PREFIX = "192.0.2.53/32"
PREFIXES = [f"192.0.2.{n}/32" for n in range(60)]


@pytest.fixture
def subject(cloud: Cloud, world: World) -> Any:
    return cloud.client(world.hosts[0].instance_id)


def create(subject: Any, world: World, prefix: str = PREFIX, table: int = 0) -> None:
    subject.create_route(
        RouteTableId=world.tables[table],
        DestinationCidrBlock=prefix,
        NetworkInterfaceId=world.hosts[0].interface_id,
    )


def code_of_create(subject: Any, world: World, prefix: str = PREFIX, table: int = 0) -> str:
    return code(lambda: create(subject, world, prefix, table))


@pytest.mark.parametrize(
    ("fault", "raised", "applied", "status"),
    [
        (Fault.internal_error("CreateRoute"), "InternalError", False, 500),
        (Fault.unavailable("CreateRoute"), "Unavailable", False, 503),
        (Fault.throttled("CreateRoute"), "RequestLimitExceeded", False, 503),
        (Fault.unauthorized("CreateRoute"), "UnauthorizedOperation", False, 403),
        (Fault.expired(), "RequestExpired", False, 400),
        (Fault("CreateRoute", FaultKind.HTML, status=502), "502", False, 502),
        (Fault("CreateRoute", FaultKind.EMPTY, status=500), "500", False, 500),
        (Fault("CreateRoute", FaultKind.EMPTY, status=200), ResponseParserError, False, 200),
        (Fault("CreateRoute", FaultKind.RESET_BEFORE), ConnectionClosedError, False, 0),
        (Fault("CreateRoute", FaultKind.RESET_AFTER), ConnectionClosedError, True, 0),
        (Fault("CreateRoute", FaultKind.TRUNCATED), ResponseParserError, True, 200),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else None,
)
def test_a_call_meets_its_fault_once(
    cloud: Cloud, subject: Any, world: World, fault: Fault, raised: Any, applied: bool, status: int
) -> None:
    cloud.fault(fault)
    if isinstance(raised, str):
        assert code_of_create(subject, world) == raised
    else:
        with pytest.raises(raised):
            create(subject, world)
    assert bool(cloud.routes(world.tables[0])) is applied
    assert code_of_create(subject, world, table=1) == ""
    assert [call.status for call in cloud.calls()] == [status, 200]


def test_a_hanging_call_is_never_applied(cloud: Cloud, subject: Any, world: World) -> None:
    cloud.fault(Fault("CreateRoute", FaultKind.HANG))
    with pytest.raises(ReadTimeoutError):
        create(cloud.client("subject", read_timeout=0.2), world)
    (call,) = cloud.wait_for_calls("CreateRoute", finished=False)
    assert (call.ended, call.status) == (None, None)
    cloud.clear_faults()
    (call,) = cloud.wait_for_calls("CreateRoute")
    assert call.status == 0
    assert cloud.routes(world.tables[0]) == ""


def test_a_delayed_call_goes_on_when_the_faults_are_cleared(cloud: Cloud, subject: Any, world: World) -> None:
    cloud.fault(Fault("CreateRoute", FaultKind.DELAY))
    caller = threading.Thread(target=create, args=(subject, world))
    caller.start()
    cloud.wait_for_calls("CreateRoute", finished=False)
    assert cloud.routes(world.tables[0]) == ""
    cloud.clear_faults()
    caller.join()
    assert cloud.routes(world.tables[0]) == f"{PREFIX} {world.hosts[0].interface_id} active\n"


def test_a_fault_chooses_its_calls(cloud: Cloud, subject: Any, world: World) -> None:
    where = {"RouteTableId": world.tables[1]}
    cloud.fault(Fault.internal_error("CreateRoute", skip=1, times=2, where=where))
    codes = [code_of_create(subject, world, prefix, table=1) for prefix in PREFIXES[:4]]
    assert codes == ["", "InternalError", "InternalError", ""]
    assert code_of_create(subject, world, table=0) == ""


def test_a_fault_without_end_is_cleared(cloud: Cloud, subject: Any) -> None:
    cloud.fault(Fault.unavailable("*", times=None))
    assert [code(subject.describe_vpcs) for _ in range(3)] == ["Unavailable"] * 3
    cloud.clear_faults()
    assert code(subject.describe_vpcs) == ""


def test_the_outside_world_is_spared_and_not_logged(cloud: Cloud, world: World) -> None:
    cloud.fault(Fault.unavailable("*", times=None))
    cloud.latency(3600)
    assert cloud.ec2.describe_route_tables(RouteTableIds=list(world.tables))["RouteTables"]
    assert cloud.calls() == []


def test_fifty_calls_pass_and_then_five_a_second(cloud: Cloud, subject: Any, world: World) -> None:
    cloud.throttle(rate=0.001)
    codes = [code_of_create(subject, world, prefix) for prefix in PREFIXES[:52]]
    assert codes == [""] * 50 + ["RequestLimitExceeded"] * 2
    assert code(subject.delete_route, RouteTableId=world.tables[0], DestinationCidrBlock=PREFIXES[0]) == "", (
        "each operation has its own bucket"
    )
    cloud.unthrottle()
    assert code_of_create(subject, world, PREFIXES[55]) == ""


def test_an_empty_bucket_fills_again() -> None:
    clock = iter([0.0, 0.01, 0.06, 0.07]).__next__
    buckets = Buckets(clock)
    buckets.configure(CloudThrottle(("CreateRoute",), burst=1, rate=20))
    assert [buckets.take("CreateRoute") for _ in range(4)] == [True, False, True, False]


def test_latency_does_not_make_calls_wait_for_each_other(cloud: Cloud, world: World) -> None:
    cloud.latency(PATIENCE, "DescribeVpcs")
    cloud.latency(0.2, "CreateRoute")
    with pytest.raises(ReadTimeoutError):
        cloud.client("subject", read_timeout=0.2).describe_vpcs()
    cloud.wait_for_calls("DescribeVpcs", finished=False)
    subject = cloud.client("subject", max_pool_connections=40)
    callers = [threading.Thread(target=create, args=(subject, world, prefix)) for prefix in PREFIXES[:40]]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    (slow,) = cloud.calls("DescribeVpcs")
    assert slow.ended is None
    calls = cloud.calls("CreateRoute")
    assert len(calls) == 40
    assert all(call.ended - call.started >= 0.2 for call in calls if call.ended)


def shown(subject: Any, table: str) -> bool:
    (described,) = subject.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return any(route.get("DestinationCidrBlock") == PREFIX for route in described["Routes"])


def test_reads_lag_behind_writes(cloud: Cloud, subject: Any, world: World) -> None:
    cloud.stale_reads(3600)
    create(subject, world)
    assert not shown(subject, world.tables[0])
    assert shown(cloud.ec2, world.tables[0])
    assert PREFIX in cloud.routes(world.tables[0])
    cloud.stale_reads(0)
    assert shown(subject, world.tables[0])


def test_reads_catch_up(cloud: Cloud, subject: Any, world: World) -> None:
    cloud.stale_reads(0.3)
    create(subject, world)
    written = cloud.calls("CreateRoute")[0]
    cloud.wait_until(lambda: shown(subject, world.tables[0]))
    assert written.ended is not None
    assert time.monotonic() - written.ended >= 0.3


def test_reads_flip(cloud: Cloud, subject: Any, world: World) -> None:
    cloud.stale_reads(3600, flip=True)
    create(subject, world)
    assert [shown(subject, world.tables[0]) for _ in range(4)] == [True, False, True, False]


def test_somebody_else_writes_between_a_read_and_the_write_after_it(cloud: Cloud, subject: Any, world: World) -> None:
    ours, theirs = (host.interface_id for host in world.hosts)
    cloud.before("CreateRoute", External.create_route(world.tables[0], PREFIXES[2], theirs), nth=2)
    codes = [code_of_create(subject, world, prefix) for prefix in PREFIXES[1:4]]
    assert codes == ["", "RouteAlreadyExists", ""]
    assert cloud.routes(world.tables[0]).splitlines() == [
        f"{PREFIXES[1]} {ours} active",
        f"{PREFIXES[2]} {theirs} active",
        f"{PREFIXES[3]} {ours} active",
    ]
    assert len(cloud.calls()) == 3


def test_a_write_of_the_outside_world_that_fails_says_so(cloud: Cloud, world: World) -> None:
    with pytest.raises(CloudError, match=r"InvalidRoute\.NotFound"):
        cloud.write(External.delete_route(world.tables[0], PREFIX))


def test_the_log_shows_exactly_the_calls(cloud: Cloud, subject: Any, world: World) -> None:
    create(subject, world)
    code_of_create(subject, world)
    table, interface = world.tables[0], world.hosts[0].interface_id
    assert [str(call) for call in cloud.writes()] == [
        f"CreateRoute {table} {PREFIX} {interface}",
        f"CreateRoute {table} {PREFIX} {interface} RouteAlreadyExists",
    ]
    first, second = cloud.calls()
    assert {first.caller, second.caller} == {world.hosts[0].instance_id}
    assert first.started <= (first.ended or 0) <= second.started <= time.monotonic()
    cloud.forget_calls()
    assert cloud.calls() == []


def test_a_test_waits_for_a_route(cloud: Cloud, subject: Any, world: World) -> None:
    interface = world.hosts[0].interface_id
    writer = threading.Thread(target=create, args=(subject, world))
    writer.start()
    cloud.wait_for_route(world.tables[0], PREFIX, interface)
    writer.join()
    cloud.write(External.delete_route(world.tables[0], PREFIX))
    cloud.wait_for_route(world.tables[0], PREFIX, None)


def test_waiting_in_vain_tells_what_happened(cloud: Cloud, subject: Any, world: World) -> None:
    create(subject, world)
    with pytest.raises(TimeoutError, match=f"CreateRoute {world.tables[0]} {PREFIX}"):
        cloud.wait_for_route(world.tables[0], PREFIX, "eni-1", timeout=0.1)


def test_a_reset_forgets_everything(cloud: Cloud, subject: Any, world: World) -> None:
    cloud.fault(Fault.unavailable("*", times=None))
    cloud.latency(3600)
    cloud.throttle(burst=0)
    cloud.reset()
    fresh = cloud.build()
    assert code_of_create(cloud.client("subject"), fresh) == ""
    with pytest.raises(CloudError, match=r"InvalidRouteTableID\.NotFound"):
        cloud.routes(world.tables[0])
