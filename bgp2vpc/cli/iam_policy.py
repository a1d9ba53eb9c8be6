"""`iam-policy`: prints the least IAM policy a configuration needs, without network and credentials."""

import argparse
import json
import re
import sys
from collections.abc import Callable
from shlex import quote

from bgp2vpc.cli.options import Commands, add_file, read_by

_FIELDS = "bgp2vpc.config.schema.aws_fields"


def add(commands: Commands) -> None:
    """Add the command."""
    policy = commands.add_parser(
        "iam-policy",
        epilog="example: bgp2vpc iam-policy -f /etc/bgp2vpc.yaml",
        help="print the least IAM policy that the configuration needs",
        description="Prints the policy of the instance's role to stdout. Prints to stderr why the policy has each "
        "call, and which permissions IAM cannot narrow further. With --role, prints the policy of a role in another "
        "account; with --trust, the trust policy of that role.",
        allow_abbrev=False,
    )
    add_file(policy)
    policy.add_argument(
        "--region", type=read_by(_FIELDS, "region"), help="where the instances run (default: FILE's; else any)"
    )
    policy.add_argument("--account", type=_text(r"[0-9]{12}", "12 digits"), help="owner of the tables (default: any)")
    policy.add_argument(
        "--vpc",
        metavar="ID",
        type=_text(r"vpc-[0-9a-f]+", "vpc-…"),
        help="VPC of the tables (default: FILE's; else any)",
    )
    policy.add_argument(
        "--zone", type=_text(r"[a-z0-9-]+[a-z]", "eu-central-1a"), help="the zone that SELF_AZ stands for"
    )
    policy.add_argument(
        "--role", metavar="NAME", help="policy of an assumed role: its name in `accounts`, account or ARN"
    )
    policy.add_argument("--trust", action="store_true", help="with --role: its trust policy")
    policy.add_argument(
        "--instance-role", metavar="ARN", type=read_by(_FIELDS, "role_arn"), help="with --trust: the instances' role"
    )
    policy.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Print the policy to stdout, and the reason for each of its calls to stderr."""
    from bgp2vpc.config.load import load
    from bgp2vpc.iam.accounts import accesses, instance_policy, named, role_policy, trust_policy
    from bgp2vpc.iam.policy import MOST_CHARACTERS
    from bgp2vpc.iam.tables import AccountScope

    config = load(args.file)
    around = AccountScope(args.region or config.region, args.account, args.vpc or config.vpc_id, args.zone)
    role = None
    if args.role:
        role = next(named(config, args.role), None)
        if role is None:
            known = ", ".join(each.name or each.role_arn for each in accesses(config) if each.role_arn) or "none"
            print(f"bgp2vpc: no rule is about a role '{args.role}'; known: {known}", file=sys.stderr)
            return 2
    if args.trust:
        if role is None or not args.instance_role:
            print("bgp2vpc: --trust needs --role NAME and --instance-role ARN", file=sys.stderr)
            return 2
        print(json.dumps(trust_policy(role, args.instance_role), indent=2))
        return 0
    policy = role_policy(config, role, around) if role else instance_policy(config, around)
    print(json.dumps(policy.to_json(), indent=2))
    for statement in policy.statements:
        print(f"{statement.sid}:", file=sys.stderr)
        for why in statement.why:
            print(f"  {why}", file=sys.stderr)
        for wider in statement.wider:
            print(f"  not narrowed: {wider}", file=sys.stderr)
    if policy.size > MOST_CHARACTERS:
        print(
            f"bgp2vpc: {policy.size} characters are too many for a managed policy ({MOST_CHARACTERS}); "
            "find the tables by a tag instead of by their ids",
            file=sys.stderr,
        )
    for each in () if role else (each for each in accesses(config) if each.role_arn):
        again = f"bgp2vpc iam-policy -f {quote(args.file)} --role {quote(each.name or each.role_arn)}"
        print(f"{each.role_arn} needs a policy ({again})", file=sys.stderr)
        print(f"  and a trust policy ({again} --trust --instance-role ARN)", file=sys.stderr)
    return 0


def _text(pattern: str, example: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise argparse.ArgumentTypeError(f"expected {example}, got '{value}'")
        return value

    return check
