"""More routes than are decided about in one turn of the event loop."""

import asyncio

import pytest
from lab import NO_PACE, Lab, announce, two_hosts, withdraw

from bgp2vpc.exabgp_api.line import parse
from tests.values import rule

COUNT = 450
PREFIXES = [f"198.18.{number >> 8}.{number & 255}/32" for number in range(COUNT)]


@pytest.fixture
def many(make_lab) -> Lab:
    return make_lab(two_hosts(), rules=(rule("198.18.0.0/15 le 32"),), ec2=NO_PACE, poll_time=1000.0)


def test_what_changes_while_everything_is_decided_about_is_decided_anew(many: Lab) -> None:
    # Where nothing is written, no write brings a wrong decision to light.
    many.start(noop=True)
    many.say(*map(announce, PREFIXES))
    assert sum(" create " in line for line in many.verdicts()) == COUNT

    async def story() -> None:
        bridge = many.daemon.parts.adj_rib_in
        many.daemon.reload()  # everything is read, and decided about in turns
        polls = many.daemon.parts.status_source.now().polls
        left = PREFIXES[10:]  # those that are decided about first
        while many.daemon.parts.status_source.now().polls == polls:
            await asyncio.sleep(many.loop.latency / 2)  # an answer may have come
            for _ in range(2 * COUNT // 100):
                await asyncio.sleep(0)
                bridge.said("dns", parse(withdraw(left.pop(0))))
        for prefix in left:
            bridge.said("dns", parse(withdraw(prefix)))

    many.loop.run_until_complete(story())
    many.wait(1)
    assert sorted(line.split()[1] for line in many.verdicts()) == sorted(PREFIXES[:10])


def test_noop_says_once_what_it_would_do_with_each(many: Lab, caplog) -> None:
    many.start(noop=True)
    for prefix in PREFIXES:
        many.say(announce(prefix), announce(prefix, "med 1"))
    many.wait(2)
    many.reload()
    would = [message for message in caplog.messages if message.startswith("would create")]
    assert (len(would), len(set(would))) == (COUNT, COUNT)
    many.say(withdraw(PREFIXES[0]))
    many.say(announce(PREFIXES[0]))
    assert len([message for message in caplog.messages if message.startswith("would create")]) == COUNT + 1
