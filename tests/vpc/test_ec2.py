"""Ec2 on bad days, against a server that says exactly what it is told. On good days: test_vpc_api.py."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from urllib.parse import parse_qs

import pytest
from stub_server import Reply, Server, http, reset

from bgp2vpc.errors import (
    Credentials,
    Denied,
    Ec2Error,
    NoAnswer,
    OperatorError,
    Refused,
    RouteExists,
    RouteMissing,
    TableGone,
    Throttled,
    Transient,
)
from bgp2vpc.policy.plan import Action, Change, Reason
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.reconcile.ec2_calls import Calls, Connector
from bgp2vpc.vpc.aws.connect import Ec2Connection
from bgp2vpc.vpc.aws.ec2 import Ec2, endpoint_url
from bgp2vpc.vpc.model import Instance, InstanceHealth, interface_target
from tests.waiting import PATIENCE, eventually

pytestmark = pytest.mark.io

ANYCAST = parse_prefix("192.0.2.53/32")
PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"
CREATED = "<CreateRouteResponse><requestId>r</requestId><return>true</return></CreateRouteResponse>"


def error_body(code: str, message: str = "said EC2") -> str:
    return (
        f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        "<RequestID>r</RequestID></Response>"
    )


def tables_body(*ids: str, token: str = "") -> str:
    items = "".join(f"<item><routeTableId>{each}</routeTableId><vpcId>vpc-1</vpcId></item>" for each in ids)
    following = f"<nextToken>{token}</nextToken>" if token else ""
    return (
        f"<DescribeRouteTablesResponse><routeTableSet>{items}</routeTableSet>{following}</DescribeRouteTablesResponse>"
    )


def status_body(*ids: str) -> str:
    ok = "<instanceStatus><status>ok</status></instanceStatus><systemStatus><status>ok</status></systemStatus>"
    running = "<instanceState><name>running</name></instanceState>"
    items = "".join(f"<item><instanceId>{each}</instanceId>{running}{ok}</item>" for each in ids)
    return f"<Response><instanceStatusSet>{items}</instanceStatusSet></Response>"


def parameters(request: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.partition("\r\n\r\n")[2]).items()}


@pytest.fixture(autouse=True)
def environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def ec2() -> Ec2:
    return Ec2("us-east-1", timeout=PATIENCE)


ANSWERS: list[tuple[str, Reply, type[Ec2Error], str]] = [
    ("an error of EC2's", http(400, error_body("RouteAlreadyExists")), RouteExists, "RouteAlreadyExists"),
    ("a denial", http(403, error_body("UnauthorizedOperation")), Denied, "UnauthorizedOperation"),
    ("an expired request", http(400, error_body("RequestExpired")), Credentials, "RequestExpired"),
    ("an unknown refusal", http(400, error_body("NewCode")), Refused, "NewCode"),
    ("throttling", http(503, error_body("RequestLimitExceeded")), Throttled, "RequestLimitExceeded"),
    ("an internal error", http(500, error_body("InternalError")), Transient, "InternalError"),
    ("unavailable", http(503, error_body("Unavailable")), Transient, "Unavailable"),
    ("a 502 as HTML", http(502, PAGE), Transient, "502"),
    ("a 500 as broken HTML", http(500, "<!doctype html>\n<p>oh<br>"), Transient, "ResponseParserError"),
    ("a 503 without body", http(503), Transient, "503"),
    ("half an answer", http(200, CREATED, cut=20), Transient, "ResponseParserError"),
    ("half of the XML", http(200, CREATED[:-20]), Transient, "ResponseParserError"),
    ("no HTTP at all", b"SSH-2.0-whatever\r\n", NoAnswer, "ConnectionClosedError"),
    ("a closed connection", b"", NoAnswer, "ConnectionClosedError"),
    ("a reset", reset, NoAnswer, "ConnectionClosedError"),
]


@pytest.mark.parametrize(("reply", "expected", "code"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_a_write_meets(server: Server, ec2: Ec2, reply: Reply, expected: type[Ec2Error], code: str) -> None:
    server.replies = [reply]
    with pytest.raises(Ec2Error) as caught:
        ec2.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert type(caught.value) is expected
    assert (caught.value.operation, caught.value.code) == ("CreateRoute", code)
    assert len(server.requests) == 1, "botocore must not retry: whoever calls decides"


@pytest.mark.parametrize(("reply", "expected"), [row[1:3] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_a_read_meets(server: Server, ec2: Ec2, reply: Reply, expected: type[Ec2Error]) -> None:
    server.replies = [reply]
    with pytest.raises(Ec2Error) as caught:
        ec2.route_tables(["vpc-1"])
    # A read that gets the answer of a write has no tables in it.
    assert type(caught.value) is expected
    assert len(server.requests) == 1


def test_a_page_that_parses_but_is_no_answer_is_not_an_empty_vpc(server: Server, ec2: Ec2) -> None:
    server.replies = [http(200, "<html><body>please log in</body></html>")]
    for read in (lambda: ec2.route_tables(["vpc-1"]), lambda: ec2.interfaces("i-1")):
        with pytest.raises(Transient, match="the answer has no"):
            read()


def test_a_table_without_an_id_is_a_broken_answer(server: Server, ec2: Ec2) -> None:
    server.replies = [http(200, tables_body("rtb-1").replace("<vpcId>vpc-1</vpcId>", ""))]
    with pytest.raises(Transient, match="an item of the answer is broken: KeyError"):
        ec2.route_tables(["vpc-1"])


def test_of_a_broken_answer_only_the_beginning_is_told(server: Server, ec2: Ec2) -> None:
    server.replies = [http(200, "<p>" + "long " * 1000)]
    with pytest.raises(Transient) as caught:
        ec2.route_tables(["vpc-1"])
    assert len(str(caught.value)) < 500


def test_no_answer_is_a_time_out_after_as_long_as_was_said(server: Server) -> None:
    server.replies = [server.hang]
    ec2 = Ec2("us-east-1", timeout=0.3)
    ec2.warm_up()
    started = time.monotonic()
    with pytest.raises(NoAnswer, match="Read timeout"):
        ec2.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert time.monotonic() - started > 0.25


def test_nobody_listening_is_transient(ec2: Ec2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Transient) as caught:
        ec2.delete_route("rtb-1", ANYCAST)
    assert caught.value.code == "EndpointConnectionError"


def test_no_credentials_are_the_operators_affair(ec2: Ec2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Credentials, match="Unable to locate credentials; attach a role to the instance"):
        ec2.route_tables(["vpc-1"])


def test_credentials_that_come_later_are_found(server: Server, ec2: Ec2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(Credentials):
        ec2.warm_up()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    server.replies = [http(200, tables_body("rtb-1"))]
    assert [table.id for table in ec2.route_tables(["vpc-1"])] == ["rtb-1"]


def test_a_profile_that_does_not_exist_is_the_operators_affair(ec2: Ec2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    with pytest.raises(Credentials, match="nowhere"):
        ec2.warm_up()


def test_an_endpoint_that_is_no_url_is_the_operators_affair(ec2: Ec2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "no url")
    with pytest.raises(OperatorError, match="Invalid endpoint"):
        ec2.warm_up()


def test_a_client_that_could_not_be_made_is_made_by_the_next_call(
    server: Server, ec2: Ec2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    with pytest.raises(Credentials):
        ec2.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    monkeypatch.delenv("AWS_PROFILE")
    server.replies = [http(200, CREATED)]
    ec2.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert len(server.requests) == 1


def test_parameters_that_botocore_refuses_are_refused(ec2: Ec2) -> None:
    with pytest.raises(Refused, match="Parameter validation failed"):
        ec2.interfaces(None)  # type: ignore[arg-type]


def test_the_writes_say_this_on_the_wire(server: Server, ec2: Ec2) -> None:
    server.replies = [http(200, CREATED)]
    ec2.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    ec2.replace_route("rtb-1", parse_prefix("2001:db8::53/128"), interface_target("eni-2"))
    ec2.delete_route("rtb-2", ANYCAST)
    version = {"Version": "2016-11-15"}
    v4, v6 = {"DestinationCidrBlock": "192.0.2.53/32"}, {"DestinationIpv6CidrBlock": "2001:db8::53/128"}
    assert [parameters(request) for request in server.requests] == [
        {"Action": "CreateRoute", "RouteTableId": "rtb-1", "NetworkInterfaceId": "eni-1", **v4, **version},
        {"Action": "ReplaceRoute", "RouteTableId": "rtb-1", "NetworkInterfaceId": "eni-2", **v6, **version},
        {"Action": "DeleteRoute", "RouteTableId": "rtb-2", **v4, **version},
    ]
    assert "bgp2vpc/" in server.requests[0]


def test_tables_are_read_page_by_page_filtered_by_vpc_and_sorted(server: Server, ec2: Ec2) -> None:
    server.replies = [http(200, tables_body("rtb-2", "rtb-3", token="more")), http(200, tables_body("rtb-1"))]
    assert [table.id for table in ec2.route_tables(["vpc-1"])] == ["rtb-1", "rtb-2", "rtb-3"]
    first, second = map(parameters, server.requests)
    assert (first["Filter.1.Name"], first["Filter.1.Value.1"], first["MaxResults"]) == ("vpc-id", "vpc-1", "100")
    assert "NextToken" not in first
    assert second["NextToken"] == "more"


def test_tables_by_id_are_asked_for_by_filter_200_at_a_time(server: Server, ec2: Ec2) -> None:
    ids = [f"rtb-{number:03}" for number in range(250)]
    server.replies = [http(200, tables_body("rtb-000")), http(200, tables_body("rtb-200"))]
    assert [table.id for table in ec2.route_tables(["vpc-1"], ids)] == ["rtb-000", "rtb-200"]
    first, second = map(parameters, server.requests)
    assert first["Filter.2.Name"] == second["Filter.2.Name"] == "route-table-id"
    assert (first["Filter.2.Value.200"], second["Filter.2.Value.1"], second["Filter.2.Value.50"]) == (
        "rtb-199",
        "rtb-200",
        "rtb-249",
    )


def test_a_failure_on_a_later_page_is_a_failure_of_the_whole_read(server: Server, ec2: Ec2) -> None:
    server.replies = [http(200, tables_body("rtb-1", token="more")), http(500, error_body("InternalError"))]
    with pytest.raises(Transient, match="InternalError"):
        ec2.route_tables(["vpc-1"])


def test_no_vpc_has_no_tables_and_costs_no_call(server: Server, ec2: Ec2) -> None:
    assert ec2.route_tables([]) == ()
    assert ec2.instance_health([]) == {}
    assert server.requests == []


def test_health_is_asked_again_without_the_instances_that_are_not_there(server: Server, ec2: Ec2) -> None:
    missing = error_body("InvalidInstanceID.NotFound", "The instance IDs 'i-0b, i-0c' do not exist")
    server.replies = [http(400, missing), http(200, status_body("i-0a"))]
    assert ec2.instance_health(["i-0a", "i-0b", "i-0c", "i-0d"]) == {
        "i-0a": InstanceHealth.OK,
        "i-0b": InstanceHealth.UNKNOWN,
        "i-0c": InstanceHealth.UNKNOWN,
        "i-0d": InstanceHealth.UNKNOWN,  # that it was left out is no word about it
    }
    assert parameters(server.requests[1])["IncludeAllInstances"] == "true"
    assert [value for name, value in parameters(server.requests[1]).items() if name.startswith("InstanceId.")] == [
        "i-0a",
        "i-0d",
    ]


def test_health_of_nothing_but_missing_instances_ends(server: Server, ec2: Ec2) -> None:
    server.replies = [http(400, error_body("InvalidInstanceID.NotFound", "The instance ID 'i-0a' does not exist"))]
    assert ec2.instance_health(["i-0a"]) == {"i-0a": InstanceHealth.UNKNOWN}


def test_an_answer_that_names_none_of_the_asked_instances_is_an_error_not_a_loop(server: Server, ec2: Ec2) -> None:
    server.replies = [http(400, error_body("InvalidInstanceID.Malformed", "Invalid id: whatever"))]
    with pytest.raises(Refused):
        ec2.instance_health(["i-0a"])
    assert len(server.requests) == 1


def test_a_page_under_way_holds_up_no_write(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Event()

    def hold(_: socket) -> None:
        """The connection ends without an answer, and not before the write is done."""
        written.wait(PATIENCE)

    server.route = lambda request: hold if "Action=Describe" in request else http(200, CREATED)
    ec2 = Ec2("us-east-1", timeout=PATIENCE, max_connections=1)
    reads: list[Ec2Error] = []

    def read() -> None:
        try:
            ec2.route_tables(["vpc-1"])
        except Ec2Error as error:
            reads.append(error)

    ec2.warm_up()
    thread = Thread(target=read)
    thread.start()
    eventually(lambda: server.requests, "the read")
    ec2.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
    assert not reads
    written.set()
    thread.join()
    assert [type(error) for error in reads] == [NoAnswer]


def test_a_replace_of_a_missing_route_asks_for_a_look_at_the_table(server: Server, ec2: Ec2) -> None:
    message = "There is no route defined for '192.0.2.53/32' in the route table. Use CreateRoute instead."
    server.replies = [http(400, error_body("InvalidParameterValue", message))]
    with pytest.raises(RouteMissing):
        ec2.replace_route("rtb-1", ANYCAST, interface_target("eni-1"))


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `credential_process` runs: it prints credentials that have to be refreshed before the next call."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    config, program = tmp_path / "config", tmp_path / "credentials.sh"
    config.write_text(f"[default]\ncredential_process = {program}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    prints(program, credentials_until(datetime.now(UTC) + timedelta(seconds=25)))
    return program


def credentials_until(expiration: datetime) -> str:
    until = expiration.strftime("%Y-%m-%dT%H:%M:%SZ")
    keys = {"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T"}
    return json.dumps({"Version": 1, **keys, "Expiration": until})


def prints(program: Path, text: str) -> None:
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    program.chmod(0o755)


EXPIRED = credentials_until(datetime(2001, 1, 1, tzinfo=UTC))
REFRESHES = [
    ("are expired still", EXPIRED, "still expired"),
    ("are no JSON", "oops", "JSONDecodeError"),
    ("are no object", "[]", "AttributeError"),
    ("expire at no time", EXPIRED.replace("2001", "soon"), "Error"),
    ("expire too late for a date", EXPIRED.replace("2001-01-01T00:00:00Z", 30 * "9"), "OverflowError"),
]


@pytest.mark.parametrize(("printed", "problem"), [row[1:] for row in REFRESHES], ids=[row[0] for row in REFRESHES])
def test_refreshed_credentials_that(server: Server, ec2: Ec2, program: Path, printed: str, problem: str) -> None:
    # Credentials in their last seconds are refreshed before each call.
    server.replies = [http(200, tables_body("rtb-1"))]
    assert ec2.route_tables(["vpc-1"])
    prints(program, printed)
    for call in (lambda: ec2.route_tables(["vpc-1"]), lambda: ec2.delete_route("rtb-1", ANYCAST)):
        with pytest.raises(Credentials, match=problem):
            call()
    assert len(server.requests) == 1
    prints(program, credentials_until(datetime.now(UTC) + timedelta(hours=1)))
    assert ec2.route_tables(["vpc-1"])


def test_a_write_that_was_given_up_is_not_sent_when_its_credentials_come_at_last(
    server: Server, ec2: Ec2, program: Path, tmp_path: Path
) -> None:
    server.replies = [http(200, tables_body("rtb-1"))]
    assert ec2.route_tables(["vpc-1"])
    fresh = tmp_path / "fresh"
    program.write_text(f"#!/bin/sh\nuntil cat {fresh} 2>/dev/null; do sleep 0.05; done\n")  # it hangs

    async def give_up() -> None:
        connection = Ec2Connection(ec2, Instance("i-1", "us-east-1", "vpc-1"), lambda _: ec2)
        calls = Calls(Connector(lambda: connection), writers=1, timeout=0.001)
        await calls.connector.connected()
        target = interface_target("eni-1")
        with pytest.raises(Transient, match="CallTimeout"):
            await calls.write(Change(Action.DELETE, "rtb-1", ANYCAST, target, Reason.WITHDRAWN, target))
        calls.close()

    asyncio.run(give_up())
    (tmp_path / "written").write_text(credentials_until(datetime.now(UTC) + timedelta(hours=1)))
    (tmp_path / "written").rename(fresh)
    for writer in [each for each in enumerate_threads() if each.name.startswith("ec2-write")]:
        writer.join()
    assert len(server.requests) == 1
    ec2.route_tables(["vpc-1"])


def test_while_credentials_are_good_a_failed_refresh_costs_nothing(server: Server, ec2: Ec2, program: Path) -> None:
    server.replies = [http(200, tables_body("rtb-1"))]
    prints(program, credentials_until(datetime.now(UTC) + timedelta(minutes=5)))
    assert ec2.route_tables(["vpc-1"])
    prints(program, "oops")
    assert ec2.route_tables(["vpc-1"])


KEYS = "iam/security-credentials/"


@pytest.fixture
def role(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The credentials of an instance role, from instance metadata version 2; the requests that it got."""
    asked: list[str] = []

    def metadata(request: str) -> Reply:
        path = request.split(" ")[1]
        if not path.startswith("/latest/"):
            return http(200, tables_body("rtb-1"))
        asked.append(request)
        if request.startswith("PUT"):
            return http(200, "token")
        if "x-aws-ec2-metadata-token: token" not in request.lower():
            return http(401)
        keys = json.loads(credentials_until(datetime.now(UTC) + timedelta(hours=1)))
        keys |= {"Code": "Success", "Token": keys["SessionToken"]}
        return http(200, "role" if path.endswith(KEYS) else json.dumps(keys))

    server.route = metadata
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url)
    monkeypatch.setenv("AWS_METADATA_SERVICE_TIMEOUT", str(int(PATIENCE)))
    return asked


