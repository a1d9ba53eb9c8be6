"""What is said of a machine, for every state it can be in."""

import pytest

from bgp2vpc.config.model import Config
from bgp2vpc.doctor import host as judge
from bgp2vpc.doctor.model import REGION_UNKNOWN, Endpoint, Finding, Host, MetadataAnswer, Running, Trouble
from bgp2vpc.errors import Transient
from bgp2vpc.policy.rule import ManagedRoute, Rule
from bgp2vpc.prefix import IPAddress, parse_prefix
from bgp2vpc.vpc.finders import Main
from bgp2vpc.vpc.model import Instance
from tests.values import rule

P, Q, NET, DEFAULT = map(parse_prefix, ("192.0.2.1/32", "2001:db8:53::1/128", "198.51.100.0/24", "0.0.0.0/0"))
AWAY = Trouble("no such socket")


def config(*rules: Rule, **kwargs) -> Config:
    return Config(**{"file": "f.yaml", "rules": rules} | kwargs)


def manages(*prefixes) -> Rule:
    return Rule("m", Main(), manages={prefix: ManagedRoute(prefix=prefix, source="check x") for prefix in prefixes})


def on(**interfaces: str) -> Host:
    return Host({IPAddress(address): frozenset({name}) for name, address in interfaces.items()})


def told(findings) -> list[str]:
    return [f"{each.state.value} {each.message}{f' | {each.mend}' if each.mend else ''}" for each in findings]


def one(findings) -> Finding:
    (finding,) = findings
    return finding


NOWHERE = "and no interface of this host has that address"
ADDRESSES = [
    (config(rule("192.0.2.1/32")), on(lo="192.0.2.1"), AWAY, "ok 192.0.2.1 is on lo"),
    (config(rule("192.0.2.1/32")), on(eth0="192.0.2.1"), AWAY, "ok 192.0.2.1 is on eth0"),
    (config(rule("192.0.2.1/32")), Host(), AWAY,
     f"warn 192.0.2.1/32 may be announced, {NOWHERE} | ip addr add 192.0.2.1/32 dev lo"),
    (config(rule("192.0.2.0/24 le 32")), Host(), Running(1, frozenset({P})),
     f"fail 192.0.2.1/32 is announced, {NOWHERE} | ip addr add 192.0.2.1/32 dev lo"),
    (config(manages(Q)), Host(), AWAY,
     f"fail 2001:db8:53::1/128 is managed, {NOWHERE} | ip addr add 2001:db8:53::1/128 dev lo"),
    (config(manages(P)), Host(forwards=frozenset({4})), AWAY,
     f"warn 192.0.2.1/32 may be announced, {NOWHERE} | ip addr add 192.0.2.1/32 dev lo"),
    (config(manages(P)), on(lo="192.0.2.1"), Running(1, frozenset({P})), "ok 192.0.2.1 is on lo"),
    (config(rule("192.0.2.0/24 le 32")), Host(), AWAY,
     "ok no single address is announced or named; ranges cannot be looked for"),
    (config(rule()), Trouble("EPERM"), AWAY, "warn the addresses of this host are not known: EPERM"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "host", "running", "said"), ADDRESSES)
def test_addresses(given, host, running, said: str) -> None:
    assert told(judge.addresses(given, host, running)) == [said]


FORWARDING = [
    (manages(DEFAULT), frozenset(), "fail net.ipv4.ip_forward is off: traffic for 0.0.0.0/0 ends here"),
    (manages(DEFAULT), frozenset({4}), "ok net.ipv4.ip_forward is on, for 0.0.0.0/0"),
    (manages(DEFAULT), frozenset({6}), "fail net.ipv4.ip_forward is off: traffic for 0.0.0.0/0 ends here"),
    (manages(NET), frozenset(), "warn net.ipv4.ip_forward is off: traffic for 198.51.100.0/24 ends here"),
    (manages(parse_prefix("::/0")), frozenset({4}), "fail net.ipv6.conf.all.forwarding is off: traffic for ::/0"),
]


@pytest.mark.parametrize(("given", "forwards", "said"), FORWARDING)
def test_forwarding_matters_for_what_is_more_than_an_address(given, forwards, said: str) -> None:
    (_, finding) = told(judge.sysctls(config(given), Host(forwards=forwards), AWAY))
    assert finding.startswith(said)


def test_forwarding_does_not_matter_for_addresses() -> None:
    assert [each.check for each in judge.sysctls(config(manages(P)), Host(), AWAY)] == ["rp_filter"]


@pytest.mark.parametrize(
    ("rp_filter", "state"),
    [({}, "ok"), ({"eth0": 1}, "ok"), ({"eth0": 1, "eth1": 2}, "warn"), ({"eth0": 2, "eth1": 0}, "ok")],
)
def test_a_strict_rp_filter_matters_with_several_interfaces(rp_filter, state: str) -> None:
    assert one(judge.sysctls(config(), Host(rp_filter=rp_filter), AWAY)).state.value == state


def contradictions(asked: str, **settings: str) -> list[str]:
    found = MetadataAnswer(Instance("i-1", "eu-central-1", "vpc-1"))
    findings = list(judge.metadata(config(**settings), found, Host(), asked))
    return [f"{each.state.value} {each.message} | {each.mend}" for each in findings[1:]]


