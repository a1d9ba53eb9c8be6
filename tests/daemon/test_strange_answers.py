"""What EC2 answers and cannot be so is an error of that read, not a change of the world."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from lab import OURS, PEER, A, B, announce, withdraw

from tests.memory_vpc import MemoryVpc


class StrangeVpc(MemoryVpc):
    """Answers strangely while told so: `spoil` by the name of a call."""

    def __init__(self) -> None:
        super().__init__()
        self.spoil: dict[str, Callable] = {}

    def route_tables(self, vpc_ids, table_ids=()):
        return self.spoil.get("route_tables", tuple)(super().route_tables(vpc_ids, table_ids))

    def interfaces(self, instance_id):
        return self.spoil.get("interfaces", tuple)(super().interfaces(instance_id))


@pytest.mark.parametrize(
    ("call", "spoil", "message"),
    [
        ("route_tables", lambda _: (), "no route table in the answer; if that stays so, it is not in us-east-1: set"),
        (
            "route_tables",
            lambda tables: tuple(replace(table, routes=()) for table in tables),
            "rtb-1 has no local route in the answer",
        ),
        (
            "route_tables",
            lambda tables: (*tables, replace(tables[0], id="rtb-9", vpc_id="vpc-9")),
            "rtb-9 of vpc-9 was not asked for",
        ),
        ("interfaces", lambda _: (), "i-1 has no interface in the answer"),
        (
            "interfaces",
            lambda found: (*found, replace(found[0], id=PEER, instance_id="i-2")),
            "eni-2 of i-2 was not asked for",
        ),
    ],
    ids=["no table", "no local route", "a table of another VPC", "no interface of ours", "an interface of another's"],
)
def test_it_is_not_believed_and_what_was_known_stays(make_lab, call: str, spoil: Callable, message: str) -> None:
    vpc = StrangeVpc()
    vpc.add_table("rtb-1", tags={"type": "private"})
    vpc.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    lab = make_lab(vpc).start()
    lab.say(announce(A))
    lab.wait(2)
    before, vpc.spoil[call] = lab.writes, spoil
    lab.wait(300)
    status = lab.ask("status")
    assert status["failing"] == {"observe": "StrangeAnswer"}
    assert message in status["errors"][-1]["message"]
    assert (lab.verdicts(), lab.writes) == ([f"rtb-1 {A} keep ours"], before)
    vpc.spoil.clear()
    lab.wait(400)
    assert lab.ask("status")["failing"] == {}
    lab.say(withdraw(A), announce(B))
    lab.wait(2)
    assert lab.routes == [f"rtb-1 {B} {OURS} active"]


@pytest.mark.parametrize(
    "spoil",
    [lambda _: (), lambda tables: tuple(replace(table, routes=()) for table in tables)],
    ids=["no table", "no routes"],
)
def test_a_withdrawal_whose_read_is_answered_strangely_does_not_wait_for_the_next_poll(make_lab, spoil) -> None:
    vpc = StrangeVpc()
    vpc.add_table("rtb-1", tags={"type": "private"})
    vpc.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    lab = make_lab(vpc, poll_time=600.0).start()
    lab.say(announce(A))
    lab.wait(20)

    def once(tables):
        del vpc.spoil["route_tables"]
        return spoil(tables)

    vpc.spoil["route_tables"] = once
    lab.say(withdraw(A))
    lab.wait(5)
    assert lab.routes == []


def test_a_drain_whose_read_lacks_a_table_does_not_end_before_a_poll_has_shown_what_is_there(make_lab) -> None:
    vpc = StrangeVpc()
    vpc.add_table("rtb-1", tags={"type": "private"})
    vpc.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    lab = make_lab(vpc, poll_time=600.0, drain_timeout=30.0).start()
    lab.say(announce(A))
    lab.wait(20)

    def once(_):
        del vpc.spoil["route_tables"]
        return ()

    vpc.spoil["route_tables"] = once
    lab.ask("drain")
    lab.wait(20)
    assert [each["state"] for each in lab.ask("status")["leaving"]] == ["draining"]
    lab.wait(20)
    assert lab.routes == []
