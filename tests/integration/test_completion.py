"""The tabulator in real shells, which type on a terminal and ask a running daemon."""

import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from site_kit import Site

from tests.waiting import PATIENCE, eventually

COMPLETIONS = Path(__file__).parents[2] / "packaging" / "completions"
LONG = "2001:db8:53::1/128"


class Terminal:
    """An interactive shell."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 1000, 0, 0))
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self._ours = ours

    def type(self, keys: str, expected: str) -> str:
        """Press these keys; what the terminal shows from then on until `expected` is there."""
        os.write(self._ours, keys.encode())
        shown, deadline = "", time.monotonic() + PATIENCE
        while expected not in shown:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"not shown: {expected!r}, but {shown!r}"
            shown += os.read(self._ours, 65536).decode()
        return shown

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)


def environment(site: Site, program: str) -> dict[str, str]:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is missing (apt-get install {program})")
    home = site.file.parent
    (home / "inputrc").write_text("set enable-bracketed-paste off\nset bell-style none\n")
    return site.environment | {
        "HOME": str(home), "INPUTRC": str(home / "inputrc"), "TERM": "dumb", "BGP2VPC_SOCKET": str(site.socket),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip


@contextmanager
def shell(site: Site, command: list[str], *setup: str) -> Iterator[Terminal]:
    home = site.file.parent
    terminal = Terminal(command, environment(site, command[0]))
    try:
        terminal.type(f"PS1='$ '; cd {home}; {'; '.join(setup)}; echo ready-$((1 + 1))\n", "ready-2\r\n")
        yield terminal
    finally:
        terminal.close()


@pytest.fixture
def running(site: Site) -> Site:
    site.configure(healthchecks={"dns": {"type": "ping", "destination": "127.0.0.1", "every": 5}})
    site.start()
    site.say(*(f"announce route {prefix} next-hop self" for prefix in ("192.0.2.1/32", "192.0.2.77/32", LONG)))
    eventually(lambda: len(site.status()["prefixes"]) == 3, "the prefixes")
    return site


def test_every_shell_completes_commands_options_and_what_the_daemon_has(running: Site) -> None:
    """One after the other at one daemon, which takes longest to start."""
    table = running.host.table
    source = f"source {COMPLETIONS / 'bash-completion' / 'bgp2vpc'}"
    with shell(running, ["bash", "--norc", "--noprofile", "-i"], source) as bash:
        for keys, expected in {
            "und\t": "bgp2vpc undrain ",
            "status --js\t": "bgp2vpc status --json ",
            "check -f bgp2vpc.y\t": "bgp2vpc check -f bgp2vpc.yaml ",
            "run --log-format logf\t": "bgp2vpc run --log-format logfmt ",
            "why 192.0.2.7\t": "bgp2vpc why 192.0.2.77/32 ",
            "why 2001\t": f"bgp2vpc why {LONG} ",
            "why 2001:db8:5\t": f"bgp2vpc why {LONG} ",
            "hold 192.0.2.1/32 20\t": f"bgp2vpc hold 192.0.2.1/32 {LONG} ",
            f"why --table {table[:-2]}\t": f"bgp2vpc why --table {table} ",
            "probe d\t": "bgp2vpc probe dns ",
            f"probe -f {running.file} d\t": f"bgp2vpc probe -f {running.file} dns ",
        }.items():
            bash.type(f"\x15bgp2vpc {keys}", expected)
        bash.type("\x15bgp2vpc why 192.0.2.\t\t", "192.0.2.77/32")
        silent = bash.type("\x15bgp2vpc why --socket /nowhere \t\t\x15echo said-$((2 + 2))\n", "said-4")
        assert "no such socket" not in silent
    with shell(
        running, ["zsh", "-f", "-i"],
        f"fpath=({COMPLETIONS / 'zsh'} $fpath)", "autoload -Uz compinit", "compinit -u -D",
    ) as zsh:  # fmt: skip
        # It draws parts of a line anew: what it has made of it is seen in what the command answers.
        for keys, answer in {
            "version --he\t\n": "usage: bgp2vpc version",
            "chec\t-f bgp2vpc.y\t\n": "bgp2vpc.yaml: ok",
            "why 192.0.2.7\t\n": "192.0.2.77/32\r\n  announced by",
            "why 2001\t\n": f"{LONG}\r\n  announced by",
            f"why --table {table[:-2]}\t2001\t--json\n": f'"route_table_id": "{table}"',
            "hold --reason x --for 1h 192.0.2.1/\t20\t\n": f"{LONG} is held",
            "probe d\t\n": "dns ping 127.0.0.1",
            "why --socket /nowhere 19\t; echo said-$((2 + 2))\n": "said-4",
        }.items():
            zsh.type(f"\x15bgp2vpc {keys}", answer)
    cases = {
        "und": "undrain", "status --js": "--json", "run --log-format logf": "logfmt", "why 192.0.2.7": "192.0.2.77/32",
        "why 2001:": LONG, "release 192.0.2.1/32 20": LONG, f"why --table {table[:-2]}": table, "probe d": "dns",
        "why --socket /nowhere 19": "",
    }  # fmt: skip
    asked = "; ".join(f"complete -C 'bgp2vpc {typed}' | cut -f1; echo" for typed in cases)
    source = f"source {COMPLETIONS / 'fish' / 'bgp2vpc.fish'}"
    answers = subprocess.run(
        ["fish", "--no-config", "-c", f"{source}; {asked}"],
        env=environment(running, "fish"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n\n")
    assert dict(zip(cases, (answer.strip() for answer in answers), strict=False)) == cases
