"""The part of Auto Scaling for an instance that leaves its group. moto has hooks, but no pending lifecycle actions.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
"""

import threading
from xml.sax.saxutils import escape

from bgp2vpc.demo.cloud.values import ScaleIn
from bgp2vpc.demo.cloud.wire import CloudAnswer, Request, text_answer

NAMESPACE = "http://autoscaling.amazonaws.com/doc/2011-01-01/"
REQUEST_ID = "00000000-0000-0000-0000-000000000000"
INSTANCE = "InstanceIds.member.1"


class CloudAutoScaling:
    """The instances that groups are about to terminate, with the hooks that the groups wait for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leaving: dict[str, ScaleIn] = {}

    def scale_in(self, leaving: ScaleIn) -> None:
        """Begin a scale-in: the group waits for the hook."""
        with self._lock:
            self._leaving[leaving.instance_id] = leaving

    def reset(self) -> None:
        """End all scale-ins."""
        with self._lock:
            self._leaving.clear()

    def answer(self, request: Request) -> CloudAnswer:
        """Answer a call."""
        with self._lock:
            match request.operation:
                case "DescribeAutoScalingInstances":
                    return self._describe(request)
                case "RecordLifecycleActionHeartbeat":
                    return self._refusal(request) or _answer(request.operation)
                case "CompleteLifecycleAction":
                    if refusal := self._refusal(request):
                        return refusal
                    if request.parameters.get("LifecycleActionResult") not in ("CONTINUE", "ABANDON"):
                        return _error(400, "ValidationError", "LifecycleActionResult must be CONTINUE or ABANDON")
                    del self._leaving[request.parameters["InstanceId"]]
                    return _answer(request.operation)
        return _error(400, "InvalidAction", f"The action {request.operation} is not modelled.")

    def _describe(self, request: Request) -> CloudAnswer:
        leaving = self._leaving.get(request.parameters.get(INSTANCE, ""))
        member = ""
        if leaving is not None:
            fields = {
                "InstanceId": leaving.instance_id,
                "AutoScalingGroupName": leaving.group,
                "AvailabilityZone": "us-east-1a",
                "LifecycleState": "Terminating:Wait",
                "HealthStatus": "HEALTHY",
                "ProtectedFromScaleIn": "false",
            }
            member = f"<member>{''.join(f'<{key}>{escape(text)}</{key}>' for key, text in fields.items())}</member>"
        return _answer(request.operation, f"<AutoScalingInstances>{member}</AutoScalingInstances>")

    def _refusal(self, request: Request) -> CloudAnswer | None:
        instance_id = request.parameters.get("InstanceId", "")
        asked = ScaleIn(
            instance_id,
            request.parameters.get("AutoScalingGroupName", ""),
            request.parameters.get("LifecycleHookName", ""),
        )
        if self._leaving.get(instance_id) == asked:
            return None
        return _error(400, "ValidationError", f"No active Lifecycle Action found with instance ID {instance_id}")


def _answer(operation: str, result: str = "") -> CloudAnswer:
    body = (
        f'<{operation}Response xmlns="{NAMESPACE}"><{operation}Result>{result}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return text_answer(200, body, "text/xml")


def _error(status: int, code: str, message: str) -> CloudAnswer:
    body = (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    )
    return text_answer(status, body, "text/xml")
