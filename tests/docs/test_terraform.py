"""The Terraform modules of the examples: they parse, and make what the CloudFormation stacks make.

Only `make terraform` runs checkov and `terraform fmt`.
"""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bgp2vpc.config.load import parse
from bgp2vpc.iam.least import least_policy
from bgp2vpc.iam.tables import AccountScope

hcl2 = pytest.importorskip("hcl2", reason="needs python-hcl2: pip install '.[test]'")
EXAMPLES = Path(__file__).parents[2] / "examples"
MODULES = sorted(path.name for path in (EXAMPLES / "terraform").iterdir() if path.is_dir())
AROUND = AccountScope("eu-west-1", "123456789012", "vpc-0123456789abcdef0")

# What Terraform makes of each resource of a template. aws_instance itself has what a launch template has, a gateway is
# attached by its VPC, and EC2's default outbound rule has to be made.
KINDS = {
    "AWS::EC2::EIP": "aws_eip",
    "AWS::EC2::EIPAssociation": "aws_eip_association",
    "AWS::EC2::Instance": "aws_instance",
    "AWS::EC2::InternetGateway": "aws_internet_gateway",
    "AWS::EC2::LaunchTemplate": None,
    "AWS::EC2::NatGateway": "aws_nat_gateway",
    "AWS::EC2::NetworkInterface": "aws_network_interface",
    "AWS::EC2::Route": "aws_route",
    "AWS::EC2::RouteTable": "aws_route_table",
    "AWS::EC2::SecurityGroup": "aws_security_group",
    "AWS::EC2::SecurityGroupIngress": "aws_vpc_security_group_ingress_rule",
    "AWS::EC2::Subnet": "aws_subnet",
    "AWS::EC2::SubnetRouteTableAssociation": "aws_route_table_association",
    "AWS::EC2::VPC": "aws_vpc",
    "AWS::EC2::VPCGatewayAttachment": None,
    "AWS::IAM::InstanceProfile": "aws_iam_instance_profile",
    "AWS::IAM::Policy": "aws_iam_role_policy",
    "AWS::IAM::Role": "aws_iam_role",
}
TIMES = {"${local.zones}": 2, '${toset(["udp", "tcp"])}': 2, None: 1}
# Names in user data and in rules, of CloudFormation and of Terraform.
NAMES = {
    "AWS::Region": "region",
    "AWS::URLSuffix": "dns_suffix",
    "AnycastAddress": "anycast_address",
    "InterfaceA.PrimaryPrivateIpAddress": "address_a",
    "InterfaceB.PrimaryPrivateIpAddress": "address_b",
    "NatGateway": "nat_gateway_id",
    "Package": "package",
    "SessionManager": "session_manager",
    "SshFrom": "ssh_from",
    "VpcCidr": "vpc_cidr",
}
VALUES = {
    "data.aws_caller_identity.current.account_id": AROUND.account,
    "data.aws_partition.current.partition": "aws",
    "data.aws_region.current.region": AROUND.region,
    "aws_vpc.this.arn": f"arn:aws:ec2:{AROUND.region}:{AROUND.account}:vpc/{AROUND.vpc_id}",
}


class Tagged(yaml.SafeLoader):
    """Reads `!Ref X` as {"!Ref": "X"}."""


