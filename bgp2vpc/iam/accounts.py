"""The policies for other accounts: of the instance's role, of the roles that it assumes, and their trust policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user.html
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bgp2vpc.config.model import Config
from bgp2vpc.iam.least import least_policy
from bgp2vpc.iam.policy import VERSION, IamPolicy, Statement
from bgp2vpc.iam.scope import ConditionOperator
from bgp2vpc.iam.tables import AccountScope
from bgp2vpc.vpc.access import OWN, Access

_ASSUME_ROLE = "sts:AssumeRole"


def accesses(config: Config) -> tuple[Access, ...]:
    """The other accounts and regions that rules use, in the order of the file."""
    found = dict.fromkeys(rule.access.seen_from(config.region or "") for rule in config.rules)
    return tuple(access for access in found if access != OWN)


def instance_policy(config: Config, around: AccountScope) -> IamPolicy:
    """The policy of the instance's own role: for the tables that it reads and writes, and to assume other roles."""
    region = config.region or ""
    statements = list(least_policy(config.part(OWN, region), around).statements)
    for access in accesses(config):
        if not access.role_arn:
            beside = replace(around, region=access.region, vpc_id=None)
            there = least_policy(config.part(access, region), beside, is_own=False)
            suffix = access.region.title().replace("-", "")
            statements += (replace(each, sid=f"{each.sid}{suffix}") for each in there.statements)
    roles = {access.role_arn: str(access) for access in accesses(config) if access.role_arn}
    if roles:
        whys = tuple(f"AssumeRole: the route tables of {name}" for name in roles.values())
        statements.append(Statement("AssumeRole", (_ASSUME_ROLE,), tuple(sorted(roles)), {}, whys))
    return IamPolicy(tuple(statements))


def role_policy(config: Config, access: Access, around: AccountScope) -> IamPolicy:
    """The policy of a role in another account. `around`: facts about our own account, such as a shared VPC.

    If rules assume the role in several regions, the policy covers all of them.
    """
    region = config.region or ""
    statements: list[Statement] = []
    several = [each for each in accesses(config) if each.role_arn == access.role_arn]
    for each in several:
        there = replace(around, account=each.account_id, region=each.region or around.region)
        if each.region:
            there = replace(there, vpc_id=None)
        suffix = each.region.title().replace("-", "") if len(several) > 1 else ""
        found = least_policy(config.part(each, region), there, is_own=False).statements
        statements += (replace(statement, sid=f"{statement.sid}{suffix}") for statement in found)
    return IamPolicy(tuple(statements))


def trust_policy(access: Access, instance_role: str) -> dict[str, Any]:
    """The trust policy that permits the instance's role to assume this role, with `sts:ExternalId` if configured."""
    statement: dict[str, Any] = {
        "Sid": "Instance",
        "Effect": "Allow",
        "Principal": {"AWS": instance_role},
        "Action": _ASSUME_ROLE,
    }
    if access.external_id:
        statement["Condition"] = {ConditionOperator.EQUALS.value: {"sts:ExternalId": access.external_id}}
    return {"Version": VERSION, "Statement": [statement]}


def named(config: Config, name: str) -> Iterator[Access]:
    """The roles that `name` selects: by their key in `accounts`, the account's 12 digits, or the ARN."""
    for access in accesses(config):
        if access.role_arn and name in (access.name, access.account_id, access.role_arn):
            yield access
