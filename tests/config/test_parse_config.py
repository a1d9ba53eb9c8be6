"""What a configuration file becomes."""

from dataclasses import replace
from pathlib import Path

import pytest

from bgp2vpc.bgp.mesh import MeshPeer
from bgp2vpc.bgp.prefix_list import PrefixList, parse_prefix_range
from bgp2vpc.config.load import load, parse
from bgp2vpc.config.model import Bgp, CompletedHook, Config, Ec2Limits, OnExit, OrderTags, Process, Tag
from bgp2vpc.errors import ConfigError
from bgp2vpc.health.model import Http
from bgp2vpc.notify.model import AlertKind, Recipient
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.plan import Action
from bgp2vpc.policy.rule import DeadRoutes, HookPrograms, RouteSettings, Rule, Takeover, Writes
from bgp2vpc.prefix import parse_address, parse_prefix
from bgp2vpc.serf.model import Agent
from bgp2vpc.vpc.finders import And, ByTag, Finder, Ids, InSubnet, Main, Or
from bgp2vpc.vpc.model import parse_target
from bgp2vpc.web.model import WebSettings
from tests.health.certificates import make_authority

DATA = Path(__file__).parent / "data"
MINIMAL = "routetables: {private: {find: {type: main}, accept: [192.0.2.53/32]}}\n"


def accept(*texts: str) -> PrefixList:
    return PrefixList(tuple(map(parse_prefix_range, texts)))


def test_the_documented_example_loads() -> None:
    config = load(DATA / "valid-documented.yaml")
    command = ("python3", "-m", "exabgp", "healthcheck", "--cmd", "dig @127.0.0.1 example.org")
    assert config.processes == (Process(name="dns", argv=(*command, "--ip", "192.0.2.53/32", "--no-ip-setup")),)
    assert config.rules == (Rule("private", ByTag("type", "private"), accept("192.0.2.0/24 le 32")),)
    assert config.socket == Path("/run/bgp2vpc/bgp2vpc.sock")


def test_the_web_page_is_served_where_the_file_says() -> None:
    assert load(DATA / "valid-documented.yaml").web == WebSettings("127.0.0.1", 8179)
    text = "web: {listen: '[::1]:80', token_file: /etc/token, hosts: [Ops.example.org]}"
    assert parse(MINIMAL + text, "f").web == WebSettings("::1", 80, Path("/etc/token"), ("ops.example.org",))


def test_a_minimal_file_gets_the_defaults() -> None:
    rules = (Rule("private", Main(), accept("192.0.2.53/32")),)
    assert parse(MINIMAL, "f") == Config(file="f", rules=rules, state_file=Path("/run/bgp2vpc/bgp2vpc.sock.state"))


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("socket: /run/x", "/run/x.state"),
        ("socket: none", None),
        ("socket: none\nstate_file: /var/lib/x", "/var/lib/x"),
        ("state_file: none", None),
        ("state_file:", "/run/bgp2vpc/bgp2vpc.sock.state"),
    ],
)
def test_what_drains_is_remembered_beside_the_socket_or_elsewhere(lines: str, path: str | None) -> None:
    assert parse(f"{MINIMAL}{lines}\n", "f").state_file == (Path(path) if path else None)


