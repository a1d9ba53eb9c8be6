"""AWSnycast's files, as they were written for it."""

import re
from pathlib import Path

import pytest

from bgp2vpc.config.load import load, parse
from bgp2vpc.config.model import Announcement, CheckedSource
from bgp2vpc.errors import ConfigError
from bgp2vpc.health.model import Dns, Http, Ping, Program, Tcp, Tls
from bgp2vpc.policy.plan import Action
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import parse_address, parse_prefix
from bgp2vpc.vpc.finders import And, ByAz, ByTag, ByTagRegexp, HasRouteTo, InSubnet, InVpc, Main, Or
from bgp2vpc.vpc.model import Target, TargetKind

FILE = Path(__file__).parent / "data" / "valid-awsnycast.yaml"
DEFAULT, WEB = parse_prefix("0.0.0.0/0"), parse_prefix("192.0.2.80/32")


@pytest.fixture(scope="module")
def config():
    return load(FILE)


def test_its_health_checks_are_read(config) -> None:
    internet, web, tls, script = config.checks
    assert (internet.probe, internet.destination) == (Ping(), parse_address("198.51.100.1"))
    assert (internet.rise, internet.fall, internet.every, internet.timeout) == (2, 10, 1.0, 1.0)
    assert web.probe == Tcp(80, b"HEAD / HTTP/1.0", b"200")
    assert (web.rise, web.fall, web.every, web.timeout) == (2, 2, 0.2, 0.2)
    assert web.on_unhealthy == ("logger", "web", "is", "down")
    assert tls.probe == Tcp(443, tls=Tls(None, verify=False, server_name="www.example.org"))
    assert (tls.rise, tls.fall, tls.timeout) == (2, 3, 5.0)
    assert script.probe == Program(("/usr/local/bin/check", "-t", "%DESTINATION%"))
    assert script.timeout == 5.0


def test_its_remote_checks_are_templates(config) -> None:
    (web,) = config.remote_checks
    assert (web.name, web.destination, web.rise, web.probe) == ("web", None, 20, Tcp(80))


def test_its_finders_are_read(config) -> None:
    ours, others = config.rules
    assert ours.find == And((ByTag("az", "eu-west-1a"), ByTag("type", "1")))
    assert others.no_results_ok
    assert others.find == And(
        (
            ByTag("az", "eu-west-1a", negate=True),
            ByTagRegexp("Name", re.compile("^private")),
            Or((Main(), InSubnet("subnet-0123abcd"))),
            HasRouteTo(parse_prefix("10.9.0.0/16"), negate=True),
        )
    )


def test_its_routes_are_read(config) -> None:
    ours, others = config.rules
    internet, web = ours.manages[DEFAULT], ours.manages[WEB]
    assert (internet.source, internet.never_delete, internet.takeover) == ("check internet", True, Takeover.ALWAYS)
    assert (web.source, web.remote_check, web.instance_id) == ("check web", "web", None)
    assert web.hooks.before == {Action.REPLACE: ("/usr/local/bin/before",)}
    assert web.hooks.after == {Action.DELETE: ("/usr/local/bin/after", "delete")}
    backup = others.manages[DEFAULT]
    assert (backup.source, backup.takeover) == ("manage_routes", Takeover.IF_UNHEALTHY)
    assert backup.instance_id == "i-0123456789abcdef0"
    assert backup.where == f"{FILE}:79"


def test_each_check_is_a_source_and_default_routes_are_not_announced_by_themselves(config) -> None:
    announced = Announcement(WEB, "announce route 192.0.2.80/32 next-hop self", for_exabgp=True)
    silent = Announcement(DEFAULT, "announce route 0.0.0.0/0 next-hop self", for_exabgp=False)
    assert config.checked_sources == (
        CheckedSource("check internet", ("internet",), 1, (silent,)),
        CheckedSource("check web", ("web",), 1, (announced,)),
        CheckedSource("manage_routes", (), 0, (silent,)),
    )


def test_what_never_worked_there_is_a_warning_and_what_was_no_yaml_too(config) -> None:
    assert [str(warning).removeprefix(f"{FILE}:").partition(";")[0] for warning in config.warnings] == [
        "20: healthchecks.web.config.send: looks like an HTTP request without its end, which a server waits for: "
        "such a check never passes",
        "53: config: indented too deep for YAML",
    ]


def test_one_line_says_which_of_its_defects_are_gone(config) -> None:
    note, takeover = config.notes
    assert "\n" not in note
    assert takeover.startswith("`if_unhealthy` without `bgp`: ")
    assert note.startswith("AWSnycast bugs that do not apply here: ")
    assert "first packet" in note


def test_a_file_of_our_own_gets_no_note() -> None:
    assert parse("routetables: {a: {find: {type: main}, accept: [192.0.2.1/32]}}", "f").notes == ()


