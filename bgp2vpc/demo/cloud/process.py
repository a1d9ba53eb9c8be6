"""Starts the cloud as a process of its own, so that its CPU time does not distort measurements of other code."""

import os
import selectors
import subprocess
import sys

READY = "listening on "
_START_TIMEOUT = 120.0
_STOP_TIMEOUT = 5.0


class CloudError(Exception):
    """The cloud did not start, or refused a request. The message has the reason."""


def start_process(host: str = "127.0.0.1") -> tuple[subprocess.Popen[str], str]:
    """Start the process, listening on address `host`. Returns it and its URL.

    The process ends when its stdin closes, that is when we close it or die.
    Raises CloudError if it is not ready within two minutes.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "bgp2vpc.demo.cloud", "--host", host, "--port", "0", "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Not reached by the terminal's Ctrl-C, since our caller may need the cloud to clean up.
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))},
    )
    assert process.stdout is not None  # asked for with PIPE
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(_START_TIMEOUT):
                raise CloudError(f"the cloud's process said nothing within {_START_TIMEOUT:g} s")
        line = process.stdout.readline().strip()
        if not line.startswith(READY):
            raise CloudError(f"the cloud's process did not start: {line or 'see its standard error above'}")
    except CloudError:
        stop_process(process)
        raise
    return process, line.removeprefix(READY)


def stop_process(process: subprocess.Popen[str]) -> None:
    """End the process by closing its stdin; if that does not help, with SIGKILL."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
