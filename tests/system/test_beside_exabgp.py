"""What bgp2vpc and ExaBGP tell each other, besides one healthcheck's announcements."""

import json
import os
import signal

import pytest
from anycast import HEALTHCHECK, IPV4, PREFIXES, MakeHost
from bird import EBGP, IBGP, MakeRouter, Peering

from bgp2vpc.demo.cloud.client import Cloud
from tests.exabgps import EXABGP_42, EXABGP_50, EXABGPS, Exabgp
from tests.waiting import eventually

pytestmark = pytest.mark.system

both_versions = pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)
with_an_encoder_each = pytest.mark.parametrize(
    ("exabgp", "encoder"), [(EXABGP_42, "text"), (EXABGP_50, "json")], ids=["4.2-text", "5.0-json"]
)

FLOW = "announce flow route { match { source 198.51.100.7/32; destination 192.0.2.53/32; } then { discard; } }"

SAY_AND_NOTE = """
import sys, time
print({line!r})
with open({answers!r}, "w") as answers:
    answers.write(sys.stdin.readline())
sys.stdin.read()
"""


@both_versions
def test_a_flow_from_a_script_reaches_the_router_and_not_the_vpc(
    exabgp: Exabgp, make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    host, router = make_host(exabgp), start_router(EBGP)
    answers = host.directory / "answers"
    flow = host.script("flow.py", SAY_AND_NOTE.format(line=FLOW, answers=str(answers)))
    host.configure(dns=host.healthcheck(), flow=flow)
    host.start_exabgp("exabgp.conf", peering=EBGP, changes={"ipv4 unicast;": "ipv4 unicast;\n        ipv4 flow;"})
    eventually(
        lambda: "src 198.51.100.7/32" in router.ask("show route table flow"), "BIRD to have the flow", router.story
    )
    eventually(lambda: answers.exists() and answers.read_text() == "done\n", "the script to be answered", host.story)
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)
    assert {call.parameters.get("DestinationCidrBlock", IPV4) for call in cloud.writes()} == {IPV4}