@pytest.mark.parametrize(
    ("send", "warned"),
    [
        ('"HEAD / HTTP/1.0"', True),
        ('"GET /health HTTP/1.1\\r\\n"', True),
        ('"GET / HTTP/1.0\\r\\n\\r\\n"', False),
        ('"GET / HTTP/1.0\\n\\n"', False),
        ('"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"', False),
        ("PING", False),
    ],
)
def test_an_http_request_without_its_end_is_warned_of(send: str, warned: bool) -> None:
    check = f"{{type: tcp, destination: 192.0.2.1, every: 1, config: {{port: 80, expect: x, send: {send}}}}}"
    rules = "routetables: {a: {find: {type: main}, accept: [192.0.2.1]}}"
    config = parse(f"healthchecks: {{web: {check}}}\n{rules}", "f")
    assert bool(config.warnings) is warned


def rule_of(find: str = "{type: main}", route: str = "{cidr: 192.0.2.80}", more: str = ""):
    text = f"{more}\nroutetables: {{a: {{find: {find}, manage_routes: [{route}]}}}}"
    return parse(text, "f")


@pytest.mark.parametrize(
    ("find", "finder"),
    [
        ("{type: by_tag, config: {key: az, value: SELF_AZ}}", ByTag("az", "SELF_AZ", own_zone=True)),
        ("{type: by_az, config: {az: SELF}}", ByAz(None)),
        ("{type: by_az, config: SELF}", ByAz(None)),
        ("{type: by_az, not: true, config: {az: eu-west-1a}}", ByAz("eu-west-1a", negate=True)),
        ("{type: vpc, config: {vpc_id: vpc-0123abcd}}", InVpc("vpc-0123abcd")),
    ],
)
def test_finders_beyond_awsnycasts(find, finder) -> None:
    assert rule_of(find).rules[0].find == finder


def test_the_vpc_finder_names_the_vpc_of_the_rule() -> None:
    vpc = "{type: vpc, config: {vpc_id: vpc-0123abcd}}"
    assert rule_of(vpc).rules[0].vpc_id == "vpc-0123abcd"
    assert rule_of(f"{{type: and, config: [{{type: main}}, {vpc}]}}").rules[0].vpc_id == "vpc-0123abcd"
    assert rule_of(f"{{type: or, config: [{{type: main}}, {vpc}]}}").rules[0].vpc_id is None
    assert rule_of(vpc.replace("vpc,", "vpc, not: true,")).rules[0].vpc_id is None


CHECKS = "healthchecks: {a: &a {type: ping, destination: 192.0.2.1, every: 1}, b: *a}"


@pytest.mark.parametrize(
    ("policy", "name", "needed"),
    [
        ("", "check all of a, b", 2),
        (", healthcheck_policy: all", "check all of a, b", 2),
        (", healthcheck_policy: any", "check any of a, b", 1),
        (", healthcheck_policy: 2", "check 2 of a, b", 2),
    ],
)
def test_several_checks_are_one_source(policy, name, needed) -> None:
    config = rule_of(route=f"{{cidr: 192.0.2.80, healthcheck: [a, b]{policy}}}", more=CHECKS)
    (source,) = config.checked_sources
    assert (source.name, source.checks, source.needed) == (name, ("a", "b"), needed)
    assert config.rules[0].manages[WEB].source == name


ANNOUNCEMENTS = [
    ("", "", True),
    (", announce: true", "", True),
    (", announce: false", "", False),
    (", announce: {}", "", True),
    (", announce: {med: 50, community: '64512:53'}", " med 50 community [ 64512:53 ]", True),
    (", announce: {community: ['64512:53', no-export]}", " community [ 64512:53 no-export ]", True),
    (", announce: {as_path: [65001, 65002], origin: egp}", " origin egp as-path [ 65001 65002 ]", True),
    # No ExaBGP 5.0 takes an AS path of a bare number, and no 4.2 takes this spelling of no-export, or an AS with a dot.
    (", announce: {as_path: 65001, community: NO_EXPORT}", " as-path [ 65001 ] community [ no-export ]", True),
    (", announce: {as_path: ['1.10']}", " as-path [ 65546 ]", True),
    (", instance: i-0123abcd", "", False),
]


@pytest.mark.parametrize(("announce", "attributes", "for_exabgp"), ANNOUNCEMENTS)
def test_the_announcement_has_the_attributes_of_the_file(announce, attributes, for_exabgp) -> None:
    (source,) = rule_of(route=f"{{cidr: 192.0.2.80{announce}}}").checked_sources
    line = f"announce route 192.0.2.80/32 next-hop self{attributes}"
    assert source.announcements == (Announcement(WEB, line, for_exabgp),)


def test_a_rules_takeover_is_the_default_of_its_routes() -> None:
    text = "routetables: {a: {find: {type: main}, takeover: if_unhealthy, manage_routes: [{cidr: 192.0.2.80%s}]}}"
    for more, takeover in (("", Takeover.IF_UNHEALTHY), (", if_unhealthy: false", Takeover.ALWAYS)):
        assert parse(text % more, "f").rules[0].manages[WEB].takeover is takeover


