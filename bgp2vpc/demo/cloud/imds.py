"""The instance metadata service, version 2, of every instance: /imds/<instance id>/latest/…

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.ec2.exceptions import EC2ClientError

from bgp2vpc.demo.cloud.backend.ec2 import CloudEc2
from bgp2vpc.demo.cloud.metadata import tree_of
from bgp2vpc.demo.cloud.sockets import reset_connection
from bgp2vpc.demo.cloud.values import MetadataFault
from bgp2vpc.demo.cloud.wire import CloudAnswer, Environ, StartResponse, text_answer

PREFIX = "/imds/"
LONGEST_TTL = 21600
TOKEN_HEADER = "HTTP_X_AWS_EC2_METADATA_TOKEN"
TTL_HEADER = "HTTP_X_AWS_EC2_METADATA_TOKEN_TTL_SECONDS"
TTL_ANSWER = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"


@dataclass(slots=True)
class CloudService:
    """One instance's service. `tokens`: token -> its end; `values`: a test's changes of the data, by path."""

    tokens: dict[str, float] = field(default_factory=dict)
    values: dict[str, str | None] = field(default_factory=dict)
    fault: MetadataFault | None = None
    mended: threading.Event = field(default_factory=threading.Event)

    def fail(self, fault: MetadataFault | None) -> None:
        """Set or end (None) the fault, and release all requests that hang."""
        self.fault = fault
        self.mended.set()
        self.mended = threading.Event()


class CloudMetadata:
    """The services of all instances."""

    def __init__(self, ec2: CloudEc2, clock: Callable[[], float] = time.monotonic) -> None:
        self._ec2 = ec2
        self._clock = clock
        self._services: dict[str, CloudService] = {}

    def set_values(self, instance_id: str, values: Mapping[str, str | None]) -> None:
        """Override values, by path below meta-data/; None makes a path 404."""
        self._service(instance_id).values.update({path.strip("/"): value for path, value in values.items()})

    def fail(self, instance_id: str, fault: MetadataFault | None) -> None:
        """Let an instance's whole service fail; None ends the fault."""
        self._service(instance_id).fail(fault)

    def expire_tokens(self, instance_id: str) -> None:
        """Invalidate every token."""
        self._service(instance_id).tokens.clear()

    def reset(self, instance_id: str | None = None) -> None:
        """Reset the service of one instance, or of all."""
        for identifier in [instance_id] if instance_id else list(self._services):
            service = self._services.pop(identifier, None)
            if service is not None:
                service.fail(None)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or hang."""
        instance_id, _, path = environ["PATH_INFO"].removeprefix(PREFIX).partition("/")
        service = self._service(instance_id)
        if service.fault is MetadataFault.HANG:
            service.mended.wait()
            return reset_connection(environ)
        if service.fault is not None:
            answer = text_answer(int(service.fault), "")
        elif environ["REQUEST_URI"].startswith("http://"):  # sent to a proxy, which cannot reach 169.254.169.254
            answer = text_answer(502, "")
        elif path == "latest/api/token":
            answer = self._token(service, environ)
        elif environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            answer = text_answer(405, "")
        elif service.tokens.get(environ.get(TOKEN_HEADER, ""), 0.0) <= self._clock():
            answer = text_answer(401, "")
        elif (text := self._look_up(service, instance_id, path)) is not None:
            answer = text_answer(200, text)
        else:
            answer = text_answer(404, "")
        return answer.send(start_response)

    def _token(self, service: CloudService, environ: Environ) -> CloudAnswer:
        if environ["REQUEST_METHOD"] != "PUT":
            return text_answer(405, "")
        if "HTTP_X_FORWARDED_FOR" in environ:  # as in EC2, so that an open proxy cannot fetch a token
            return text_answer(403, "")
        ttl = environ.get(TTL_HEADER, "")
        if not (ttl.isdecimal() and 1 <= int(ttl) <= LONGEST_TTL):
            return text_answer(400, "")
        token = secrets.token_urlsafe(40)
        service.tokens[token] = self._clock() + int(ttl)
        answer = text_answer(200, token)
        return CloudAnswer(answer.status, (*answer.headers, (TTL_ANSWER, ttl)), answer.body)

    def _look_up(self, service: CloudService, instance_id: str, path: str) -> str | None:
        """The value at the path, or the names in a directory; None if there is neither."""
        try:
            with self._ec2.lock:
                tree = tree_of(self._ec2.backend.get_instance(instance_id))
        except EC2ClientError:
            return None
        for changed, value in service.values.items():
            *above, last = ("meta-data", *changed.split("/"))
            at = tree
            for name in above:
                below = at.setdefault(name, {})
                if isinstance(below, str):
                    below = at[name] = {}
                at = below
            if value is None:
                at.pop(last, None)
            else:
                at[last] = value
        node: Any = {"latest": tree}
        for name in filter(None, path.split("/")):
            node = node.get(name) if isinstance(node, dict) else None
        if isinstance(node, dict):
            return "\n".join(f"{name}/" if isinstance(below, dict) else name for name, below in node.items())
        return None if node is None else str(node)

    def _service(self, instance_id: str) -> CloudService:
        return self._services.setdefault(instance_id, CloudService())
