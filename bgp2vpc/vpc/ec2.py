"""The real EC2, through botocore: the only file that imports it.

Nothing here retries, paces or remembers: who calls knows better what a failed call was worth.
"""

import logging
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import botocore
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    InvalidConfigError,
    InvalidRegionError,
    MetadataRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.httpsession import URLLib3Session
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError
from botocore.session import Session

from bgp2vpc import __version__
from bgp2vpc.errors import Credentials, Ec2Error, OperatorError, Refused, Transient
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.vpc import slim_model, wire
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.failures import failure
from bgp2vpc.vpc.model import InstanceHealth, Interface, RouteTable, Subnet, TaggedInstance, Target

log = logging.getLogger(__name__)

# Limits of a single request: filter values
# (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html), items of a page, ids of a status call.
_FILTER_VALUES = 200
_PAGE_SIZE = 100
_PAGES = 1000
_STATUS_IDS = 100

# botocore asks the instance role for credentials once; at boot, and now and then later, the first answer is lost.
_METADATA_ATTEMPTS = 3

_LAST_SECONDS = 30
"""Of the life of credentials in which new ones must be had: a call signed with the old ones may come too late."""

_INSTANCE_ID = re.compile(r"\bi-[0-9a-z]+")
_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    MetadataRetrievalError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
    ProfileNotFound,
)
# What botocore raises on purpose. A broken answer is no BotoCoreError.
_FAILURES = (BotoCoreError, ClientError, ResponseParserError)
# And what it lets pass, mostly while it refreshes credentials: their program is missing, their file unreadable, their
# JSON broken or of another shape, or they are expired still.
_PLAIN_FAILURES = (RuntimeError, OSError, ValueError, LookupError, TypeError, AttributeError)
_GET_CREDENTIALS = "GetCredentials"
_MANAGED = "IncludeManagedResources"
_WOULD_HAVE_DONE_IT = "DryRunOperation"
_MESSAGE_LENGTH = 400  # of a broken answer's text, which may be a whole page

_OPERATOR = (ConfigParseError, InvalidConfigError, NoRegionError, InvalidRegionError)


Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class _Clients:
    """botocore's: two clients, so that a page under way never holds a write's connection; and what both sign with."""

    reads: Any
    writes: Any
    credentials: Any


