"""Evaluates identity-based IAM policies, as far as they are about route tables and reads.

moto's own evaluator has neither these conditions nor the resource of an EC2 call. A policy with elements that are not
modelled here is refused as a whole.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bgp2vpc.demo.cloud.values import REGION, ROUTE_WRITES, TRANSIT_WRITES
from bgp2vpc.demo.cloud.wire import CloudAnswer, Request, error_answer

ACCOUNT = "123456789012"
ANYTHING = "*"
ELEMENTS = {"Sid", "Effect", "Action", "Resource", "Condition"}
KEYS = re.compile(
    r"(?:(?:aws|ec2):ResourceTag/.+|ec2:Vpc|ec2:RouteTableID|ec2:Region|aws:RequestedRegion)", re.IGNORECASE
)
OPERATOR = re.compile(r"(String|Arn)(Not)?(Equals|Like)")


class PolicyError(ValueError):
    """The document is not a policy, or has elements that are not modelled. The message names them."""


@dataclass(frozen=True, slots=True)
class IamCall:
    """The IAM request of a call. `context`: condition key in lower case -> value, without keys that do not apply."""

    action: str
    resource: str = ANYTHING
    context: Mapping[str, str] = field(default_factory=dict)


class CloudPolicy:
    """A policy document. Raises PolicyError for one that cannot be evaluated."""

    def __init__(self, document: str) -> None:
        try:
            self._statements = _list(json.loads(document)["Statement"])
        except (ValueError, LookupError, TypeError) as error:
            raise PolicyError(f"not a policy: {error!r}") from None
        for statement in self._statements:
            if not isinstance(statement, dict) or not {"Effect", "Action", "Resource"} <= statement.keys() <= ELEMENTS:
                words = "a statement has Effect, Action, Resource and perhaps Sid and Condition"
                raise PolicyError(f"{words}, not {statement}")
            if statement["Effect"] not in ("Allow", "Deny"):
                raise PolicyError(f"Effect {statement['Effect']}")
            for operator, keys in statement.get("Condition", {}).items():
                if not OPERATOR.fullmatch(operator):
                    raise PolicyError(f"the operator {operator} is not modelled")
                if unknown := [key for key in keys if not KEYS.fullmatch(key)]:
                    raise PolicyError(f"the condition key {unknown[0]} is not modelled")

    def allows(self, call: IamCall) -> bool:
        """Whether a statement allows it and none denies it."""
        effects = {
            statement["Effect"]
            for statement in self._statements
            if any(_is_like(call.action.lower(), each.lower()) for each in _list(statement["Action"]))
            and any(_is_like(call.resource, each) for each in _list(statement["Resource"]))
            and all(
                _holds(operator, key, _list(values), call.context)
                for operator, keys in statement.get("Condition", {}).items()
                for key, values in keys.items()
            )
        }
        return effects == {"Allow"}


def _holds(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    """Whether a condition holds. A missing key matches no value, so a negated operator holds for it."""
    found = OPERATOR.fullmatch(operator)
    assert found is not None  # checked by CloudPolicy
    family, negated, comparison = found.groups()
    present = context.get(key.lower())
    if family == "Arn" or comparison == "Like":  # of ARNs, both compare with wildcards
        matches = present is not None and any(_is_like(present, value) for value in values)
    else:
        matches = present in [re.sub(r"\$\{([*?$])\}", r"\1", value) for value in values]
    return matches is not bool(negated)


def _is_like(value: str, pattern: str) -> bool:
    parts = re.split(r"(\$\{[*?$]\}|\*|\?)", pattern)
    special = {"*": ".*", "?": "."}
    expression = "".join(special.get(p) or re.escape(p[2] if p.startswith("${") else p) for p in parts)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Authority:
    """The policies of the callers; a caller without one may do everything. A role's sessions count as its ARN."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._policies: dict[str, CloudPolicy] = {}

    def permit(self, caller: str, document: str | None) -> None:
        """Set the caller's policy; None: permit everything again. Raises PolicyError."""
        policy = None if document is None else CloudPolicy(document)
        with self._lock:
            if policy is None:
                self._policies.pop(caller, None)
            else:
                self._policies[caller] = policy

    def reset(self) -> None:
        """Remove all policies."""
        with self._lock:
            self._policies.clear()

    def refusal(
        self, request: Request, tables: Callable[[], Mapping[str, Any]], prefix_lists: Mapping[str, Any]
    ) -> CloudAnswer | None:
        """EC2's error if the caller's policy does not allow the call, else None.

        `tables` returns id -> route table of moto's; `prefix_lists`: id -> prefix list.
        """
        with self._lock:
            policy = self._policies.get(request.caller)
        if policy is None:
            return None
        call = _call(request, tables(), prefix_lists)
        if policy.allows(call):
            return None
        words = (
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/bgp2vpc/{request.caller} is not authorized to perform: "
            f"{call.action} on resource: {call.resource} because no identity-based policy allows the {call.action} "
            "action"
        )
        if request.service == "sts":
            return error_answer(403, "AccessDenied", words)
        return error_answer(
            403,
            "UnauthorizedOperation",
            f"You are not authorized to perform this operation. {words}. Encoded authorization failure message: dGVzdA",
        )


def _call(request: Request, tables: Mapping[str, Any], prefix_lists: Mapping[str, Any]) -> IamCall:
    if request.service == "autoscaling":
        group = request.parameters.get("AutoScalingGroupName")
        resource = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:0:autoScalingGroupName/{group}"
        return IamCall(f"autoscaling:{request.operation}", resource if group else ANYTHING)
    context = {"ec2:region": REGION, "aws:requestedregion": REGION}
    action = f"{request.service}:{request.operation}"
    if request.operation == "AssumeRole":
        return IamCall(action, request.parameters.get("RoleArn", ""), context)
    if request.operation in ("ModifyManagedPrefixList", "GetManagedPrefixListEntries"):
        list_id = request.parameters.get("PrefixListId", "")
        arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:prefix-list/{list_id}"
        return IamCall(action, arn, context | _tags(prefix_lists.get(list_id)))
    if request.operation not in (*ROUTE_WRITES, *TRANSIT_WRITES):
        return IamCall(action, context=context)
    kind = "transit-gateway-route-table" if request.operation in TRANSIT_WRITES else "route-table"
    table_id = request.parameters.get("TransitGatewayRouteTableId") or request.parameters.get("RouteTableId", "")
    table = tables.get(table_id)
    arn = f"arn:aws:ec2:{REGION}:{getattr(table, 'owner_id', ACCOUNT)}:"
    if table is not None:  # for an unknown table, there is only the id
        if kind == "route-table":
            context["ec2:vpc"] = f"{arn}vpc/{table.vpc_id}"
        context |= _tags(table)
    return IamCall(action, f"{arn}{kind}/{table_id}", {**context, "ec2:routetableid": table_id})


def _tags(resource: Any) -> dict[str, str]:
    """The condition keys of the resource's tags. Keys are compared in lower case."""
    tags = () if resource is None else resource.get_tags()
    return {f"{service}:resourcetag/{tag['key'].lower()}": tag["value"] for tag in tags for service in ("aws", "ec2")}
