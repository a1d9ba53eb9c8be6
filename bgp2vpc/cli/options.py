"""Options that several commands share."""

import argparse
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from bgp2vpc import __version__
from bgp2vpc.printable import printable

DEFAULT_FILE = "/etc/bgp2vpc.yaml"
DEFAULT_SOCKET = "/run/bgp2vpc/bgp2vpc.sock"
SOCKET_VARIABLE = "BGP2VPC_SOCKET"
PIPE_WIDTH = 250

if TYPE_CHECKING:
    from rich.console import Console

    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = object


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add `-f FILE`."""
    parser.add_argument(
        "-f", "--file", metavar="FILE", default=DEFAULT_FILE, help=f"configuration file (default: {DEFAULT_FILE})"
    )


def add_version(parser: argparse.ArgumentParser, words: str = "print the version") -> None:
    """Add `--version`, and AWSnycast's `-version`."""
    parser.add_argument("--version", "-version", action="version", version=f"bgp2vpc {__version__}", help=words)


def add_socket(parser: argparse.ArgumentParser, *, by_file: bool = True) -> None:
    """Add `--socket S`, and with `by_file` `-f FILE`, whose socket is the default."""
    if by_file:
        parser.add_argument("-f", "--file", metavar="FILE", help="the daemon's configuration file: use its socket")
    parser.add_argument(
        "--socket", metavar="S", type=Path,
        help=f"the daemon's unix socket (default: {'that of FILE, ' if by_file else ''}${SOCKET_VARIABLE}, or "
        f"{DEFAULT_SOCKET})",
    )  # fmt: skip


def socket_of(args: argparse.Namespace) -> Path:
    """The path of the daemon's socket: `--socket`, or that of `-f FILE`, $BGP2VPC_SOCKET, or the default.

    Raises ConfigError.
    """
    if args.socket is not None:
        return Path(args.socket)
    if getattr(args, "file", None):
        from bgp2vpc.config.load import socket_of_file

        return socket_of_file(args.file)
    return Path(os.environ.get(SOCKET_VARIABLE) or DEFAULT_SOCKET)


def read_by(module: str, function: str) -> Callable[[str], Any]:
    """An argparse `type` that calls `module.function`, importing it only if the argument is given.

    argparse prints the text of a ValueError.
    """

    def read(text: str) -> Any:
        try:
            return getattr(import_module(module), function)(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def visible(value: Any) -> Any:
    """A copy of the JSON value with the control characters of all its texts escaped.

    The texts come from scripts, BGP peers and the owners of routes, and could otherwise steer the user's terminal.
    """
    match value:
        case str():
            return printable(value, keep="\n\t")
        case dict():
            return {key: visible(item) for key, item in value.items()}
        case list():
            return [visible(item) for item in value]
    return value


def terminal_size() -> os.terminal_size:
    """The terminal's size, or `COLUMNS` and `LINES` of the environment; 80 by 24 without a terminal."""
    import shutil  # heavy, and `tee` does not need it

    return shutil.get_terminal_size((80, 24))


def terminal() -> "Console":
    """The console for tables. It is `PIPE_WIDTH` wide in a pipe, so that no id is cut."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console
