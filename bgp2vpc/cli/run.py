"""`run`: runs the daemon by itself. `helper`: runs the daemon as a process of ExaBGP."""

import argparse
import gc
import os
import resource
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from bgp2vpc.cli.options import Commands, add_file, add_version

if TYPE_CHECKING:
    from bgp2vpc.config.model import Config
    from bgp2vpc.config.reader import ConfigReader
    from bgp2vpc.daemon import Daemon
    from bgp2vpc.speaker.adj_rib_out import ApiPipe

# ExaBGP starts helpers with umask 0, with which our files could be written by everybody.
UMASK = 0o027
# Checks, clients and calls to EC2 may need more at once than the usual soft limit of 1,024.
DESCRIPTORS = 65_536
# Seconds after the start without garbage collection. Nearly all objects of that time (modules, EC2's model) stay for
# good, so they are then frozen. Walking them would cost a tenth of the start's CPU, and 30 ms without answers later.
START = 5.0

_early = threading.Event()
"""Set by a SIGHUP that arrives before the daemon has its handler."""


def add(commands: Commands) -> None:
    """Add both commands."""
    standalone = commands.add_parser(
        "run", epilog="example: bgp2vpc run -f /etc/bgp2vpc.yaml", help="run the daemon", allow_abbrev=False
    )
    standalone.set_defaults(command=run)
    of_exabgp = commands.add_parser(
        "helper",
        epilog="example, in an ExaBGP process: run /usr/bin/bgp2vpc helper;",
        help="run the daemon as a process of ExaBGP",
        allow_abbrev=False,
    )
    of_exabgp.set_defaults(command=run_helper)
    for parser in (standalone, of_exabgp):
        add_file(parser)
        add_version(parser)
        # AWSnycast's flags have one dash; ours have two; both are the same.
        parser.add_argument("--noop", "-noop", action="store_true", help="log the changes without making them")
        parser.add_argument("--oneshot", "-oneshot", action="store_true", help="reconcile once and exit; routes stay")
        parser.add_argument("--debug", "-debug", action="store_true", help="log more")
        parser.add_argument("--syslog", "-syslog", action="store_true", help="log to syslog instead of stderr")
        parser.add_argument(
            "--log-format", choices=["text", "logfmt", "json"], default="text", help="text (default), logfmt or json"
        )


def run(args: argparse.Namespace) -> int:
    """Run the daemon. The process ends in `_exit` with the daemon's exit status."""
    reader = _begin(args.file)
    import asyncio

    _configure_logs(args)

    import bgp2vpc.daemon  # noqa: F401  # here, in parallel with the child that reads the file
    from bgp2vpc.operator.state_file import lock_state

    config = _first_config(reader)

    lock_state(config.state_file, config.file)

    async def run_daemon() -> None:
        _exit(await _make_daemon(args, None, config).run())

    asyncio.run(run_daemon())
    return 0


def run_helper(args: argparse.Namespace) -> int:
    """Run the daemon behind ExaBGP's pipe, which is read before the configuration is loaded."""
    if sys.stdin is not None and sys.stdin.isatty():
        print("bgp2vpc: ExaBGP runs `helper`, with its own pipes; in a terminal: bgp2vpc run", file=sys.stderr)
        return 2
    reader = _begin(args.file)
    import asyncio

    from bgp2vpc.sources.exabgp_pipe import ExabgpPipe

    # Before anything can print: ExaBGP takes every line on stdout for a command.
    pipe = ExabgpPipe.take_over()
    _configure_logs(args)

    async def help_exabgp() -> None:
        from bgp2vpc.helper import Helper

        first = [reader]

        def load() -> "Config":
            return _first_config(first.pop()) if first else _load(args.file)

        _exit(await Helper(pipe, load, partial(_make_daemon, args, pipe)).run())

    asyncio.run(help_exabgp())
    return 0


def _exit(status: int) -> NoReturn:
    """End the process at once: asyncio and the interpreter would wait for a thread that hangs in a call to EC2."""
    os._exit(status)


def _first_config(reader: "ConfigReader") -> "Config":
    """The configuration at the start. Blocks; a helper calls this on a thread and reads ExaBGP's pipe meanwhile."""
    import bgp2vpc.vpc.aws.ec2
    import bgp2vpc.vpc.aws.imds  # noqa: F401  # `connect` needs both: import them while the child reads

    return reader.config()


def _load(file: str) -> "Config":
    from bgp2vpc.config.load import load

    return load(file)


def _make_daemon(args: argparse.Namespace, exabgp: "ApiPipe | None", config: "Config") -> "Daemon":
    import asyncio

    from bgp2vpc.daemon import Daemon
    from bgp2vpc.parts import Mode, Outside
    from bgp2vpc.services.supervision import SdNotify
    from bgp2vpc.sources.child import wait_without_threads
    from bgp2vpc.vpc.aws.connect import Identity, connect

    wait_without_threads()

    def collect_garbage() -> None:
        gc.freeze()
        # A full collection stops the event loop; with ten thousand places it walks a million objects, hardly any of
        # them garbage. So it is due after 7 million new objects, not after the default of 70,000, that is every poll.
        gc.set_threshold(700, 10, 1000)
        gc.enable()

    asyncio.get_running_loop().call_later(START, collect_garbage)
    identity = Identity(config.instance_id, config.region, config.vpc_id)
    outside = Outside(
        partial(_load, args.file),
        partial(connect, identity, config.ec2.timeout, config.ec2.concurrency),
        exabgp,
        # The unit of a helper is ExaBGP's, so the helper must not notify systemd for it.
        systemd=SdNotify() if exabgp is not None else SdNotify.from_environment(os.environ),
    )
    daemon = Daemon(config, outside, Mode(noop=args.noop, oneshot=args.oneshot))
    if _early.is_set():
        asyncio.get_running_loop().call_soon(daemon.reload)
    return daemon


def _begin(file: str) -> "ConfigReader":
    """Set signals, umask and limits, and start the child processes that work while we import the daemon."""
    # SIGHUP asks for a reload; keep one that arrives before the daemon has its own handler.
    signal.signal(signal.SIGHUP, lambda *_: _early.set())
    # SIGUSR1 announces a restart, which matters only for routes, and we have none yet.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    os.umask(UMASK)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if resource.RLIM_INFINITY != soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    gc.disable()

    from bgp2vpc.config.reader import ConfigReader
    from bgp2vpc.vpc.aws import slim_model

    slim_model.begin()
    return ConfigReader(file)


def _configure_logs(args: argparse.Namespace) -> None:
    import logging

    from bgp2vpc.logs import LogFormat, configure

    configure(logging.DEBUG if args.debug else logging.INFO, LogFormat(args.log_format), syslog=args.syslog)
