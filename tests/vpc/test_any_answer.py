"""Whatever EC2 answers: what reads it returns a value that is what it says it is, or raises an Ec2Error."""

import copy
import dataclasses
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.errors import Ec2Error, Transient
from bgp2vpc.prefix import IPAddress, parse_prefix
from bgp2vpc.vpc.aws.ec2 import Ec2
from bgp2vpc.vpc.model import InstanceHealth, Interface, RouteTable, Subnet, TaggedInstance, interface_target

ANYCAST, ENI = parse_prefix("192.0.2.53/32"), interface_target("eni-1")
ATTACHMENT = {"DeviceIndex": 0, "InstanceId": "i-1"}
IPV6 = [{"Ipv6Address": "2001:db8::5"}]
STATE = {"State": "associated"}

GOOD: dict[str, dict[str, Any]] = {
    "DescribeRouteTables": {
        "RouteTables": [
            {
                "RouteTableId": "rtb-1",
                "VpcId": "vpc-1",
                "Associations": [{"Main": True, "SubnetId": "subnet-1", "AssociationState": STATE}],
                "Tags": [{"Key": "type", "Value": "private"}],
                "Routes": [
                    {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
                    {
                        "DestinationIpv6CidrBlock": "2001:db8::/48",
                        "NetworkInterfaceId": "eni-1",
                        "InstanceId": "i-1",
                        "Origin": "CreateRoute",
                        "State": "blackhole",
                    },
                    {"DestinationPrefixListId": "pl-1", "CoreNetworkArn": "arn:aws:x", "Origin": "Advertisement"},
                ],
            }
        ]
    },
    "DescribeNetworkInterfaces": {
        "NetworkInterfaces": [
            {
                "NetworkInterfaceId": "eni-1",
                "VpcId": "vpc-1",
                "SubnetId": "subnet-1",
                "AvailabilityZone": "us-east-1a",
                "Attachment": ATTACHMENT,
                "PrivateIpAddress": "10.0.0.5",
                "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5"}],
                "Ipv6Addresses": IPV6,
                "SourceDestCheck": True,
            }
        ]
    },
    "DescribeSubnets": {
        "Subnets": [
            {
                "SubnetId": "subnet-1",
                "VpcId": "vpc-1",
                "AvailabilityZone": "us-east-1a",
                "CidrBlock": "10.0.1.0/24",
                "Ipv6CidrBlockAssociationSet": [
                    {"Ipv6CidrBlock": "2001:db8:0:1::/64", "Ipv6CidrBlockState": STATE},
                ],
            }
        ]
    },
    "DescribeInstanceStatus": {
        "InstanceStatuses": [
            {
                "InstanceId": "i-1",
                "InstanceState": {"Name": "running"},
                "InstanceStatus": {"Status": "ok"},
                "SystemStatus": {"Status": "impaired"},
            }
        ]
    },
    "DescribeInstances": {
        "Reservations": [
            {
                "Instances": [
                    {
                        "InstanceId": "i-1",
                        "PrivateIpAddress": "10.0.0.5",
                        "NetworkInterfaces": [{"Attachment": ATTACHMENT, "Ipv6Addresses": IPV6}],
                    }
                ]
            }
        ]
    },
    "CreateRoute": {"Return": True},
    "ReplaceRoute": {},
    "DeleteRoute": {},
}
CALLS: dict[str, list[tuple[Callable[[Ec2], object], Any]]] = {
    "DescribeRouteTables": [
        (lambda ec2: ec2.route_tables(["vpc-1"]), tuple[RouteTable, ...]),
        (lambda ec2: ec2.route_tables(["vpc-1"], ["rtb-1"]), tuple[RouteTable, ...]),
    ],
    "DescribeNetworkInterfaces": [
        (lambda ec2: ec2.interfaces("i-1"), tuple[Interface, ...]),
        (lambda ec2: ec2.interfaces_by_id(["eni-1"]), tuple[Interface, ...]),
        (lambda ec2: ec2.interfaces_at(["vpc-1"], [IPAddress("10.0.0.5")]), tuple[Interface, ...]),
    ],
    "DescribeSubnets": [(lambda ec2: ec2.subnets(["vpc-1"]), tuple[Subnet, ...])],
    "DescribeInstanceStatus": [(lambda ec2: ec2.instance_health(["i-1", "i-2"]), Mapping[str, InstanceHealth])],
    "DescribeInstances": [(lambda ec2: ec2.members("vpc-1", "type", "router"), tuple[TaggedInstance, ...])],
    "CreateRoute": [
        (lambda ec2: ec2.create_route("rtb-1", ANYCAST, ENI), None),
        (lambda ec2: ec2.dry_run("CreateRoute", {"RouteTableId": "rtb-1"}), None),
    ],
    "ReplaceRoute": [(lambda ec2: ec2.replace_route("rtb-1", ANYCAST, ENI), None)],
    "DeleteRoute": [(lambda ec2: ec2.delete_route("rtb-1", ANYCAST), None)],
}

