"""Instance metadata: the good day at the test cloud, the bad ones at a server that says what it is told."""

import dataclasses
import re
import socket
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stub_server import Reply, Server, http, reset

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World
from bgp2vpc.errors import MetadataError
from bgp2vpc.vpc.aws.imds import Metadata, fetch_instance
from bgp2vpc.vpc.model import Instance
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

MACS = "network/interfaces/macs"
# An instance in a local zone whose first interfaces listed are others, in another VPC; one of them is device 0, too, of
# the second network card.
TREE = {
    "instance-id": "i-0123456789abcdef0",
    "placement/region": "us-west-2",
    "placement/availability-zone": "us-west-2-lax-1a",
    "mac": "0e:00:00:00:00:01",
    f"{MACS}/": "0e:00:00:00:00:03/\n0e:00:00:00:00:02/\n0e:00:00:00:00:01/",
    f"{MACS}/0e:00:00:00:00:01/device-number": "0",
    f"{MACS}/0e:00:00:00:00:01/vpc-id": "vpc-1",
    f"{MACS}/0e:00:00:00:00:02/device-number": "1",
    f"{MACS}/0e:00:00:00:00:02/vpc-id": "vpc-2",
    f"{MACS}/0e:00:00:00:00:03/device-number": "0",
    f"{MACS}/0e:00:00:00:00:03/network-card": "1",
    f"{MACS}/0e:00:00:00:00:03/vpc-id": "vpc-2",
}


class Service:
    """IMDSv2 with this tree: a token is needed, and is good until `expire`."""

    def __init__(self, tree: dict[str, str]) -> None:
        self.tree = tree
        self.tokens = 0

    def __call__(self, request: str) -> Reply:
        method, path, _ = request.partition("\r\n")[0].split(" ")
        if method == "PUT" and path == "/base/latest/api/token":
            if "x-aws-ec2-metadata-token-ttl-seconds: 21600" not in request.lower():
                return http(400)
            self.tokens += 1
            return http(200, f"token-{self.tokens}")
        if f"X-aws-ec2-metadata-token: token-{self.tokens}\r\n" not in request + "\r\n":
            return http(401)
        text = self.tree.get(path.removeprefix("/base/latest/meta-data/"))
        return http(404) if text is None else http(200, text)

    def expire(self) -> None:
        self.tokens += 1


@pytest.fixture
def service(server: Server, monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service(dict(TREE))
    server.route = made
    for name in ("AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"{server.url}/base")
    return made


@pytest.fixture
def metadata(server: Server, service: Service) -> Metadata:
    del service  # it answers for the server
    return Metadata(f"{server.url}/base", timeout=PATIENCE, pause=lambda _: None)


@pytest.mark.usefixtures("service")
def test_an_instance_is_told_with_the_vpc_of_its_primary_interface_and_a_region_not_taken_from_its_zone() -> None:
    assert fetch_instance() == Instance("i-0123456789abcdef0", "us-west-2", "vpc-1")


def test_one_token_serves_many_requests(metadata: Metadata, service: Service) -> None:
    metadata.instance()
    metadata.instance()
    assert service.tokens == 1


def test_an_expired_token_is_replaced(metadata: Metadata, service: Service) -> None:
    metadata.get("instance-id")
    service.expire()
    assert metadata.get("instance-id") == "i-0123456789abcdef0"
    assert service.tokens == 3


def test_what_is_not_there_is_none(metadata: Metadata) -> None:
    assert metadata.get("spot/instance-action") is None


def test_a_proxy_of_the_environment_is_not_asked(metadata: Metadata, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert metadata.get("instance-id") == "i-0123456789abcdef0"


@pytest.mark.parametrize("missing", ["instance-id", "placement/region", "mac", f"{MACS}/0e:00:00:00:00:01/vpc-id"])
def test_a_missing_fact_is_named_with_what_can_be_set_instead(
    metadata: Metadata, service: Service, missing: str
) -> None:
    del service.tree[missing]
    with pytest.raises(MetadataError) as caught:
        metadata.instance()
    assert f"has no {missing}" in str(caught.value)
    assert "set instance_id:, region: and vpc_id: in the YAML" in str(caught.value)


def test_a_login_page_is_no_instance_id(metadata: Metadata, service: Service) -> None:
    service.tree["instance-id"] = "<html>please log in</html>"
    with pytest.raises(MetadataError, match=r"gave '<html>please log in</html>' as instance-id"):
        metadata.instance()


def test_a_page_of_several_lines_is_no_token(server: Server, metadata: Metadata) -> None:
    server.route = lambda _: http(200, "<html>\r\nplease log in\r\n</html>")
    with pytest.raises(MetadataError, match=r"gave '<html>.*' as a token; is that a proxy or a captive portal"):
        metadata.instance()


def test_who_sends_a_byte_now_and_then_is_given_up_in_time(server: Server) -> None:
    def drip(connection: socket.socket) -> None:
        with suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)

    server.route = lambda _: drip
    metadata = Metadata(server.url, timeout=0.5, pause=lambda _: None)
    with pytest.raises(MetadataError, match=r"did not answer within 0\.5 s"):
        metadata.get("instance-id")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*TREE, "token"]), st.binary(max_size=80) | st.text().map(str.encode)))
