"""What a daemon with nearly every feature in use tells of itself: JSON and metrics, compared with files.

Where one of them is to change: delete its file in `recorded/`, run this once to write it anew, and read the diff.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from checked import Service, settings
from lab import OURS, PEER, A, B, Lab, announce
from serf_cluster import SerfCluster

import bgp2vpc
from bgp2vpc.config.model import Process
from bgp2vpc.errors import Denied
from bgp2vpc.exabgp_api.messages_text import decode
from bgp2vpc.notify.model import AlertKind, Recipient
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.web.metrics import Exposition, Seen
from tests.memory_vpc import MemoryVpc
from tests.virtual_time import VirtualTimeLoop

pytestmark = pytest.mark.io

RECORDED = Path(__file__).parent / "recorded"
CHECKED, THEIRS = "192.0.2.53/32", "192.0.2.54/32"
OWNER = "127.0.0.3"
DRAINED, HELD, DAMPED, DENIED, BETTER = (f"198.18.0.{number}/32" for number in range(1, 6))
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")


def file(service: Service, owner: Service) -> str:
    return f"""\
serf: {{rpc: 127.0.0.1}}
healthchecks:
  web: {{type: tcp, destination: 127.0.0.1, every: 1, config: {{port: {service.port}}}}}
  slow: {{type: tcp, destination: 127.0.0.1, every: 1, rise: 50, config: {{port: {service.port}}}}}
remote_healthchecks:
  alive: {{type: tcp, every: 1, remote_votes: 2, config: {{port: {owner.port}}}}}
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    manage_routes:
      - {{cidr: {CHECKED}, healthcheck: web}}
      - {{cidr: {THEIRS}, healthcheck: web, if_unhealthy: true, remote_healthcheck: alive}}
    accept: ["198.18.0.0/24 le 32"]
    takeover: best_path
  public:
    find: {{type: by_tag, config: {{key: type, value: public}}}}
    accept: ["198.18.0.0/24 le 32"]
    takeover: always
"""


def world() -> MemoryVpc:
    vpc = MemoryVpc()
    vpc.add_table("rtb-1", tags={"type": "private"})
    vpc.add_table("rtb-2", tags={"type": "public"})
    vpc.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    vpc.add_interface(PEER, "i-2", addresses=["10.0.0.11"])
    vpc.add_interface("eni-3", "i-3", addresses=[OWNER])
    vpc.put_route("rtb-1", THEIRS, "eni-3")
    return vpc


@pytest.fixture
def lab(make_lab: Callable[..., Lab]) -> Iterator[Lab]:
    service, owner = Service(), Service(OWNER)
    made = make_lab(
        world(), poll_time=20.0, startup_hold=0.0, damping=DampingLimits(suppress=1000.0),
        notify=(Recipient(on=frozenset(AlertKind), argv=("/nonexistent/program",), after=1, retries=0),),
        processes=(Process(name="missing", argv=("/nonexistent/healthcheck",), respawn=False),),
        **settings(file(service, owner)),
    )  # fmt: skip
    assert isinstance(made.loop, VirtualTimeLoop)
    cluster = SerfCluster(made.loop)
    for name, address in (("b", "10.0.0.21"), ("c", "10.0.0.22"), ("owner", OWNER)):
        cluster.join(name, address)
    made.config = replace(made.config, serf=cluster.agent("a", "10.0.0.10"))
    made.told = partial(exabgp_answers, made)
    made.start(helper=True, wait=5)
    much_happens(made, cluster, owner)
    yield made
    service.stop()
    owner.stop()


def exabgp_answers(lab: Lab, line: str) -> None:
    for message in decode("error" if A in line else "done"):
        lab.loop.call_soon(lab.daemon.heard, message)


def much_happens(lab: Lab, cluster: SerfCluster, owner: Service) -> None:
    lab.hear("neighbor 10.0.0.11 up", "neighbor 10.0.0.12 up", "neighbor 10.0.0.12 down - hold timer expired")
    lab.hear(f"neighbor 10.0.0.11 receive update announced {BETTER} next-hop 10.0.0.11 med 7")
    lab.vpc.put_route("rtb-2", DAMPED, PEER)
    lab.vpc.fail_next(f"CreateRoute rtb-1 {DENIED}", Denied("CreateRoute", "UnauthorizedOperation", "<no>"), times=100)
    lab.say(
        *map(announce, (DRAINED, HELD, DAMPED, DENIED, A)),
        announce(BETTER, "med 100 as-path [ 65001 65002 ] community [ 65001:7 ] origin incomplete"),
    )
    lab.wait(25)
    lab.vpc.put_route("rtb-2", DAMPED, PEER)
    lab.ask("hold", HELD, "for", "1h", "reason", "migration")
    lab.ask("drain", DRAINED, "reason", "kernel <update>")
    owner.stop()
    cluster.fail("c")
    lab.open("two")
    lab.say(announce(B), announce(HELD, "med 50"), "announce rout", source="two")
    lab.close("two", hold=1000.0)
    lab.wait(35)
    lab.do(lambda: cluster.say(f"withdraw alive {OWNER} from b"))
    lab.wait(5)


def without_what_differs(text: str) -> str:
    return MOMENT.sub("TIME", text).replace(bgp2vpc.__version__, "VERSION")


def agrees_with(name: str, text: str) -> None:
    record = RECORDED / name
    if not record.exists():
        record.write_text(text)
        pytest.fail(f"{record} was not there; it is written now")
    assert text == record.read_text()


def test_the_status(lab: Lab) -> None:
    agrees_with("status.txt", without_what_differs("".join(rows_of(lab.ask("status")))))


def rows_of(status: dict[str, Any]) -> Iterator[str]:
    """The JSON, each value or row in a line of its own."""
    for key, value in status.items():
        rows = value if isinstance(value, list) and value else [value]
        yield from (f"{key}: {json.dumps(row)}\n" for row in rows)


def test_the_metrics(lab: Lab) -> None:
    parts = lab.daemon.parts
    exposition = Exposition(
        lambda: Seen(parts.status_source.now(), parts.meter.tally, not parts.status_source.unready())
    )
    text = lab.do(exposition.text).decode()
    told = [line for line in text.splitlines() if not re.match(r"# HELP|(# TYPE )?process_", line)]
    moment = re.compile(r"^(bgp2vpc_\w+_timestamp_seconds) .*")
    agrees_with("metrics.txt", without_what_differs("\n".join(moment.sub(r"\1 TIME", each) for each in told)))
