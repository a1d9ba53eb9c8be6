"""EC2's calls, awaited."""

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from lab import PEER, announce, left_behind, two_hosts, withdraw

from bgp2vpc.config.model import Ec2Limits
from bgp2vpc.errors import NoAnswer, Transient
from bgp2vpc.reconcile.ec2_calls import READERS, Calls, Connector
from bgp2vpc.vpc.aws.connect import Ec2Connection
from bgp2vpc.vpc.model import Instance
from tests.memory_vpc import MemoryVpc
from tests.virtual_time import VirtualTimeLoop
from tests.waiting import PATIENCE


class DrippingVpc(MemoryVpc):
    """Answers to no read of route tables while `drips`."""

    def __init__(self) -> None:
        super().__init__()
        self.drips = True
        self.let_go = threading.Event()

    def route_tables(self, vpc_ids, table_ids=()):
        if self.drips:
            self.let_go.wait()
        return super().route_tables(vpc_ids, table_ids)


def connected_to(vpc: MemoryVpc) -> Ec2Connection:
    return Ec2Connection(vpc, Instance("i-1", "us-east-1", "vpc-1"), lambda _: vpc)


def test_calls_that_drip_for_ever_are_given_up_and_hold_up_no_other() -> None:
    async def story() -> None:
        vpc = DrippingVpc()
        vpc.add_table("rtb-1")
        calls = Calls(Connector(partial(connected_to, vpc)), writers=1, timeout=0.01)
        await calls.connector.connected()
        try:
            for _ in range(3):
                dripping = [calls.route_tables(["vpc-1"]) for _ in range(8)]
                results = await asyncio.gather(*dripping, return_exceptions=True)
                assert {(type(each), each.code) for each in results} == {(NoAnswer, "CallTimeout")}
            vpc.drips, calls.timeout = False, PATIENCE
            assert [table.id for table in await calls.route_tables(["vpc-1"])] == ["rtb-1"]
        finally:
            vpc.let_go.set()

    asyncio.run(story())


def test_calls_that_are_given_up_do_not_pile_up_threads_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    most = threading.active_count() + 2 * READERS
    monkeypatch.setattr("bgp2vpc.reconcile.ec2_calls.THREADS", most)

    async def story() -> None:
        vpc = DrippingVpc()
        vpc.add_table("rtb-1")
        calls = Calls(Connector(partial(connected_to, vpc)), writers=1, timeout=0.01)
        await calls.connector.connected()
        try:
            for _ in range(6):
                dripping = [calls.route_tables(["vpc-1"]) for _ in range(READERS)]
                results = await asyncio.gather(*dripping, return_exceptions=True)
                assert {each.code for each in results} == {"CallTimeout"}
            assert threading.active_count() <= most + READERS
            vpc.drips, calls.timeout = False, PATIENCE
            vpc.let_go.set()
            assert [table.id for table in await calls.route_tables(["vpc-1"])] == ["rtb-1"]
        finally:
            vpc.let_go.set()

    asyncio.run(story())


def test_attempts_to_connect_that_hang_for_ever_hold_up_no_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bgp2vpc.reconcile.ec2_calls.CONNECT_LIMIT", 0.05)
    hangs, let_go, vpc = threading.Event(), threading.Event(), two_hosts()
    hangs.set()

    def connect() -> Ec2Connection:
        if hangs.is_set():
            let_go.wait()
        return connected_to(vpc)

    async def story() -> None:
        connector = Connector(connect)
        for _ in range(6):
            with pytest.raises(Transient, match="CallTimeout"):
                await connector.connected()
        hangs.clear()
        monkeypatch.setattr("bgp2vpc.reconcile.ec2_calls.CONNECT_LIMIT", PATIENCE)
        assert (await connector.connected()).id == "i-1"

    try:
        asyncio.run(story())
    finally:
        let_go.set()


def test_a_thread_that_cannot_be_started_is_a_call_that_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def story() -> None:
        vpc = two_hosts()
        calls = Calls(Connector(partial(connected_to, vpc)), writers=1, timeout=3.0)
        await calls.connector.connected()
        with monkeypatch.context() as limited:
            limited.setattr(threading.Thread, "start", refuse)
            with pytest.raises(Transient, match="NoThread: can't start new thread"):
                await calls.route_tables(["vpc-1"])
        assert [table.id for table in await calls.route_tables(["vpc-1"])] == ["rtb-1"]

    asyncio.run(story())


def test_a_read_that_fails_when_its_reader_has_gone_is_no_mistake() -> None:
    loop, mistakes, vpc = VirtualTimeLoop(), [], two_hosts()
    loop.set_exception_handler(lambda _, context: mistakes.append(context))
    vpc.fail_next("DescribeRouteTables", Transient("DescribeRouteTables", "InternalError", "x"))
    calls = Calls(Connector(partial(connected_to, vpc)), writers=1, timeout=3.0)

    async def give_up() -> None:
        await calls.connector.connected()
        reading = asyncio.create_task(calls.fresh_table(["vpc-1"], "rtb-1"))
        await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.sleep(1)

    loop.run_until_complete(give_up())
    gc.collect()
    calls.close()
    loop.close()
    assert mistakes == []


def test_a_write_that_waits_for_others_to_end_is_checked_again_before_it_is_sent(make_lab) -> None:
    first, second, taken, wanted = many = [f"192.0.2.{number}/32" for number in range(1, 5)]
    lab = make_lab(left_behind(*many), ec2=Ec2Limits(concurrency=1))
    free = asyncio.Semaphore(1)
    on_this_thread = lab.loop.run_in_executor

    def run_in_executor(executor, call, *arguments):
        """As on the one thread for writes: they queue."""
        if not (isinstance(executor, ThreadPoolExecutor) and executor._thread_name_prefix == "ec2-write"):
            return on_this_thread(executor, call, *arguments)

        async def run():
            async with free:
                return await on_this_thread(executor, call, *arguments)

        return asyncio.ensure_future(run(), loop=lab.loop)

    lab.loop.run_in_executor = run_in_executor
    lab.start()
    lab.say(*map(announce, many))
    lab.wait(5)
    lab.forget_calls()
    lab.loop.latency = 2.5
    lab.say(*map(withdraw, many))
    lab.wait(3)  # the table was read, and the first delete is on its way
    lab.vpc.put_route("rtb-1", taken, PEER)
    lab.say(announce(wanted))
    lab.wait(30)
    assert lab.routes == [f"rtb-1 {taken} {PEER} active", f"rtb-1 {wanted} eni-1 active"]
    assert lab.writes == [f"DeleteRoute rtb-1 {first}", f"DeleteRoute rtb-1 {second}"]