Answer = tuple[int, Any]
"""HTTP status, and what botocore made of the body."""


class Endpoint:
    """Answers in place of the network, within botocore: with `answer`, or with the bytes `body`."""

    def __init__(self) -> None:
        self.ec2 = Ec2("us-east-1")
        self.answer: Answer | None = None
        self.body = b""
        self.calls = 0
        clients = self.ec2._clients.ready()
        for client in (clients.reads, clients.writes):
            client.meta.events.register("before-call.ec2", self._before_call)
            client.meta.events.register("before-send.ec2", self._before_send)

    def _before_call(self, **_: object) -> tuple[AWSResponse, Any] | None:
        if self.answer is None:
            return None
        self.calls += 1
        status, parsed = self.answer
        return AWSResponse("http://ec2", status, {}, BytesIO()), copy.deepcopy(parsed)

    def _before_send(self, **_: object) -> AWSResponse:
        return AWSResponse("http://ec2", 200, {}, _Raw(self.body))


class _Raw(BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DATA_PATH", "/nowhere")  # to trim botocore's model takes a process
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_CONFIG_FILE", "/dev/null")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        yield Endpoint()


def fits(value: object, hint: Any) -> bool:
    """Whether the value is what the hint says, to its leaves."""
    origin, args = get_origin(hint) or hint, get_args(hint)
    if origin is types.UnionType or origin is Union:
        return any(fits(value, each) for each in args)
    if not isinstance(value, origin or types.NoneType) or (origin is int and isinstance(value, bool)):
        return False
    if isinstance(value, Mapping) and args:
        return all(fits(key, args[0]) and fits(each, args[1]) for key, each in value.items())
    if isinstance(value, tuple | frozenset):
        return all(fits(each, args[0]) for each in value)
    if dataclasses.is_dataclass(origin):
        hints = get_type_hints(origin)
        fields = (field.name for field in dataclasses.fields(origin) if field.init)
        return all(fits(getattr(value, name), hints[name]) for name in fields)
    return True


def check(endpoint: Endpoint, operation: str) -> None:
    """It is a value of the right kind, or an Ec2Error."""
    for call, hint in CALLS[operation]:
        with suppress(Ec2Error):
            value = call(endpoint.ec2)
            assert fits(value, hint), value


def names_in(node: Any) -> set[str]:
    if isinstance(node, dict):
        return set(node).union(*map(names_in, node.values()))
    return set().union(*map(names_in, node)) if isinstance(node, list) else set()


NAMES = sorted({"NextToken", *names_in(GOOD)} - set(GOOD))
WRONG = [
    *(
        "eni-1",
        "i-1",
        "i-2",
        "rtb-1",
        "vpc-1",
        "local",
        "blackhole",
        "filtered",
        "impaired",
        "terminated",
        "hibernating",
    ),
    *("0.0.0.0/0", "192.0.2.53/24", "192.0.2.53/33", "192.0.2.053/32", "192.0.2.53/" + 5000 * "0", "10.0.0.5", "::/0"),
    *("2001:db8::/129", "fe80::1%eth0", "EnableVgwRoutePropagation", "", "0", "-1", "\x00", "\ud800", 10_000 * "x"),
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=4)
    | st.sampled_from(WRONG)
)
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key or index) below this node."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield node, key
            yield from places(value)


@st.composite
def mutations(draw: st.DrawFn, good: dict[str, Any]) -> dict[str, Any]:
    """A good answer, of which some values are missing, of another kind, or there many times."""
    answer = copy.deepcopy(good)
    many = draw(st.sampled_from((1, 300)))
    for _ in range(draw(st.integers(1, 4))):
        found = list(places(answer))
        if not found:
            break
        container, key = draw(st.sampled_from(found[:200]))
        match draw(st.sampled_from(("remove", "replace", "empty", "twice", "many"))):
            case "remove":
                del container[key]
            case "replace":
                container[key] = draw(JUNK)
            case "empty":
                container[key] = type(container[key])()
            case "twice" if isinstance(container, list):
                container.append(copy.deepcopy(container[key]))
            case "many" if isinstance(container[key], list):
                container[key] *= many
                many = 1
    return answer


