"""A network of our own, as a thread can have one: loopback and nothing else, and kernel settings that nobody shares."""

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from health_kit import run

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_CAP_NET_RAW = 13
EVERYBODY, NOBODY = "0 2147483647", "1 0"
"""Values of ping_group_range."""


def run_in_new_network(
    test: Callable[[], Coroutine[Any, Any, None]], *, may_ping: str = NOBODY, jumping: bool = False, **settings: str
) -> None:
    """Run `test` as `health_kit.run` does. `settings` are names under /proc/sys/net/ipv4, and their values."""
    if reason := _cannot_make_one():
        pytest.skip(reason)

    def story() -> None:
        _unshare()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for name, value in {"ping_group_range": may_ping, **settings}.items():
            Path("/proc/sys/net/ipv4", name).write_text(value)
        run(test(), jumping=jumping)

    _in_a_thread(story)


def drop_net_raw() -> None:
    """This thread may open no raw socket from here on."""

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))

    data = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; the same again for the capabilities from 32 on
    header = Header(0x20080522, 0)
    _called(_libc.capget(ctypes.byref(header), data))
    data[0] &= ~(1 << _CAP_NET_RAW)
    _called(_libc.capset(ctypes.byref(header), data))


@cache
def _cannot_make_one() -> str:
    """Why not; empty if it can be done."""
    if os.geteuid() != 0:
        return "a network of its own needs root"
    try:
        _in_a_thread(_unshare)
    except OSError as error:
        return f"a network of its own needs the capability SYS_ADMIN ({error})"
    return ""


def _unshare() -> None:
    _called(_libc.unshare(_CLONE_NEWNET))


def _called(status: int) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _in_a_thread(action: Callable[[], None]) -> None:
    """A network belongs to a thread, and ends with it and its sockets."""
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001  # it is raised again, where it can be seen
            raised.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
