"""A real daemon tells a real HTTP server and a real program; one that hangs is in nobody's way."""

from site_kit import Site, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, World
from tests.post import Diary, serving

A = "192.0.2.1/32"


def test_a_withdrawal_a_failure_and_its_end(cloud: Cloud, site: Site, tmp_path) -> None:
    diary = Diary(tmp_path)
    with serving() as inbox:
        # One table: one withdrawal.
        only = {"find": {"type": "ids", "config": {"ids": [site.host.table]}}, "accept": [A]}
        site.configure(
            routetables={"only": only},
            notify=[
                {"on": ["withdrawal", "failure", "recovery"], "url": inbox.url, "after": 2},
                {"on": ["withdrawal"], "run": list(diary.argv())},
            ],
        )
        site.start()
        site.announce(A)
        site.wait_for_route(A)
        site.withdraw(A)
        site.wait_for_route(A, target=None)
        eventually(lambda: inbox.bodies and diary.lines, "the notifications", lambda: site.log)
        body = inbox.bodies[0]
        assert (body["event"], body["route_table"], body["prefix"]) == ("withdrawal", site.host.table, A)
        assert (body["old_target"], body["instance_id"]) == (site.host.interface_id, site.host.instance_id)
        assert diary.lines[0].startswith(f"withdrawal|{site.host.table} {A}: deleted: withdrawn|{A}|")

        cloud.fault(Fault.internal_error("DescribeRouteTables", times=3))
        eventually(lambda: len(inbox.bodies) == 3, "the failure and its end", lambda: site.log)
        assert [(each["event"], each["times"]) for each in inbox.bodies[1:]] == [("failure", 2), ("recovery", 3)]


def test_what_is_withdrawn_at_the_end_is_told(site: Site, world: World) -> None:
    with serving() as inbox:
        site.configure(notify=[{"on": ["withdrawal"], "url": inbox.url}])
        site.start()
        site.announce(A)
        site.wait_for_route(A)
        assert site.stop() == 0
        assert [each["event"] for each in inbox.bodies] == ["withdrawal"] * len(world.tables)


def test_an_endpoint_that_hangs_delays_no_write_and_no_end(site: Site, world: World) -> None:
    with serving() as inbox:
        inbox.answers = [None] * 100
        site.configure(notify=[{"on": ["takeover", "withdrawal"], "url": inbox.url, "timeout": 3600}])
        site.start()
        for _ in range(3):
            site.announce(A)
            site.wait_for_route(A)
            site.withdraw(A)
            site.wait_for_route(A, target=None)
        all_wait = 3 * len(world.tables)
        eventually(lambda: site.status()["notify"][0]["waiting"] == all_wait, "all to wait", lambda: site.log)
        assert site.status()["notify"][0]["delivered"] == 0
        assert site.stop() == 0
