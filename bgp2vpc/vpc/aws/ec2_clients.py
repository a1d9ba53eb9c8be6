"""Makes botocore's clients for EC2: session, credentials, and the conversion of botocore's exceptions into ours."""

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
    HTTPClientError,
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
from botocore.exceptions import ConnectionError as NoConnection
from botocore.httpsession import URLLib3Session
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError
from botocore.session import Session

from bgp2vpc import __version__
from bgp2vpc.errors import Credentials, Ec2Error, NoAnswer, OperatorError, Refused, Transient
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.aws import slim_model
from bgp2vpc.vpc.aws.failures import failure

log = logging.getLogger(__name__)

MESSAGE_LENGTH = 400  # characters kept of an error's text; that of a broken answer may be a whole page

# By default botocore asks for the instance role's credentials once, but at boot the first answer may be lost.
_METADATA_ATTEMPTS = 3

_LAST_SECONDS = 30
"""Seconds before expiry from which credentials must be renewed before a call: a later call might arrive expired."""

_GET_CREDENTIALS = "GetCredentials"
_GIVE_CREDENTIALS = "; attach a role to the instance (an instance profile), or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
_ASSUME_ROLE = "AssumeRole"

# botocore's own exceptions -> ours; the first match counts. ResponseParserError (a broken answer) is no BotoCoreError.
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
    (HTTPClientError, NoConnection): NoAnswer,
    (BotoCoreError, ResponseParserError): Transient,
}
# Other exceptions that escape from botocore, mostly while it refreshes credentials: the credential program is missing,
# a file unreadable, its JSON malformed, the time of expiry no date, or the new credentials are expired already.
_PLAIN_FAILURES = (RuntimeError, OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
_ALL_FAILURES = (BotoCoreError, ResponseParserError, *_PLAIN_FAILURES)


class _NotRaised(logging.Filter):
    """Drops botocore's warning with a traceback about failed mandatory refreshes, which also raise an exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        """False for that warning."""
        return record.args != ("mandatory",)


logging.getLogger("botocore.credentials").addFilter(_NotRaised())


@dataclass(frozen=True, slots=True)
class Clients:
    """botocore's clients and credentials. Reads have a client of their own, so that they never hold up a write.

    `data`: the data loader, shared with the clients of other accounts, each of which would otherwise load 20 MB.
    """

    reads: Any
    writes: Any
    credentials: Any
    data: Any


class Ec2Clients:
    """Makes the clients of one account and region at the first call of `ready`. The arguments are those of `Ec2`."""

    def __init__(self, region: str, timeout: float, max_connections: int) -> None:
        self._region = region
        self._timeout = timeout
        self._max_connections = max_connections
        self._lock = Lock()
        self._clients: Clients | None = None
        self._own: Ec2Clients | None = None
        """The Ec2Clients of our own account and region; None for these themselves."""
        self._access = OWN
        self._session_name = ""

    def beside(self, access: Access, instance_id: str) -> "Ec2Clients":
        """Ec2Clients for another account or region. `instance_id` is in the session name that its CloudTrail shows."""
        other = Ec2Clients(access.region or self._region, self._timeout, self._max_connections)
        other._own, other._access, other._session_name = self, access, f"bgp2vpc-{instance_id}"
        return other

    def ready(self) -> Clients:
        """The clients, with credentials that are valid now. Raises Ec2Error."""
        with self._lock:
            if self._clients is None:
                # A `plain` failure here is an invalid AWS_ENDPOINT_URL.
                with ec2_errors("CreateClient", plain=OperatorError):
                    if self._own is not None:
                        session = make_session(None)
                        session.register_component("data_loader", self._own.ready().data)
                        self._clients = self._make_clients(session)
                    else:
                        self._clients = self._slim_clients() or self._make_clients(make_session(None))
            clients = self._clients
        # Every call refreshes the credentials too, but an error of that refresh would look like one of the call.
        with ec2_errors(_ASSUME_ROLE if self._access.role_arn else _GET_CREDENTIALS, plain=Credentials):
            clients.credentials.get_frozen_credentials()
        return clients

    def _slim_clients(self) -> Clients | None:
        """Clients with the trimmed data; None if there is none or botocore cannot use it."""
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
        # A client made without credentials never gets any, even if the role is attached a minute later.
        if credentials is None:
            raise NoCredentialsError
        if self._access.role_arn:
            credentials = session._credentials = self._role_credentials(session, credentials)
        if isinstance(credentials, RefreshableCredentials):
            # By default botocore refuses to sign with credentials valid for less than ten minutes if renewal fails.
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
        """The role's credentials, fetched at their first use and renewed before they expire, after an hour at most.

        AssumeRole is called in our own region; the credentials are valid in all regions.
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
    """The configuration of every client, with time-outs in seconds. No retries: the caller decides about these."""
    return Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=max_connections,
        tcp_keepalive=True,
        user_agent_extra=f"bgp2vpc/{__version__}",
    )


class _Ec2Loader(Loader):  # type: ignore[misc]  # botocore has no types
    """Loads EC2's model by its path, which saves the 10 ms in which botocore's loader lists 430 services first."""

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if service_name == "ec2":
            return self.load_data(f"ec2/{slim_model.API_VERSION}/{type_name}")
        return super().load_service_model(service_name, type_name, api_version)


def trimmed_data() -> str | None:
    """The directory of `slim_model`; None if the user has given botocore EC2 models of their own, which go first."""
    if os.environ.get("AWS_DATA_PATH") or os.path.isdir(os.path.join(Loader.CUSTOMER_DATA_PATH, "ec2")):
        return None
    return slim_model.find_or_make(Path(botocore.__file__).parent / "data")


def make_session(directory: str | None) -> Session:
    """A botocore session that looks for data in `directory` first, then in botocore's usual places."""
    session = Session()
    if session.get_config_variable("metadata_service_num_attempts") == 1:
        session.set_config_variable("metadata_service_num_attempts", _METADATA_ATTEMPTS)
    # The instance role's secret key must be fetched with a token (IMDSv2), and not through a proxy.
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
    """Convert botocore's exceptions within the block into Ec2Error; exceptions that are not its own into `plain`."""
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        log.debug("API call refused: %s: HTTP %s: %s", operation, status, details)
        raise failure(operation, str(details.get("Code", "")), str(details.get("Message", "")), status) from error
    except _ALL_FAILURES as error:
        kind = next((ours for theirs, ours in _FAILURES.items() if isinstance(error, theirs)), plain)
        message = str(error)[:MESSAGE_LENGTH]
        if isinstance(error, NoCredentialsError | MetadataRetrievalError):
            message += _GIVE_CREDENTIALS
        raise kind(operation, type(error).__name__, message) from error
