"""ReplaceRoute, DeleteRoute, and the quota."""

from tests.cloud.ec2_battery.lab import NO_INTERFACE, VPC_CIDR, Lab
from tests.cloud.ec2_battery.question import question


@question("replace.eni", "replace with another ENI")
def replaced(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    error = lab.replace(table, NetworkInterfaceId=lab.host2.interface)
    assert error == ""
    assert lab.route(table)["NetworkInterfaceId"] == lab.host2.interface


@question("replace.missing", "replace a missing destination -> InvalidParameterValue")
def replace_a_missing_route(lab: Lab) -> None:
    error = lab.replace(lab.table(), NetworkInterfaceId=lab.host.interface)
    assert error == "InvalidParameterValue"


@question("replace.atomic", "a failed replace (missing ENI) leaves the old target")
def failed_replace_leaves_the_interface(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    error = lab.replace(table, NetworkInterfaceId=NO_INTERFACE)
    assert error.endswith("NotFound")
    assert lab.route(table)["NetworkInterfaceId"] == lab.host.interface


@question("replace.atomic.gw", "a failed replace (missing ENI) of a gateway's route leaves the gateway")
def failed_replace_leaves_the_gateway(lab: Lab) -> None:
    table = lab.table_to(GatewayId=lab.gateway)
    error = lab.replace(table, NetworkInterfaceId=NO_INTERFACE)
    assert error.endswith("NotFound")
    assert lab.route(table)["GatewayId"] == lab.gateway


@question("replace.dryrun", "DryRun -> DryRunOperation, the target stays")
def replace_dry_run(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    error = lab.replace(table, NetworkInterfaceId=lab.host2.interface, DryRun=True)
    assert error == "DryRunOperation"
    assert lab.route(table)["NetworkInterfaceId"] == lab.host.interface


@question("replace.othervpc", "replace with an ENI of another VPC -> InvalidParameterValue")
def replace_with_a_foreign_interface(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    error = lab.replace(table, NetworkInterfaceId=lab.foreign_host.interface)
    assert error == "InvalidParameterValue"


@question("replace.notarget", "replace with no target -> an error")
def replace_with_nothing(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    error = lab.replace(table)
    assert error != ""


@question("delete.missing", "delete a missing route -> InvalidRoute.NotFound")
def delete_a_missing_route(lab: Lab) -> None:
    error = lab.delete(lab.table())
    assert error == "InvalidRoute.NotFound"


@question("delete.local", "delete the local route -> InvalidParameterValue, it stays")
def delete_the_local_route(lab: Lab) -> None:
    table = lab.table()
    error = lab.delete(table, VPC_CIDR)
    assert error == "InvalidParameterValue"
    assert lab.route(table, VPC_CIDR)


@question("delete.dryrun", "DryRun -> DryRunOperation, the route stays")
def delete_dry_run(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    error = lab.delete(table, DryRun=True)
    assert error == "DryRunOperation"
    assert lab.route(table)


@question("limit", "one static route more than the quota (500 by default) -> RouteLimitExceeded")
def quota(lab: Lab) -> None:
    table, room = lab.table(), lab.quirks.route_quota
    prefixes = (f"172.{16 + n // 256}.{n % 256}.0/24" for n in range(room))
    errors = {lab.create(table, prefix, NetworkInterfaceId=lab.host.interface) for prefix in prefixes}
    assert errors == {""}
    error = lab.create(table, NetworkInterfaceId=lab.host.interface)
    assert error == "RouteLimitExceeded"
