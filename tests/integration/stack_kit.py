"""CloudFormation stacks of the examples in the test cloud, and what the user data writes on their instances."""

import base64
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl

import boto3
import dns.message
import dns.rrset

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import OUTSIDE, CloudHost
from tests.addresses import HOME, NETWORK
from tests.waiting import PATIENCE

TEMPLATES = Path(__file__).parents[2] / "examples" / "cloudformation"
ACCOUNT = "123456789012"
# The private addresses are addresses of this machine.
CIDR = f"{NETWORK}.0.0/16"
DEBIAN, IMAGE = "/aws/service/debian/release/12/latest/amd64", "/debian-12"
PACKAGE = "https://packages.example/bgp2vpc-1.0-py3-none-any.whl"


def client(cloud: Cloud, service: str) -> Any:
    return boto3.client(
        service,
        region_name=cloud.region,
        endpoint_url=cloud.endpoint_url,
        aws_access_key_id=OUTSIDE,
        aws_secret_access_key="testing",
    )


@dataclass(frozen=True)
class Stack:
    """`ids`: logical id -> physical id. `hosts`, `tables`: of the zones a and b."""

    cloud: Cloud
    name: str
    ids: Mapping[str, str]
    hosts: tuple[CloudHost, CloudHost]
    tables: tuple[str, str]

    def delete(self) -> None:
        client(self.cloud, "cloudformation").delete_stack(StackName=self.name)

    def policy(self, name: str = "bgp2vpc") -> dict[str, Any]:
        """What the instances' role may, for bgp2vpc or something else."""
        found: dict[str, Any] = client(self.cloud, "iam").get_role_policy(RoleName=self.ids["Role"], PolicyName=name)
        return found["PolicyDocument"]

    def user_data(self, host: CloudHost) -> str:
        """The script that the instance runs at its first start."""
        answer = self.cloud.ec2.describe_instance_attribute(InstanceId=host.instance_id, Attribute="userData")
        return base64.b64decode(answer["UserData"]["Value"]).decode()


def deploy(cloud: Cloud, name: str, **more: str) -> Stack:
    """A stack in an empty cloud. Only the image differs: SSM lets nobody write below /aws."""
    cloud.reset()
    client(cloud, "ssm").put_parameter(Name=IMAGE, Value="ami-12c6146b", Type="String")
    text = (TEMPLATES / f"{name}.yaml").read_text()
    assert DEBIAN in text
    formation = client(cloud, "cloudformation")
    formation.create_stack(
        StackName=name,
        TemplateBody=text.replace(DEBIAN, IMAGE),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in {"Package": PACKAGE, "VpcCidr": CIDR, **more}.items()
        ],
    )
    (stack,) = formation.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    resources = formation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    cloud.forget_calls()
    first, second = (_host(cloud, ids, letter) for letter in "AB")
    return Stack(cloud, name, ids, (first, second), (ids["PrivateTableA"], ids["PrivateTableB"]))


def _host(cloud: Cloud, ids: Mapping[str, str], letter: str) -> CloudHost:
    reservations = cloud.ec2.describe_instances(InstanceIds=[ids[f"Instance{letter}"]])["Reservations"]
    instance = reservations[0]["Instances"][0]
    (interface,) = instance["NetworkInterfaces"]
    return CloudHost(
        instance_id=instance["InstanceId"],
        interface_id=interface["NetworkInterfaceId"],
        interfaces=(interface["NetworkInterfaceId"],),
        address=instance["PrivateIpAddress"],
        zone=instance["Placement"]["AvailabilityZone"],
        subnet_id=interface["SubnetId"],
        table=ids[f"PrivateTable{letter}"],
    )


def permit(stack: Stack) -> None:
    """Both instances may what their role may, and nothing else."""
    for host in stack.hosts:
        stack.cloud.permit(host.instance_id, json.dumps(stack.policy()))


def refusals(cloud: Cloud) -> list[str]:
    return [str(call) for call in cloud.calls() if call.error == "UnauthorizedOperation"]


def run_user_data(script: str, root: Path, host: CloudHost, signals: str = "", broken: str = "") -> str:
    """Let a real shell run the script as that host, with /etc, /opt, /run and /var below `root`.

    Below it, /opt/bgp2vpc is our environment. The system's own commands do nothing; `broken` is one that fails, and the
    script with it. `signals`: the URL of CloudFormation; without it, it is told nothing.
    Returns what the commands were told, a line for each.
    """
    programs, ours, told = root / "bin", root / "opt/bgp2vpc/bin", root / "told"
    for directory in (
        programs,
        ours,
        root / "etc/sysctl.d",
        root / "etc/systemd/system",
        root / "etc/unbound/unbound.conf.d",
        root / "var/lib/cloud/data",
    ):
        directory.mkdir(parents=True)
    (root / "var/lib/cloud/data/instance-id").write_text(f"{host.instance_id}\n")
    for name in ("curl", "systemctl", "sysctl", "python3", "sleep"):
        _program(programs / name, f'echo {name} "$@" >> {told}; exit {int(name == broken)}')
    # At the first `update`, somebody else has the lock (100: apt-get(8)).
    _program(programs / "apt-get", f'echo apt-get "$@" >> {told}; [ $(grep -c . {told}) -gt 1 ] || exit 100')
    _program(programs / "dpkg", "echo amd64")
    _program(programs / "ip", f'echo "169.254.169.254 via {HOME} dev ens5 src {host.address} uid 0"')
    _program(ours / "pip", f'echo pip "$@" >> {told}')
    for name in ("bgp2vpc", "exabgp"):
        _program(ours / name, f'exec {Path(sys.executable).parent / name} "$@"')
    _program(ours / "python3", f'exec {sys.executable} "$@"' if signals else "exit 0")
    for directory in ("etc", "opt", "run", "var"):
        script = script.replace(f"/{directory}/", f"{root}/{directory}/")
    (root / "user-data").write_text(script)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "AWS_ENDPOINT_URL_CLOUDFORMATION": signals,
        "AWS_ACCESS_KEY_ID": host.instance_id,
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    done = subprocess.run(
        ["bash", str(root / "user-data")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode == 0) is not bool(broken), done.stderr
    return told.read_text()


class QueryApi:
    """An API of AWS's that takes its parameters as a form and has nothing to say; `heard` has those of each call."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                call = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                heard.append(call)
                self.send_response(200)
                self.end_headers()
                self.wfile.write("<{0}Response><{0}Result/></{0}Response>".format(call["Action"]).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOME, 0), Handler)
        self.url = f"http://{HOME}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


class Resolver:
    """A DNS server at an address of this machine that knows one name."""

    def __init__(self, address: str, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                wire, client_address = self._socket.recvfrom(4096)
                if not wire:  # stopped
                    return
                response = dns.message.make_response(dns.message.from_wire(wire))
                response.answer.append(dns.rrset.from_text("example.org.", 60, "IN", "A", "192.0.2.1"))
                self._socket.sendto(response.to_wire(), client_address)
