"""Finding out who we are and reaching EC2: tried until it works, for a host may boot before its network does."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import Bgp2vpcError, Transient
from bgp2vpc.logs import event
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.tasks import on_thread
from bgp2vpc.vpc.connect import Connection

log = logging.getLogger("bgp2vpc")

RETRY_FIRST = 0.5
RETRY_MOST = 30.0
LIMIT = 60.0
"""Seconds that one try may take: a program for credentials may hang, and metadata send a byte now and then."""
THREADS = 4
"""Tries at once: the thread of one that was given up stays for as long as that lasts."""

Connect = Callable[[], Connection]


async def connected(connect: Connect, journal: Journal, tried: Callable[[], None]) -> Connection:
    """What `connect`, called on a thread, brings as soon as it does not fail; `tried` is called each time it does."""
    back_off = BackOff(RETRY_FIRST, RETRY_MOST)
    threads = ThreadPoolExecutor(THREADS, "connect")
    while True:
        try:
            connection = await _tried_once(connect, threads)
        except Bgp2vpcError as error:
            journal.failure("connect", error)
            tried()
            await asyncio.sleep(back_off.next())
            continue
        threads.shutdown(wait=False)
        journal.success("connect")
        instance = connection.instance
        event(log, logging.INFO, "this is", instance=instance.id, region=instance.region, vpc=instance.vpc_id)
        return connection


async def _tried_once(connect: Connect, threads: ThreadPoolExecutor) -> Connection:
    try:
        async with asyncio.timeout(LIMIT):
            return await on_thread(connect, threads)
    except TimeoutError as error:
        what = f"no identity, credentials and VPC of this instance within {LIMIT:g} s"
        raise Transient("Connect", "CallTimeout", what) from error
