"""`bgp2vpc demo`, as a user runs it."""

import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from audience import Audience

from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

Attend = Callable[..., Audience]

AT_ONCE = "import sys; from bgp2vpc.demo.story import tell; sys.exit(tell(pause=0, {}))"

STORY = """
bgp2vpc demo: two instances
It takes about 25 seconds
1. A's service starts
A announced 192.0.2.53/32 med 100
A CreateRoute rtb-
A CreateRoute rtb-
ok announced -> written in
2. B's service starts
B announced 192.0.2.53/32 med 100
B status: yield (owner-healthy) for every table
ok B yields: A is healthy; nothing was written
3. A's service is killed
A kill -9 of the service
A withdrawn 192.0.2.53/32
A DeleteRoute rtb-
A DeleteRoute rtb-
B CreateRoute rtb-
B CreateRoute rtb-
ok B took over
4. A's service is back
A announced 192.0.2.53/32 med 100
A status: yield (owner-healthy) for every table
ok A yields to B: no flapping
5. instance B dies
192.0.2.53/32 -> B blackhole
A ReplaceRoute rtb-
A ReplaceRoute rtb-
192.0.2.53/32 -> A active
6. SIGTERM
A stopping routes withdrawn
A DeleteRoute rtb-
A DeleteRoute rtb-
ok A ended with exit 0 (B was killed), every route is gone
no route for 192.0.2.53/32
That is all. Everything is stopped and cleaned up.
"""


@pytest.fixture
def attend() -> Iterator[Attend]:
    seen: list[Audience] = []

    def start(*argv: str, **environment: str) -> Audience:
        seen.append(Audience(*argv, **environment))
        return seen[-1]

    yield start
    for audience in seen:
        audience.close()


def test_the_demo_tells_the_whole_story_and_leaves_nothing_behind(attend: Attend) -> None:
    demo = attend("-c", AT_ONCE.format(f"keep=False, patience={PATIENCE}"))
    assert demo.read_to_the_end() == 0, demo.text
    rest = demo.text
    for sentence in STORY.strip().splitlines():
        _, found, rest = rest.partition(sentence)
        assert found, f"{sentence!r} is missing, or comes too early:\n{demo.text}"
    effects = [float(at) for at in re.findall(r"^ *(\d+\.\d{3}) +\+\d", demo.text, re.MULTILINE)]
    assert effects, demo.text
    assert effects == sorted(effects), "the story runs backwards"
    assert "\x1b" not in demo.text, "colours in a pipe"
    prose = [line for line in demo.text.splitlines() if "--socket" not in line]
    assert max(map(len, prose)) <= 80
    assert demo.left_processes() == []
    assert demo.left_files() == []


def test_an_account_at_the_real_aws_and_a_proxy_are_never_used(attend: Attend) -> None:
    demo = attend(
        "-c",
        AT_ONCE.format("keep=False, patience=0"),
        AWS_PROFILE="production",
        AWS_ENDPOINT_URL_EC2="http://127.0.0.1:9",
        HTTP_PROXY="http://127.0.0.1:9",
        http_proxy="http://127.0.0.1:9",
    )
    demo.read_to_the_end()
    assert "1. A's service starts" in demo.text, "no daemon could read the route tables"


def test_a_step_that_does_not_happen_in_time_fails_the_demo_and_is_explained(attend: Attend) -> None:
    demo = attend("-c", AT_ONCE.format("keep=False, patience=0.01"))
    assert demo.read_to_the_end() == 1
    failure = demo.text.partition("FAILED ")[2]
    assert "not within 0.01 s: every route table points 192.0.2.53/32 at A" in failure
    assert failure.count("no route for 192.0.2.53/32") == 2
    for name in "AB":
        last_words = failure.partition(f"The last words of {name}'s daemon:")[2]
        assert "info running on instance instance=i-" in last_words
    assert "2. B's service starts" not in demo.text
    assert demo.left_processes() == []
    assert demo.left_files() == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_demo_with_its_own_status_and_leaves_nothing_behind(
    attend: Attend, number: signal.Signals, status: int
) -> None:
    demo = attend("-m", "bgp2vpc", "demo")
    demo.read_until("A announced")
    os.killpg(demo.process.pid, number)
    assert demo.read_to_the_end() == status, demo.text
    assert f"interrupted by {number.name}" in demo.text
    assert "Traceback" not in demo.text
    assert demo.left_processes() == []
    assert demo.left_files() == []


def test_even_a_demo_that_is_killed_takes_its_processes_with_it(attend: Attend) -> None:
    demo = attend("-c", AT_ONCE.format(f"keep=False, patience={PATIENCE}"))
    demo.read_until("ok announced -> written")
    demo.process.kill()
    assert demo.left_processes() == []


def test_kept_up_it_tells_of_what_its_user_does_until_ctrl_c(attend: Attend) -> None:
    demo = attend("-c", AT_ONCE.format(f"keep=True, web=True, patience={PATIENCE}"))
    told = demo.read_until("stay up until Ctrl-C")
    assert "ok C yields: A is healthy" in told
    told = demo.read_until("/c.log")
    service = re.search(r"On A:[\s\S]*?kill -9 (\d+) +# its service", told)
    assert service, told
    pages = re.findall(r"(http://\S+) +# its page", told)
    assert len(pages) == 2, told
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for page in pages:
        assert "192.0.2.53/32" in direct.open(page, timeout=PATIENCE).read().decode()
    os.kill(int(service[1]), signal.SIGKILL)
    demo.text = ""
    demo.read_until("C CreateRoute")
    assert re.search(r"A withdrawn 192.0.2.53/32[\s\S]*A DeleteRoute[\s\S]*C CreateRoute", demo.text)
    for command in ("why", "drain"):
        (pasted,) = re.findall(rf"^  (.* {command} .*/c\.sock.*)$", told, re.MULTILINE)
        subprocess.run(["sh", "-c", pasted], check=command == "why", timeout=PATIENCE)
    demo.read_until("C DeleteRoute")
    os.killpg(demo.process.pid, signal.SIGINT)
    assert demo.read_to_the_end() == 0, demo.text
    assert "ok A and C ended with exit 0 (B was killed), every route is gone" in demo.text
    assert demo.left_processes() == []
    assert demo.left_files() == []
