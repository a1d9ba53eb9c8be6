"""The client of the cloud's process, for tests, benchmarks and the demo.

There are two kinds of callers. The *subject* (a daemon run with `environment`, or `client`) is logged, throttled,
delayed and failed as programmed. The *outside world* (`ec2`, and all methods of this class) is not, so that a test's
own calls do not disturb it.
"""

import http.client
import subprocess
import threading
import time
from collections.abc import Callable
from functools import cache, cached_property
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from bgp2vpc.demo.cloud import verbs
from bgp2vpc.demo.cloud.process import CloudError, start_process, stop_process
from bgp2vpc.demo.cloud.values import (
    OUTSIDE,
    REGION,
    WRITES,
    CloudCall,
    CloudThrottle,
    External,
    Fault,
    Latency,
    MetadataFault,
    Quirks,
    Race,
    ScaleIn,
    StaleReads,
    World,
    WorldSpec,
)

PATIENCE = 60.0
"""Seconds to wait for effects that take a fraction of one; this long so that a busy machine does not fail a test."""
LOOK_AGAIN = 0.25
"""Seconds between calls of a predicate while the cloud sees no change: it may depend on other things."""

_SESSION_LOCK = threading.Lock()
"""boto3's sessions are not thread-safe; the clients made with them are."""


_session = cache(boto3.session.Session)
"""One for all clients, since it keeps EC2's service model, which takes 0.3 s to load."""