@with_an_encoder_each
def test_what_the_router_announces_is_a_peers_path_until_its_session_drops(
    exabgp: Exabgp, encoder: str, make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    heard = ("198.51.100.0/24", "2001:db8:53:99::/64")
    host, router = make_host(exabgp), start_router(Peering(announced=heard))
    host.configure(dns=host.healthcheck())
    host.start_exabgp("exabgp.conf", encoder)

    def peers_paths() -> set[str]:
        status = host.status()
        peers = {source["name"] for source in status.get("sources", ()) if source["kind"] == "peer"}
        return {path["prefix"] for path in status.get("paths", ()) if path["source"] in peers}

    eventually(lambda: peers_paths() == set(heard), "the peers' paths", host.story)
    host.wait_for_vpc(*PREFIXES)
    router.tell("disable host4")
    eventually(lambda: peers_paths() == {heard[1]}, "the IPv4 peer's path to go", host.story)
    router.tell("enable host4")
    eventually(lambda: peers_paths() == set(heard), "the IPv4 peer's path to return", host.story)
    assert not any(prefix in cloud.routes(host.instance.table) for prefix in heard)  # a peer's path is not ours


@pytest.mark.parametrize(
    ("exabgp", "on_exit", "remains"),
    [(EXABGP_42, "withdraw", False), (EXABGP_50, "keep", True)],
    ids=["4.2-withdraw", "5.0-keep"],
)
def test_the_end_of_exabgp_withdraws_or_keeps_the_vpc_routes_as_configured(
    exabgp: Exabgp, on_exit: str, remains: bool, make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    host, router = make_host(exabgp), start_router(IBGP)
    host.configure(dns=host.healthcheck(), extra=f"on_exit: {on_exit}")
    host.start_exabgp("exabgp.conf")
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)
    host.stop("exabgp")
    eventually(lambda: not host.net.host.pids(), "the helper and its script to end", host.story)
    router.wait_without(*PREFIXES)
    assert all((prefix in cloud.routes(host.instance.table)) is remains for prefix in PREFIXES)
    assert bool(cloud.calls("DeleteRoute")) is not remains


@pytest.mark.parametrize("configuration", ["tee.conf", "tee-service.conf"])
def test_the_end_of_exabgp_ends_what_a_script_behind_tee_announced(
    configuration: str, make_host: MakeHost, start_router: MakeRouter
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    # A healthcheck withdraws when it is asked to end, unless that meets it waiting for an answer: then it crashes,
    # and restart_time decides.
    host.configure(extra="restart_time: 2")
    if configuration == "tee-service.conf":
        host.start_daemon()
    host.start_exabgp(configuration)
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)
    host.stop("exabgp")
    router.wait_without(*PREFIXES)
    host.wait_without_vpc(*PREFIXES)


@both_versions
def test_a_reload_of_exabgp_leaves_helper_script_and_routes_alone(
    exabgp: Exabgp, make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    host, router = make_host(exabgp), start_router(IBGP)
    host.configure(dns=host.healthcheck())
    host.start_exabgp("exabgp.conf")
    router.wait_for(*PREFIXES)
    host.wait_for_vpc(*PREFIXES)
    processes = host.pids_of("bgp2vpc", "helper") + host.pids_of(*HEALTHCHECK)
    reloads = host.said("exabgp").count("performing reload")
    os.kill(host.pid("exabgp"), signal.SIGUSR1)
    eventually(lambda: host.said("exabgp").count("performing reload") > reloads, "ExaBGP to reload", host.story)
    host.service.unlink()
    router.wait_without(*PREFIXES)
    host.wait_without_vpc(*PREFIXES)
    assert host.pids_of("bgp2vpc", "helper") + host.pids_of(*HEALTHCHECK) == processes


def test_a_service_that_is_down_without_a_withdrawal_keeps_its_route_as_the_last_resort(
    make_host: MakeHost, start_router: MakeRouter, cloud: Cloud
) -> None:
    host, router = make_host(EXABGP_50), start_router(IBGP)
    host.configure(dns=host.healthcheck(prefixes=[IPV4], down=""))
    host.start_exabgp("exabgp.conf")
    router.wait_for(IPV4)
    host.wait_for_vpc(IPV4)
    assert "BGP.med: 100\n" in router.routes(IPV4)
    host.service.unlink()
    eventually(lambda: "BGP.med: 1000\n" in router.routes(IPV4), "the MED of a service that is down", router.story)
    eventually(lambda: [path["med"] for path in host.status()["paths"]] == [1000], "bgp2vpc to know", host.story)
    assert not cloud.calls("DeleteRoute")


FLOOD = """
import itertools, os, sys, time
begun = time.monotonic()
for number in itertools.count():
    if number % COUNT == 0 and os.path.exists(ENOUGH):
        break
    which = number % COUNT
    print(f"announce route 10.0.{which // 256}.{which % 256}/32 next-hop self med {number // COUNT}")
    assert sys.stdin.readline() == "done\\n"
    time.sleep(max(0, begun + number / 1000 - time.monotonic()))
open(SAID, "w").close()
sys.stdin.read()
"""


def test_a_thousand_announcements_a_second_keep_no_healthcheck_from_being_heard(
    make_host: MakeHost, start_router: MakeRouter
) -> None:
    """How long it takes then is measured by `python -m benchmarks`."""
    host, router = make_host(EXABGP_50), start_router(IBGP)
    enough, said, count = host.directory / "enough", host.directory / "said", 1000
    values = f"COUNT, ENOUGH, SAID = {count}, {str(enough)!r}, {str(said)!r}\n"
    host.configure(dns=host.healthcheck(), flood=host.script("flood.py", values + FLOOD), options="max_prefixes: 2000")
    host.start_exabgp("exabgp.conf")
    router.wait_for(*PREFIXES)
    host.service.unlink()
    host.wait_without_vpc(*PREFIXES)
    assert not said.exists()  # it goes on until it is told to end
    enough.touch()
    eventually(said.exists, "all to be said", host.story)
    eventually(lambda: len(router.prefixes()) == count, "BIRD to have them all")
    router.wait_without(*PREFIXES)


def test_exabgp_shows_its_events_to_bgp2vpc_without_ending_its_answers(
    make_host: MakeHost, start_router: MakeRouter
) -> None:
    """Acknowledgements and events share one pipe; a script's answers are ours and do not depend on either."""
    host, router = make_host(EXABGP_50), start_router(Peering(announced=("198.51.100.0/24",)))
    host.configure(dns=host.healthcheck())
    host.start_exabgp(
        "exabgp.conf", changes={"neighbor-changes;": "neighbor-changes;\n            send { parsed; update; }"}
    )
    router.wait_for(*PREFIXES)
    host.service.unlink()
    router.wait_without(*PREFIXES)
    status = host.status()
    assert {path["prefix"] for path in status["paths"]} == {"198.51.100.0/24"}, json.dumps(status, indent=1)
