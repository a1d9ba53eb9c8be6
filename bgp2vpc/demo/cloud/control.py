"""POST /control/<verb>: a test's access to the cloud beyond EC2's own API."""

from collections.abc import Callable, Iterable

from moto.ec2.exceptions import EC2ClientError
from pydantic import ValidationError

from bgp2vpc.demo.cloud import verbs
from bgp2vpc.demo.cloud.backend.builder import build
from bgp2vpc.demo.cloud.backend.ec2 import CloudEc2, ExternalWriteError
from bgp2vpc.demo.cloud.backend.show import show
from bgp2vpc.demo.cloud.fidelity.routes import propagate
from bgp2vpc.demo.cloud.fidelity.rules import RULES, StatusChecks
from bgp2vpc.demo.cloud.front.faults import Misfortune
from bgp2vpc.demo.cloud.front.iam import Authority, PolicyError
from bgp2vpc.demo.cloud.imds import CloudMetadata
from bgp2vpc.demo.cloud.log import CallLog, Changes
from bgp2vpc.demo.cloud.values import Quirks, ScaleIn, World, WorldSpec
from bgp2vpc.demo.cloud.wire import Environ, StartResponse, text_answer

PREFIX = "/control/"


class Control:
    """The WSGI application that answers the methods of `client.Cloud`."""

    def __init__(
        self,
        ec2: CloudEc2,
        authority: Authority,
        misfortune: Misfortune,
        log: CallLog,
        changes: Changes,
        metadata: CloudMetadata,
    ) -> None:
        self._ec2 = ec2
        self._authority = authority
        self._misfortune = misfortune
        self._log = log
        self._metadata = metadata
        self._answers = dict(
            [
                _on(verbs.RESET, lambda _: self._reset()),
                _on(verbs.BUILD, self._build),
                _on(verbs.ROUTES, self._routes),
                _on(verbs.PROPAGATE, self._propagate),
                _on(verbs.WRITE, ec2.perform),
                _on(verbs.STATUS, self._status),
                _on(verbs.QUIRKS, self._quirks),
                _on(verbs.PERMIT, lambda permission: authority.permit(permission.caller, permission.policy)),
                _on(verbs.CHANGES, changes.wait),
                _on(verbs.CALLS, log.calls),
                _on(verbs.FORGET_CALLS, lambda _: log.forget()),
                _on(verbs.FAULT, misfortune.add),
                _on(verbs.CLEAR_FAULTS, lambda _: misfortune.clear()),
                _on(verbs.LATENCY, misfortune.latency),
                _on(verbs.THROTTLE, misfortune.buckets.configure),
                _on(verbs.UNTHROTTLE, lambda _: misfortune.buckets.configure(None)),
                _on(verbs.STALE_READS, ec2.stale_reads),
                _on(verbs.RACE, misfortune.race),
                _on(verbs.SCALE_IN, self._scale_in),
                _on(verbs.SET_METADATA, lambda change: metadata.set_values(change.instance_id, change.values)),
                _on(verbs.METADATA_FAULT, lambda change: metadata.fail(change.instance_id, change.fault)),
                _on(verbs.RESET_METADATA, metadata.reset),
                _on(verbs.EXPIRE_TOKENS, metadata.expire_tokens),
            ]
        )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request: 404 for an unknown verb, 400 for a request that is wrong or fails."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        act = self._answers.get(environ["PATH_INFO"].removeprefix(PREFIX))
        if act is None:
            known = ", ".join(sorted(self._answers))
            return text_answer(404, f"no such verb; there are {known}").send(start_response)
        try:
            answer = text_answer(200, act(body).decode(), "application/json")
        except (ValidationError, ExternalWriteError, PolicyError) as error:
            answer = text_answer(400, str(error))
        except EC2ClientError as error:
            answer = text_answer(400, f"{error.code}: {error.message}")
        return answer.send(start_response)

    def _reset(self) -> None:
        self._authority.reset()
        self._misfortune.reset()
        self._metadata.reset()
        self._ec2.reset()
        self._log.forget()

    def _build(self, spec: WorldSpec) -> World:
        with self._ec2.lock:
            world = build(self._ec2.backend_of(spec.account), spec)
            self._ec2.changed()
        return world

    def _routes(self, query: verbs.RouteQuery) -> str:
        with self._ec2.lock:
            table = self._ec2.route_tables().get(query.table_id)
            # For an unknown table, the backend of our own account raises EC2's error.
            return show(table or self._ec2.backend.get_route_table(query.table_id), local=query.local)

    def _propagate(self, propagation: verbs.Propagation) -> str:
        with self._ec2.lock:
            gateway = propagate(self._ec2.backend, propagation.table_id, propagation.prefix, propagation.next_hop)
            self._ec2.changed()
        return gateway

    def _status(self, status: verbs.ControlStatus) -> None:
        with self._ec2.lock:
            self._ec2.backend.get_instance(status.instance_id)
            RULES.status_checks[status.instance_id] = StatusChecks(status.instance, status.system, status.ebs)
            self._ec2.changed()

    def _scale_in(self, leaving: ScaleIn) -> None:
        self._ec2.auto_scaling.scale_in(leaving)
        self._metadata.set_values(leaving.instance_id, {"autoscaling/target-lifecycle-state": "Terminated"})

    def _quirks(self, quirks: Quirks) -> None:
        with self._ec2.lock:
            RULES.quirks = quirks
            self._ec2.changed()


def _on(
    verb: verbs.ControlVerb[verbs.ControlQuestion, verbs.ControlAnswer],
    act: Callable[[verbs.ControlQuestion], verbs.ControlAnswer],
) -> tuple[str, Callable[[bytes], bytes]]:
    """The verb's name, and a function from the JSON of a request to the JSON of its answer."""

    def answer(body: bytes) -> bytes:
        return verb.answer.dump_json(act(verb.question.validate_json(body)))

    return verb.name, answer