def test_every_key_arrives() -> None:
    config = load(DATA / "valid-everything.yaml")
    assert (config.poll_time, config.restart_time, config.settle_time) == (30.0, 2.5, 0.0)
    assert (config.backup_med, config.max_prefixes, config.max_changes, config.max_line) == (1000, 50, 20, 256)
    assert (config.socket, config.on_exit, config.skip_source_dest_check) == (None, OnExit.KEEP, True)
    assert (config.instance_id, config.region, config.vpc_id) == (
        "i-0123456789abcdef0",
        "us-gov-west-1",
        "vpc-0123abcd",
    )
    assert (config.drain_timeout, config.state_file, config.lifecycle) == (90.0, Path("/var/lib/bgp2vpc/state"), True)
    assert config.completed_hook == CompletedHook("leave/anycast", "my group")
    assert config.tags == OrderTags("netops:drain", "netops:avoid")
    assert config.policy.avoid_zone_tag == "netops:avoid"
    assert config.ec2 == Ec2Limits(burst=10, rate=1.0, timeout=5.0, concurrency=4)
    assert config.serf == Agent(host="::1", port=17373, auth_key="12345", every=0.5, vote_time=10.0)
    assert config.notify == (
        Recipient(on=frozenset({AlertKind.TAKEOVER, AlertKind.WITHDRAWAL}), argv=("/usr/local/bin/page", "--loud")),
        Recipient(
            on=frozenset({AlertKind.FAILURE, AlertKind.RECOVERY}),
            url="https://hooks.example.org/x?y=z",
            after=5,
            timeout=2.5,
            retries=0,
        ),
    )
    assert config.warnings == ()


def test_a_process_takes_what_it_does_not_say_from_the_file() -> None:
    dns, own = load(DATA / "valid-everything.yaml").processes
    command = ("python3", "-m", "exabgp", "healthcheck", "--cmd", "dig @127.0.0.1 example.org")
    assert dns == Process(name="dns", argv=command, restart_time=2.5, max_prefixes=50, respawn=True)
    argv = ("/usr/local/bin/announce", "--med", "100", "two words")
    assert own == Process(name="own", argv=argv, restart_time=60.0, max_prefixes=7, respawn=False)


def test_a_rule_may_merge_another_and_override_it() -> None:
    first, second = load(DATA / "valid-everything.yaml").rules
    tag = ByTag("1", "true")
    assert first == Rule(
        "defaults",
        tag,
        accept("192.0.2.53/32", "2001:db8:53::/48 le 128"),
        takeover=Takeover.ALWAYS,
        takeover_foreign=True,
        interface=1,
        next_hop_self=True,
        vpc_id="vpc-0123456789abcdef0",
        no_results_ok=True,
        dead_routes=DeadRoutes.DELETE,
    )
    ids = Ids(frozenset({"rtb-0123456789abcdef0", "rtb-0123abcd"}))
    either = Or((Main(), InSubnet("subnet-0123abcd", negate=True), ids), negate=True)
    assert second.find == And((tag, either))
    assert (second.interface, second.takeover, second.vpc_id) == (
        "subnet-0123456789abcdef0",
        Takeover.ALWAYS,
        first.vpc_id,
    )


def test_what_best_path_needs_arrives() -> None:
    text = MINIMAL.replace("accept:", "takeover: best_path, affinity: az, write: any, remote_healthcheck: dns, accept:")
    text += "remote_healthchecks: {dns: {type: ping, every: 1}}\nstartup_hold: '3'\n"
    text += "damping: {half_life: 30, suppress: 5000, reuse: 1000}\n"
    config = parse(text, "f")
    (found,) = config.rules
    assert (found.takeover, found.affinity, found.writes) == (Takeover.BEST_PATH, True, Writes.ANY)
    assert found.remote_check == "dns"
    assert (config.startup_hold, config.damping) == (3.0, DampingLimits(30.0, 5000.0, 1000.0))


PAIR = """\
healthchecks: {dns: {type: ping, destination: 127.0.0.1, every: 1}}
routetables:
  private:
    find: {type: main}
    accept: [192.0.2.0/24]
    manage_routes:
      - {cidr: 192.0.2.53/32, healthcheck: dns}
      - {cidr: 192.0.2.54/32, if_unhealthy: true}
      - {cidr: 192.0.2.55/32, announce: false}
      - {cidr: 0.0.0.0/0, healthcheck: dns}
"""
BGP = "bgp: {as: 64513, peers_by_tag: {key: role, value: anycast}}\n"


