"""EC2's error codes, one row each: who has to act."""

import pytest

from bgp2vpc.errors import (
    Credentials,
    Denied,
    Ec2Error,
    InterfaceGone,
    QuotaReached,
    Refused,
    RouteExists,
    RouteMissing,
    TableGone,
    Throttled,
    Transient,
)
from bgp2vpc.vpc.aws.failures import failure

CODES: list[tuple[str, str, int, type[Ec2Error]]] = [
    ("CreateRoute", "RouteAlreadyExists", 400, RouteExists),
    ("DeleteRoute", "InvalidRoute.NotFound", 400, RouteMissing),
    ("CreateRoute", "InvalidRouteTableID.NotFound", 400, TableGone),
    ("CreateRoute", "InvalidRouteTableId.Malformed", 400, Refused),
    ("CreateRoute", "RouteLimitExceeded", 400, QuotaReached),
    ("CreateRoute", "ResourceCountLimitExceeded", 400, QuotaReached),
    ("CreateRoute", "InvalidInstanceID", 400, Refused),
    ("CreateRoute", "InvalidNetworkInterfaceID.NotFound", 400, InterfaceGone),
    ("CreateRoute", "InvalidNetworkInterface.NotFound", 400, InterfaceGone),
    ("CreateRoute", "InvalidParameterValue", 400, Refused),
    ("DeleteRoute", "InvalidParameterValue", 400, Refused),
    ("CreateRoute", "UnauthorizedOperation", 403, Denied),
    ("CreateRoute", "OptInRequired", 401, Denied),
    ("CreateRoute", "AuthFailure", 401, Credentials),
    ("CreateRoute", "RequestExpired", 400, Credentials),
    ("CreateRoute", "InvalidSecurity.RequestHasExpired", 400, Credentials),
    ("CreateRoute", "ExpiredToken", 400, Credentials),
    ("CreateRoute", "SignatureDoesNotMatch", 403, Credentials),
    ("CreateRoute", "RequestLimitExceeded", 503, Throttled),
    ("CreateRoute", "Throttling", 400, Throttled),
    ("CreateRoute", "EC2ThrottledException", 400, Throttled),
    ("CreateRoute", "SomethingNew", 429, Throttled),
    ("CreateRoute", "InternalError", 500, Transient),
    ("CreateRoute", "InternalFailure", 500, Transient),
    ("CreateRoute", "Unavailable", 503, Transient),
    ("CreateRoute", "ServiceUnavailable", 503, Transient),
    ("CreateRoute", "502", 502, Transient),
    # These are refusals by their status; but the same call succeeds later.
    ("CreateRoute", "InvalidParameterException", 400, Transient),
    ("CreateRoute", "RetryableError", 400, Transient),
    ("CreateRoute", "ConcurrentMutationLimitExceeded", 400, Transient),
    ("CreateRoute", "SomethingNew", 504, Transient),
    ("CreateRoute", "SomethingNew", 400, Refused),
    ("CreateRoute", "", 0, Refused),
]


@pytest.mark.parametrize(("operation", "code", "status", "expected"), CODES)
def test_a_code_is_for(operation: str, code: str, status: int, expected: type[Ec2Error]) -> None:
    error = failure(operation, code, "whatever EC2 says", status)
    assert type(error) is expected
    assert (error.operation, error.code, error.message) == (operation, code, "whatever EC2 says")


@pytest.mark.parametrize(
    "message",
    [
        "There is no route defined for '192.0.2.53/32' in the route table. Use CreateRoute instead.",
        "There is no route defined for 192.0.2.53/32.",
        "The route identified by 192.0.2.53/32 does not exist. Use CreateRoute instead.",
    ],
)
def test_replacing_a_route_that_is_not_there_is_a_missing_route_though_the_code_is_a_general_one(message: str) -> None:
    assert type(failure("ReplaceRoute", "InvalidParameterValue", message)) is RouteMissing
    assert type(failure("CreateRoute", "InvalidParameterValue", message)) is Refused


def test_the_encoded_part_of_a_denial_is_cut_and_the_reader_told_how_to_read_it() -> None:
    message = f"You are not authorized. Encoded authorization failure message: {'x' * 900}"
    error = failure("CreateRoute", "UnauthorizedOperation", message, 403)
    assert len(error.message) < 400
    assert "You are not authorized." in error.message
    assert "(900 characters" in error.message
    assert "aws sts decode-authorization-message" in error.message


def test_a_short_encoded_part_stays_whole() -> None:
    message = "You are not authorized. Encoded authorization failure message: dGVzdA"
    assert failure("CreateRoute", "UnauthorizedOperation", message, 403).message == message
