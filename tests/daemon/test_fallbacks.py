"""Fallbacks are looked at once per poll, and one that cannot be used is reported before it is needed."""

from lab import OURS, Lab, announce, two_hosts, withdraw

from bgp2vpc.config.load import parse
from bgp2vpc.errors import Denied
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.web.metrics import METRICS, Seen
from tests.memory_vpc import MemoryVpc

NAT, EIGW, PCX = "nat-0123456789abcdef0", "eigw-0123456789abcdef0", "pcx-0123456789abcdef0"
CORE = "arn:aws:networkmanager::123456789012:core-network/core-network-1"
A, B = "192.0.2.1/32", "2001:db8::1/128"
FIND = "find: {type: by_tag, config: {key: type, value: private}}"


def rules_of(*entries: str, vpc: str = "") -> dict[str, object]:
    text = f"routetables: {{private: {{{FIND}, {vpc}accept: [{', '.join(entries)}]}}}}"
    return {"rules": parse(text, "lab.yaml").rules}


BOTH = rules_of(f"{{prefix: {A}, fallback: {NAT}}}", f'{{prefix: "{B}", fallback: {EIGW}}}')


def with_gateways(*gateways: str) -> MemoryVpc:
    vpc = two_hosts()
    for gateway in gateways:
        vpc.add_gateway(gateway)
    return vpc


def told(lab: Lab) -> dict[str, str | None]:
    return {row["target"]: row["problem"] for row in lab.ask("status")["fallbacks"]}


def looks(lab: Lab) -> list[str]:
    return [call for call in lab.calls if "Gateways" in call or "Peering" in call]


def test_each_is_looked_at_once_per_poll(make_lab) -> None:
    lab: Lab = make_lab(with_gateways(NAT, EIGW), **BOTH).start()
    assert told(lab) == {NAT: "", EIGW: ""}
    lab.wait(66)  # the next poll
    lab.forget_calls()
    lab.wait(66)
    assert looks(lab) == [f"DescribeNatGateways {NAT}", f"DescribeEgressOnlyInternetGateways {EIGW}"]
    assert lab.ask("status")["failing"] == {}


def test_one_that_is_gone_is_said_once_before_it_is_needed_and_recovers_by_itself(make_lab, caplog) -> None:
    vpc = with_gateways(NAT, EIGW)
    lab: Lab = make_lab(vpc, **BOTH).start()
    lab.say(announce(A))
    vpc.remove_gateway(NAT)
    lab.wait(300)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"], "nothing is decided from it"
    assert told(lab) == {NAT: "does not exist", EIGW: ""}
    status = lab.ask("status")
    subject = f"fallback {NAT} of vpc-1"
    assert status["failing"] == {subject: "FallbackUnusable"}
    (error,) = status["errors"]
    assert error["message"] == f"the fallback {NAT} of rule private does not exist"
    assert error["consequence"] == "EC2 would refuse the route when it is needed; looked at again at each poll"
    assert error["count"] > 3
    assert caplog.text.count("does not exist") == 1
    vpc.add_gateway(NAT)
    lab.wait(70)
    assert told(lab) == {NAT: "", EIGW: ""}
    assert lab.ask("status")["failing"] == {}
    assert caplog.text.count(" recovered") == 1
    lab.say(withdraw(A))
    lab.wait()
    assert lab.routes == [f"rtb-1 {A} {NAT} active"]


def test_one_of_another_vpc_is_none(make_lab) -> None:
    vpc = two_hosts()
    vpc.add_vpc("vpc-2", "10.9.0.0/16")
    vpc.add_gateway(NAT, vpc_id="vpc-2")
    lab: Lab = make_lab(vpc, **rules_of(f"{{prefix: {A}, fallback: {NAT}}}")).start()
    assert told(lab) == {NAT: "belongs to vpc-2, not to vpc-1"}


