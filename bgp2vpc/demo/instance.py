"""One instance of the demo: a service, a bgp2vpc daemon, and ExaBGP's healthcheck, which the daemon runs."""

import json
import os
import random
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import yaml

from bgp2vpc.demo import child
from bgp2vpc.demo.cloud.values import CloudHost
from bgp2vpc.demo.logbook import Logbook
from bgp2vpc.sources.client import ask
from bgp2vpc.sources.unix import SocketError

LOOPBACK = "127.0.0.1"
PREFIX = "192.0.2.53/32"
POLL_TIME = 2.0
SERVICE_START = 60.0
STOP_PATIENCE = 30.0
"""Seconds until SIGKILL; a daemon spends up to 10 on its last writes."""


class DemoInstance:
    """An instance. `name`: a letter. Its files are `<name>.yaml`, `.sock`, `.log`, `.env` in `directory`.

    `web`: its daemon serves the status page.
    """

    def __init__(
        self, name: str, host: CloudHost, directory: Path, aws: Mapping[str, str], *, web: bool = False
    ) -> None:
        self.name = name
        self.host = host
        self.port = quiet_port()
        self.config, self.socket, self.log_file, self.environment_file = (
            directory / f"{name.lower()}.{suffix}" for suffix in ("yaml", "sock", "log", "env")
        )
        self.log = Logbook(self.log_file)
        self.service: subprocess.Popen[bytes] | None = None
        self.daemon: subprocess.Popen[bytes] | None = None
        self._web = directory / name.lower()
        self._web.mkdir()
        self._environment = {**_clean_environment(), **aws}
        code = f"import socket; socket.create_connection(('{LOOPBACK}', {self.port}), 1)"
        check = shlex.join([sys.executable, "-IS", "-c", code])
        healthcheck = [sys.executable, "-m", "exabgp", "healthcheck", "--no-syslog", "--cmd", check]
        healthcheck += ["--ip", PREFIX, "--no-ip-setup", "--withdraw-on-down"]
        healthcheck += ["--interval", "0.4", "--fast-interval", "0.1", "--rise", "2", "--fall", "2"]
        configuration: dict[str, object] = {
            "socket": str(self.socket),
            "poll_time": POLL_TIME,
            "processes": {"dns": {"run": healthcheck}},
            "routetables": {
                "private": {
                    "find": {"type": "by_tag", "config": {"key": "type", "value": "private"}},
                    "accept": ["192.0.2.0/24 le 32"],
                    "takeover": "if_unhealthy",
                }
            },
        }
        self.page: str | None = None
        if web:
            listen = f"{LOOPBACK}:{quiet_port()}"
            configuration["web"] = {"listen": listen}
            self.page = f"http://{listen}/"
        self.config.write_text(yaml.safe_dump(configuration, sort_keys=False, width=1000))
        self.environment_file.write_text("".join(f"export {key}={shlex.quote(aws[key])}\n" for key in aws))

    @property
    def service_command(self) -> list[str]:
        """The command line of the service, a web server."""
        where = ["--bind", LOOPBACK, "--directory", str(self._web)]
        return [sys.executable, "-u", "-m", "http.server", str(self.port), *where]

    def start_service(self) -> float:
        """Start the service. Returns when it listened (time.monotonic()). Raises OSError if it does not."""
        with self.log_file.with_suffix(".service").open("ab") as log:
            self.service = child.start(self.service_command, _clean_environment(), log)
        deadline = time.monotonic() + SERVICE_START
        while True:
            # http.server prints its address before it listens, so only a connection is proof.
            try:
                socket.create_connection((LOOPBACK, self.port), timeout=1).close()
            except ConnectionRefusedError as error:
                if time.monotonic() > deadline or self.service.poll() is not None:
                    raise OSError(f"{self.name}'s service does not listen on {LOOPBACK}:{self.port}") from error
                time.sleep(0.01)
            else:
                return time.monotonic()

    def kill_service(self) -> float:
        """Send SIGKILL to the service. Returns when (time.monotonic())."""
        killed = time.monotonic()
        if self.service is not None:
            child.kill(self.service)
            self.service = None
        return killed

    def start_daemon(self) -> None:
        """Start the daemon, without waiting until it is ready."""
        argv = [sys.executable, "-m", "bgp2vpc", "run", "-f", str(self.config), "--log-format", "json"]
        with self.log_file.open("ab") as log:
            self.daemon = child.start(argv, self._environment, log)

    def kill_daemon(self) -> None:
        """Send SIGKILL to the daemon, so that it withdraws nothing. Its healthcheck ends at the next line it prints."""
        if self.daemon is not None:
            child.kill(self.daemon)
            self.daemon = None

    def end_daemon(self) -> int:
        """Send SIGTERM to the daemon and wait. Returns the exit status; 0 if it does not run."""
        if self.daemon is None:
            return 0
        status = child.end(self.daemon, STOP_PATIENCE)
        self.daemon = None
        return status

    @property
    def has_lost_its_daemon(self) -> bool:
        """Whether the daemon has ended unasked."""
        return self.daemon is not None and self.daemon.poll() is not None

    def verdicts(self) -> dict[str, str]:
        """Table -> the daemon's verdict on PREFIX, like "yield (owner-healthy)". Empty while it does not answer."""
        with suppress(SocketError):
            status = json.loads("\n".join(ask(self.socket, ["bgp2vpc status"])[-1].text))
            routes = [route for route in status["routes"] if route["prefix"] == PREFIX]
            return {route["route_table_id"]: f"{route['verdict']} ({route['reason']})" for route in routes}
        return {}


def _clean_environment() -> dict[str, str]:
    """Our environment without the variables that could lead to the real AWS or to a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and not name.upper().endswith("_PROXY")
    }


def quiet_port() -> int:
    """A free TCP port below the ephemeral range.

    So no other program gets the port while the service is down, and a check cannot connect to itself (TCP's
    simultaneous open).
    """
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
