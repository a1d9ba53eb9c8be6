"""EC2's blocking calls as coroutines: they run on threads, so that the event loop never waits for the network.

1. The `Connector` finds out which instance this is; its caller tries again until that works. Then it makes the client
   of each account and region.
2. `Calls` runs each call on a thread. Reads and writes have separate threads, so that neither kind waits for the other.
3. A call that takes too long as a whole is given up as Transient. Its thread stays busy until the call ends, so the
   next calls get new threads. A write that still waits for credentials then is not sent any more.
4. Each other account or region has `Calls` of its own (`at`), so that one that hangs delays no other.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from bgp2vpc.errors import Ec2Error, NoAnswer, NoThread, Transient
from bgp2vpc.policy.plan import Action, Change
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.tasks import on_thread
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.api import IS_GIVEN_UP, VpcApi
from bgp2vpc.vpc.aws.connect import Ec2Connection
from bgp2vpc.vpc.lifecycle import LifecycleAction
from bgp2vpc.vpc.model import (
    Instance,
    InstanceHealth,
    Interface,
    ManagedPrefixList,
    RouteTable,
    Subnet,
    TaggedInstance,
    Target,
    TargetKind,
    is_transit,
)

READERS = 4
CONNECT_LIMIT = 60.0
"""Seconds for one attempt to connect: a program for credentials may hang, or metadata may arrive byte by byte."""
LIMIT = 20.0
"""The longest time of a whole call, in multiples of `ec2.timeout`: a read may have many pages, and a write may have to
wait for a thread first."""
LIMIT_ELSEWHERE = 4.0
"""The same in other accounts and regions: shorter, as a poll waits for all of them."""
THREADS = 500
"""The number of threads of the process above which no new ones replace those that hang: the next calls then wait."""
STRANGE: Final = "StrangeAnswer"
"""Error code of our own, for an answer of EC2 that cannot be true."""
T = TypeVar("T")

Connect = Callable[[], Ec2Connection]
"""Connects to EC2, and blocks meanwhile. Raises MetadataError or Ec2Error; both may be temporary."""


def checked(vpc_ids: Collection[str], tables: tuple[RouteTable, ...]) -> tuple[RouteTable, ...]:
    """These tables. Raises Transient for an answer that cannot be true.

    Every table has a local route (https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html).
    """
    for table in tables:
        if table.vpc_id not in vpc_ids:
            raise Transient("DescribeRouteTables", STRANGE, f"{table.id} of {table.vpc_id} was not asked for")
        if not any(route.target.kind is TargetKind.LOCAL for route in table.routes):
            raise Transient("DescribeRouteTables", STRANGE, f"{table.id} has no local route in the answer")
    return tables


class Connector:
    """Finds out which instance this is, and makes the EC2 clients for the `Calls` of all accounts and regions."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._threads = ThreadPoolExecutor(1, "connect")
        self._connection: Ec2Connection | None = None
        self.ready = asyncio.Event()
        """Set once we are connected."""

    async def connected(self) -> Instance:
        """Connect to EC2; returns this instance. Raises MetadataError, Ec2Error or NoThread: then call it again."""
        try:
            async with asyncio.timeout(CONNECT_LIMIT):
                connection = await on_thread(self._connect, self._threads)
        except TimeoutError as error:
            if threading.active_count() <= THREADS:  # that attempt keeps its thread until it ends, perhaps for ever
                self._threads.shutdown(wait=False)
                self._threads = ThreadPoolExecutor(1, "connect")
            what = f"no identity, credentials and VPC of this instance within {CONNECT_LIMIT:g} s"
            raise Transient("Connect", "CallTimeout", what) from error
        self._threads.shutdown(wait=False)
        self._connection = connection
        self.ready.set()
        return connection.instance

    def client(self, access: Access) -> VpcApi:
        """The client of this account and region. Raises Transient before we are connected."""
        if self._connection is None:
            raise Transient("Connect", "NotConnected", "it is not known yet who we are")
        return self._connection.vpc if access == OWN else self._connection.reach(access)

    def close(self) -> None:
        """Start no further attempt to connect."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Calls:
    """The calls of `VpcApi` as coroutines, for one account and region.

    `timeout` (`ec2.timeout`) bounds each wait for data from EC2, so an endpoint that sends a byte now and then could
    hold a call for ever. So the time of the whole call is bounded, too (`LIMIT`): then it raises Transient, and its
    thread is left to itself. Before we are connected, every call raises Transient.
    """

    def __init__(
        self,
        connector: Connector,
        writers: int,
        timeout: float,
        observers: Iterable[Observer] = (),
        access: Access = OWN,
    ) -> None:
        """`writers`: the number of writes that run at once. `access`: the account and region."""
        self.connector = connector
        self.timeout = timeout
        self._access = access
        self._vpc: VpcApi | None = None
        self._others: dict[Access, Calls] = {}
        self._limit = LIMIT if access == OWN else LIMIT_ELSEWHERE
        self._readers = ThreadPoolExecutor(READERS, "ec2-read")
        self._writer_threads = writers
        self._writers = ThreadPoolExecutor(writers, "ec2-write")
        self.writing = asyncio.Semaphore(writers)
        """Held during each write, so that a write that waits can be checked again before it is sent: one that waited
        for a thread would be sent however long ago it was decided."""
        self._waiting: dict[str, asyncio.Future[RouteTable | None]] = {}
        self._observers = observers

    @property
    def is_connected(self) -> bool:
        """Whether we know which instance this is, and can call EC2."""
        return self.connector.ready.is_set()

    def at(self, access: Access) -> "Calls":
        """The `Calls` of this account and region: `self` for its own, else others that are made at their first use."""
        if access == self._access:
            return self
        if access not in self._others:
            made = Calls(self.connector, self._writer_threads, self.timeout, self._observers, access)
            self._others[access] = made
        return self._others[access]

    async def route_tables(self, vpc_ids: Collection[str], table_ids: Collection[str] = ()) -> tuple[RouteTable, ...]:
        """As `VpcApi.route_tables`, each table with the access of these calls. Raises Ec2Error."""

        def call(vpc: VpcApi) -> tuple[RouteTable, ...]:
            return self._ours(checked(vpc_ids, vpc.route_tables(vpc_ids, table_ids)))

        return await self._read("DescribeRouteTables", call)

    async def tables_before_write(self, vpc_ids: Collection[str], table_ids: Collection[str]) -> tuple[RouteTable, ...]:
        """As `VpcApi.tables_before_write`; tables of transit gateways are read as usual. Raises Ec2Error."""
        found: tuple[RouteTable, ...] = ()
        if of_vpcs := [each for each in table_ids if not is_transit(each)]:
            found += await self._read(
                "DescribeRouteTables",
                lambda vpc: self._ours(checked(vpc_ids, vpc.tables_before_write(vpc_ids, of_vpcs))),
            )
        if of_gateways := [each for each in table_ids if is_transit(each)]:
            found += await self.transit_tables((), of_gateways)
        return found

    def _ours(self, tables: tuple[RouteTable, ...]) -> tuple[RouteTable, ...]:
        """The tables, with the access that they were read with."""
        return tables if self._access == OWN else tuple(replace(each, access=self._access) for each in tables)

    async def attachments(self, vpc_id: str) -> tuple[Interface, ...]:
        """As `VpcApi.attachments`. Raises Ec2Error."""
        return await self._read("DescribeTransitGatewayAttachments", lambda vpc: vpc.attachments(vpc_id))

    async def transit_tables(
        self,
        gateway_ids: Collection[str],
        table_ids: Collection[str] = (),
        wanted: Callable[[RouteTable], bool] = lambda _: True,
    ) -> tuple[RouteTable, ...]:
        """As `VpcApi.transit_tables`. Raises Ec2Error."""
        return await self._read(
            "SearchTransitGatewayRoutes", lambda vpc: vpc.transit_tables(gateway_ids, table_ids, wanted=wanted)
        )

    async def interfaces(self, instance_id: str) -> tuple[Interface, ...]:
        """As `VpcApi.interfaces`. Raises Ec2Error."""
        return await self._read("DescribeNetworkInterfaces", lambda vpc: vpc.interfaces(instance_id))

    async def interfaces_by_id(self, interface_ids: Collection[str]) -> tuple[Interface, ...]:
        """As `VpcApi.interfaces_by_id`; no call without ids. Raises Ec2Error."""
        if not interface_ids:
            return ()
        return await self._read("DescribeNetworkInterfaces", lambda vpc: vpc.interfaces_by_id(interface_ids))

    async def interfaces_anywhere(self, interface_ids: Collection[str]) -> tuple[Interface, ...]:
        """The interfaces of these ids, from our own account and then from the others. Raises Ec2Error if ours fails."""
        found = {each.id: each for each in await self.interfaces_by_id(interface_ids)}
        for other in self._others.values():
            with suppress(Ec2Error):  # each poll reports the errors of that account
                there = await other.interfaces_by_id(frozenset(interface_ids) - found.keys())
                found |= {each.id: each for each in there}
        return tuple(found.values())

    async def interfaces_at(self, vpc_ids: Collection[str], addresses: Collection[IPAddress]) -> tuple[Interface, ...]:
        """As `VpcApi.interfaces_at`; no call without addresses. Raises Ec2Error."""
        if not addresses:
            return ()
        return await self._read("DescribeNetworkInterfaces", lambda vpc: vpc.interfaces_at(vpc_ids, addresses))

    async def subnets(self, vpc_ids: Collection[str]) -> tuple[Subnet, ...]:
        """As `VpcApi.subnets`. Raises Ec2Error."""
        return await self._read("DescribeSubnets", lambda vpc: vpc.subnets(vpc_ids))

    async def instance_health(self, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
        """As `VpcApi.instance_health`. Raises Ec2Error."""
        return await self._read("DescribeInstanceStatus", lambda vpc: vpc.instance_health(instance_ids))

    async def members(self, vpc_id: str, key: str, value: str) -> tuple[TaggedInstance, ...]:
        """As `VpcApi.members`. Raises Ec2Error."""
        return await self._read("DescribeInstances", lambda vpc: vpc.members(vpc_id, key, value))

    async def instance_tags(self, instance_id: str) -> Mapping[str, str]:
        """As `VpcApi.instance_tags`. Raises Ec2Error."""
        return await self._read("DescribeTags", lambda vpc: vpc.instance_tags(instance_id))

    async def scaling_group(self, instance_id: str) -> str:
        """As `VpcApi.scaling_group`. Raises Ec2Error."""
        return await self._read("DescribeAutoScalingInstances", lambda vpc: vpc.scaling_group(instance_id))

    async def record_heartbeat(self, action: LifecycleAction) -> None:
        """As `VpcApi.record_heartbeat`. Raises Ec2Error."""
        await self._read("RecordLifecycleActionHeartbeat", lambda vpc: vpc.record_heartbeat(action))

    async def complete_action(self, action: LifecycleAction) -> None:
        """As `VpcApi.complete_action`. Raises Ec2Error."""
        await self._read("CompleteLifecycleAction", lambda vpc: vpc.complete_action(action))

    async def prefix_lists(self, list_ids: Collection[str] = ()) -> tuple[ManagedPrefixList, ...]:
        """As `VpcApi.prefix_lists`. Raises Ec2Error."""
        return await self._read("DescribeManagedPrefixLists", lambda vpc: vpc.prefix_lists(list_ids))

    async def prefix_list_entries(self, list_id: str, version: int) -> Mapping[Prefix, str]:
        """As `VpcApi.prefix_list_entries`. Raises Ec2Error."""
        action = "GetManagedPrefixListEntries"
        return await self._read(action, lambda vpc: vpc.prefix_list_entries(list_id, version))

    async def modify_prefix_list(
        self, list_id: str, version: int, add: Mapping[Prefix, str], remove: Collection[Prefix]
    ) -> ManagedPrefixList:
        """As `VpcApi.modify_prefix_list`. Raises Ec2Error."""

        def call(vpc: VpcApi) -> ManagedPrefixList:
            return vpc.modify_prefix_list(list_id, version, add, remove)

        async with self.writing:  # may wait: EC2 refuses it if the list has changed meanwhile
            return await self._run("ModifyManagedPrefixList", self._writers, call)

    async def target_problems(self, action: str, vpc_id: str, targets: Collection[Target]) -> Mapping[Target, str]:
        """As `VpcApi.target_problems`, for targets of one kind: `action` is EC2's call for that. Raises Ec2Error."""
        return await self._read(action, lambda vpc: vpc.target_problems(vpc_id, targets))

    async def fresh_table(self, vpc_ids: Collection[str], table_id: str) -> RouteTable | None:
        """One table, by a read that begins after this call; None if the table is gone. Raises Ec2Error.

        All requests in the same turn of the event loop share one call of EC2: a withdrawal of 50 prefixes from 10
        tables costs one read.
        """
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._read_waiting, vpc_ids)
        if table_id not in self._waiting:
            self._waiting[table_id] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(self._waiting[table_id])

    async def write(self, change: Change) -> None:
        """Make the EC2 call of this change: CreateRoute, ReplaceRoute or DeleteRoute. The caller holds `writing`.

        Raises Ec2Error.
        """

        def call(vpc: VpcApi) -> None:
            match change.action:
                case Action.CREATE:
                    vpc.create_route(change.table_id, change.prefix, change.target)
                case Action.REPLACE:
                    vpc.replace_route(change.table_id, change.prefix, change.target)
                case Action.DELETE:
                    vpc.delete_route(change.table_id, change.prefix)

        of = "TransitGateway" if is_transit(change.table_id) else ""
        await self._run(f"{change.action.value.title()}{of}Route", self._writers, call)

    def close(self) -> None:
        """Give up the threads. A call under way ends with its own time-out."""
        for other in self._others.values():
            other.close()
        self.connector.close()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._writers.shutdown(wait=False, cancel_futures=True)

    def _read_waiting(self, vpc_ids: Collection[str]) -> None:
        """Read all tables that `fresh_table` was called for in this turn, and resolve the future of each.

        The tables of VPCs are read in one call, and those of transit gateways in another.
        """
        waiting, self._waiting = self._waiting, {}

        def hand_out(asked: Collection[str], done: "asyncio.Future[tuple[RouteTable, ...]]") -> None:
            error = None if done.cancelled() else done.exception()
            tables = {} if error or done.cancelled() else {table.id: table for table in done.result()}
            for table_id in asked:
                future = waiting[table_id]
                if future.done():
                    continue
                if done.cancelled():
                    future.cancel()
                elif error:
                    future.set_exception(error)
                    future.exception()  # marks it as retrieved: the task that awaits it may have been cancelled
                else:
                    future.set_result(tables.get(table_id))

        if of_vpcs := [each for each in waiting if not is_transit(each)]:
            read = asyncio.ensure_future(self.route_tables(vpc_ids, of_vpcs))
            read.add_done_callback(partial(hand_out, of_vpcs))
        if of_gateways := [each for each in waiting if is_transit(each)]:
            read = asyncio.ensure_future(self.transit_tables((), of_gateways))
            read.add_done_callback(partial(hand_out, of_gateways))

    async def _read(self, action: str, call: Callable[[VpcApi], T]) -> T:
        return await self._run(action, self._readers, call)

    async def _run(self, action: str, executor: ThreadPoolExecutor, call: Callable[[VpcApi], T]) -> T:
        loop = asyncio.get_running_loop()
        asked, limit = loop.time(), self._limit * self.timeout
        given_up, context = threading.Event(), copy_context()
        context.run(IS_GIVEN_UP.set, given_up.is_set)
        try:
            if self._vpc is None:
                self._vpc = self.connector.client(self._access)
            async with asyncio.timeout(limit):
                answer = await on_thread(partial(context.run, call, self._vpc), executor)
        except TimeoutError as error:
            given_up.set()
            self._replace(executor)
            late = NoAnswer(action, "CallTimeout", f"no whole answer within {limit:g} s")
            self._answered(action, loop.time() - asked, late)
            raise late from error
        except NoThread as error:
            unasked = Transient(action, "NoThread", str(error))
            self._answered(action, loop.time() - asked, unasked)
            raise unasked from error
        except Ec2Error as error:
            self._answered(action, loop.time() - asked, error)
            raise
        self._answered(action, loop.time() - asked, None)
        return answer

    def _answered(self, action: str, seconds: float, error: Ec2Error | None) -> None:
        for each in self._observers:
            each.answered(action, seconds, error)

    def _replace(self, executor: ThreadPoolExecutor) -> None:
        """Let the next calls use new threads: those of this executor may be held for long.

        Not beyond `THREADS`: at the system's limit of threads, the daemon would end.
        """
        if threading.active_count() > THREADS:
            return
        if executor is self._readers:
            self._readers = ThreadPoolExecutor(READERS, "ec2-read")
        elif executor is self._writers:
            self._writers = ThreadPoolExecutor(self._writer_threads, "ec2-write")
        else:  # another call has replaced it already
            return
        executor.shutdown(wait=False)
