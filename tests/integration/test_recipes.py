"""The programs of docs/notify.md and docs/hook-recipes.md do what is said of them."""

import os
import re
import socketserver
import subprocess
import sys
import threading
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from awsnycast_kit import build
from stack_kit import QueryApi

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.notify.model import AlertKind, AlertMessage, Notice
from tests.addresses import HOME
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io
DOCS = Path(__file__).parents[2] / "docs"
TAKEN = AlertMessage(
    Notice(AlertKind.TAKEOVER, "rtb-1 192.0.2.53/32: taken from eni-2 by us (eni-1)", {"new_target": "eni-1"}),
    "2026-11-22T10:00:00.123Z",
    "i-1",
    "vpc-1",
)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bgp2vpc"


def run(document: str, program: str, *arguments: str, **environment: str) -> None:
    """Run the Python program that the document shows, named in its first words, as the daemon would."""
    blocks = re.findall(r"^```python\n(.*?)^```$", (DOCS / document).read_text(), re.MULTILINE | re.DOTALL)
    (text,) = (block for block in blocks if f'"""{program} ' in block)
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    done = subprocess.run(
        [sys.executable, "-c", text, *arguments],
        env={**os.environ, **keys, **environment}, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_alert_is_published_to_the_topic() -> None:
    with QueryApi() as sns:
        run("notify.md", "notify-sns", TOPIC, AWS_ENDPOINT_URL_SNS=sns.url, **TAKEN.environment())
    (call,) = sns.heard
    told = {key: call[key] for key in ("Action", "TopicArn", "Subject", "Message")}
    assert told == {
        "Action": "Publish",
        "TopicArn": TOPIC,
        "Subject": "bgp2vpc takeover at i-1",
        "Message": TAKEN.notice.message,
    }


class Relay(socketserver.StreamRequestHandler):
    """SMTP (RFC 5321), as far as one mail needs it. `mails`: envelope and message of each."""

    mails: list[tuple[list[str], Message]]

    def handle(self) -> None:
        envelope = []
        self._say("220 relay.example.org")
        for line in self.rfile:
            match line.split()[0].upper():
                case b"MAIL" | b"RCPT":
                    envelope.append(line.decode().strip())
                case b"DATA":
                    self._say("354 go on")
                    text = b"".join(iter(self.rfile.readline, b".\r\n"))
                    self.mails.append((envelope, message_from_bytes(text)))
                case b"QUIT":
                    self._say("221 bye")
                    return
            self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def test_the_alert_is_mailed_through_the_relay() -> None:
    Relay.mails = []
    with socketserver.TCPServer((HOME, 0), Relay) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        relay = f"{HOME}:{server.server_address[1]}"
        run("notify.md", "notify-mail", relay, "us@example.org", "noc@example.org", **TAKEN.environment())
        server.shutdown()
    ((envelope, mail),) = Relay.mails
    assert [line.partition(" size=")[0] for line in envelope] == [
        "mail FROM:<us@example.org>",
        "rcpt TO:<noc@example.org>",
    ]
    assert (mail["From"], mail["To"], mail["Subject"]) == ("us@example.org", "noc@example.org", "bgp2vpc: takeover")
    lines = mail.get_payload().splitlines()
    assert lines[0] == TAKEN.notice.message
    assert {"event: takeover", "instance_id: i-1", "new_target: eni-1"} <= set(lines)


def test_the_elastic_ip_follows_the_route(cloud: Cloud) -> None:
    hosts = build(cloud).hosts
    allocation = cloud.ec2.allocate_address(Domain="vpc")["AllocationId"]
    for host in hosts:
        run(
            "hook-recipes.md", "take-address", cloud.region, allocation, host.address,
            AWS_ENDPOINT_URL=cloud.endpoint_url, BGP2VPC_NEW_TARGET=host.interface_id,
        )  # fmt: skip
        (address,) = cloud.ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
        assert (address["NetworkInterfaceId"], address["PrivateIpAddress"]) == (host.interface_id, host.address)