class Cloud:
    """A running cloud. Use `with Cloud.start() as cloud:`, or `Cloud(url)` for one that runs already."""

    region = REGION

    def __init__(self, url: str, process: subprocess.Popen[str] | None = None) -> None:
        self.endpoint_url = url
        self._process = process

    @classmethod
    def start(cls, host: str = "127.0.0.1") -> Self:
        """Start the process, listening on `host`, and wait until it answers (about two seconds). Raises CloudError."""
        process, url = start_process(host)
        return cls(url, process)

    def close(self) -> None:
        """End the process, if we started it."""
        if self._process is not None:
            stop_process(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # EC2, and what a daemon must know to use it

    @cached_property
    def ec2(self) -> Any:
        """A boto3 client of the outside world."""
        return self.client(OUTSIDE)

    def client(self, caller: str, **options: Any) -> Any:
        """A boto3 client that is a subject, unless `caller` is OUTSIDE. `options` are Config's; else no retries."""
        defaults = {"retries": {"total_max_attempts": 1}, "connect_timeout": PATIENCE, "read_timeout": PATIENCE}
        config = Config(**{**defaults, **options})
        with _SESSION_LOCK:
            return _session().client(
                "ec2",
                region_name=REGION,
                endpoint_url=self.endpoint_url,
                aws_access_key_id=caller,
                aws_secret_access_key="testing",
                config=config,
            )

    def environment(self, instance_id: str, *, role: bool = False) -> dict[str, str]:
        """The environment variables with which a process runs as if on this instance.

        With `role` there are no access keys: boto3 gets them from the instance's metadata.
        """
        keys = {} if role else {"AWS_ACCESS_KEY_ID": instance_id, "AWS_SECRET_ACCESS_KEY": "testing"}
        return keys | {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.metadata_url(instance_id),
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def metadata_url(self, instance_id: str) -> str:
        """The base URL of an instance's metadata: append /latest/…"""
        return f"{self.endpoint_url}/imds/{instance_id}"

    # the world

    def reset(self) -> None:
        """Reset EC2's state, faults, quirks, log and metadata. Ends every hanging call."""
        self._ask(verbs.RESET, None)

    def build(self, spec: WorldSpec | None = None) -> World:
        """Build a VPC with hosts and tables, in addition to any others."""
        return self._ask(verbs.BUILD, spec or WorldSpec())

    def routes(self, table_id: str, *, local: bool = False) -> str:
        r"""The table as text, "192.0.2.53/32 eni-… active\n" for each route, sorted by address; never stale."""
        return self._ask(verbs.ROUTES, verbs.RouteQuery(table_id, local))

    def propagate(self, table_id: str, prefix: str) -> str:
        """Add a route with Origin EnableVgwRoutePropagation. Returns the id of its virtual private gateway."""
        return self._ask(verbs.PROPAGATE, verbs.Propagation(table_id, prefix))

    def write(self, write: External) -> None:
        """One call of the outside world. Raises CloudError with EC2's answer if it fails."""
        self._ask(verbs.WRITE, write)

    def advertise(self, table_id: str, prefix: str, next_hop: str) -> None:
        """Add a route with Origin Advertisement, as by VPC Route Server with the BGP peer at `next_hop`."""
        self._ask(verbs.PROPAGATE, verbs.Propagation(table_id, prefix, next_hop))

    def set_status(self, instance_id: str, instance: str = "ok", system: str = "ok", ebs: str = "ok") -> None:
        """Set DescribeInstanceStatus of a running instance: ok, impaired, insufficient-data, initializing."""
        self._ask(verbs.STATUS, verbs.ControlStatus(instance_id, instance, system, ebs))

    def quirks(self, quirks: Quirks) -> None:
        """Choose between the possible behaviours of EC2 where AWS does not specify it."""
        self._ask(verbs.QUIRKS, quirks)

    def permit(self, caller: str, policy: str | None) -> None:
        """Restrict this caller to an IAM policy (JSON); None: permit everything again.

        A caller is an access key id, or the ARN of an assumed role.

        Raises CloudError for a policy with elements that are not modelled.
        """
        self._ask(verbs.PERMIT, verbs.Permission(caller, policy))

    def scale_in(self, instance_id: str, group: str, hook: str) -> None:
        """Begin a scale-in: metadata has the target state Terminated, and the group waits for the lifecycle hook."""
        self._ask(verbs.SCALE_IN, ScaleIn(instance_id, group, hook))

    # the log

    def calls(self, *operations: str) -> list[CloudCall]:
        """The subject's calls so far, of these operations or of all, in order of arrival."""
        return self._ask(verbs.CALLS, verbs.CallQuery(operations))

    def writes(self) -> list[CloudCall]:
        """The subject's calls that change routes."""
        return self.calls(*WRITES)

    def forget_calls(self) -> None:
        """Empty the log."""
        self._ask(verbs.FORGET_CALLS, None)

    def wait_for_calls(
        self, *operations: str, count: int = 1, timeout: float = PATIENCE, finished: bool = True
    ) -> list[CloudCall]:
        """Wait until there are `count` calls of these operations (`finished`: answered ones), and return them.

        Raises TimeoutError with the log.
        """
        calls = self._ask(verbs.CALLS, verbs.CallQuery(operations, count, finished, timeout), timeout)
        if sum(call.ended is not None or not finished for call in calls) < count:
            raise TimeoutError(f"{count} calls of {operations or 'any kind'} within {timeout:g} s; {self._story()}")
        return calls

    def wait_until(self, predicate: Callable[[], bool], timeout: float = PATIENCE) -> None:
        """Wait until `predicate` holds; called after each change in the cloud. Raises TimeoutError with the log."""
        deadline = time.monotonic() + timeout
        version = self._ask(verbs.CHANGES, verbs.Wait())
        while not predicate():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not within {timeout:g} s; {self._story()}")
            version = self._ask(verbs.CHANGES, verbs.Wait(version, min(left, LOOK_AGAIN)), left)

    def wait_for_route(self, table_id: str, prefix: str, target: str | None, timeout: float = PATIENCE) -> None:
        """Wait until the table's static route for `prefix` points at `target`; None: until there is no such route."""

        def holds() -> bool:
            rows = (line.split() for line in self.routes(table_id).splitlines())
            found = [row[1] for row in rows if row[0] == prefix and "propagated" not in row]
            return found == ([target] if target else [])

        self.wait_until(holds, timeout)

    # misfortune

    def fault(self, fault: Fault) -> None:
        """Program a fault. Of several, the first one that matches a call is used."""
        self._ask(verbs.FAULT, fault)

    def clear_faults(self) -> None:
        """Remove faults and races, and release the calls they hold."""
        self._ask(verbs.CLEAR_FAULTS, None)

    def latency(self, seconds: float, *operations: str) -> None:
        """Delay every call, or those of some operations; 0 ends it."""
        self._ask(verbs.LATENCY, Latency(seconds, operations))

    def throttle(self, burst: int = 50, rate: float = 5.0) -> None:
        """Switch on EC2's token buckets, full, for writes of routes and prefix lists."""
        self._ask(verbs.THROTTLE, CloudThrottle(burst=burst, rate=rate))

    def unthrottle(self) -> None:
        """Switch the token buckets off."""
        self._ask(verbs.UNTHROTTLE, None)

    def stale_reads(self, seconds: float, *, flip: bool = False) -> None:
        """Let DescribeRouteTables show the tables of `seconds` ago; 0 ends it."""
        self._ask(verbs.STALE_READS, StaleReads(seconds, flip))

    def before(self, operation: str, write: External, nth: int = 1) -> None:
        """Do `write` just before the nth call of `operation`, counted from now, takes effect."""
        self._ask(verbs.RACE, Race(operation, write, nth))

    # instance metadata

    def set_metadata(self, instance_id: str, path: str, value: str | None) -> None:
        """Set one value below latest/meta-data/; None makes it 404."""
        self._ask(verbs.SET_METADATA, verbs.MetadataChange(instance_id, {path: value}))

    def metadata_fault(self, instance_id: str, fault: str | None) -> None:
        """Let all metadata of an instance answer "404" or "503", or "hang"; None ends the fault."""
        kind = None if fault is None else MetadataFault(fault)
        self._ask(verbs.METADATA_FAULT, verbs.MetadataChange(instance_id, fault=kind))

    def expire_tokens(self, instance_id: str) -> None:
        """Invalidate all tokens issued so far: they get 401."""
        self._ask(verbs.EXPIRE_TOKENS, instance_id)

    def reset_metadata(self, instance_id: str) -> None:
        """Reset the metadata to EC2's state, without faults and tokens."""
        self._ask(verbs.RESET_METADATA, instance_id)

    def _ask(
        self,
        verb: verbs.ControlVerb[verbs.ControlQuestion, verbs.ControlAnswer],
        question: verbs.ControlQuestion,
        timeout: float = 0.0,
    ) -> verbs.ControlAnswer:
        connection = http.client.HTTPConnection(urlsplit(self.endpoint_url).netloc, timeout=timeout + 30)
        try:
            connection.request("POST", f"/control/{verb.name}", verb.question.dump_json(question))
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise CloudError(f"{verb.name}: {body.decode()}")
        return verb.answer.validate_json(body)

    def _story(self) -> str:
        calls = [str(call) for call in self.calls()]
        return "the calls were:\n" + "\n".join(calls or ["none"])
