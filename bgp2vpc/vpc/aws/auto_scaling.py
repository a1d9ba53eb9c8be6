"""Auto Scaling's calls for the lifecycle action of this instance, through botocore.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CompleteLifecycleAction.html and related pages.
"""

from threading import Lock
from typing import Any

from botocore.exceptions import NoCredentialsError

from bgp2vpc.errors import NoLifecycleAction, OperatorError
from bgp2vpc.vpc.aws.ec2_clients import client_config, ec2_errors, make_session, trimmed_data
from bgp2vpc.vpc.lifecycle import LifecycleAction

_DESCRIBE = "DescribeAutoScalingInstances"


class AutoScaling:
    """Calls Auto Scaling with a client made at the first call, as most instances never need it. Raises Ec2Error."""

    def __init__(self, region: str, timeout: float) -> None:
        self._region = region
        self._timeout = timeout
        self._lock = Lock()
        self._client: Any = None

    def group_of(self, instance_id: str) -> str:
        """The Auto Scaling group of the instance. Raises NoLifecycleAction if it is in none."""
        with ec2_errors(_DESCRIBE):
            answer = self._ready().describe_auto_scaling_instances(InstanceIds=[instance_id])
            groups = [str(each["AutoScalingGroupName"]) for each in answer["AutoScalingInstances"]]
        if not groups:
            raise NoLifecycleAction(_DESCRIBE, "NoGroup", f"{instance_id} is in no Auto Scaling group")
        return groups[0]

    def record_heartbeat(self, action: LifecycleAction) -> None:
        """RecordLifecycleActionHeartbeat: restarts the action's time-out."""
        with ec2_errors("RecordLifecycleActionHeartbeat"):
            self._ready().record_lifecycle_action_heartbeat(**_named(action))

    def complete(self, action: LifecycleAction) -> None:
        """CompleteLifecycleAction: ends the group's wait."""
        with ec2_errors("CompleteLifecycleAction"):
            self._ready().complete_lifecycle_action(**_named(action), LifecycleActionResult="CONTINUE")

    def _ready(self) -> Any:
        with self._lock, ec2_errors("CreateClient", plain=OperatorError):
            if self._client is None:
                session = make_session(trimmed_data())
                if session.get_credentials() is None:  # a client made without credentials never gets any
                    raise NoCredentialsError
                config = client_config(self._timeout, self._timeout, 1)
                self._client = session.create_client("autoscaling", region_name=self._region, config=config)
            return self._client


def _named(action: LifecycleAction) -> dict[str, str]:
    return {
        "LifecycleHookName": action.hook,
        "AutoScalingGroupName": action.group,
        "InstanceId": action.instance_id,
    }
