"""Finding out who we are and reaching EC2: tried until it works, for a host may boot before its network does."""

import asyncio
import logging
from collections.abc import Callable

from bgp2vpc.daemon.journal import Journal
from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.logs import event
from bgp2vpc.vpc.connect import Connection

log = logging.getLogger("bgp2vpc")

RETRY_FIRST = 0.5
RETRY_MOST = 30.0

Connect = Callable[[], Connection]


async def connected(connect: Connect, journal: Journal, tried: Callable[[], None]) -> Connection:
    """What `connect`, called on a thread, brings as soon as it does not fail; `tried` is called each time it does."""
    delay = RETRY_FIRST
    while True:
        try:
            connection = await asyncio.to_thread(connect)
        except Bgp2vpcError as error:
            journal.failure("connect", error)
            tried()
            await asyncio.sleep(delay)
            delay = min(2 * delay, RETRY_MOST)
            continue
        journal.success("connect")
        instance = connection.instance
        event(log, logging.INFO, "this is", instance=instance.id, region=instance.region, vpc=instance.vpc_id)
        return connection
