"""EC2: moto's application and its state, behind one lock, and Auto Scaling."""

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
"""Other services that templates and roles need. Each is loaded by its first call."""


class ExternalWriteError(Exception):
    """A call of the outside world failed. The message has EC2's answer."""


class CloudEc2:
    """moto with our corrections. `lock` guards its state: moto iterates over dictionaries that other calls change."""

    def __init__(self, changes: Changes) -> None:
        # With them, each reset would create 1,300 machine images, which takes longer than most tests.
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        make_honest()
        self.lock = threading.RLock()
        self.auto_scaling = CloudAutoScaling()
        self._ec2 = create_backend_app("ec2")
        self._others = DomainDispatcherApplication(create_backend_app)
        self._changes = changes
        self._history = CloudHistory()
        # Loads EC2's service model, so that the first caller need not wait for it.
        self.perform(External("DescribeRouteTables", {}))

    @property
    def backend(self) -> Any:
        """The state that moto keeps of our account and region."""
        return self.backend_of("")

    def backend_of(self, account: str) -> Any:
        """The state that moto keeps of an account (empty: ours) and our region."""
        return ec2_backends[account or DEFAULT_ACCOUNT_ID][REGION]

    def route_tables(self) -> dict[str, Any]:
        """Id -> route table of all accounts, including those of transit gateways."""
        backends = [self.backend_of(each) for each in list(ec2_backends)]
        kinds = [kind for each in backends for kind in (each.route_tables, each.transit_gateways_route_tables)]
        return {key: table for kind in kinds for key, table in kind.items()}

    def role_of(self, caller: str) -> str:
        """The ARN of the role whose session has this access key id; empty if there is none."""
        keys = iam_backends[get_account_id_from(caller)]["aws"].access_keys if "moto.sts.models" in sys.modules else {}
        return str(keys[caller].role_arn or "") if caller in keys else ""

    def answer(self, request: Request, environ: Environ, *, stale: bool = False) -> CloudAnswer:
        """Apply a call. With `stale`, DescribeRouteTables may show an old state."""
        if request.service == "autoscaling":
            return self.auto_scaling.answer(request)
        with self.lock:
            if request.service == "cloudformation":
                make_cloudformation_honest()
            shared_by = RULES.quirks.shared_by
            RULES.owner_asks = bool(shared_by) and f":{shared_by}:" in self.role_of(request.caller)
            if RULES.owner_asks:  # the tables it shares with us are in our backend
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
        """Make a call of the outside world. Raises ExternalWriteError with EC2's answer if it is refused."""
        request = Request(external.operation, dict(external.parameters), "")
        answer = self.answer(request, environ_of(external))
        if answer.status != HTTPStatus.OK:
            raise ExternalWriteError(f"{external.operation} of the outside world: {answer.body.decode()}")

    def changed(self) -> None:
        """Record that the state has changed, by a call or directly."""
        with self.lock:
            self._history.record(self.backend)
        self._changes.note()

    def stale_reads(self, lag: StaleReads) -> None:
        """Let DescribeRouteTables lag from now on."""
        with self.lock:
            self._history.configure(self.backend, lag)

    def reset(self) -> None:
        """Reset all state, including the quirks."""
        with self.lock:
            # Not ec2_backends.reset(), which creates every backend anew only to drop it.
            models = {name: sys.modules.get(f"moto.{name}.models") for name in OTHERS}  # those in use
            others = (getattr(module, f"{name}_backends") for name, module in models.items() if module is not None)
            for backends in (ec2_backends, *others):
                for account in backends.values():
                    account.reset()
            RULES.reset()
            self.auto_scaling.reset()
            self.stale_reads(StaleReads(0))
        self._changes.note()