def test_an_interface_of_ours_is_no_fallback_and_that_of_another_is(make_lab) -> None:
    vpc = two_hosts()
    for number, instance in (("0", "i-1"), ("1", "i-3")):
        vpc.add_interface(f"eni-0000000{number}", instance, device_index=1, addresses=[f"10.0.0.2{number}"])
    entries = (f"{{prefix: 192.0.2.{n}/32, fallback: eni-0000000{n}}}" for n in range(2))
    lab: Lab = make_lab(vpc, **rules_of(*entries)).start()
    assert told(lab) == {"eni-00000000": "is an interface of this instance", "eni-00000001": ""}
    lab.say(announce("192.0.2.1/32"))
    lab.wait()
    lab.say(withdraw("192.0.2.1/32"))
    lab.wait()
    assert lab.routes == ["rtb-1 192.0.2.1/32 eni-00000001 active"]
    assert lab.verdicts() == ["rtb-1 192.0.2.1/32 keep fallback"]


def test_what_may_not_be_read_is_a_failure_of_its_own_and_leaves_the_other_kinds_alone(make_lab) -> None:
    vpc = with_gateways(EIGW)
    denied = Denied("DescribeNatGateways", "UnauthorizedOperation", "no")
    vpc.fail_next("DescribeNatGateways", denied, times=2)
    lab: Lab = make_lab(vpc, **BOTH).start()
    assert told(lab) == {NAT: None, EIGW: ""}
    assert lab.ask("status")["failing"] == {"fallbacks: DescribeNatGateways": "UnauthorizedOperation"}
    lab.wait(140)
    assert told(lab) == {NAT: "does not exist", EIGW: ""}
    assert lab.ask("status")["failing"] == {f"fallback {NAT} of vpc-1": "FallbackUnusable"}
    vpc.fail_next("DescribeNatGateways", denied)
    lab.wait(66)
    assert told(lab)[NAT] == "does not exist", "what was known stays"
    assert len(lab.ask("status")["failing"]) == 2


def test_a_reload_forgets_those_that_are_not_configured_any_more(make_lab) -> None:
    over = []

    class Watch(Observer):
        def recovered(self, subject: str, *, unwanted: bool) -> None:
            over.append((subject, unwanted))

    lab: Lab = make_lab(with_gateways(PCX), **BOTH).start()
    assert len(lab.ask("status")["failing"]) == 2
    lab.daemon.parts.observers.add(Watch())
    lab.reload(**rules_of(f"{{prefix: {A}, fallback: {PCX}}}", f'{{prefix: "{B}", fallback: "{CORE}"}}'))
    assert told(lab) == {PCX: "", CORE: None}
    assert lab.ask("status")["failing"] == {}
    assert sorted(over) == [(f"fallback {each} of vpc-1", True) for each in (EIGW, NAT)]
    lab.reload(**rules_of(A))
    lab.forget_calls()
    lab.wait(66)
    assert looks(lab) == []


def test_a_oneshot_looks_at_none(make_lab) -> None:
    lab: Lab = make_lab(with_gateways(NAT), **BOTH)
    lab.start(oneshot=True, wait=0)
    lab.ended()
    assert looks(lab) == []


def test_the_metric_has_each_of_them(make_lab) -> None:
    lab: Lab = make_lab(with_gateways(NAT), **rules_of(
        f"{{prefix: {A}, fallback: {NAT}}}", f'{{prefix: "{B}", fallback: {EIGW}}}',
        f"{{prefix: 192.0.2.2/32, fallback: '{CORE}'}}",
    )).start()  # fmt: skip
    (family,) = (each for each in METRICS if each.name == "bgp2vpc_fallback_usable")
    parts = lab.daemon.parts
    found = lab.do(lambda: list(family.rows(Seen(parts.status_source.now(), parts.meter.tally, is_ready=True))))
    assert [(labels, str(value)) for labels, value in found] == [
        ((EIGW, "vpc-1"), "0.0"), ((CORE, "vpc-1"), "nan"), ((NAT, "vpc-1"), "1.0")
    ]  # fmt: skip


def test_a_reload_during_a_slow_look_has_its_own_fallbacks_looked_at_after_it(make_lab) -> None:
    lab: Lab = make_lab(with_gateways(EIGW), poll_time=3600.0).start()
    lab.reload(**rules_of(f"{{prefix: {A}, fallback: {NAT}}}"))
    lab.loop.latency = 2.0
    lab.do(lab.daemon.parts.fallbacks.polled)
    lab.wait(0)
    lab.loop.latency = 0.1
    lab.reload(**rules_of(f'{{prefix: "{B}", fallback: {EIGW}}}'))
    lab.wait(5)
    assert told(lab) == {EIGW: ""}
    assert lab.ask("status")["failing"] == {}
