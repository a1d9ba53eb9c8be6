"""EC2 itself: moto's application and its state, one call at a time; and Auto Scaling beside it."""

import os
import sys
import threading
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.iam.models import get_account_id_from, iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from bgp2vpc.demo.cloud.backend.scaling import CloudAutoScaling
from bgp2vpc.demo.cloud.backend.stale import CloudHistory
from bgp2vpc.demo.cloud.fidelity import make_cloudformation_honest, make_honest
from bgp2vpc.demo.cloud.fidelity.rules import RULES
from bgp2vpc.demo.cloud.log import Changes
from bgp2vpc.demo.cloud.values import REGION, External, StaleReads
from bgp2vpc.demo.cloud.wire import CloudAnswer, Environ, Request, environ_of, run

OTHERS = ("cloudformation", "iam", "ssm", "sts")
"""Services besides EC2 that a template needs, and roles. They are loaded by the first call of theirs."""


class ExternalWriteError(Exception):
    """A call of the outside world failed; the message says what EC2 answered."""


class CloudEc2:
    """moto, made honest. `lock` guards its state: moto itself iterates over dictionaries that others change."""

    def __init__(self, changes: Changes) -> None:
        # Else each reset would make 1,300 machine images, which takes longer than most tests.
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        make_honest()
        self.lock = threading.RLock()
        self.auto_scaling = CloudAutoScaling()
        self._ec2 = create_backend_app("ec2")
        self._others = DomainDispatcherApplication(create_backend_app)
        self._changes = changes
        self._history = CloudHistory()
        # Loads EC2's service model, which would otherwise make the first caller wait.
        self.perform(External("DescribeRouteTables", {}))

    @property
    def backend(self) -> Any:
        """The state that moto keeps of our account and region."""
        return self.backend_of("")

    def backend_of(self, account: str) -> Any:
        """That of an account; empty: ours."""
        return ec2_backends[account or DEFAULT_ACCOUNT_ID][REGION]

    def route_tables(self) -> dict[str, Any]:
        """Those of all accounts, by id, also of transit gateways."""
        backends = [self.backend_of(each) for each in list(ec2_backends)]
        kinds = [kind for each in backends for kind in (each.route_tables, each.transit_gateways_route_tables)]
        return {key: table for kind in kinds for key, table in kind.items()}

    def role_of(self, caller: str) -> str:
        """The ARN of the role whose session this access key id is of; empty: of none."""
        keys = iam_backends[get_account_id_from(caller)]["aws"].access_keys if "moto.sts.models" in sys.modules else {}
        return str(keys[caller].role_arn or "") if caller in keys else ""

    def answer(self, request: Request, environ: Environ, *, stale: bool = False) -> CloudAnswer:
        """Apply a call; with `stale`, a description of route tables may be an old one."""
        if request.service == "autoscaling":
            return self.auto_scaling.answer(request)
        with self.lock:
            if request.service == "cloudformation":
                make_cloudformation_honest()
            shared_by = RULES.quirks.shared_by
            RULES.owner_asks = bool(shared_by) and f":{shared_by}:" in self.role_of(request.caller)
            if RULES.owner_asks:  # what it shares with us is in our backend
                environ["HTTP_X_MOTO_ACCOUNT_ID"] = DEFAULT_ACCOUNT_ID
            old = stale and request.operation == "DescribeRouteTables"
            with self._history.shown(self.backend) if old else nullcontext():
                # moto's dispatcher costs more than the call itself, and is needed only to tell services apart.
                app = self._ec2 if request.service == "ec2" else self._others.get_application(environ)
                answer = run(app, environ)
            if not request.reads:
                self.changed()
        return answer

    def perform(self, external: External) -> None:
        """A call of the outside world. Raises ExternalWriteError with EC2's answer if it is refused."""
        request = Request(external.operation, dict(external.parameters), "")
        answer = self.answer(request, environ_of(external))
        if answer.status != HTTPStatus.OK:
            raise ExternalWriteError(f"{external.operation} of the outside world: {answer.body.decode()}")

    def changed(self) -> None:
        """The state has changed, by a call or directly."""
        with self.lock:
            self._history.record(self.backend)
        self._changes.note()

    def stale_reads(self, lag: StaleReads) -> None:
        """Let descriptions of route tables lag from now on."""
        with self.lock:
            self._history.configure(self.backend, lag)

    def reset(self) -> None:
        """Everything as new, the quirks too."""
        with self.lock:
            # Not ec2_backends.reset(), which makes every backend anew and then throws it away.
            models = {name: sys.modules.get(f"moto.{name}.models") for name in OTHERS}  # those in use
            others = (getattr(module, f"{name}_backends") for name, module in models.items() if module is not None)
            for backends in (ec2_backends, *others):
                for account in backends.values():
                    account.reset()
            RULES.reset()
            self.auto_scaling.reset()
            self.stale_reads(StaleReads(0))
        self._changes.note()
