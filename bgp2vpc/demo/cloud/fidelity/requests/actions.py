"""All actions of EC2: DryRun changes nothing, and an unsupported action gets an EC2 error, not an HTML page."""

import functools
import inspect
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from moto.core import responses
from moto.core.responses import ActionResult
from moto.core.utils import method_names_from_class
from moto.ec2.exceptions import DryRunClientError, EC2ClientError
from moto.ec2.responses import EC2Response
from moto.ec2.responses._base_response import EC2BaseResponse

from bgp2vpc.demo.cloud.fidelity.errors import invalid_value
from bgp2vpc.demo.cloud.fidelity.patching import patch

CloudAction = Callable[[Any], Any]


def install() -> None:
    """Wrap each action method, and the dispatch that formats their answers."""
    helpers = {name for name, _ in inspect.getmembers(EC2BaseResponse, inspect.isfunction)}
    for name, action in inspect.getmembers(EC2Response, inspect.isfunction):
        if not name.startswith("_") and name not in helpers:
            patch(EC2Response, _honest(action), name)
    # Cached, since the class does not change any more, and listing it takes longer than most calls.
    patch(responses, functools.cache(method_names_from_class), "method_names_from_class")
    moto_call = EC2Response.call_action

    def call_action(self: Any) -> tuple[int, dict[str, str], Any]:
        status, headers, body = moto_call(self)
        # The service model has no status for EC2's errors, so moto's serializer gives all of them 400.
        if status == HTTPStatus.BAD_REQUEST and "<Code>InternalError</Code>" in str(body):
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            headers["status"] = str(int(status))
        if self._get_param("DryRun", False) and status == HTTPStatus.BAD_REQUEST:
            status = HTTPStatus.PRECONDITION_FAILED
            headers["status"] = str(int(status))
        return int(status), headers, body

    patch(EC2Response, call_action)


def _honest(action: CloudAction) -> CloudAction:
    @functools.wraps(action)
    def run(self: Any) -> ActionResult | Any:
        if self._get_param("DryRun", False):
            raise DryRunClientError
        try:
            return action(self)
        except NotImplementedError as error:
            if "filter" in str(error).lower():
                raise invalid_value(f"A filter is invalid: {error}") from error
            raise EC2ClientError("UnsupportedOperation", str(error)) from error

    return run
