"""Instance metadata, version 2 (IMDSv2): the id, region and VPC of this instance, and other paths.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
"""

import os
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from threading import Event, Timer
from urllib.parse import urlsplit

from bgp2vpc.errors import MetadataError
from bgp2vpc.vpc.model import Instance

_ENDPOINT = "http://169.254.169.254"
_ENDPOINT_IPV6 = "http://[fd00:ec2::254]"
_TOKEN_TTL = 21600
_WORD = re.compile(r"[!-~]{1,1024}")
"""The form of a token. Anything else comes from a proxy or captive portal that answers in place of metadata."""
_LONGEST = 64 * 1024
"""Maximum number of bytes read of an answer; metadata's own answers are far shorter."""
_ATTEMPTS = 3
_PAUSE = 0.2
_INSTEAD = "Where instance metadata cannot be had, set instance_id:, region: and vpc_id: in the YAML"
_HOP_LIMIT = (
    "In a container the hop limit must be 2, or the answer never arrives: "
    "aws ec2 modify-instance-metadata-options --instance-id i-… --http-put-response-hop-limit 2"
)


class Metadata:
    """A client of the metadata service at `endpoint`, by default the one of the environment, else 169.254.169.254.

    Blocking. `timeout`: seconds for each of three attempts as a whole. Proxies of the environment are not used.
    """

    def __init__(
        self, endpoint: str = "", *, timeout: float = 1.0, pause: Callable[[float], None] = time.sleep
    ) -> None:
        if not endpoint:
            # The same variables as in botocore:
            # https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
            if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
                raise MetadataError(f"AWS_EC2_METADATA_DISABLED is set. {_INSTEAD}")
            ipv6 = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "").lower() == "ipv6"
            default = _ENDPOINT_IPV6 if ipv6 else _ENDPOINT
            endpoint = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or default
        self.endpoint = endpoint.rstrip("/")
        self._timeout = timeout
        self._pause = pause
        self._token = ""
        url = urlsplit(self.endpoint)
        if url.scheme != "http" or not url.hostname:
            raise MetadataError(f"AWS_EC2_METADATA_SERVICE_ENDPOINT '{self.endpoint}' must be like {_ENDPOINT}")
        self._host, self._port, self._base = url.hostname, url.port or 80, url.path

    def get(self, path: str) -> str | None:
        """The text at `latest/meta-data/{path}`; None for 404. Raises MetadataError."""
        for _ in range(2):
            if not self._token:
                ttl = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_TTL)}
                status, text = self._ask("PUT", "api/token", ttl)
                if status == 403:
                    raise self._error("is switched off for this instance (HTTP 403)")
                if status != 200:
                    raise self._error(f"gave no token: HTTP {status}")
                token = text.strip()
                if not _WORD.fullmatch(token):
                    raise self._error(f"gave {token[:60]!r} as a token; is that a proxy or a captive portal?")
                self._token = token
            status, text = self._ask("GET", f"meta-data/{path}", {"X-aws-ec2-metadata-token": self._token})
            if status == 401:  # the token has expired: try once more with a new one
                self._token = ""
                continue
            if status == 404:
                return None
            if status != 200:
                raise self._error(f"answered HTTP {status} for {path}")
            return text.strip()
        raise self._error(f"refused a new token (HTTP 401) for {path}")

    def instance(self) -> Instance:
        """The id, region and VPC of this instance. Raises MetadataError, which names the keys to set instead."""
        instance_id = self._required("instance-id", r"i-[0-9a-z]+")
        # Not the zone without its last letter: that is wrong in local and wavelength zones (us-west-2-lax-1a).
        region = self._required("placement/region", r"[a-z0-9-]+")
        # `mac` is that of the primary interface. Other interfaces may be in other VPCs, and several may have device
        # number 0, one on each network card.
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories
        mac = self._required("mac", r"[0-9a-f:]{17}")
        return Instance(instance_id, region, self._required(f"network/interfaces/macs/{mac}/vpc-id", r"vpc-[0-9a-z]+"))

    def _required(self, path: str, pattern: str) -> str:
        text = self.get(path)
        if not text:
            raise self._error(f"has no {path}")
        if not re.fullmatch(pattern, text):
            raise self._error(f"gave {text[:60]!r} as {path}; is that a proxy or a captive portal?")
        return text

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """Status and body. Retries server errors, refused connections and time-outs, which are common at boot."""
        trouble = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._pause(_PAUSE)
            try:
                status, text = self._ask_once(method, path, headers)
            except TimeoutError:
                trouble = f"did not answer within {self._timeout:g} s. {_HOP_LIMIT}"
                continue
            except (OSError, HTTPException) as error:
                trouble = f"cannot be reached: {error or type(error).__name__}"
                continue
            if status < 500:
                return status, text
            trouble = f"answered HTTP {status} for {path}"
        raise self._error(trouble)

    def _ask_once(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        connection = HTTPConnection(self._host, self._port, timeout=self._timeout)
        late = Event()

        def hang_up() -> None:
            late.set()
            with suppress(OSError, AttributeError):  # it may be closed already, or not connected yet
                connection.sock.shutdown(socket.SHUT_RDWR)

        # A socket's time-out applies to each read, so a server that sends single bytes could hold us for ever.
        timer = Timer(self._timeout, hang_up)
        timer.daemon = True
        timer.start()
        try:
            connection.connect()
            if late.is_set():
                raise TimeoutError
            connection.request(method, f"{self._base}/latest/{path}", headers=headers)
            response = connection.getresponse()
            body = response.read(_LONGEST)
            if late.is_set():
                raise TimeoutError
            return response.status, body.decode("utf-8", "replace")
        except (OSError, HTTPException) as error:
            if late.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()
            connection.close()

    def _error(self, what: str) -> MetadataError:
        return MetadataError(f"instance metadata at {self.endpoint} {what}. {_INSTEAD}")


def fetch_instance() -> Instance:
    """Read this instance from its metadata service. Raises MetadataError. Blocks for a few seconds at most."""
    return Metadata().instance()
