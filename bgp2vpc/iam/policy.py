"""An IAM policy as a value, with the reasons for its statements.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

VERSION: Final = "2012-10-17"
MOST_CHARACTERS: Final = 6144
"""Maximum size of a managed policy, without white space. A role's inline policies may have 10,240 characters in all.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that allows actions. `conditions`: operator -> key -> values, of which one must match (with a negated
    operator: none).

    `why`: the purpose of each action. `wider`: what it allows beyond the need, because IAM cannot express less.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]]
    why: tuple[str, ...] = ()
    wider: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The statement in the policy document; single values are no lists, as in AWS's own examples."""
        conditions = {
            operator: {key: _one_or_list(values) for key, values in keys.items()}
            for operator, keys in self.conditions.items()
        }
        document = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": _one_or_list(self.resources),
        }
        return {**document, "Condition": conditions} if conditions else document


@dataclass(frozen=True, slots=True)
class IamPolicy:
    """A policy."""

    statements: tuple[Statement, ...]

    def to_json(self) -> dict[str, Any]:
        """The policy document."""
        return {"Version": VERSION, "Statement": [statement.to_json() for statement in self.statements]}

    @property
    def size(self) -> int:
        """The number of characters, as IAM counts them."""
        return len("".join(json.dumps(self.to_json(), separators=(",", ":")).split()))


def _one_or_list(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
