"""`exabgp-config`: creates ExaBGP's configuration from the `bgp:` section, and has ExaBGP check it."""

import argparse
import sys
from pathlib import Path

from bgp2vpc.cli.options import Commands, add_file


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "exabgp-config",
        epilog="example: bgp2vpc exabgp-config --output /etc/exabgp/exabgp.conf",
        help="write ExaBGP's configuration for this instance",
        description="Creates ExaBGP's configuration from FILE's `bgp:` section, has ExaBGP check it, and prints it. If "
        "ExaBGP refuses the configuration, nothing is written.",
        allow_abbrev=False,
    )
    add_file(parser)
    parser.add_argument("--output", metavar="PATH", type=Path, help="write to this file, atomically")
    parser.add_argument("--no-validate", action="store_true", help="skip the check by ExaBGP")
    parser.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Create the configuration, have ExaBGP check it, and print or write it."""
    from bgp2vpc.config.load import load
    from bgp2vpc.errors import ConfigError, Problem
    from bgp2vpc.speaker import exabgp_file
    from bgp2vpc.speaker.render_conf import configuration, needs_ec2
    from bgp2vpc.vpc.aws.connect import Identity, connect

    config = load(args.file)
    if config.bgp is None:
        missing = "missing; it says whom ExaBGP peers with, for example bgp: {as: 64512, peers: [10.0.1.11]}"
        raise ConfigError(args.file, (Problem(args.file, 1, "bgp", missing),))
    helper = exabgp_file.helper_command(config.file)
    if needs_ec2(config.bgp):
        connection = connect(
            Identity(config.instance_id, config.region, config.vpc_id), config.ec2.timeout, config.ec2.concurrency
        )
        instance, tag = connection.instance, config.bgp.peers_by_tag
        members = connection.vpc.members(instance.vpc_id, tag.key, tag.value) if tag else ()
        interfaces = connection.vpc.interfaces(instance.id)
        written = configuration(
            config.bgp, interfaces, members, instance_id=instance.id, helper=helper, file=config.file
        )
    else:
        written = configuration(config.bgp, (), (), instance_id="", helper=helper, file=config.file)
    if args.output is not None:
        exabgp_file.write(args.output, written.text, None if args.no_validate else exabgp_file.find_program())
        return 0
    if not args.no_validate:
        exabgp_file.check(written.text)
    sys.stdout.write(written.text)
    return 0
