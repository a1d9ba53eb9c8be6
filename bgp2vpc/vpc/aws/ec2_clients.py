"""botocore's clients of EC2: the session they are made with, their credentials, and their exceptions as ours."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import botocore
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
    RefreshableCredentials,
)
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
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.aws import slim_model
from bgp2vpc.vpc.aws.failures import failure

log = logging.getLogger(__name__)

MESSAGE_LENGTH = 400  # of a broken answer's text, which may be a whole page

# botocore asks the instance role for credentials once; at boot, and now and then later, the first answer is lost.
_METADATA_ATTEMPTS = 3

_LAST_SECONDS = 30
"""Of the life of credentials in which new ones must be had: a call signed with the old ones may come too late."""

_GET_CREDENTIALS = "GetCredentials"
_ASSUME_ROLE = "AssumeRole"

# What botocore raises on purpose, and what it is to us; the first that fits counts. A broken answer is no
# BotoCoreError.
_FAILURES: dict[tuple[type[Exception], ...], type[Ec2Error]] = {
    (
        NoCredentialsError,
        PartialCredentialsError,
        CredentialRetrievalError,
        MetadataRetrievalError,
        TokenRetrievalError,
        UnauthorizedSSOTokenError,
        ProfileNotFound,
    ): Credentials,
    (ParamValidationError,): Refused,
    (ConfigParseError, InvalidConfigError, NoRegionError, InvalidRegionError): OperatorError,
    (BotoCoreError, ResponseParserError): Transient,
}
# And what it lets pass, mostly while it refreshes credentials: their program is missing, their file unreadable, their
# JSON broken or of another shape, or they are expired still.
_PLAIN_FAILURES = (RuntimeError, OSError, ValueError, LookupError, TypeError, AttributeError)
_ALL_FAILURES = (BotoCoreError, ResponseParserError, *_PLAIN_FAILURES)


class _NotRaised(logging.Filter):
    """Of credentials that cannot be had botocore tells twice: by a warning with its traceback, and by the exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        """False for the first where the second follows."""
        return record.args != ("mandatory",)


logging.getLogger("botocore.credentials").addFilter(_NotRaised())


@dataclass(frozen=True, slots=True)
class Clients:
    """botocore's: two clients, so that a page under way never holds a write's connection; and what both sign with.

    `data`: what has read botocore's data, for the clients of other accounts: each would keep 20 MB of its own.
    """

    reads: Any
    writes: Any
    credentials: Any
    data: Any


