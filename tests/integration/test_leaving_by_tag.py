"""Orders that are given in AWS: tags of an instance and of a route table, and Auto Scaling; real daemons, over HTTP."""

import json
from typing import Any

from site_kit import Site, announcing, eventually

from bgp2vpc.config.load import load
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World
from bgp2vpc.iam.least import least_policy
from bgp2vpc.iam.tables import AccountScope

A = "192.0.2.1/32"
DRAIN, AVOID = "bgp2vpc:drain", "bgp2vpc:avoid-zone"


def start(site: Site, world: World, **more: Any) -> None:
    """A daemon whose script has announced A; it may do what its own least policy says, and nothing else."""
    site.configure(drain_timeout=0.2, processes={"dns": announcing(A)}, **more)
    around = AccountScope(site.cloud.region, "123456789012", world.vpc_id)
    site.cloud.permit(site.host.instance_id, json.dumps(least_policy(load(site.file), around).to_json()))
    site.start()


def test_a_tag_drains_by_ec2_and_by_metadata_and_a_table_leaves_a_zone(world: World, make_site, cloud: Cloud) -> None:
    first, second = map(make_site, world.hosts)
    own, table = first.host, first.host.table
    tags = {"drain": DRAIN, "avoid_zone": AVOID}
    start(first, world, tags=tags)
    first.wait_for_route(A, *world.tables)
    start(second, world, tags=tags)

    # A zonal shift, and only of this table. Tags of tables come with each poll.
    cloud.ec2.create_tags(Resources=[table], Tags=[{"Key": AVOID, "Value": own.zone}])
    second.wait_for_route(A, table)
    first.wait_for_verdict(table, A, "yield owner-healthy")
    assert {str(call) for call in cloud.writes()} == {
        *(f"CreateRoute {each} {A} {own.interface_id}" for each in world.tables),
        f"ReplaceRoute {table} {A} {second.host.interface_id}",
    }
    (order,) = first.status()["steering"]
    assert (order["verb"], order["route_table_id"], order["reason"]) == ("avoid-zone", table, own.zone)

    # The instance's tag, which EC2 tells where metadata does not show tags.
    others = [each for each in world.tables if each != table]
    cloud.ec2.create_tags(Resources=[own.instance_id], Tags=[{"Key": DRAIN, "Value": "kernel"}])
    second.wait_for_route(A, *others)
    cloud.ec2.delete_tags(Resources=[own.instance_id], Tags=[{"Key": DRAIN}])
    eventually(lambda: not first.status()["leaving"], "the end of the drain", lambda: first.log)
    cloud.set_metadata(own.instance_id, f"tags/instance/{DRAIN}", "")
    first.wait_for_log("draining prefix=all by=tag", count=2)
    assert 'reason="bgp2vpc:drain=kernel"' in first.log
    assert not [call for call in cloud.calls() if call.error == "UnauthorizedOperation"]


def test_auto_scaling_is_told_when_the_instance_has_left(world: World, site: Site, cloud: Cloud) -> None:
    start(site, world, lifecycle={"complete": "drained"})
    site.wait_for_route(A, *world.tables)
    cloud.scale_in(site.host.instance_id, "anycast", "drained")
    (done,) = cloud.wait_for_calls("CompleteLifecycleAction")
    assert (done.status, dict(done.parameters)) == (
        200,
        {
            "LifecycleHookName": "drained",
            "AutoScalingGroupName": "anycast",
            "InstanceId": site.host.instance_id,
            "LifecycleActionResult": "CONTINUE",
        },
    )
    assert [cloud.routes(table) for table in world.tables] == ["", ""]
    order = [call.operation for call in cloud.calls() if "Lifecycle" in call.operation or "Auto" in call.operation]
    assert order[0] == "DescribeAutoScalingInstances"
    assert order[-1] == "CompleteLifecycleAction"
    site.wait_for_log("lifecycle action completed hook=drained group=anycast")