def _tagged(loader: Tagged, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {f"!{tag}": node.value}
    if isinstance(node, yaml.SequenceNode):
        return {f"!{tag}": loader.construct_sequence(node, deep=True)}
    raise AssertionError(node)


Tagged.add_multi_constructor("!", _tagged)


@cache
def stack(name: str) -> dict[str, Any]:
    """The resources of a CloudFormation template."""
    text = (EXAMPLES / "cloudformation" / f"{name}.yaml").read_text()
    resources: dict[str, Any] = yaml.load(text, Tagged)["Resources"]
    return resources


@cache
def parsed(file: Path) -> dict[str, Any]:
    options = hcl2.SerializationOptions(strip_string_quotes=True, explicit_blocks=False, with_comments=False)
    with file.open() as stream:
        found: dict[str, Any] = hcl2.load(stream, serialization_options=options)
    return found


def module(name: str, section: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind, name and body of its resources or data sources."""
    for block in parsed(EXAMPLES / "terraform" / name / "main.tf")[section]:
        for kind, named in block.items():
            for title, body in named.items():
                yield kind, title, body


def script(name: str) -> str:
    return (EXAMPLES / "terraform" / name / "user-data.sh.tftpl").read_text()


def renamed(text: str) -> str:
    return re.sub(r"\$\{([\w:.]+)\}", lambda found: f"${{{NAMES[found[1]]}}}", text)


both = pytest.mark.parametrize("name", MODULES)


def test_each_stack_has_its_module() -> None:
    assert [f"{name}.yaml" for name in MODULES] == sorted(path.name for path in (EXAMPLES / "cloudformation").iterdir())


@both
def test_a_module_has_what_modules_have(name: str) -> None:
    folder = EXAMPLES / "terraform" / name
    names = {path.name for path in folder.iterdir()}
    assert names == {"README.md", "main.tf", "outputs.tf", "user-data.sh.tftpl", "variables.tf", "versions.tf"}
    declared = {title for block in parsed(folder / "variables.tf")["variable"] for title in block}
    text = "".join((folder / file).read_text() for file in ("main.tf", "outputs.tf"))
    assert set(re.findall(r"\bvar\.(\w+)", text)) == declared
    made = {f"{kind}.{title}" for kind, title, _ in module(name, "resource")}
    made |= {f"data.{kind}.{title}" for kind, title, _ in module(name, "data")}
    assert set(re.findall(r"\b(?:data\.)?aws_\w+\.\w+", text)) - made == set()
    outputs = {title for block in parsed(folder / "outputs.tf")["output"] for title in block}
    readme = (folder / "README.md").read_text()
    assert [each for each in declared | outputs if f"`{each}`" not in readme] == []


@both
def test_a_module_makes_what_the_stack_makes(name: str) -> None:
    wanted: Counter[str] = Counter()
    for resource in stack(name).values():
        properties = resource.get("Properties", {})
        if kind := KINDS[resource["Type"]]:
            wanted[kind] += 1
        # What a template may write into the resource that it belongs to. Only CloudFormation has to be told of the end.
        policies = [each for each in properties.get("Policies", []) if each["PolicyName"] != "signal"]
        wanted["aws_iam_role_policy"] += len(policies)
        wanted["aws_vpc_security_group_ingress_rule"] += len(properties.get("SecurityGroupIngress", []))
    wanted["aws_vpc_security_group_egress_rule"] = 1
    made: Counter[str] = Counter()
    for kind, _, body in module(name, "resource"):
        made[kind] += TIMES[body.get("for_each")]
    assert made == +wanted


@both
def test_a_module_lets_in_what_the_stack_lets_in(name: str) -> None:
    rules = [each["Properties"] for each in stack(name).values() if each["Type"] == "AWS::EC2::SecurityGroupIngress"]
    for each in stack(name).values():
        rules += each.get("Properties", {}).get("SecurityGroupIngress", [])

    def source(rule: dict[str, Any]) -> str:
        return f"var.{NAMES[rule['CidrIp']['!Ref']]}" if "CidrIp" in rule else "aws_security_group.this.id"

    wanted = {(str(rule["IpProtocol"]), rule.get("FromPort"), rule.get("ToPort"), source(rule)) for rule in rules}
    made = set()
    for kind, _, body in module(name, "resource"):
        if kind == "aws_vpc_security_group_ingress_rule":
            where = body.get("cidr_ipv4") or body["referenced_security_group_id"]
            for protocol in ("udp", "tcp") if "for_each" in body else (body["ip_protocol"],):
                made.add((protocol, body.get("from_port"), body.get("to_port"), where.strip("${}")))
    assert made == wanted


@both
def test_the_role_of_a_module_has_the_least_policy_of_the_file_in_its_user_data(name: str) -> None:
    text = re.search(r"^cat > /etc/bgp2vpc.yaml <<'END'\n(.*?)^END$", script(name), re.MULTILINE | re.DOTALL)
    assert text is not None
    file = text[1].replace("${nat_gateway_id}", "nat-0123456789abcdef0").replace("${anycast_address}", "192.0.2.53")
    wanted = least_policy(parse(file, "bgp2vpc.yaml"), AROUND).to_json()["Statement"]

    def filled(value: str) -> str:
        return re.sub(r"\$\{([\w.]+)\}", lambda found: VALUES[found[1]], value)

    (document,) = (body for kind, title, body in module(name, "data") if title == "bgp2vpc")
    made = []
    for each in document["statement"]:
        conditions: dict[str, dict[str, Any]] = {}
        for condition in each["condition"]:
            (value,) = condition["values"]
            conditions.setdefault(condition["test"], {})[condition["variable"]] = filled(value)
        (resource,) = each["resources"]
        made.append(
            {
                "Sid": each["sid"],
                "Effect": "Allow",
                "Action": each["actions"],
                "Resource": filled(resource),
                "Condition": conditions,
            }
        )
    assert json.dumps(made, sort_keys=True) == json.dumps(wanted, sort_keys=True)


@both
def test_session_manager_may_the_same_in_both(name: str) -> None:
    (wanted,) = stack(name)["SessionManagerPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (document,) = (body for _, title, body in module(name, "data") if title == "session_manager")
    (made,) = document["statement"]
    assert (made["actions"], made["resources"]) == (wanted["Action"], [wanted["Resource"]])


@both
def test_the_user_data_of_a_module_is_that_of_the_stack(name: str) -> None:
    data = stack(name)["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["!Sub"]
    text, signals = re.subn(r"# At its end, tell CloudFormation.*?^trap '.*?' EXIT\n\n", "", data, flags=re.M | re.S)
    assert (signals, "signal" in script(name)) == (1, False)
    assert script(name) == renamed(text)
    (instance,) = (body for kind, _, body in module(name, "resource") if kind == "aws_instance")
    given = set(re.findall(r"(\w+) = ", instance["user_data"]))
    assert given == set(re.findall(r"\$\{(\w+)\}", script(name)))


@pytest.mark.io
@both
def test_a_shell_takes_the_user_data(name: str) -> None:
    filled = re.sub(r"\$\{\w+\}", "x", script(name))
    subprocess.run(["bash", "-n"], input=filled, text=True, check=True)


@both
def test_the_instances_of_a_module_are_those_of_the_stack(name: str) -> None:
    wanted = stack(name)["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["MetadataOptions"]
    bodies = {kind: body for kind, _, body in module(name, "resource")}
    (options,) = bodies["aws_instance"]["metadata_options"]
    made = [options[key] for key in ("http_endpoint", "http_tokens", "http_put_response_hop_limit")]
    assert made == [wanted[key] for key in ("HttpEndpoint", "HttpTokens", "HttpPutResponseHopLimit")]
    assert bodies["aws_network_interface"]["source_dest_check"] is False
    roles = [tag["Value"] for tag in stack(name)["InstanceA"]["Properties"]["Tags"] if tag["Key"] == "role"]
    assert [bodies["aws_instance"]["tags"].get("role")] == (roles or [None])
    for kind, _, body in module(name, "resource"):  # routes that Terraform would take from bgp2vpc
        assert kind != "aws_route_table" or "route" not in body
        assert kind != "aws_route" or body["route_table_id"] == "${aws_route_table.public.id}"
