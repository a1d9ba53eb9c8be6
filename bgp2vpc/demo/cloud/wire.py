"""EC2's query protocol on the server's side: parses requests, formats answers and errors."""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape

from werkzeug.test import EnvironBuilder, run_wsgi_app

from bgp2vpc.demo.cloud.values import OUTSIDE, REGION, External

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

API_VERSION = "2016-11-15"
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/[^/]*/[^/]*/([^/]*)/")
ERROR_CODE = re.compile(rb"<Code>([^<]*)</Code>")


@dataclass(frozen=True, slots=True)
class Request:
    """One call: operation (empty: none), parameters as on the wire, the signer's access key id, and the service."""

    operation: str
    parameters: dict[str, str]
    caller: str
    service: str = "ec2"

    @property
    def reads(self) -> bool:
        """Whether the operation only reads."""
        return self.operation.startswith(("Describe", "Get", "Search", "List"))


@dataclass(frozen=True, slots=True)
class CloudAnswer:
    """A complete HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def error(self) -> str:
        """EC2's error code; empty if there is none."""
        found = ERROR_CODE.search(self.body) if self.status >= HTTPStatus.BAD_REQUEST else None
        return found[1].decode() if found else ""

    def send(self, start_response: StartResponse) -> list[bytes]:
        """Pass the answer to the WSGI server."""
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", list(self.headers))
        return [self.body]


def read_request(environ: Environ) -> Request:
    """Parse the request. The next application can still read the body."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    parameters = dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))
    operation = parameters.pop("Action", "")
    parameters.pop("Version", None)
    credential = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    caller, service = credential.groups() if credential else ("", "")
    return Request(operation, parameters, caller, service)


def environ_of(external: External) -> Environ:
    """The WSGI environ of a call by the outside world."""
    form = [("Action", external.operation), ("Version", API_VERSION), *external.parameters.items()]
    scope = f"{OUTSIDE}/20260101/{REGION}/ec2/aws4_request"
    builder = EnvironBuilder(
        method="POST",
        base_url="http://127.0.0.1/",
        data=urlencode(form),
        content_type="application/x-www-form-urlencoded; charset=utf-8",
        headers=[("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")],
    )
    return builder.get_environ()


def run(app: WsgiApp, environ: Environ) -> CloudAnswer:
    """Call the application, and return its complete answer."""
    body, status, headers = run_wsgi_app(app, environ, buffered=True)
    return CloudAnswer(int(status.split()[0]), tuple(headers.items()), b"".join(body))


def error_answer(status: int, code: str, message: str) -> CloudAnswer:
    """An error in EC2's format."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
        f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        "</Error></Errors><RequestID>00000000-0000-0000-0000-000000000000</RequestID></Response>"
    )
    return text_answer(status, body, "text/xml;charset=UTF-8")


def text_answer(status: int, text: str, content_type: str = "text/plain") -> CloudAnswer:
    """An answer with `text` as its body."""
    body = text.encode()
    return CloudAnswer(status, (("Content-Type", content_type), ("Content-Length", str(len(body)))), body)
