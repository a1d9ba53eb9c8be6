"""A set of route tables that IAM can express: by id, tags and VPC.

A scope may contain more tables than needed, never fewer; `wider` says why it contains more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TypeAlias


class ConditionOperator(StrEnum):
    """The operator of a condition. With a negated one all values must differ; a missing key differs from any value.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """

    ARN = "ArnEquals"
    NOT_ARN = "ArnNotEquals"
    EQUALS = "StringEquals"
    NOT_EQUALS = "StringNotEquals"
    LIKE = "StringLike"
    NOT_LIKE = "StringNotLike"

    @property
    def is_negated(self) -> bool:
        """Whether no value may match, instead of at least one."""
        return self in (ConditionOperator.NOT_ARN, ConditionOperator.NOT_EQUALS, ConditionOperator.NOT_LIKE)


Conditions: TypeAlias = Mapping[tuple[ConditionOperator, str], frozenset[str]]
"""(operator, key) -> values; all conditions must hold."""

_OPPOSITE = {ConditionOperator.ARN: ConditionOperator.NOT_ARN, ConditionOperator.EQUALS: ConditionOperator.NOT_EQUALS}


@dataclass(frozen=True, slots=True)
class Scope:
    """Tables with one of these ids (None: any id) for which all conditions hold."""

    ids: frozenset[str] | None = None
    conditions: Conditions = field(default_factory=dict)
    wider: tuple[str, ...] = field(default=(), compare=False)

    def covers(self, other: "Scope") -> bool:
        """Whether every table of the other scope is certainly in this one."""
        if self.ids is not None and (other.ids is None or not other.ids <= self.ids):
            return False
        return all(_follows(operator, key, values, other) for (operator, key), values in self.conditions.items())


EVERYTHING = Scope()


def where(operator: ConditionOperator, key: str, values: Iterable[str], wider: str = "") -> Scope:
    """The scope of the tables for which one condition holds."""
    return Scope(None, {(operator, key): frozenset(values)}, (wider,) if wider else ())


def both(one: Scope, other: Scope) -> Scope | None:
    """The scope of the tables in both; None if there can be none. Of two patterns for one tag only one is kept."""
    ids = other.ids if one.ids is None else one.ids if other.ids is None else one.ids & other.ids
    wider = tuple(dict.fromkeys((*one.wider, *other.wider)))
    conditions = dict(one.conditions)
    for (operator, key), values in other.conditions.items():
        present = conditions.get((operator, key), values)
        if operator.is_negated:
            conditions[operator, key] = present | values
        elif operator is ConditionOperator.LIKE and present != values:
            wider = (*wider, f"of two patterns for {key}, a statement can hold one")
        else:
            conditions[operator, key] = present & values
    for operator, opposite in _OPPOSITE.items():
        for _, key in [each for each in conditions if each[0] is operator]:
            conditions[operator, key] -= conditions.pop((opposite, key), frozenset())
    is_empty = ids == frozenset() or any(not values for values in conditions.values())
    return None if is_empty else Scope(ids, conditions, wider)


def fewest(scopes: Sequence[Scope]) -> list[Scope]:
    """The same tables in fewer scopes: covered ones are dropped, and ones that differ in a single point are united."""
    found: list[Scope] = []
    for scope in scopes:
        if not any(each.covers(scope) for each in found):
            found = [each for each in found if not scope.covers(each)]
            found.append(scope)
    for number, scope in enumerate(found):
        for other in found[number + 1 :]:
            if united := _united(scope, other):
                return fewest([*found[:number], united, *(each for each in found[number + 1 :] if each is not other)])
    return found


def _united(one: Scope, other: Scope) -> Scope | None:
    """A scope with exactly the tables of both; None if there is none."""
    wider = tuple(dict.fromkeys((*one.wider, *other.wider)))
    if one.conditions == other.conditions and one.ids and other.ids:
        return replace(one, ids=one.ids | other.ids, wider=wider)
    if one.ids != other.ids or one.conditions.keys() != other.conditions.keys():
        return None
    differing = [each for each in one.conditions if one.conditions[each] != other.conditions[each]]
    if len(differing) != 1 or differing[0][0].is_negated:
        return None
    place = differing[0]
    return replace(
        one, conditions={**one.conditions, place: one.conditions[place] | other.conditions[place]}, wider=wider
    )


def _follows(operator: ConditionOperator, key: str, values: frozenset[str], scope: Scope) -> bool:
    """Whether this condition holds for every table of the scope."""
    present = scope.conditions.get((operator, key))
    if present is not None and (present >= values if operator.is_negated else present <= values):
        return True
    equals = scope.conditions.get((ConditionOperator.EQUALS, key))
    tests: dict[ConditionOperator, Callable[[str], bool]] = {
        ConditionOperator.NOT_EQUALS: lambda value: value not in values,
        # A bracket begins a set of characters in fnmatch but not in IAM, and `${` begins a variable in IAM.
        ConditionOperator.LIKE: lambda value: any(
            not set("[$") & set(value + pattern) and fnmatchcase(value, pattern) for pattern in values
        ),
    }
    return equals is not None and operator in tests and all(map(tests[operator], equals))