def test_with_bgp_the_best_path_decides_where_nothing_is_said() -> None:
    def takeovers(text: str) -> list[str]:
        (rule,) = parse(text, "f").rules
        return [rule.takeover.value, *(each.takeover.value for each in rule.manages.values())]

    assert takeovers(PAIR) == ["if_unhealthy", "always", "if_unhealthy", "always", "always"]
    # What BGP does not announce would count as withdrawn by whoever has it.
    assert takeovers(PAIR + BGP) == ["best_path", "best_path", "if_unhealthy", "if_unhealthy", "if_unhealthy"]
    said = PAIR.replace("    accept:", "    takeover: always\n    accept:") + BGP
    assert takeovers(said) == ["always", "always", "if_unhealthy", "always", "always"]


@pytest.mark.parametrize(("written", "number"), [("64512", 64512), ("1.0", 65536), ("'1.10'", 65546)])
def test_an_as_number_may_have_a_dot(written: str, number: int) -> None:
    config = parse(f"{MINIMAL}bgp: {{as: {written}, peers: [10.0.1.11]}}", "f")
    assert config.bgp is not None
    assert config.bgp.asn == number


def test_the_port_and_program_of_bgp_arrive() -> None:
    text = MINIMAL + "bgp: {as: 1, port: 1179, exabgp: /opt/exabgp, peers: [10.0.0.1, {address: 10.0.0.2, port: 17}]}\n"
    bgp = parse(text, "f").bgp
    assert bgp is not None
    assert (bgp.port, bgp.exabgp, [peer.port for peer in bgp.peers]) == (1179, Path("/opt/exabgp"), [None, 17])
    assert parse(MINIMAL + BGP, "f").bgp.port is None


def test_what_only_the_best_path_needs_may_stand_without_takeover_where_bgp_is_configured() -> None:
    (rule,) = parse(MINIMAL.replace("accept:", "affinity: az, write: any, accept:") + BGP, "f").rules
    assert rule.takeover is Takeover.BEST_PATH


def test_an_interface_of_its_own_with_best_path_is_a_warning() -> None:
    text = "routetables:\n  a:\n    find: {type: main}\n    accept: [192.0.2.53]\n    interface: 1\n"
    assert parse(text, "f").warnings == ()
    (warning,) = parse(f"{text}    takeover: best_path\n", "f").warnings
    assert str(warning).startswith("f:5: routetables.a.interface: with takeover: best_path, peers know an owner")


# how `find` is written, what it is
FINDERS: list[tuple[str, Finder]] = [
    ("{type: main}", Main()),
    ("{type: main, not: true}", Main(negate=True)),
    ("{type: main, config: }", Main()),
    ("{type: by_tag, config: {key: type, value: private}}", ByTag("type", "private")),
    ("{type: by_tag, config: {key: type, value: 1}}", ByTag("type", "1")),
    ("{type: by_tag, config: {key: type, value: 0x10}}", ByTag("type", "0x10")),
    ("{type: by_tag, config: {key: type, value: 1.50}}", ByTag("type", "1.50")),
    ("{type: by_tag, config: {key: type, value: Yes}}", ByTag("type", "Yes")),
    ("{type: by_tag, config: {key: type, value: 2026-11-22}}", ByTag("type", "2026-11-22")),
    ("{type: by_tag, config: {key: type, value: 'null'}}", ByTag("type", "null")),
    ("{type: by_tag, config: {key: type, value: ''}}", ByTag("type", "")),
    ("{type: subnet, config: {subnet_id: subnet-0123abcd}}", InSubnet("subnet-0123abcd")),
    ("{type: ids, config: {ids: [rtb-0123abcd]}}", Ids(frozenset({"rtb-0123abcd"}))),
    ("{type: and, config: {filters: [{type: main}]}}", And((Main(),))),
    ("{type: or, not: true, config: [{type: main, not: true}]}", Or((Main(negate=True),), negate=True)),
]


@pytest.mark.parametrize(("written", "finder"), FINDERS)
def test_a_finder_is_read(written: str, finder: Finder) -> None:
    config = parse(f"routetables: {{a: {{find: {written}, accept: [192.0.2.53/32]}}}}", "f")
    assert config.rules[0].find == finder


