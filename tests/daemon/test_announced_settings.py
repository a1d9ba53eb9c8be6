"""Announced prefixes with a fallback, never_delete, hooks and remote checks of their own: the whole daemon."""

import pytest
from lab import OURS, PEER, Lab, announce, two_hosts, withdraw

from bgp2vpc.config.load import parse
from bgp2vpc.config.model import Config
from tests.memory_vpc import MemoryVpc

NAT = "nat-0123456789abcdef0"
AT_NAT, KEPT, PLAIN = "192.0.2.1/32", "192.0.2.2/32", "192.0.2.77/32"
FILE = f"""\
socket: none
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    accept:
      - {{prefix: {AT_NAT}, fallback: {NAT}}}
      - {{prefix: {KEPT}, never_delete: true}}
      - 192.0.2.0/24 le 32
"""


def config_of(text: str = FILE) -> dict[str, object]:
    return {"rules": parse(text, "lab.yaml").rules}


def with_nat(vpc: MemoryVpc | None = None) -> MemoryVpc:
    vpc = vpc or two_hosts()
    vpc.add_gateway(NAT)
    return vpc


def test_a_withdrawn_prefix_goes_where_its_entry_says(make_lab) -> None:
    lab: Lab = make_lab(with_nat(), **config_of()).start()
    lab.say(*map(announce, (AT_NAT, KEPT, PLAIN)))
    lab.wait()
    assert lab.routes == [f"rtb-1 {each} {OURS} active" for each in (AT_NAT, KEPT, PLAIN)]
    lab.say(*map(withdraw, (AT_NAT, KEPT, PLAIN)))
    lab.wait()
    assert lab.routes == [f"rtb-1 {AT_NAT} {NAT} active", f"rtb-1 {KEPT} {OURS} active"]
    assert lab.verdicts() == [f"rtb-1 {AT_NAT} keep fallback", f"rtb-1 {KEPT} keep never-delete"]
    lab.say(announce(AT_NAT))
    lab.wait()
    assert f"rtb-1 {AT_NAT} {OURS} active" in lab.routes


def test_at_the_end_an_announced_prefix_is_put_to_its_fallback(make_lab) -> None:
    on_exit = Config(file="").on_exit
    lab: Lab = make_lab(with_nat(), **config_of() | {"on_exit": on_exit}).start()
    lab.say(*map(announce, (AT_NAT, KEPT, PLAIN)))
    lab.wait()
    lab.stop()
    assert lab.routes == [f"rtb-1 {AT_NAT} {NAT} active", f"rtb-1 {KEPT} {OURS} active"]


def test_a_fallback_is_still_told_of_after_a_restart(make_lab) -> None:
    vpc = with_nat()
    vpc.put_route("rtb-1", AT_NAT, NAT)
    vpc.put_route("rtb-1", "203.0.113.0/24", NAT)
    lab: Lab = make_lab(vpc, **config_of()).start()
    assert lab.verdicts() == [f"rtb-1 {AT_NAT} keep fallback"]
    assert lab.writes == []


def test_a_black_hole_of_another_instance_is_put_to_the_fallback(make_lab) -> None:
    vpc = with_nat()
    for prefix in (AT_NAT, KEPT, PLAIN):
        vpc.put_route("rtb-1", prefix, PEER)
    lab: Lab = make_lab(vpc, **config_of()).start()
    vpc.terminate("i-2")
    lab.wait(70)
    assert lab.routes == [f"rtb-1 {AT_NAT} {NAT} active", *(f"rtb-1 {each} {PEER} blackhole" for each in (KEPT, PLAIN))]


def test_a_rule_has_settings_for_all_its_prefixes_and_why_tells_them(make_lab) -> None:
    lab: Lab = make_lab(with_nat(), **config_of(FILE + f"    fallback: {NAT}\n")).start()
    lab.say(*map(announce, (KEPT, PLAIN)))
    lab.wait()
    told = lab.ask("why", PLAIN)["lines"]
    settings = f"accept: 192.0.2.0/24 le 32 (lab.yaml:8); takeover: if_unhealthy; fallback: {NAT}"
    assert f"  rule private matches it: {settings}" in told
    assert any("lab.yaml:7); takeover: if_unhealthy; never_delete" in line for line in lab.ask("why", KEPT)["lines"])
    lab.say(*map(withdraw, (KEPT, PLAIN)))
    lab.wait()
    assert lab.routes == [f"rtb-1 {KEPT} {OURS} active", f"rtb-1 {PLAIN} {NAT} active"]


def test_a_drain_leaves_what_is_never_deleted_and_puts_the_other_to_its_fallback(make_lab) -> None:
    lab: Lab = make_lab(with_nat(), drain_timeout=2.0, **config_of()).start()
    lab.say(*map(announce, (AT_NAT, KEPT, PLAIN)))
    lab.wait()
    assert [row["prefix"] for row in lab.ask("leaving")["alone"]] == [PLAIN], "only this one would be deleted"
    lab.ask("drain")
    lab.wait(5)
    assert lab.routes == [f"rtb-1 {AT_NAT} {NAT} active", f"rtb-1 {KEPT} {OURS} active"]


@pytest.mark.io
def test_the_hooks_of_an_entry_run(make_lab, caplog: pytest.LogCaptureFixture) -> None:
    """Programs need real time, so this hook is none: that it cannot be started, and for which write, is said."""
    text = FILE.replace(f"fallback: {NAT}", f"fallback: {NAT}, run_after_delete_route: /no/such/hook")
    lab: Lab = make_lab(with_nat(), **config_of(text)).start()
    lab.say(*map(announce, (AT_NAT, PLAIN)))
    lab.wait()
    lab.say(*map(withdraw, (AT_NAT, PLAIN)))
    lab.wait()
    assert caplog.text.count("hook failed") == caplog.text.count("hook failed after replace") == 1


def test_behind_exabgp_the_same_holds(make_lab) -> None:
    lab: Lab = make_lab(with_nat(), **config_of()).start(helper=True)
    lab.say(*map(announce, (AT_NAT, KEPT, PLAIN)))
    lab.wait()
    lab.say(*map(withdraw, (AT_NAT, KEPT, PLAIN)))
    lab.wait()
    assert lab.routes == [f"rtb-1 {AT_NAT} {NAT} active", f"rtb-1 {KEPT} {OURS} active"]
    assert [line for line in lab.to_exabgp if AT_NAT in line] == [announce(AT_NAT), withdraw(AT_NAT)]
