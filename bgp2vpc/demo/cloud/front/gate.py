"""The gate in front of EC2: logs, delays, throttles and fails the subject's calls.

A call passes, in this order: half of the latency, token bucket, fault, IAM, races, EC2, the other half of the latency.
"""

import time
from collections.abc import Iterable
from dataclasses import replace

from bgp2vpc.demo.cloud.backend.ec2 import CloudEc2, ExternalWriteError
from bgp2vpc.demo.cloud.front.faults import Misfortune
from bgp2vpc.demo.cloud.front.iam import Authority
from bgp2vpc.demo.cloud.log import CallLog
from bgp2vpc.demo.cloud.sockets import reset_connection
from bgp2vpc.demo.cloud.values import OUTSIDE, FaultKind
from bgp2vpc.demo.cloud.wire import (
    CloudAnswer,
    Environ,
    Request,
    StartResponse,
    error_answer,
    read_request,
    text_answer,
)

HTML = "<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n"


class Gate:
    """The WSGI application that stands for ec2.us-east-1.amazonaws.com."""

    def __init__(self, ec2: CloudEc2, authority: Authority, misfortune: Misfortune, log: CallLog) -> None:
        self._ec2 = ec2
        self._authority = authority
        self._misfortune = misfortune
        self._log = log

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or reset its connection."""
        request = read_request(environ)
        if not request.operation or request.caller == OUTSIDE:
            return self._ec2.answer(request, environ).send(start_response)
        entry = self._log.start(request.operation, request.parameters, request.caller)
        way = self._misfortune.latency_of(request) / 2
        time.sleep(way)
        answer = self._meet(request, environ)
        time.sleep(way)
        if answer is None:
            self._log.finish(entry, 0, "")
            return reset_connection(environ)
        self._log.finish(entry, answer.status, answer.error)
        return answer.send(start_response)

    def _meet(  # noqa: C901, PLR0911  # a case for each kind of fault
        self, request: Request, environ: Environ
    ) -> CloudAnswer | None:
        """The answer; None: the connection is to be reset instead."""
        if not self._misfortune.buckets.take(request.operation):
            return error_answer(503, "RequestLimitExceeded", "Request limit exceeded.")
        fault = self._misfortune.fault_for(request)
        if fault is None:
            return self._apply(request, environ)
        match fault.kind:
            case FaultKind.ERROR:
                return error_answer(fault.status, fault.code, fault.message)
            case FaultKind.HTML:
                return text_answer(fault.status, HTML.format(status=fault.status), "text/html")
            case FaultKind.EMPTY:
                return text_answer(fault.status, "")
            case FaultKind.TRUNCATED:
                whole = self._apply(request, environ)
                others = tuple((name, value) for name, value in whole.headers if name.lower() != "content-length")
                # The Content-Length promises the whole body.
                headers = (*others, ("Content-Length", str(len(whole.body))))
                return CloudAnswer(whole.status, headers, whole.body[: len(whole.body) // 2])
            case FaultKind.DELAY:
                self._misfortune.hold(fault.seconds)
                return self._apply(request, environ)
            case FaultKind.HANG:
                self._misfortune.hold(fault.seconds)
            case FaultKind.RESET_AFTER:
                self._apply(request, environ)
            case FaultKind.RESET_BEFORE:
                pass
        return None

    def _apply(self, request: Request, environ: Environ) -> CloudAnswer:
        with self._ec2.lock:
            caller = self._ec2.role_of(request.caller) or request.caller
            lists = self._ec2.backend_of("").managed_prefix_lists
            refusal = self._authority.refusal(replace(request, caller=caller), self._ec2.route_tables, lists)
        if refusal is not None:
            return refusal
        for write in self._misfortune.races_before(request):
            try:
                self._ec2.perform(write)
            except ExternalWriteError as error:
                return text_answer(500, f"the race of this test went wrong: {error}")
        return self._ec2.answer(request, environ, stale=True)
