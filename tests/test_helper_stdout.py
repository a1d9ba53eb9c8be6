"""The helper between two pipes, with the test in ExaBGP's place: nothing but commands may reach it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, World
from bgp2vpc.speaker.resync import QUESTIONS
from bgp2vpc.speaker.unanswered import QUESTION
from tests.waiting import PATIENCE

BGP2VPC = Path(sys.executable).with_name("bgp2vpc")
FLOW = "announce flow route { match { destination 192.0.2.53/32; } then { discard; } }"

NOISE = f"""
import os, sys
os.write(2, b"announce route 192.0.2.66/32 next-hop self\\n")
print("good morning")
print("announce route 192.0.2.53 next-hop 10.0.0.1 med 7")
os.write(1, b"announce route 192.0.2.54 next-hop \\xc3\\xa4\\n")
print("announce route 192.0.2.1/31 next-hop self")
print("announce route 192.0.2.55/32 next-hop self med")
print("announce attributes nlri 192.0.2.56/32")
print("version")
print("{FLOW}")
print("withdraw route 192.0.2.53")
sys.exit(3)
"""
COMMANDS = [*QUESTIONS, "announce route 192.0.2.53 next-hop 10.0.0.1 med 7", FLOW, "withdraw route 192.0.2.53"]


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    noise = tmp_path / "noise.py"
    noise.write_text(NOISE, "utf-8")
    path = tmp_path / "bgp2vpc.yaml"
    path.write_text(
        f"socket: {tmp_path}/s.sock\n"
        "processes:\n"
        f"  noise: {{run: {json.dumps(f'{sys.executable} -u {noise}')}, respawn: false}}\n"
        "  absent: {run: /nonexistent/program}\n"
        "routetables:\n  all:\n    find: {type: by_tag, config: {key: type, value: private}}\n"
        '    accept: ["192.0.2.0/24 le 32"]\n',
        "utf-8",
    )
    return path


@pytest.fixture
def helper(configuration: Path, cloud: Cloud, world: World) -> Iterator[subprocess.Popen[str]]:
    cloud.fault(Fault.unauthorized("CreateRoute"))
    command = [BGP2VPC, "helper", "-f", configuration, "--debug"]
    environment = {**os.environ, **cloud.environment(world.hosts[0].instance_id), "PYTHONDEVMODE": "1"}
    with (
        configuration.with_suffix(".log").open("wb") as log,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        yield process
        process.kill()


def test_only_commands_reach_exabgp_whatever_scripts_and_logs_and_warnings_print(
    helper: subprocess.Popen[str], configuration: Path
) -> None:
    assert helper.stdin
    assert helper.stdout
    heard: list[str] = []
    # As ExaBGP, whose answers to the questions are not waited for without end.
    for lines, answers in (
        (len(QUESTIONS), "done\ndone\n"),
        (len(COMMANDS) - len(QUESTIONS), "done\nerror\nshutdown 1 1\n"),
    ):
        heard += [helper.stdout.readline().rstrip("\n") for _ in range(lines)]
        helper.stdin.write(answers)
        helper.stdin.flush()
    heard += helper.stdout.read().splitlines()  # to its end
    assert heard == [*COMMANDS, QUESTION]  # an error: which line is it about?
    assert helper.wait(PATIENCE) == 0
    log = configuration.with_suffix(".log").read_text("utf-8")
    assert "good morning" in log  # the noise was made, and went where it belongs
    assert "192.0.2.66" in log


def test_a_helper_that_has_acted_once_stays_until_exabgp_is_gone(
    configuration: Path, cloud: Cloud, world: World
) -> None:
    text = configuration.read_text("utf-8")
    configuration.write_text(text.replace("noise.py", "say.py").replace("respawn: false", "respawn: true"), "utf-8")
    configuration.with_name("say.py").write_text("print('announce route 192.0.2.53 next-hop self')\ninput()\ninput()\n")
    host = world.hosts[0]
    environment = {**os.environ, **cloud.environment(host.instance_id)}
    command = [BGP2VPC, "helper", "-f", configuration, "--oneshot"]
    log = configuration.with_suffix(".log")
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr
        ) as process,
    ):
        cloud.wait_for_route(world.tables[0], "192.0.2.53/32", host.interface_id)
        cloud.wait_until(lambda: "script stopped" in log.read_text("utf-8"))
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.communicate()  # closes its stdin: ExaBGP is gone
        assert process.returncode == 0
    assert "192.0.2.53/32" in cloud.routes(world.tables[0])
