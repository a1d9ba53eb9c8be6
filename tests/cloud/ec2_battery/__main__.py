"""Ask an endpoint how much of EC2 it is. One line per question, then the score; exit status 1 if it is not full.

It creates VPCs, instances and routes with made-up credentials: meant for stand-ins, not for AWS.
"""

import argparse
import sys
import textwrap
import traceback
from pathlib import Path
from types import TracebackType

import boto3
from botocore.config import Config

from bgp2vpc.demo.cloud.values import Quirks
from tests.cloud.ec2_battery import QUESTIONS
from tests.cloud.ec2_battery.lab import Lab
from tests.cloud.ec2_battery.question import Question

HERE = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.cloud.ec2_battery", description=__doc__)
    parser.add_argument("url", help="the endpoint, such as http://127.0.0.1:5000")
    parser.add_argument(
        "--stopped-stays-active",
        action="store_true",
        help="expect a route to a stopped instance to be active (AWS does not say; default: blackhole)",
    )
    parser.add_argument("--route-quota", type=int, default=500, help="static routes per table (default: %(default)s)")
    asked = parser.parse_args(arguments)
    quirks = Quirks(stopped_is_blackhole=not asked.stopped_stays_active, route_quota=asked.route_quota)
    lab = Lab(client(asked.url), quirks)
    passed = sum(put(question, lab) for question in QUESTIONS)
    print(f"SCORE {passed}/{len(QUESTIONS)}")
    return 0 if passed == len(QUESTIONS) else 1


def client(url: str) -> object:
    once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=30)
    keys = {"aws_access_key_id": "battery", "aws_secret_access_key": "battery"}
    return boto3.client("ec2", region_name="us-east-1", endpoint_url=url, config=once, **keys)


def put(question: Question, lab: Lab) -> bool:
    """Ask one question and print how it went."""
    why = ""
    try:
        question.ask(lab)
    except Exception as error:  # noqa: BLE001  # of an unknown endpoint anything may come, and all of it means no
        why = explain(error)
    print(f"{'FAIL' if why else 'pass'} {question.name:41} {question.text}{why}", flush=True)
    return not why


def explain(error: Exception) -> str:
    """Where the question failed: its line, and what it knew by then; nothing rewrites asserts outside of pytest."""
    frame = asking_frame(error.__traceback__)
    line = traceback.extract_tb(frame)[0]
    found = [f"{name} = {shortened(value)}" for name, value in frame.tb_frame.f_locals.items() if name != "lab"]
    reason = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
    details = [f"{Path(line.filename).name}:{line.lineno}: {line.line}", *found, reason or str(error)]
    return "".join(f"\n       {detail}" for detail in details if detail)


def shortened(value: object) -> str:
    return textwrap.shorten(repr(value), 200, placeholder=" …")


def asking_frame(trace: TracebackType | None) -> TracebackType:
    """The question's own part of the trace: the last one in a file of questions."""
    frames = []
    while trace:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.parent == HERE and path.name not in ("__main__.py", "lab.py"):
            frames.append(trace)
        trace = trace.tb_next
    return frames[-1]


if __name__ == "__main__":
    sys.exit(main())