class Ec2(VpcApi):
    """Implements VpcApi. Making one costs nothing; `warm_up`, or else the first call, makes the clients.

    `timeout`: seconds for connecting and for each wait on a write's answer; reads, whose pages may be large, wait
    twice as long. `max_connections` is how many writes, and how many reads, can be under way at once.
    Credentials and the endpoint are found where botocore finds them.
    """

    def __init__(self, region: str, *, timeout: float = 3.0, max_connections: int = 50) -> None:
        self._region = region
        self._timeout = timeout
        self._max_connections = max_connections
        self._lock = Lock()
        self._clients: _Clients | None = None

    def warm_up(self) -> None:
        """Make the clients and get credentials now, better than at the first announcement: 0.2 s. Raises Ec2Error."""
        self._ready()

    def route_tables(self, vpc_ids: Collection[str], table_ids: Collection[str] = ()) -> tuple[RouteTable, ...]:
        """DescribeRouteTables, paged."""
        if not vpc_ids:
            return ()
        # A filter, not the RouteTableIds parameter: that fails as a whole when one of the tables is gone.
        found: list[RouteTable] = []
        for ids in _chunks(sorted(set(table_ids)), _FILTER_VALUES) if table_ids else [()]:
            filters = [{"Name": "vpc-id", "Values": sorted(set(vpc_ids))}]
            if ids:
                filters.append({"Name": "route-table-id", "Values": list(ids)})
            items = self._pages("DescribeRouteTables", "RouteTables", filters)
            found += _parsed("DescribeRouteTables", wire.parse_route_table, items)
        return tuple(sorted(found, key=lambda table: table.id))

    def interfaces(self, instance_id: str) -> tuple[Interface, ...]:
        """DescribeNetworkInterfaces by attachment, paged, without those that carry no IP."""
        filters = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
        items = self._pages("DescribeNetworkInterfaces", "NetworkInterfaces", filters)
        found = _parsed("DescribeNetworkInterfaces", wire.parse_interface, filter(wire.speaks_ip, items))
        return tuple(sorted(found, key=lambda each: each.position))

    def interfaces_by_id(self, interface_ids: Collection[str]) -> tuple[Interface, ...]:
        """DescribeNetworkInterfaces by filter, paged: the NetworkInterfaceIds parameter fails if one has gone."""
        found: list[Interface] = []
        for ids in _chunks(sorted(set(interface_ids)), _FILTER_VALUES):
            filters = [{"Name": "network-interface-id", "Values": list(ids)}]
            items = self._pages("DescribeNetworkInterfaces", "NetworkInterfaces", filters)
            found += _parsed("DescribeNetworkInterfaces", wire.parse_interface, items)
        return tuple(sorted(found, key=lambda each: each.id))

    def interfaces_at(self, vpc_ids: Collection[str], addresses: Collection[IPAddress]) -> tuple[Interface, ...]:
        """DescribeNetworkInterfaces by address, paged: one call for the IPv4 addresses, one for the IPv6 ones."""
        found: dict[str, Interface] = {}
        for version, name in ((4, "addresses.private-ip-address"), (6, "ipv6-addresses.ipv6-address")):
            texts = sorted({str(each) for each in addresses if each.version == version})
            for values in _chunks(texts, _FILTER_VALUES) if vpc_ids else ():
                filters = [{"Name": "vpc-id", "Values": sorted(vpc_ids)}, {"Name": name, "Values": list(values)}]
                items = self._pages("DescribeNetworkInterfaces", "NetworkInterfaces", filters)
                parsed = _parsed("DescribeNetworkInterfaces", wire.parse_interface, items)
                found |= {interface.id: interface for interface in parsed}
        return tuple(found[each] for each in sorted(found))

    def subnets(self, vpc_ids: Collection[str]) -> tuple[Subnet, ...]:
        """DescribeSubnets, paged."""
        if not vpc_ids:
            return ()
        items = self._pages("DescribeSubnets", "Subnets", [{"Name": "vpc-id", "Values": sorted(set(vpc_ids))}])
        return tuple(sorted(_parsed("DescribeSubnets", wire.parse_subnet, items), key=lambda each: each.id))

    def instance_health(self, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
        """DescribeInstanceStatus of all of these, also those that do not run; of whom it tells nothing is UNKNOWN.

        That an instance is not in the answer is no word of EC2's about it: reads are eventually consistent.
        """
        health = dict.fromkeys(instance_ids, InstanceHealth.UNKNOWN)
        for ids in _chunks(sorted(health), _STATUS_IDS):
            health.update(self._health_of_known(ids))
        return health

    def members(self, vpc_id: str, key: str, value: str) -> tuple[TaggedInstance, ...]:
        """DescribeInstances by filter, paged."""
        filters = [
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": f"tag:{key}", "Values": [_literal(value)]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        reservations = self._pages("DescribeInstances", "Reservations", filters)
        items = [item for each in reservations for item in _items(each, "DescribeInstances", "Instances")]
        found = _parsed("DescribeInstances", wire.parse_member, items)
        return tuple(sorted((each for each in found if each.addresses), key=lambda each: each.instance_id))

    def create_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """CreateRoute."""
        self._write("CreateRoute", table_id, prefix, target)

    def replace_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """ReplaceRoute."""
        self._write("ReplaceRoute", table_id, prefix, target)

    def delete_route(self, table_id: str, prefix: Prefix) -> None:
        """DeleteRoute."""
        self._write("DeleteRoute", table_id, prefix)

    def dry_run(self, operation: str, parameters: Mapping[str, Any]) -> None:
        """Ask whether this call would be allowed, without making it. Raises Ec2Error where not.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html: `DryRun`
        """
        try:
            _call(self._ready().reads, operation, {**parameters, "DryRun": True})
        except Ec2Error as error:
            if error.code != _WOULD_HAVE_DONE_IT:
                raise
            return
        raise Refused(operation, "DryRunIgnored", "the endpoint takes no notice of DryRun")

    def _health_of_known(self, ids: tuple[str, ...]) -> Mapping[str, InstanceHealth]:
        """The call fails as a whole for an id that EC2 does not know, and names it: ask again without it."""
        asked = list(ids)
        while asked:
            try:
                answer = self._read("DescribeInstanceStatus", InstanceIds=asked, IncludeAllInstances=True)
            except Refused as error:
                if not error.code.startswith("InvalidInstanceID"):
                    raise
                unknown = set(_INSTANCE_ID.findall(error.message)) & set(asked)
                if not unknown:
                    raise
                asked = [each for each in asked if each not in unknown]
            else:
                items = _items(answer, "DescribeInstanceStatus", "InstanceStatuses")
                found = dict(_parsed("DescribeInstanceStatus", wire.parse_health, items))
                return {each: found[each] for each in asked if each in found}
        return {}

    def _pages(self, operation: str, key: str, filters: list[dict[str, Any]]) -> list[wire.Item]:
        reads = self._ready().reads
        found: list[wire.Item] = []
        with _our_errors(operation):
            paginator = reads.get_paginator(xform_name(operation))
            everything = _everything(reads, operation)
            pages = paginator.paginate(Filters=filters, PaginationConfig={"PageSize": _PAGE_SIZE}, **everything)
            for number, page in enumerate(pages, start=1):
                found += _items(page, operation, key)
                if number == _PAGES:  # each names a next one: nobody else ends this thread
                    raise Transient(operation, "EndlessAnswer", f"the answer has {_PAGES} pages, and no end")
        return found

    def _read(self, operation: str, **parameters: Any) -> wire.Item:
        reads = self._ready().reads
        return _call(reads, operation, {**parameters, **_everything(reads, operation)})

    def _write(self, operation: str, table_id: str, prefix: Prefix, target: Target | None = None) -> None:
        parameters = {"RouteTableId": table_id, **wire.destination_parameter(prefix)}
        if target is not None:
            parameters |= _target_parameter(operation, target)
        _call(self._ready().writes, operation, parameters)

    def _ready(self) -> _Clients:
        """The clients, with credentials that are good now."""
        with self._lock:
            if self._clients is None:
                # A plain failure: an AWS_ENDPOINT_URL that is no URL.
                with _our_errors("CreateClient", plain=OperatorError):
                    self._clients = self._slim_clients() or self._make_clients(_session(None))
            clients = self._clients
        # The call would refresh them as well; but of its failure nobody could tell where it came from.
        with _our_errors(_GET_CREDENTIALS, plain=Credentials):
            clients.credentials.get_frozen_credentials()
        return clients

    def _slim_clients(self) -> _Clients | None:
        models = _trimmed_models()
        if models is None:
            return None
        try:
            return self._make_clients(_session(models))
        except NoCredentialsError:
            raise
        except (*_FAILURES, *_PLAIN_FAILURES) as error:
            log.debug("botocore's whole EC2 model is used, the trimmed one gave: %r", error)
            return None

    def _make_clients(self, session: Session) -> _Clients:
        with _our_errors(_GET_CREDENTIALS, plain=Credentials):
            credentials = session.get_credentials()
        # A client that was made without credentials never gets any, even when the role is attached a minute later.
        if credentials is None:
            raise NoCredentialsError
        if isinstance(credentials, RefreshableCredentials):
            # botocore refuses to sign with good ones that last for less than ten minutes if new ones cannot be had.
            credentials._mandatory_refresh_timeout = _LAST_SECONDS
        reads, writes = self._client(session, 2 * self._timeout), self._client(session, self._timeout)
        return _Clients(reads, writes, credentials)

    def _client(self, session: Session, read_timeout: float) -> Any:
        config = Config(
            connect_timeout=self._timeout,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=self._max_connections,
            tcp_keepalive=True,
            user_agent_extra=f"bgp2vpc/{__version__}",
        )
        return session.create_client("ec2", region_name=self._region, config=config)


def endpoint_url(region: str) -> str:
    """Where EC2 is spoken to: as botocore finds it, in the environment or by the region. Raises Ec2Error."""
    with _our_errors("CreateClient", plain=OperatorError):
        session = _session(_trimmed_models())
        url: str = session.create_client("ec2", region_name=region).meta.endpoint_url
    return url


class _Ec2Loader(Loader):  # type: ignore[misc]  # botocore has no types
    """Knows where EC2's models are. botocore's own loader asks first, for each, which of 430 services exist: 10 ms."""

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if service_name == "ec2":
            return self.load_data(f"ec2/{slim_model.API_VERSION}/{type_name}")
        return super().load_service_model(service_name, type_name, api_version)


def _trimmed_models() -> str | None:
    """Where they are; none where the user gave botocore service models: those come first, as they would without us."""
    if os.environ.get("AWS_DATA_PATH") or os.path.isdir(os.path.join(Loader.CUSTOMER_DATA_PATH, "ec2")):
        return None
    return slim_model.find_or_make(Path(botocore.__file__).parent / "data", botocore.__version__)


def _session(models: str | None) -> Session:
    """A session that looks for the EC2 model in the directory `models` first, and for all else where it always is."""
    session = Session()
    if session.get_config_variable("metadata_service_num_attempts") == 1:
        session.set_config_variable("metadata_service_num_attempts", _METADATA_ATTEMPTS)
    # The role's secret key goes to whoever may ask for it: only to who has a token, and through nobody else's hands.
    session.set_config_variable("ec2_metadata_v1_disabled", True)
    role = session.get_component("credential_provider").get_provider("iam-role")
    role._role_fetcher._session = URLLib3Session(
        timeout=session.get_config_variable("metadata_service_timeout"), proxies={}
    )
    if models is not None:
        session.register_component("data_loader", _Ec2Loader(extra_search_paths=[models]))
    return session


def _everything(client: Any, operation: str) -> dict[str, bool]:
    """What asks for the instances and interfaces that EKS, ECS, Lambda or WorkSpaces manage: else EC2 hides them.

    botocore knows it since 2026, and refuses what it does not know.
    """
    members = client.meta.service_model.operation_model(operation).input_shape.members
    return {_MANAGED: True} if _MANAGED in members else {}


def _call(client: Any, operation: str, parameters: Mapping[str, Any]) -> wire.Item:
    with _our_errors(operation):
        answer: wire.Item = getattr(client, xform_name(operation))(**parameters)
    return answer


@contextmanager
def _our_errors(operation: str, *, plain: type[Ec2Error] = Transient) -> Iterator[None]:
    """Whatever botocore raises within comes out as Ec2Error; what it did not raise on purpose as `plain`."""
    try:
        yield
    except _FAILURES as error:
        raise _ours(operation, error) from error
    except _PLAIN_FAILURES as error:
        raise plain(operation, type(error).__name__, str(error)[:_MESSAGE_LENGTH]) from error


def _ours(operation: str, error: Exception) -> Ec2Error:
    """An exception of botocore's as one of ours: what is neither the credentials' fault nor the operator's may pass."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        log.debug("%s: HTTP %s: %s", operation, status, details)
        return failure(operation, str(details.get("Code", "")), str(details.get("Message", "")), status)
    name, message = type(error).__name__, str(error)[:_MESSAGE_LENGTH]
    if isinstance(error, _CREDENTIALS):
        return Credentials(operation, name, message)
    if isinstance(error, ParamValidationError):
        return Refused(operation, name, message)
    if isinstance(error, _OPERATOR):
        return OperatorError(operation, name, message)
    return Transient(operation, name, message)


def _target_parameter(operation: str, target: Target) -> dict[str, str]:
    try:
        return wire.target_parameter(target)
    except ValueError as error:
        raise Refused(operation, "InvalidTarget", str(error)) from error


def _items(answer: wire.Item, operation: str, key: str) -> list[wire.Item]:
    """A proxy's page may parse as an answer without content: that is a broken answer, not an empty VPC."""
    items = answer.get(key) if isinstance(answer, Mapping) else None
    if not isinstance(items, list):
        raise Transient(operation, "ResponseParserError", f"the answer has no {key}")
    return items


def _parsed(operation: str, parse: Callable[[wire.Item], Parsed], items: Iterable[wire.Item]) -> list[Parsed]:
    try:
        return [parse(item) for item in items]
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        what = repr(error)[:_MESSAGE_LENGTH]
        raise Transient(operation, "ResponseParserError", f"an item of the answer is broken: {what}") from error


def _literal(text: str) -> str:
    r"""Not a pattern: in filters * and ? stand for any characters unless a \ precedes them."""
    return re.sub(r"([\\*?])", r"\\\1", text)


def _chunks(ids: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    iterator = iter(ids)
    while chunk := tuple(islice(iterator, size)):
        yield chunk