@pytest.mark.parametrize(
    "place", ["find: {type: main, no_results_ok: true}", "no_results_ok: true, find: {type: main}"]
)
def test_no_results_ok_may_stand_in_find_or_beside_it(place: str) -> None:
    assert parse(f"routetables: {{a: {{{place}, accept: [192.0.2.53/32]}}}}", "f").rules[0].no_results_ok


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 60.0), (BGP, None), ("poll_time: auto\n", None), (f"poll_time: auto\n{BGP}", None),
        ("poll_time: 0\n", 60.0), (f"poll_time: 0\n{BGP}", None), (f"poll_time:\n{BGP}", None),
        (f'poll_time: "30"\n{BGP}', 30.0),
    ],
)  # fmt: skip
def test_with_bgp_each_instance_chooses_its_poll_time_unless_the_file_does(text: str, seconds: float | None) -> None:
    assert parse(f"{MINIMAL}{text}", "f").poll_time == seconds


@pytest.mark.parametrize("key", ["processes", "poll_time", "ec2", "on_exit", "socket", "vpc_id", "web"])
def test_a_key_without_value_counts_as_not_given(key: str) -> None:
    config = parse(f"{MINIMAL}{key}:\n", "f")
    assert (config.poll_time, config.on_exit, config.processes) == (60.0, OnExit.WITHDRAW_ANNOUNCED, ())
    assert config.socket == Path("/run/bgp2vpc/bgp2vpc.sock")


@pytest.mark.parametrize("word", ["none", "no", "off", "False", "''"])
def test_the_socket_can_be_turned_off(word: str) -> None:
    assert parse(f"{MINIMAL}socket: {word}\n", "f").socket is None


def test_rules_keep_the_order_of_the_file() -> None:
    rules = "".join(f"  {name}: {{find: {{type: main}}, accept: [192.0.2.53/32]}}\n" for name in "zma")
    assert [rule.name for rule in parse(f"routetables:\n{rules}", "f").rules] == ["z", "m", "a"]


BGP = """\
bgp:
  as: 64512
  router_id: 1.2.3.4
  local_address: [10.0.0.1, '2001:db8::1']
  hold_time: 9
  peers:
    - 10.0.1.11
    - {address: 10.1.0.1, as: 65000, description: datacenter router 1, passive: true}
    - {address: 10.1.0.2, as: , passive: false}
  peers_by_tag: {key: role, value: 1}
  ipv6: true
  config_file: /etc/exabgp/exabgp.conf
"""


def test_whom_exabgp_peers_with_is_read() -> None:
    assert parse(MINIMAL + BGP, "f").bgp == Bgp(
        asn=64512,
        router_id=parse_address("1.2.3.4"),
        local_addresses=(parse_address("10.0.0.1"), parse_address("2001:db8::1")),
        hold_time=9,
        peers=(
            MeshPeer(parse_address("10.0.1.11")),
            MeshPeer(parse_address("10.1.0.1"), 65000, "datacenter router 1", passive=True),
            MeshPeer(parse_address("10.1.0.2"), passive=False),
        ),
        peers_by_tag=Tag("role", "1"),
        ipv6=True,
        config_file=Path("/etc/exabgp/exabgp.conf"),
    )


def test_a_tag_alone_is_enough_to_find_peers() -> None:
    config = parse(f"{MINIMAL}bgp: {{as: 64512, peers_by_tag: {{key: role, value: anycast}}}}", "f")
    assert config.bgp == Bgp(asn=64512, peers_by_tag=Tag("role", "anycast"))


