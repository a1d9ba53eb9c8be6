"""CloudFormation: Fn::Cidr, and properties of route tables, interfaces and instances that moto leaves out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
"""

import json
from ipaddress import ip_network
from itertools import islice
from typing import Any

from moto.cloudformation import parsing
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.subnets import SubnetRouteTableAssociation
from moto.iam.models import Role

from bgp2vpc.demo.cloud.fidelity.patching import patch

MAKE = "create_from_cloudformation_json"


def install() -> None:
    """Wrap the creation of resources from templates, and the evaluation of functions."""
    moto_clean = parsing.clean_json

    def clean_json(resource_json: Any, resources_map: Any) -> Any:
        if isinstance(resource_json, dict) and "Fn::Cidr" in resource_json:
            # The first `count` blocks within `block`, each with `bits` bits for hosts.
            block, count, bits = moto_clean(resource_json["Fn::Cidr"], resources_map)
            network = ip_network(block)
            blocks = network.subnets(new_prefix=network.max_prefixlen - int(bits))
            return [str(each) for each in islice(blocks, int(count))]
        return moto_clean(resource_json, resources_map)

    patch(parsing, clean_json)
    wrapped = (
        (RouteTable, _tag),
        (NetworkInterface, _complete_interface),
        # moto makes an association an object of its own, which no route table shows.
        (
            SubnetRouteTableAssociation,
            lambda made, _, backend: backend.associate_route_table(made.route_table_id, subnet_id=made.subnet_id),
        ),
    )
    for owner, complete in wrapped:
        patch(owner, _wrapped(getattr(owner, MAKE), complete), MAKE)
    moto_make, moto_make_group, moto_put = getattr(Instance, MAKE), getattr(SecurityGroup, MAKE), Role.put_policy

    def make_group(resource_name: str, template: Any, *where: Any, **more: Any) -> SecurityGroup:
        properties = template["Properties"]
        # Protocol -1 needs no ports.
        rules = [{"FromPort": None, "ToPort": None, **rule} for rule in properties.get("SecurityGroupIngress", [])]
        complete = {**template, "Properties": {**properties, "SecurityGroupIngress": rules}}
        made: SecurityGroup = moto_make_group(resource_name, complete, *where, **more)
        return made

    def make_instance(resource_name: str, template: Any, account_id: str, region_name: str, **more: Any) -> Instance:
        properties = template["Properties"]
        if "NetworkInterfaces" in properties:
            return _launch_at_interfaces(ec2_backends[account_id][region_name], properties)
        made: Instance = moto_make(resource_name, template, account_id, region_name, **more)
        return made

    def put_policy(self: Any, policy_name: str, policy_json: Any) -> None:
        moto_put(self, policy_name, policy_json if isinstance(policy_json, str) else json.dumps(policy_json))

    patch(Role, put_policy)
    patch(SecurityGroup, staticmethod(make_group), MAKE)
    patch(Instance, staticmethod(make_instance), MAKE)


def _launch_at_interfaces(backend: Any, properties: Any) -> Instance:
    """Launch an instance of a launch template with existing interfaces."""
    launch = backend.get_launch_template(properties["LaunchTemplate"]["LaunchTemplateId"]).default_version().data
    interfaces = properties["NetworkInterfaces"]
    first = backend.get_network_interface(interfaces[0]["NetworkInterfaceId"])
    made: Instance
    (made,) = backend.run_instances(
        image_id=launch["ImageId"],
        count=1,
        user_data=None,  # the template's
        security_group_names=[],
        is_instance_type_default=True,
        region_name=backend.region_name,
        placement=first.subnet.availability_zone,
        launch_template=properties["LaunchTemplate"],
        metadata_options=launch.get("MetadataOptions"),
        nics=interfaces,
    ).instances
    if profile := launch.get("IamInstanceProfile"):
        backend.associate_iam_instance_profile(made.id, iam_instance_profile_name=profile["Name"])
    _tag(made, properties, backend)
    return made


def _wrapped(moto_make: Any, complete: Any) -> Any:
    def make(resource_name: str, template: Any, account_id: str, region_name: str, **more: Any) -> Any:
        made = moto_make(resource_name, template, account_id, region_name, **more)
        complete(made, template["Properties"], ec2_backends[account_id][region_name])
        return made

    return staticmethod(make)


def _tag(made: Any, properties: Any, _: Any) -> None:
    for tag in properties.get("Tags", []):
        made.add_tag(tag["Key"], tag["Value"])


def _complete_interface(made: Any, properties: Any, backend: Any) -> None:
    _tag(made, properties, backend)
    made.source_dest_check = properties.get("SourceDestCheck", True)
    if groups := properties.get("GroupSet"):
        backend.modify_network_interface_attribute(made.id, groups)
