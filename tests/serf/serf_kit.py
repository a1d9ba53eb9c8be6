"""Real Serf agents (HashiCorp's, Debian's package `serf`) on loopback addresses, killed after the test."""

import json
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.addresses import free_port
from tests.waiting import PATIENCE, eventually

needs_serf = pytest.mark.skipif(shutil.which("serf") is None, reason="needs HashiCorp's Serf (apt-get install serf)")


class SerfAgent:
    """One agent. `local` timing: who is killed has failed some 5 s later."""

    def __init__(self, directory: Path, name: str, address: str, *, auth_key: str = "") -> None:
        self.name = name
        self.address = address
        self.serf = f"{address}:{free_port(address)}"
        self.rpc = f"{address}:{free_port(address)}"
        self.auth_key = auth_key
        self._file = directory / f"{name}.json"
        self._log = directory / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *join: "SerfAgent") -> "SerfAgent":
        self._file.write_text(json.dumps({"rpc_auth": self.auth_key} if self.auth_key else {}))
        command = ["serf", "agent", f"-node={self.name}", f"-bind={self.serf}", f"-rpc-addr={self.rpc}"]
        command += ["-profile=local", "-log-level=debug", f"-config-file={self._file}"]
        command += [f"-retry-join={other.serf}" for other in join]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self._listens, f"the agent {self.name}", self._log.read_text)
        return self

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        host, _, port = self.rpc.rpartition(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    def say(self, *words: str) -> None:
        """`serf WORDS`, as a user types it."""
        auth = [f"-rpc-auth={self.auth_key}"] if self.auth_key else []
        command = ["serf", words[0], f"-rpc-addr={self.rpc}", *auth, *words[1:]]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)

    @property
    def votes_heard(self) -> int:
        """How many the serf has brought."""
        return self._log.read_text().count("Received event: user-event: bgp2vpc")

    def vote(self, payload: str) -> None:
        self.say("event", "-coalesce=false", "bgp2vpc", payload)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """As if its host had lost its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