def test_accept_is_a_fence() -> None:
    (rule,) = load(DATA / "valid-documented.yaml").rules
    assert rule.accept.accepts(parse_prefix("192.0.2.53/32"))
    assert not rule.accept.accepts(parse_prefix("198.51.100.53/32"))


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("127.0.0.1:7373", "127.0.0.1", 7373),
        ("127.0.0.1", "127.0.0.1", 7373),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("[::1]:7374", "::1", 7374),
        ("'::1'", "::1", 7373),
        ("'[::1]'", "::1", 7373),
    ],
)
def test_how_the_agent_of_serf_is_written(written: str, host: str, port: int) -> None:
    rule = "routetables: {r: {find: {type: main}, accept: [192.0.2.53]}}\n"
    written = f'"{written}"' if written.startswith("[") else written
    assert parse(f"{rule}serf: {{rpc: {written}}}\n", "f.yaml").serf == Agent(host=host, port=port)


def test_a_key_that_begins_with_x_holds_anchors_and_is_not_read_otherwise() -> None:
    text = """
x-checks: &defaults {every: 1, rise: 1, whatever: [1, {2: 3}]}
x-every: &every 2
healthchecks:
  dns: {type: ping, destination: 192.0.2.53, every: *every}
"""
    assert [each.every for each in parse(MINIMAL + text, "f").checks] == [2.0]


def test_such_keys_are_allowed_at_the_top_only() -> None:
    with pytest.raises(ConfigError, match=r"f:2: ec2.x-rate: unknown key 'x-rate'"):
        parse(f"{MINIMAL}ec2: {{x-rate: 1}}\n", "f")


SETTINGS = """\
remote_healthchecks: {alive: {type: ping, every: 1}, other: {type: ping, every: 1}}
routetables:
  private:
    find: {type: main}
    fallback: nat-0123456789abcdef0
    remote_healthcheck: alive
    run_after_replace_route: [logger, rule]
    run_before_add_route: logger
    accept:
      - {prefix: 192.0.2.1/32, never_delete: true, run_after_replace_route: []}
      - {prefix: 192.0.2.2/32, never_delete: false, remote_healthcheck: other}
      - {prefix: 192.0.2.3/32, fallback: igw-0123456789abcdef0, run_before_delete_route: "a b"}
      - {prefix: 192.0.2.4/32}
      - 192.0.2.0/24 le 32
    manage_routes:
      - {cidr: 203.0.113.1/32, never_delete: true}
      - {cidr: 203.0.113.2/32}
"""


def test_an_entry_takes_the_settings_of_its_rule_that_it_does_not_say_itself() -> None:
    (found,) = parse(SETTINGS, "f.yaml").rules
    nat, igw = parse_target("nat-0123456789abcdef0"), parse_target("igw-0123456789abcdef0")
    created, logged = {Action.CREATE: ("logger",)}, {Action.REPLACE: ("logger", "rule")}
    hooks = HookPrograms(created, logged)
    own = RouteSettings(fallback=nat, remote_check="alive", hooks=hooks)
    expected = {
        "192.0.2.1/32": replace(own, fallback=None, never_delete=True, hooks=HookPrograms(created, {})),
        "192.0.2.2/32": replace(own, fallback=None, remote_check="other"),
        "192.0.2.3/32": replace(
            own, fallback=igw, hooks=HookPrograms({**created, Action.DELETE: ("a", "b")}, logged)
        ),
    }  # fmt: skip
    assert {str(entry): settings for entry, settings in found.entry_settings.items()} == expected
    for prefix in ("192.0.2.4/32", "192.0.2.5/32"):
        rule = found.settings_of(parse_prefix(prefix))
        assert rule is found
    assert (found.fallback, found.never_delete, found.remote_check, found.hooks) == (nat, False, "alive", hooks)
    kept, sent = found.manages.values()
    assert (kept.never_delete, kept.fallback, kept.remote_check, kept.hooks) == (True, None, "alive", hooks)
    assert (sent.never_delete, sent.fallback, sent.remote_check, sent.hooks) == (False, nat, "alive", hooks)
    assert found.accept.entries[1].where == "f.yaml:11"


