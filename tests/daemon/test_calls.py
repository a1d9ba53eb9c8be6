"""EC2's calls, awaited."""

import asyncio
import gc

from lab import two_hosts

from bgp2vpc.daemon.calls import Calls
from bgp2vpc.errors import Transient
from tests.virtual_time import VirtualTimeLoop


def test_a_read_that_fails_when_its_reader_has_gone_is_no_mistake() -> None:
    loop, mistakes, vpc = VirtualTimeLoop(), [], two_hosts()
    loop.set_exception_handler(lambda _, context: mistakes.append(context))
    vpc.fail_next("DescribeRouteTables", Transient("DescribeRouteTables", "InternalError", "x"))
    calls = Calls(vpc, writers=1)

    async def give_up() -> None:
        reading = asyncio.create_task(calls.fresh_table(["vpc-1"], "rtb-1"))
        await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.sleep(1)

    loop.run_until_complete(give_up())
    gc.collect()
    calls.close()
    loop.close()
    assert mistakes == []