CORE_NETWORK = "arn:aws:networkmanager::123456789012:core-network/core-network-0123456789abcdef0"
FALLBACKS = [
    ("192.0.2.80", TargetKind.NAT, "nat-0123abcd"),
    ("192.0.2.80", TargetKind.GATEWAY, "igw-0123abcd"),
    ("192.0.2.80", TargetKind.GATEWAY, "vgw-0123abcd"),
    ("192.0.2.80", TargetKind.GATEWAY, "vpce-0123abcd"),
    ("192.0.2.80", TargetKind.TRANSIT_GATEWAY, "tgw-0123abcd"),
    ("192.0.2.80", TargetKind.CARRIER_GATEWAY, "cagw-0123abcd"),
    ("192.0.2.80", TargetKind.LOCAL_GATEWAY, "lgw-0123abcd"),
    ("192.0.2.80", TargetKind.PEERING, "pcx-0123abcd"),
    ("192.0.2.80", TargetKind.INTERFACE, "eni-0123abcd"),
    ("2001:db8::/32", TargetKind.TRANSIT_GATEWAY, "tgw-0123abcd"),
    ("192.0.2.80", TargetKind.CORE_NETWORK, CORE_NETWORK),
    ("192.0.2.80", TargetKind.ODB_NETWORK, "arn:aws:odb:us-east-1:123456789012:odb-network/odbnet_0123456789"),
    ("::/0", TargetKind.EGRESS_ONLY, "eigw-0123abcd"),
    ("64:ff9b::/96", TargetKind.NAT, "nat-0123abcd"),  # NAT64
]


@pytest.mark.parametrize(("cidr", "kind", "target"), FALLBACKS)
def test_a_fallback_is_whatever_a_route_may_lead_to(cidr: str, kind: TargetKind, target: str) -> None:
    (route,) = rule_of(route=f"{{cidr: '{cidr}', fallback: '{target}'}}").rules[0].manages.values()
    assert route.fallback == Target(kind, target)


def probe(kind: str, config: str):
    check = f"{{type: {kind}, destination: 192.0.2.1, every: 1, config: {config}}}"
    return rule_of(more=f"healthchecks: {{a: {check}}}").checks[0]


def test_http_and_dns_checks_are_read() -> None:
    assert probe("http", "{}").probe == Http(80)
    web = probe("https", "{path: /up, expect_status: '200-204, 301', headers: {X: 1}, method: head, host: a.example}")
    assert web.probe == Http(
        443, "/up", "HEAD", (("X", "1"),), "a.example", frozenset({200, 201, 202, 203, 204, 301}), tls=Tls()
    )
    assert web.type == "https"
    assert probe("http", "{port: 8080, expect_body_regexp: ok|well}").probe.body_regexp == re.compile("ok|well")
    dns = probe("dns", "{name: example.org, type: aaaa, expect: 2001:db8::1, transport: tcp}")
    assert dns.probe == Dns("example.org.", "AAAA", ("2001:db8::1",), 53, tcp=True)


def test_the_repair_of_a_deep_key_ends_where_its_block_does() -> None:
    text = "routetables:\n  a:\n    find:\n      type: main\n        config: {}\n    accept: [192.0.2.1/32]\n"
    config = parse(text, "f")
    assert [str(each) for each in config.warnings] == [
        "f:5: config: indented too deep for YAML; read as standing beside 'type'"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a: b\n    c: d\n" * 30,  # more repairs than anybody needs
        "a: 'b'\n    c: d\n",
        "a: [b]\n    c: d\n",
        "- b\n    c: d\n",
        "a: b: c\n",
    ],
)
def test_what_has_another_meaning_is_not_repaired(text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(text, "f")
    assert raised.value.problems[0].key == "yaml"


def test_a_remote_check_that_can_never_pass_is_not_made_and_accuses_nobody() -> None:
    check = "{type: tcp, every: 1, config: {port: 80, send: HEAD / HTTP/1.0, expect: 200}}"
    config = rule_of(route="{cidr: 192.0.2.80, remote_healthcheck: web}", more=f"remote_healthchecks: {{web: {check}}}")
    assert config.remote_checks == ()
    assert "so it is not made, and no owner loses its route by it" in str(config.warnings[0])


def test_a_command_without_time_out_is_warned_of_when_its_period_is_short() -> None:
    for every, warned in ((1, True), (30, False)):
        check = f"{{type: command, destination: 192.0.2.1, every: {every}, config: {{command: a}}}}"
        assert bool(rule_of(more=f"healthchecks: {{a: {check}}}").warnings) is warned


def test_what_a_template_left_empty_is_not_given() -> None:
    check = '{type: ping, every: 1, destination: ""}'
    route = '{cidr: 192.0.2.80, instance: "", healthcheck: "", remote_healthcheck: ""}'
    config = rule_of(route=route, more=f"remote_healthchecks: {{a: {check}}}")
    managed = config.rules[0].manages[WEB]
    assert (managed.instance_id, managed.source, managed.remote_check) == (None, "manage_routes", "")