TEMPLATES = """\
healthchecks:
  web: {type: http, destination: "%PREFIX%", every: 2, config: {path: /health}}
  net: {type: ping, destination: 10.0.0.1, every: 1}
  idle: {type: ping, destination: "%PREFIX%", every: 1}
routetables:
  a:
    find: {type: main}
    manage_routes:
      - cidr: [192.0.2.1, 2001:db8::1/128]
        healthcheck: web
        announce: {med: 100}
      - healthcheck: [web, net]
        healthcheck_policy: any
        cidr:
          - 192.0.2.2
  b: {find: {type: main}, manage_routes: [{cidr: [192.0.2.7], healthcheck: web}, {cidr: [198.51.100.0/24, 0.0.0.0/0]}]}
"""


def test_a_list_of_prefixes_with_a_check_for_each_is_one_entry() -> None:
    config = parse(TEMPLATES, "f.yaml")
    checks = {each.name: each for each in config.checks}
    assert [(name, str(each.destination)) for name, each in checks.items()] == [
        ("web@192.0.2.1", "192.0.2.1"),
        ("web@2001:db8::1", "2001:db8::1"),
        ("web@192.0.2.2", "192.0.2.2"),
        ("web@192.0.2.7", "192.0.2.7"),
        ("net", "10.0.0.1"),
    ]
    assert {each.probe for each in config.checks if each.name != "net"} == {checks["web@192.0.2.1"].probe}
    first, second = config.rules
    assert [(str(prefix), each.source, each.where) for prefix, each in first.manages.items()] == [
        ("192.0.2.1/32", "check web@192.0.2.1", "f.yaml:9"),
        ("2001:db8::1/128", "check web@2001:db8::1", "f.yaml:9"),
        ("192.0.2.2/32", "check any of web@192.0.2.2, net", "f.yaml:15"),
    ]
    assert [(str(prefix), each.source) for prefix, each in second.manages.items()] == [
        ("192.0.2.7/32", "check web@192.0.2.7"),
        ("198.51.100.0/24", "manage_routes"),
        ("0.0.0.0/0", "manage_routes"),
    ]
    sources = {
        each.name: (each.checks, each.needed, [a.line for a in each.announcements]) for each in config.checked_sources
    }
    attributes = "next-hop self med 100"
    assert sources == {
        "check web@192.0.2.1": (("web@192.0.2.1",), 1, [f"announce route 192.0.2.1/32 {attributes}"]),
        "check web@192.0.2.7": (("web@192.0.2.7",), 1, ["announce route 192.0.2.7/32 next-hop self"]),
        "check web@2001:db8::1": (("web@2001:db8::1",), 1, [f"announce route 2001:db8::1/128 {attributes}"]),
        "check any of web@192.0.2.2, net": (
            ("web@192.0.2.2", "net"), 1, ["announce route 192.0.2.2/32 next-hop self"]
        ),
        "manage_routes": (
            (), 0, ["announce route 198.51.100.0/24 next-hop self", "announce route 0.0.0.0/0 next-hop self"]
        ),
    }  # fmt: skip
    (warning,) = config.warnings
    assert str(warning) == "f.yaml:4: healthchecks.idle: checks nothing: no entry of manage_routes names it"


def test_what_stands_between_certificates_need_not_be_ascii(tmp_path: Path) -> None:
    """As the names of CAs in the bundle of Mozilla."""
    file, pem = tmp_path / "ca.pem", make_authority(tmp_path).ca_pem
    file.write_text(f"# Főtanúsítvány\n{pem}", "utf-8")
    text = f"""\
healthchecks:
  web: {{type: https, destination: 192.0.2.1, every: 1, config: {{certPath: {file}}}}}
routetables: {{vpn: {{find: {{type: main}}, manage_routes: [{{cidr: 192.0.2.1, healthcheck: web}}]}}}}
"""
    (check,) = parse(text, "f").checks
    assert isinstance(check.probe, Http)
    assert check.probe.tls is not None
    assert pem in (check.probe.tls.ca_pem or "")
