"""Maps EC2's error codes to our exceptions, which are grouped by who has to act on them.

Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

import re

from bgp2vpc.errors import (
    Credentials,
    Denied,
    Ec2Error,
    InterfaceGone,
    ListChanged,
    NoLifecycleAction,
    QuotaReached,
    Refused,
    RouteExists,
    RouteMissing,
    TableGone,
    Throttled,
    Transient,
)

_KINDS: dict[type[Ec2Error], str] = {
    Throttled: """
        RequestLimitExceeded Throttling ThrottlingException ThrottledException EC2ThrottledException RequestThrottled
        RequestThrottledException TooManyRequestsException BandwidthLimitExceeded SlowDown PriorRequestNotComplete""",
    Transient: """
        InternalError InternalFailure InternalServiceError ServerInternal Unavailable ServiceUnavailable
        ServiceUnavailableException RequestTimeout RequestTimeoutException IncorrectState InvalidParameterException
        RetryableError ConcurrentMutationLimitExceeded""",
    RouteExists: "RouteAlreadyExists",
    RouteMissing: "InvalidRoute.NotFound",
    TableGone: "InvalidRouteTableID.NotFound InvalidRouteTableId.NotFound",
    InterfaceGone: """
        InvalidNetworkInterfaceID.NotFound InvalidNetworkInterface.NotFound
        InvalidTransitGatewayAttachmentID.NotFound""",
    ListChanged: "PrefixListVersionMismatch",
    QuotaReached: "RouteLimitExceeded ResourceCountLimitExceeded PrefixListMaxEntriesExceeded",
    Denied: """
        UnauthorizedOperation AccessDenied AccessDeniedException OptInRequired Blocked OperationNotPermitted
        PendingVerification""",
    Credentials: """
        AuthFailure RequestExpired InvalidSecurity.RequestHasExpired ExpiredToken ExpiredTokenException
        InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch IncompleteSignature InvalidSignature
        InvalidSignatureException MissingAuthenticationToken""",
}
_BY_CODE = {code: kind for kind, codes in _KINDS.items() for code in codes.split()}

_NO_ROUTE_TO_REPLACE = re.compile(r"There is no route defined for|Use CreateRoute instead")
_NO_ACTION = re.compile(r"No active Lifecycle Action found", re.IGNORECASE)
_ENCODED = re.compile(r"(Encoded authorization failure message: )(\S+)")
_SHOWN_OF_ENCODED = 40


def failure(operation: str, code: str, message: str, status: int = 400) -> Ec2Error:
    """The exception for an error answer with this code, message and HTTP status.

    An unknown code is Throttled with status 429, Transient with 5xx and Refused otherwise. InvalidRoute.NotFound is
    RouteMissing, although the table itself may be gone: the read that follows a Disagreement finds out.
    """
    kind: type[Ec2Error]
    if operation == "ModifyManagedPrefixList" and code == "IncorrectState":
        kind = ListChanged  # another change is in progress, and ends in a moment
    elif code in _BY_CODE:
        kind = _BY_CODE[code]
    elif status == 429:
        kind = Throttled
    elif status >= 500:
        kind = Transient
    elif operation == "ReplaceRoute" and code == "InvalidParameterValue" and _NO_ROUTE_TO_REPLACE.search(message):
        kind = RouteMissing
    elif code == "ValidationError" and _NO_ACTION.search(message):
        kind = NoLifecycleAction
    else:
        kind = Refused
    return kind(operation, code, _ENCODED.sub(_cut, message))


def _cut(found: re.Match[str]) -> str:
    """Shorten the encoded part of an UnauthorizedOperation message: a kilobyte that nobody can read in a log."""
    encoded = found[2]
    if len(encoded) <= _SHOWN_OF_ENCODED:
        return found[0]
    return (
        f"{found[1]}{encoded[:_SHOWN_OF_ENCODED]}… ({len(encoded)} characters; CloudTrail has the whole, and "
        "'aws sts decode-authorization-message --encoded-message …' tells which policy refused)"
    )
