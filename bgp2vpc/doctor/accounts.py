"""Findings about other accounts and regions: whether roles can be assumed and tables read. Pure."""

from collections.abc import Iterator
from shlex import quote

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.model import Finding, Known, MetadataAnswer, Trouble, Vpc, fail, ok, warn
from bgp2vpc.errors import Credentials, Denied, Ec2Error
from bgp2vpc.vpc.access import Access


def accounts(config: Config, vpc: Vpc, metadata: Known[MetadataAnswer]) -> Iterator[Finding]:
    """One finding for each other account or region."""
    for access, found in vpc.accounts.items():
        name = str(access)
        if not isinstance(found, Trouble):
            how = f"{access.role_arn} can be assumed" if access.role_arn else "our own credentials are good there"
            count = f"{found} route table{'' if found == 1 else 's'}"
            words = f"{name}: {how}, and {count} read"
            yield ok("account", words) if found else warn("account", f"{words}: is vpc_id right, and the region?")
        elif isinstance(found.error, Ec2Error) and found.error.operation == "AssumeRole":
            refused = isinstance(found.error, Denied | Credentials)
            mend = _trust(config, access, metadata) if refused else _assume(access)
            yield fail("account", f"{name}: {access.role_arn} cannot be assumed: {found.error}", mend)
        elif isinstance(found.error, Denied) and access.role_arn:
            yield fail("account", f"{name}: its tables may not be read: {found.error}", role_policy(config, access))
        else:
            yield fail("account", f"{name}: its tables could not be read: {found.why}", _assume(access))


def role_policy(config: Config, access: Access) -> str:
    """The command, to be run in that account, that gives a role of another account the least policy."""
    role = access.role_arn.rpartition("/")[2]
    return (
        f"bgp2vpc iam-policy -f {quote(config.file)} --role {access.role_arn} > policy.json && aws iam put-role-policy "
        f"--role-name {role} --policy-name bgp2vpc --policy-document file://policy.json  # in {access.account_id}"
    )


def _trust(config: Config, access: Access, metadata: Known[MetadataAnswer]) -> str:
    """The command that makes the role trust our own role, the usual cause, with a hint at the other possible cause."""
    ours = f"arn:aws:iam::ACCOUNT:role/{'ROLE' if isinstance(metadata, Trouble) else metadata.role or 'ROLE'}"
    role, policy = access.role_arn.rpartition("/")[2], f"bgp2vpc iam-policy -f {quote(config.file)}"
    return (
        f"{policy} --role {access.role_arn} --trust --instance-role {ours} > trust.json && aws iam "
        f"update-assume-role-policy --role-name {role} --policy-document file://trust.json  # in account "
        f"{access.account_id}; and this instance's own role needs sts:AssumeRole ({policy})"
    )


def _assume(access: Access) -> str:
    if not access.role_arn:
        return f"aws ec2 describe-route-tables --region {access.region}"
    external = " --external-id ID" if access.external_id else ""
    return f"aws sts assume-role --role-arn {access.role_arn} --role-session-name bgp2vpc{external}"