class Ec2Clients:
    """Makes the clients at the first call of `ready`. The arguments are those of `Ec2`."""

    def __init__(self, region: str, timeout: float, max_connections: int) -> None:
        self._region = region
        self._timeout = timeout
        self._max_connections = max_connections
        self._lock = Lock()
        self._clients: Clients | None = None
        self._own: Ec2Clients | None = None
        """Those of our own account and region, if these are of another one."""
        self._access = OWN
        self._session_name = ""

    def beside(self, access: Access, instance_id: str) -> "Ec2Clients":
        """The same for another account or region. Its CloudTrail knows us by `instance_id`."""
        other = Ec2Clients(access.region or self._region, self._timeout, self._max_connections)
        other._own, other._access, other._session_name = self, access, f"bgp2vpc-{instance_id}"
        return other

    def ready(self) -> Clients:
        """The clients, with credentials that are good now. Raises Ec2Error."""
        with self._lock:
            if self._clients is None:
                # A plain failure: an AWS_ENDPOINT_URL that is no URL.
                with ec2_errors("CreateClient", plain=OperatorError):
                    if self._own is not None:
                        session = make_session(None)
                        session.register_component("data_loader", self._own.ready().data)
                        self._clients = self._make_clients(session)
                    else:
                        self._clients = self._slim_clients() or self._make_clients(make_session(None))
            clients = self._clients
        # The call would refresh them as well; but of its failure nobody could tell where it came from.
        with ec2_errors(_ASSUME_ROLE if self._access.role_arn else _GET_CREDENTIALS, plain=Credentials):
            clients.credentials.get_frozen_credentials()
        return clients

    def _slim_clients(self) -> Clients | None:
        """With the trimmed data; None where there is none, or botocore cannot use it."""
        directory = trimmed_data()
        if directory is None:
            return None
        try:
            return self._make_clients(make_session(directory))
        except NoCredentialsError:
            raise
        except (ClientError, *_ALL_FAILURES) as error:
            log.debug("botocore's whole EC2 model is used, the trimmed one gave: %r", error)
            return None

    def _make_clients(self, session: Session) -> Clients:
        with ec2_errors(_GET_CREDENTIALS, plain=Credentials):
            credentials = session.get_credentials()
        # A client that was made without credentials never gets any, even when the role is attached a minute later.
        if credentials is None:
            raise NoCredentialsError
        if self._access.role_arn:
            credentials = session._credentials = self._role_credentials(session, credentials)
        if isinstance(credentials, RefreshableCredentials):
            # botocore refuses to sign with good ones that last for less than ten minutes if new ones cannot be had.
            credentials._mandatory_refresh_timeout = _LAST_SECONDS
        reads, writes = (
            session.create_client(
                "ec2",
                region_name=self._region,
                config=client_config(self._timeout, read_timeout, self._max_connections),
            )
            for read_timeout in (2 * self._timeout, self._timeout)
        )
        return Clients(reads, writes, credentials, session.get_component("data_loader"))

    def _role_credentials(self, session: Session, own: Any) -> DeferredRefreshableCredentials:
        """Those of the role, had at their first use and renewed before they end, an hour later at most.

        STS is asked in our own region: what it gives is good in all of them.
        https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
        """
        if isinstance(own, RefreshableCredentials):
            own._mandatory_refresh_timeout = _LAST_SECONDS
        create_client = partial(
            session.create_client,
            region_name=self._own._region if self._own else self._region,
            config=client_config(self._timeout, 2 * self._timeout, 1),
        )
        named = {"RoleSessionName": self._session_name, "ExternalId": self._access.external_id}
        fetcher = AssumeRoleCredentialFetcher(
            create_client, own, self._access.role_arn, {key: value for key, value in named.items() if value}, cache={}
        )
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def client_config(connect_timeout: float, read_timeout: float, max_connections: int) -> Config:
    """How every client talks: one attempt a call, for who calls knows better whether another one is worth it."""
    return Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=max_connections,
        tcp_keepalive=True,
        user_agent_extra=f"bgp2vpc/{__version__}",
    )


class _Ec2Loader(Loader):  # type: ignore[misc]  # botocore has no types
    """Knows where EC2's models are. botocore's own loader asks first, for each, which of 430 services exist: 10 ms."""

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if service_name == "ec2":
            return self.load_data(f"ec2/{slim_model.API_VERSION}/{type_name}")
        return super().load_service_model(service_name, type_name, api_version)


def trimmed_data() -> str | None:
    """The directory of `slim_model`; None where the user gave botocore EC2 models: those come first, as without us."""
    if os.environ.get("AWS_DATA_PATH") or os.path.isdir(os.path.join(Loader.CUSTOMER_DATA_PATH, "ec2")):
        return None
    return slim_model.find_or_make(Path(botocore.__file__).parent / "data")


def make_session(directory: str | None) -> Session:
    """A session that looks for the EC2 model in `directory` first, and for all else where it always is."""
    session = Session()
    if session.get_config_variable("metadata_service_num_attempts") == 1:
        session.set_config_variable("metadata_service_num_attempts", _METADATA_ATTEMPTS)
    # The role's secret key goes to whoever may ask for it: only to who has a token, and through nobody else's hands.
    session.set_config_variable("ec2_metadata_v1_disabled", True)
    role = session.get_component("credential_provider").get_provider("iam-role")
    role._role_fetcher._session = URLLib3Session(
        timeout=session.get_config_variable("metadata_service_timeout"), proxies={}
    )
    if directory is not None:
        session.register_component("data_loader", _Ec2Loader(extra_search_paths=[directory]))
    return session


@contextmanager
def ec2_errors(operation: str, *, plain: type[Ec2Error] = Transient) -> Iterator[None]:
    """Whatever botocore raises within comes out as Ec2Error; what it did not raise on purpose as `plain`."""
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        log.debug("API call refused: %s: HTTP %s: %s", operation, status, details)
        raise failure(operation, str(details.get("Code", "")), str(details.get("Message", "")), status) from error
    except _ALL_FAILURES as error:
        kind = next((ours for theirs, ours in _FAILURES.items() if isinstance(error, theirs)), plain)
        raise kind(operation, type(error).__name__, str(error)[:MESSAGE_LENGTH]) from error