def answers(operation: str) -> st.SearchStrategy[Answer]:
    good = GOOD[operation]
    key = next(iter(good), "Return")
    errors = st.fixed_dictionaries(
        {}, optional={"Error": JUNK | st.fixed_dictionaries({}, optional={"Code": JUNK, "Message": JUNK})}
    )
    return st.one_of(
        st.tuples(st.just(200), mutations(good)),
        st.tuples(st.just(200), st.dictionaries(st.sampled_from([key, *NAMES]), JUNK, max_size=3) | JUNK),
        st.tuples(st.just(200), JUNK.map(lambda junk: {key: [junk]})),
        st.tuples(st.sampled_from((300, 400, 403, 429, 500, 503)), errors),
    )


ANSWERS = {operation: answers(operation) for operation in GOOD}


@pytest.mark.parametrize("operation", GOOD)
def test_a_good_answer_is_read(endpoint: Endpoint, operation: str) -> None:
    endpoint.answer = 200, GOOD[operation]
    for call, hint in CALLS[operation]:
        if "dry_run" not in call.__code__.co_names:
            value = call(endpoint.ec2)
            assert value is None or value
            assert fits(value, hint)


@pytest.mark.parametrize("operation", GOOD)
@given(data=st.data())
def test_any_answer_is_a_value_or_an_error_of_ec2s(endpoint: Endpoint, operation: str, data: st.DataObject) -> None:
    endpoint.answer = data.draw(ANSWERS[operation])
    check(endpoint, operation)


def test_pages_without_an_end_have_one(endpoint: Endpoint) -> None:
    class Endless(dict[str, Any]):
        def __deepcopy__(self, _: object) -> dict[str, Any]:
            return {"RouteTables": [], "NextToken": f"token {endpoint.calls}"}

    endpoint.answer = 200, Endless()
    with pytest.raises(Transient, match="1000 pages, and no end"):
        endpoint.ec2.route_tables(["vpc-1"])


def test_who_was_not_asked_about_is_not_in_the_answer(endpoint: Endpoint) -> None:
    endpoint.answer = 200, GOOD["DescribeInstanceStatus"]
    assert endpoint.ec2.instance_health(["i-2"]) == {"i-2": InstanceHealth.UNKNOWN}


XML = {
    "DescribeRouteTables": b"""<R><routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId>
        <routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item></routeSet>
        </item></routeTableSet></R>""",
    "DescribeNetworkInterfaces": b"""<R><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>
        <vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId><attachment><deviceIndex>0</deviceIndex>
        <attachTime>2026-01-01T00:00:00Z</attachTime></attachment><sourceDestCheck>true</sourceDestCheck>
        </item></networkInterfaceSet></R>""",
    "DescribeSubnets": b"""<R><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>
        <availableIpAddressCount>9</availableIpAddressCount><cidrBlock>10.0.1.0/24</cidrBlock></item></subnetSet></R>""",
    "DescribeInstanceStatus": b"""<R><instanceStatusSet><item><instanceId>i-1</instanceId><instanceState><code>16</code>
        <name>running</name></instanceState><instanceStatus><status>ok</status></instanceStatus>
        </item></instanceStatusSet></R>""",
    "DescribeInstances": b"""<R><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>
        <privateIpAddress>10.0.0.5</privateIpAddress><launchTime>2026-01-01T00:00:00Z</launchTime></item></instancesSet>
        </item></reservationSet></R>""",
    "CreateRoute": b"<R><return>true</return></R>",
    "ReplaceRoute": b"<R><return>true</return></R>",
    "DeleteRoute": b"<R><return>true</return></R>",
}
PIECES = st.sampled_from(
    [b"<item>", b"</item>", b"<item/>", b"<", b">", b"&amp;", b"\x00", b"\xff", b"</R>", b"true", b"-"]
)


@st.composite
def garbled(draw: st.DrawFn, good: bytes) -> bytes:
    """A good body, in which some bytes are missing, changed or there twice."""
    body = good
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 40)))
        body = (
            body[:start]
            + draw(st.just(b"") | PIECES | st.binary(max_size=4) | st.just(2 * body[start:end]))
            + body[end:]
        )
    return body


@pytest.mark.parametrize("operation", XML)
@given(data=st.data())
def test_any_body_is_a_value_or_an_error_of_ec2s(endpoint: Endpoint, operation: str, data: st.DataObject) -> None:
    endpoint.answer, endpoint.body = None, data.draw(garbled(XML[operation]))
    check(endpoint, operation)