def test_a_configuration_that_contradicts_metadata() -> None:
    there = "and this instance is in eu-central-1: its route tables are not there"
    edit = "${EDITOR:-vi} " + config().file
    assert contradictions("eu-central-1", region="eu-central-1", instance_id="i-1", vpc_id="vpc-1") == []
    assert contradictions("eu-west-1", region="eu-west-1") == [f"fail `region:` is eu-west-1, {there} | {edit}"]
    assert contradictions("eu-west-1") == [
        f"fail AWS_REGION of this environment is eu-west-1, {there} | unset AWS_REGION AWS_DEFAULT_REGION"
    ]
    assert contradictions("eu-west-1", region="eu-west-1", instance_id="i-2", vpc_id="vpc-2") == [
        f"warn `region:` is eu-west-1, {there} | {edit}",
        f"warn `instance_id:` is i-2, and metadata says i-1 | {edit}",
        f"warn `vpc_id:` is vpc-2, and metadata says vpc-1 | {edit}",
    ]


def test_metadata() -> None:
    found = MetadataAnswer(Instance("i-1", "eu-central-1", "vpc-1"), "role")
    assert one(judge.metadata(config(), found, Host())).state.value == "ok"
    away = Trouble("timed out")
    assert "--http-endpoint enabled" in one(judge.metadata(config(), away, Host())).mend
    contained = one(judge.metadata(config(), away, Host(contained=True)))
    assert contained.state.value == "fail"
    assert "--http-put-response-hop-limit 2" in contained.mend
    configured = one(judge.metadata(config(instance_id="i-7", region="eu-central-1"), away, Host(contained=True)))
    assert configured.state.value == "warn"
    assert "--instance-id i-7 " in configured.mend


def test_a_proxy_in_the_way_to_metadata() -> None:
    assert one(judge.proxy(Host())).state.value == "ok"
    finding = one(judge.proxy(Host(metadata_proxy="proxy.example:3128")))
    assert finding.state.value == "warn"
    assert finding.message.startswith("http_proxy is proxy.example:3128, and no_proxy does not exempt 169.254.169.254")
    assert "169.254.169.254" in finding.mend
    assert list(judge.proxy(AWAY)) == []


CLOCKS = [
    (0.4, "ok our clock is within 1 s of EC2's"),
    (-29.0, "ok our clock is within 29 s of EC2's"),
    (31.0, "warn our clock is 31 s behind EC2's | chronyc makestep || timedatectl set-ntp true"),
    (-299.0, "warn our clock is 299 s ahead of EC2's | chronyc makestep || timedatectl set-ntp true"),
    (-301.0, "fail our clock is 301 s ahead of EC2's: its signatures are refused"
     " | chronyc makestep || timedatectl set-ntp true"),
    (None, "warn EC2's answer had no date: whether our clock is right is not known"),
]  # fmt: skip


@pytest.mark.parametrize(("ahead", "said"), CLOCKS)
def test_the_clock(ahead: float | None, said: str) -> None:
    reached, clock = told(judge.endpoint(Endpoint("https://ec2", (), 0.05, ahead), AWAY, AWAY))
    assert (reached, clock) == ("ok https://ec2 answers in 50 ms", said)


def test_an_endpoint_behind_a_proxy() -> None:
    found = Endpoint("https://ec2", (), 0.05, 0.0, "proxy.example:3128")
    assert told(judge.endpoint(found, AWAY, AWAY))[0] == (
        "ok https://ec2 answers in 50 ms through the proxy proxy.example:3128"
    )


@pytest.mark.parametrize(
    ("region", "service"),
    [
        ("eu-central-1", "com.amazonaws.eu-central-1.ec2"),
        ("us-gov-west-1", "com.amazonaws.us-gov-west-1.ec2"),
        ("cn-north-1", "cn.com.amazonaws.cn-north-1.ec2"),
    ],
)
def test_the_endpoint_that_is_missing_has_the_name_of_its_region(region: str, service: str) -> None:
    away = Trouble("timed out")
    finding = one(judge.endpoint(away, away, MetadataAnswer(Instance("i-1", region, "vpc-9"))))
    assert f" --service-name {service} " in finding.mend


def test_an_endpoint_that_is_slow_or_away() -> None:
    assert told(judge.endpoint(Endpoint("https://ec2", (), 1.5, 0.0), AWAY, AWAY))[0].startswith("warn")
    untold = one(judge.endpoint(REGION_UNKNOWN, AWAY, AWAY))  # no advice to buy an endpoint
    assert (untold.state.value, untold.mend) == ("warn", "")
    away = Trouble("timed out", Transient("X", "Y", "Z"))
    finding = one(judge.endpoint(away, away, MetadataAnswer(Instance("i-1", "eu-central-1", "vpc-9"))))
    assert finding.state.value == "fail"
    assert finding.mend.startswith(
        "aws ec2 create-vpc-endpoint --vpc-id vpc-9 --service-name com.amazonaws.eu-central-1.ec2"
    )
