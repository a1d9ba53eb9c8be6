"""Real pings of loopback, in both ways the kernel has for it."""

import asyncio
import errno
import os
import socket
from contextlib import nullcontext
from pathlib import Path

import pytest
from health_kit import LOCAL, LOCAL6, OK, SOON, nothing_is_left, open_descriptors, reason_of, result_of, run, trouble_of
from icmplib import ICMPRequest, ICMPv4Socket
from icmplib.exceptions import ICMPSocketError
from icmplib.sockets import ICMPSocket
from new_network import EVERYBODY, NOBODY, drop_net_raw, run_in_new_network

from bgp2vpc.health.model import Ping
from bgp2vpc.health.probe import prepare
from bgp2vpc.health.probes.ping import PingNotAllowed, ensure_ping_allowed
from bgp2vpc.prefix import parse_address
from tests.virtual_time import VirtualTimeLoop

pytestmark = pytest.mark.io

BOTH_WAYS = pytest.mark.parametrize("may_ping", [EVERYBODY, NOBODY], ids=["datagram sockets", "raw sockets"])
NO_REPLY = "timed out after 0.3 s while waiting for the reply"


async def replies() -> None:
    assert await result_of(Ping()) == OK
    assert await result_of(Ping(), LOCAL6) == OK
    assert await result_of(Ping(), parse_address("::ffff:127.0.0.1")) == OK


def test_this_host_can_be_pinged_as_it_is():
    try:
        ensure_ping_allowed()
    except PingNotAllowed as error:
        pytest.skip(str(error))
    run(replies())


@BOTH_WAYS
def test_a_reply_is_healthy(may_ping: str):
    run_in_new_network(replies, may_ping=may_ping)


def test_no_privileges_are_used_where_none_are_needed():
    async def story() -> None:
        drop_net_raw()
        prepare(Ping())
        await replies()

    run_in_new_network(story, may_ping=EVERYBODY)


def test_without_permission_the_start_says_what_to_do_and_a_probe_that_it_tells_nothing():
    async def story() -> None:
        drop_net_raw()
        with pytest.raises(PingNotAllowed, match=r"(?s)net\.ipv4\.ping_group_range.*CAP_NET_RAW"):
            prepare(Ping())
        assert await trouble_of(Ping()) == "ping is not permitted"
        assert await trouble_of(Ping(), LOCAL6) == "ping is not permitted"

    run_in_new_network(story, may_ping=NOBODY)


def test_a_permission_that_is_lost_later_does_not_matter():
    async def story() -> None:
        await replies()
        drop_net_raw()
        await replies()

    run_in_new_network(story, may_ping=NOBODY)


@BOTH_WAYS
def test_where_no_route_leads_is_told_at_once(may_ping: str):
    async def story() -> None:
        assert await trouble_of(Ping(), parse_address("192.0.2.1")) == "network is unreachable"
        assert await trouble_of(Ping(), parse_address("2001:db8::1")) == "network is unreachable"
        # The library takes this for a broadcast that was not asked for.
        assert await trouble_of(Ping(), parse_address("255.255.255.255")) in (
            "network is unreachable",
            "permission denied",
        )

    run_in_new_network(story, may_ping=may_ping)


@BOTH_WAYS
def test_two_hundred_pings_at_once_share_one_socket_per_family(may_ping: str):
    async def story() -> None:
        await replies()
        before = open_descriptors()
        results = await asyncio.gather(*(result_of(Ping(), address) for address in [LOCAL, LOCAL6] * 100))
        assert results == [OK] * 200
        assert open_descriptors() == before

    run_in_new_network(story, may_ping=may_ping)


@BOTH_WAYS
def test_a_busy_event_loop_keeps_no_reply_waiting_for_the_others(may_ping: str):
    """Each of its turns takes 10 ms, which is far below what counts as late."""

    async def story() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)

        def busy() -> None:
            loop.stall(0.01)
            if asyncio.all_tasks(loop):
                loop.call_soon(busy)

        loop.call_soon(busy)
        assert await asyncio.gather(*(result_of(Ping(), within=1) for _ in range(200))) == [OK] * 200

    run_in_new_network(story, may_ping=may_ping, jumping=True)


@BOTH_WAYS
def test_pings_given_up_leave_nothing_behind_and_disturb_no_later_one(may_ping: str):
    async def story() -> None:
        await asyncio.gather(*(reason_of(Ping(), within=0.02) for _ in range(50)))
        before = open_descriptors()
        assert await reason_of(Ping(), within=SOON) == NO_REPLY
        await nothing_is_left(before)
        ignoring("0")
        assert await result_of(Ping()) == OK

    run_in_new_network(story, may_ping=may_ping, jumping=True, icmp_echo_ignore_all="1")


def ignoring(value: str) -> None:
    """Whether the kernel leaves echo requests unanswered, from now on: 1 or 0."""
    Path("/proc/sys/net/ipv4/icmp_echo_ignore_all").write_text(value)


def test_each_event_loop_has_its_own_sockets_and_takes_them_with_it():
    before = open_descriptors()

    async def story() -> None:
        await replies()

    for _ in range(3):
        run_in_new_network(story, may_ping=EVERYBODY)
    assert open_descriptors() == before


def test_a_way_out_that_is_full_for_a_moment_delays_a_ping_only(monkeypatch: pytest.MonkeyPatch):
    full = [errno.EAGAIN, errno.ENOBUFS]
    send = ICMPv4Socket.send

    def sometimes_full(self: ICMPv4Socket, request: ICMPRequest) -> None:
        if not full:
            return send(self, request)
        number = full.pop()
        try:
            raise OSError(number, os.strerror(number))
        except OSError as error:
            raise ICMPSocketError(str(error))  # noqa: B904  # as the library does it

    monkeypatch.setattr(ICMPv4Socket, "send", sometimes_full)

    async def story() -> None:
        assert await result_of(Ping()) == OK
        full.extend([errno.ENOBUFS] * 1000)  # longer than the time-out, which would count against the destination
        assert await trouble_of(Ping(), within=1) == "no buffer space available"
        full[:] = [errno.EPERM]  # a firewall on the way out
        assert await trouble_of(Ping()) == "operation not permitted"

    run_in_new_network(story, may_ping=EVERYBODY)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM, errno.EAFNOSUPPORT])
@pytest.mark.parametrize("raw", [None, errno.EPERM], ids=["raw likewise", "raw refused"])
def test_what_is_no_refusal_is_not_taken_for_one(number: int, raw: int | None, monkeypatch: pytest.MonkeyPatch):
    def failing(_: ICMPv4Socket, kind: socket.SocketKind) -> socket.socket:
        failure = raw if raw and kind == socket.SOCK_RAW else number
        raise OSError(failure, os.strerror(failure))

    monkeypatch.setattr(ICMPv4Socket, "_create_socket", failing)
    refused = raw is not None and number == errno.EAFNOSUPPORT  # some containers do not know datagram sockets
    with pytest.raises(PingNotAllowed) if refused else nullcontext():
        ensure_ping_allowed()

    async def story() -> None:
        assert await trouble_of(Ping()) == (
            "ping is not permitted" if refused else os.strerror(number)[0].lower() + os.strerror(number)[1:]
        )

    run(story())


def test_an_icmplib_that_does_not_fit_is_no_verdict(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(ICMPSocket, "_parse_reply")

    async def story() -> None:
        assert await trouble_of(Ping()) == "this version of icmplib does not fit: bgp2vpc needs icmplib 3"

    run(story())