def test_credentials_of_a_role_never_go_through_a_proxy(
    ec2: Ec2, role: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Server()
    proxy.replies = [http(502)]
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    try:
        ec2.warm_up()
    finally:
        proxy.close()
    assert len(role) == 3
    assert proxy.requests == []


def test_credentials_of_a_role_are_not_asked_for_without_a_token(server: Server, ec2: Ec2, role: list[str]) -> None:
    with_token = server.route
    assert with_token is not None
    server.route = lambda request: http(403) if request.startswith("PUT") else with_token(request)
    with pytest.raises(Credentials):
        ec2.warm_up()
    assert [request for request in role if KEYS in request] == []


def test_a_program_for_credentials_that_is_gone_is_the_operators_affair(
    server: Server, ec2: Ec2, program: Path
) -> None:
    server.replies = [http(200, tables_body("rtb-1"))]
    assert ec2.route_tables(["vpc-1"])
    program.unlink()
    with pytest.raises(Credentials, match="FileNotFoundError"):
        ec2.route_tables(["vpc-1"])
    with pytest.raises(Credentials, match="FileNotFoundError"):
        Ec2("us-east-1").warm_up()


def test_a_web_identity_without_its_file_is_the_operators_affair(
    ec2: Ec2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/router")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(Credentials, match="FileNotFoundError"):
        ec2.route_tables(["vpc-1"])


def test_a_rehearsal_asks_and_does_not_write(server: Server, ec2: Ec2) -> None:
    server.replies = [http(412, error_body("DryRunOperation", "Request would have succeeded"))]
    ec2.dry_run("CreateRoute", {"RouteTableId": "rtb-1", "DestinationCidrBlock": "192.0.2.53/32"})
    assert parameters(server.requests[0])["DryRun"] == "true"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (http(403, error_body("UnauthorizedOperation")), Denied),
        (http(400, error_body("InvalidRouteTableID.NotFound")), TableGone),
        (http(503, error_body("Unavailable")), Transient),
        (http(200, CREATED), Refused),
    ],
)
def test_a_rehearsal_meets(server: Server, ec2: Ec2, reply: Reply, expected: type[Ec2Error]) -> None:
    server.replies = [reply]
    with pytest.raises(expected):
        ec2.dry_run("CreateRoute", {"RouteTableId": "rtb-1", "DestinationCidrBlock": "192.0.2.53/32"})


def test_the_endpoint_is_known_without_credentials(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    (tmp_path / "config").write_text("[default]\ncredential_process = /none-of-this-name\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert endpoint_url("us-east-1") == server.url
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert endpoint_url("cn-north-1") == "https://ec2.cn-north-1.amazonaws.com.cn"


def test_a_read_before_a_write_opens_the_connection_that_the_write_then_uses(monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[int, str]] = []

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            action = parse_qs(body)["Action"][0]
            asked.append((self.client_address[1], action))
            answer = (CREATED if action == "CreateRoute" else tables_body("rtb-1")).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as answering:
        thread = Thread(target=answering.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{answering.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "i-1")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        vpc = Ec2("us-east-1")
        vpc.route_tables(["vpc-1"], ["rtb-1"])
        vpc.tables_before_write(["vpc-1"], ["rtb-1"])
        vpc.create_route("rtb-1", ANYCAST, interface_target("eni-1"))
        answering.shutdown()
        thread.join()
    (other, _), (opened, _), (used, _) = asked
    assert [action for _, action in asked] == ["DescribeRouteTables", "DescribeRouteTables", "CreateRoute"]
    assert used == opened != other
