"""From a line written to the daemon's pipe to the call's arrival at EC2."""

import time
from collections.abc import Iterator, Sequence

from benchmarks.figures import Figure, Statistic, at_most, goal
from benchmarks.subject import UNPACED, Pipe, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudCall, WorldSpec

ROUNDS = 6
PREFIXES = [f"192.0.2.{number}/32" for number in range(20)]
COUNT = ROUNDS * len(PREFIXES)
ANNOUNCE_EVERY = 0.05
# A withdrawal takes two round trips; the next one begins behind them.
WITHDRAW_EVERY = 0.25


def measure(cloud: Cloud) -> Iterator[Figure]:
    """Rounds of 20 announcements, then as many withdrawals, one by one, on one table."""
    world = fresh_world(cloud, WorldSpec(zones=("us-east-1a",)))
    announced: list[float] = []
    withdrawn: list[float] = []
    with running(cloud, world, more=UNPACED) as daemon:
        daemon.wait_until_ready()
        with daemon.pipe() as pipe:
            for _ in range(ROUNDS):
                announced += _say_each(pipe, "announce route {} next-hop self med 100", ANNOUNCE_EVERY)
                cloud.wait_for_calls("CreateRoute", count=len(announced))
                withdrawn += _say_each(pipe, "withdraw route {} next-hop self", WITHDRAW_EVERY)
                cloud.wait_for_calls("DeleteRoute", count=len(withdrawn))
    created = list(_in_turn(cloud.calls("CreateRoute")))
    deleted = list(_in_turn(cloud.calls("DeleteRoute")))
    reads = [call for call in cloud.calls("DescribeRouteTables") if "route-table-id" in call.parameters.values()]
    whole = [1000 * (call.started - said) for call, said in zip(deleted, withdrawn, strict=True)]
    read = [1000 * _round_trip_before(call, reads) for call in deleted]
    yield Figure(
        "announce line -> CreateRoute",
        "ms",
        [1000 * (call.started - said) for call, said in zip(created, announced, strict=True)],
        (at_most(5, Statistic.MEDIAN), at_most(20, Statistic.P99)),
    )
    yield Figure("withdraw line -> DeleteRoute", "ms", whole)
    yield Figure(
        "the same, beyond the round trip of its fresh read",
        "ms",
        [all_of_it - of_ec2 for all_of_it, of_ec2 in zip(whole, read, strict=True)],
        (at_most(10, Statistic.MEDIAN), goal(10, Statistic.P99)),
    )


def _say_each(pipe: Pipe, line: str, every: float) -> Iterator[float]:
    for prefix in PREFIXES:
        yield pipe.say(line.format(prefix))
        pipe.await_answers(1)
        time.sleep(every)


def _in_turn(calls: Sequence[CloudCall]) -> Iterator[CloudCall]:
    """The calls in the order of the lines: each round's prefixes in turn."""
    waiting = {
        prefix: iter([c for c in calls if c.parameters["DestinationCidrBlock"] == prefix]) for prefix in PREFIXES
    }
    return (next(waiting[prefix]) for prefix in PREFIXES * ROUNDS)


def _round_trip_before(delete: CloudCall, reads: Sequence[CloudCall]) -> float:
    """Seconds that EC2 took for the last read that was answered before."""
    ended, started = max((read.ended, read.started) for read in reads if read.ended and read.ended <= delete.started)
    return ended - started
