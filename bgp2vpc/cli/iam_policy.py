"""`iam-policy`: the least IAM policy a configuration needs. No network, no credentials."""

import argparse
import json
import re
import sys
from collections.abc import Callable

from bgp2vpc.cli.options import Commands, add_file


def add(commands: Commands) -> None:
    """Add the command."""
    policy = commands.add_parser(
        "iam-policy",
        help="print the least IAM policy the configuration needs",
        description="The policy goes to stdout; why each call is in it, and what IAM cannot narrow, to stderr.",
        allow_abbrev=False,
    )
    add_file(policy)
    policy.add_argument("--region", type=_region, help="where the instances run (default: FILE's; else any)")
    policy.add_argument("--account", type=_text(r"[0-9]{12}", "12 digits"), help="whose the tables are (default: any)")
    policy.add_argument(
        "--vpc", metavar="ID", type=_text(r"vpc-[0-9a-f]+", "vpc-…"), help="of the tables (FILE's; any)"
    )
    policy.add_argument(
        "--zone", type=_text(r"[a-z0-9-]+[a-z]", "eu-central-1a"), help="for a role of one zone: SELF_AZ"
    )
    policy.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Print the policy to stdout, and the reasons to stderr."""
    from bgp2vpc.config.load import load
    from bgp2vpc.iam.least import least_policy
    from bgp2vpc.iam.policy import MOST_CHARACTERS
    from bgp2vpc.iam.tables import AccountScope

    config = load(args.file)
    around = AccountScope(args.region or config.region, args.account, args.vpc or config.vpc_id, args.zone)
    policy = least_policy(config, around)
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
    return 0


def _text(pattern: str, example: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise argparse.ArgumentTypeError(f"expected {example}, got '{value}'")
        return value

    return check


def _region(value: str) -> str:
    from bgp2vpc.config.schema import fields

    try:
        return fields.region(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
