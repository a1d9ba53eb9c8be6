"""Instances: the interfaces deleted at termination, and the status checks."""

from typing import Any

from moto.ec2.models.instances import Instance, InstanceBackend, InstanceState

from bgp2vpc.demo.cloud.fidelity.errors import internal_error
from bgp2vpc.demo.cloud.fidelity.interfaces import remove_interface
from bgp2vpc.demo.cloud.fidelity.patching import patch
from bgp2vpc.demo.cloud.fidelity.requests.filters import STATUS_FILTERS, select
from bgp2vpc.demo.cloud.fidelity.rules import RULES

RUNNING = 16


def install() -> None:
    """Wrap termination, replace the status checks and their description."""
    moto_terminate = Instance.terminate

    def terminate(self: Any) -> InstanceState:
        """Delete the interfaces created at launch with the instance, and detach those attached later."""
        doomed = [nic for nic in self.nics.values() if nic.device_index == 0 or nic.delete_on_termination]
        for nic in doomed:  # else moto would delete them itself, while they are still attached
            nic.delete_on_termination = False
        before = moto_terminate(self)
        for nic in list(self.nics.values()):
            if nic in doomed:
                remove_interface(self.ec2_backend, nic)
            else:
                self.detach_eni(nic)
        return before

    patch(Instance, terminate)
    patch(Instance, property(lambda self: _checks(self, "instance")), "instance_status")
    patch(Instance, property(lambda self: _checks(self, "system")), "system_status")
    # moto has no such attribute, but its serializer shows it if there is one.
    setattr(Instance, "attached_ebs_status", property(lambda self: _checks(self, "ebs")))  # noqa: B010
    patch(InstanceBackend, describe_instance_status)


def describe_instance_status(self: Any, instance_ids: list[str], include_all_instances: bool, filters: Any) -> Any:
    """DescribeInstanceStatus: of running instances only, unless all are requested.

    In the outage of a zone, the call fails as a whole if one of the ids is of an instance there.
    """
    instances = self.get_multi_instances_by_id(instance_ids) if instance_ids else self.all_instances()
    if instance_ids and any(each.availability_zone in RULES.quirks.failing_zones for each in instances):
        raise internal_error()
    wanted = {item["name"]: item["values"] for item in filters or ()}
    return select([i for i in instances if include_all_instances or i.is_running()], wanted, STATUS_FILTERS)


def _checks(instance: Any, name: str) -> dict[str, Any]:
    if instance.state_code != RUNNING:
        return {"Status": "not-applicable"}
    checks = RULES.status_checks.get(instance.id)
    status = "ok" if checks is None else getattr(checks, name)
    reachability = {"ok": "passed", "impaired": "failed"}.get(status, status)
    return {"Status": status, "Details": [{"Name": "reachability", "Status": reachability}]}
