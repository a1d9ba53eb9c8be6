"""Raw sockets hear every ICMP packet of the host: what is not the answer to a ping of ours must not be taken for it."""

import asyncio
import os
from collections.abc import Callable

import pytest
from forger import Forger
from health_kit import LOCAL, LOCAL6, OK, SOON, result_of
from new_network import EVERYBODY, run_in_new_network

from bgp2vpc.health.model import Ping, ProbeResult
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

UNANSWERED = {"icmp_echo_ignore_all": "1"}
ADDRESS = {4: LOCAL, 6: LOCAL6}
EACH_FAMILY = pytest.mark.parametrize("version", [4, 6], ids=["IPv4", "IPv6"])
NOTHING = ProbeResult(False, "timed out after 0.3 s while waiting for the reply")


def probed(
    version: int, act: Callable[[Forger], None], *, within: float = PATIENCE, may_ping: str | None = None
) -> ProbeResult:
    """What a ping finds to which `act` is done, and to which the kernel does not answer."""
    results: list[ProbeResult] = []

    async def story() -> None:
        with Forger(version) as forger:
            probing = asyncio.create_task(result_of(Ping(), ADDRESS[version], within))
            await forger.hear()
            act(forger)
            results.append(await probing)

    options = {} if may_ping is None else {"may_ping": may_ping}
    quiet = UNANSWERED if version == 4 else {"../ipv6/icmp/echo_ignore_all": "1"}
    run_in_new_network(story, jumping=within == SOON, **options, **quiet)
    return results[0]


@EACH_FAMILY
def test_the_reply_is_taken(version: int):
    assert probed(version, Forger.reply) == OK


@EACH_FAMILY
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda forger: forger.reply(id_off=1), id="of another program"),
        pytest.param(lambda forger: forger.reply(sequence_off=-1), id="of an earlier ping"),
        pytest.param(lambda forger: forger.reply(sequence_off=1), id="of a ping to come"),
        pytest.param(lambda forger: forger.say(forger.request[0], 0, forger.request[4:]), id="the request itself"),
        pytest.param(
            lambda forger: forger.error(*forger.unreachable, destination=forger.elsewhere), id="about another"
        ),
        pytest.param(lambda forger: forger.say(forger.unreachable[0], 0, bytes(4)), id="an error cut short"),
        pytest.param(lambda forger: forger.say(forger.redirect, 0, os.urandom(60)), id="a redirect"),
    ],
)
def test_what_is_not_for_this_ping_is_ignored(version: int, act: Callable[[Forger], None]):
    assert probed(version, act, within=SOON) == NOTHING


def test_a_reply_from_somebody_else_is_ignored():
    assert probed(4, lambda forger: forger.reply(source="127.0.0.2"), within=SOON) == NOTHING


@EACH_FAMILY
def test_further_replies_change_nothing(version: int):
    def twice_and_late(forger: Forger) -> None:
        forger.reply()
        forger.reply()
        forger.error(*forger.unreachable)

    assert probed(version, twice_and_late) == OK


@pytest.mark.parametrize(
    ("version", "kind", "code", "reason"),
    [
        (4, 3, 0, "destination network unreachable"),
        (4, 3, 1, "destination host unreachable"),
        (4, 3, 13, "packet filtered"),
        (4, 3, 99, "destination unreachable, bad code: 99"),
        (4, 11, 0, "time to live exceeded"),
        (4, 12, 0, "error type: 12, code: 0"),
        (6, 1, 0, "no route to destination"),
        (6, 1, 3, "address unreachable"),
        (6, 3, 0, "hop limit exceeded"),
    ],
)
def test_an_error_on_the_way_fails_at_once_and_says_why(version: int, kind: int, code: int, reason: str):
    assert probed(version, lambda forger: forger.error(kind, code)) == ProbeResult(False, reason)


@EACH_FAMILY
def test_datagram_sockets_hear_nothing_of_others_and_nothing_of_errors(version: int):
    def act(forger: Forger) -> None:
        forger.error(*forger.unreachable)
        forger.reply(id_off=1)
        forger.reply()

    assert probed(version, act, may_ping=EVERYBODY) == OK