def test_whatever_metadata_says_is_an_instance_or_an_error(server: Server, said: dict[str, bytes]) -> None:
    service = Service(dict(TREE))

    def answer(request: str) -> Reply:
        name = "token" if request.startswith("PUT") else request.split(" ")[1].removeprefix("/latest/meta-data/")
        if name not in said:
            return service(request.replace("/latest/", "/base/latest/", 1))
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + said[name]

    server.route = answer
    with suppress(MetadataError):
        instance = Metadata(server.url, timeout=PATIENCE, pause=lambda _: None).instance()
        assert re.fullmatch(r"i-[0-9a-z]+ [a-z0-9-]+ vpc-[0-9a-z]+", " ".join(dataclasses.astuple(instance)))


TROUBLE: list[tuple[str, Reply, int, str]] = [
    ("unavailable", http(503), 3, "answered HTTP 503"),
    ("reset", reset, 3, "cannot be reached"),
    ("closed", b"", 3, "cannot be reached"),
    ("no HTTP", b"SSH-2.0-whatever\r\n", 3, "cannot be reached"),
    ("switched off", http(403), 1, "is switched off for this instance"),
    ("no token", http(404), 1, "gave no token: HTTP 404"),
]


@pytest.mark.parametrize(("reply", "attempts", "text"), [row[1:] for row in TROUBLE], ids=[row[0] for row in TROUBLE])
def test_trouble_is_told(server: Server, metadata: Metadata, reply: Reply, attempts: int, text: str) -> None:
    server.route = lambda _: reply
    with pytest.raises(MetadataError, match=text):
        metadata.get("instance-id")
    assert len(server.requests) == attempts


def test_a_time_out_hints_at_the_hop_limit(server: Server) -> None:
    server.route = lambda _: server.hang
    metadata = Metadata(server.url, timeout=0.3, pause=lambda _: None)
    with pytest.raises(MetadataError, match=r"did not answer within 0\.3 s\. In a container the hop limit must be 2"):
        metadata.get("instance-id")


def test_tokens_that_never_work_are_an_error_not_a_loop(server: Server, metadata: Metadata) -> None:
    server.route = lambda request: http(200, "token") if request.startswith("PUT") else http(401)
    with pytest.raises(MetadataError, match="refused a new token"):
        metadata.get("instance-id")


def test_a_short_trouble_at_boot_passes(server: Server, metadata: Metadata, service: Service) -> None:
    replies: list[Reply] = [http(503), reset]
    server.route = lambda request: replies.pop() if replies else service(request)
    assert metadata.get("instance-id") == "i-0123456789abcdef0"


def test_metadata_that_the_environment_switches_off_is_not_asked(
    server: Server, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(MetadataError, match="AWS_EC2_METADATA_DISABLED is set"):
        fetch_instance()
    assert (server.requests, service.tokens) == ([], 0)


@pytest.mark.parametrize("endpoint", ["169.254.169.254", "https://x", "ftp://x", "http://"])
def test_an_endpoint_that_is_no_url_is_told(endpoint: str) -> None:
    with pytest.raises(MetadataError, match=r"must be like http://169\.254\.169\.254"):
        Metadata(endpoint)


def test_the_default_endpoints_are_ec2s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6")
    assert Metadata().endpoint == "http://[fd00:ec2::254]"
    monkeypatch.delenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
    assert Metadata().endpoint == "http://169.254.169.254"


def test_the_test_clouds_instances_know_who_they_are(
    cloud: Cloud, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in world.hosts:
        for name, value in cloud.environment(host.instance_id).items():
            monkeypatch.setenv(name, value)
        assert fetch_instance() == Instance(host.instance_id, cloud.region, world.vpc_id)
    client = Metadata(timeout=PATIENCE)
    assert client.get("instance-id") == world.hosts[-1].instance_id
    cloud.expire_tokens(world.hosts[-1].instance_id)
    assert client.get("instance-id") == world.hosts[-1].instance_id
