"""The server of the cloud's process: EC2 with its faults, instance metadata, and the control API, on one port."""

import logging
from collections.abc import Iterable

from bgp2vpc.demo.cloud import control, imds
from bgp2vpc.demo.cloud.backend.ec2 import CloudEc2
from bgp2vpc.demo.cloud.front.faults import Misfortune
from bgp2vpc.demo.cloud.front.gate import Gate
from bgp2vpc.demo.cloud.front.iam import Authority
from bgp2vpc.demo.cloud.log import CallLog, Changes
from bgp2vpc.demo.cloud.sockets import Server, make_server
from bgp2vpc.demo.cloud.wire import Environ, StartResponse, WsgiApp


def make_app() -> WsgiApp:
    """The whole cloud as one WSGI application."""
    changes = Changes()
    log = CallLog(changes)
    misfortune = Misfortune()
    authority = Authority()
    ec2 = CloudEc2(changes)
    metadata = imds.CloudMetadata(ec2)
    parts: list[tuple[str, WsgiApp]] = [
        (control.PREFIX, control.Control(ec2, authority, misfortune, log, changes, metadata)),
        (imds.PREFIX, metadata),
        ("/", Gate(ec2, authority, misfortune, log)),
    ]

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        part = next(part for prefix, part in parts if environ["PATH_INFO"].startswith(prefix))
        return part(environ, start_response)

    return app


def serve(host: str, port: int) -> Server:
    """A listening server of a new cloud. Raises OSError if the port is taken."""
    # waitress warns of truncated answers, lost connections and busy threads, which are intended here.
    logging.getLogger("waitress").setLevel(logging.ERROR)
    return make_server(make_app(), host, port)
