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
        ("route_tables", lambda _: (), "vpc-1 has no route table in the answer"),
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
