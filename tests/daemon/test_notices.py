"""What is worth telling, of all that happens: one table, and a daemon on virtual time."""

import pytest
from lab import OURS, PEER, A, Lab, announce, withdraw

from bgp2vpc.errors import Denied, Ec2Error, Transient
from bgp2vpc.notify.model import AlertKind, Notice, Recipient
from bgp2vpc.policy.plan import Action, Change, Reason
from bgp2vpc.services.notices import Troubles, of_write
from bgp2vpc.vpc.model import InstanceHealth, Target, TargetKind, interface_target
from tests.values import IGW, P1, rule

OWN = {OURS}
NAT = Target(TargetKind.NAT, "nat-1")


def change(action: Action, target: Target | str, reason: Reason, old: Target | str | None = None) -> Change:
    def made(each):
        return interface_target(each) if isinstance(each, str) else each

    return Change(action, "rtb-1", P1, made(target), reason, made(old) if old else None)


WRITES = [
    (change(Action.CREATE, OURS, Reason.ABSENT), None),
    (change(Action.REPLACE, OURS, Reason.OWNER_BLACKHOLE, PEER),
     "takeover: rtb-1 192.0.2.1/32: taken from eni-2 by us (eni-1): owner-blackhole"),
    (change(Action.REPLACE, OURS, Reason.TAKEOVER_FOREIGN, IGW),
     "takeover: rtb-1 192.0.2.1/32: taken from igw-1 by us (eni-1): takeover-foreign"),
    (change(Action.REPLACE, PEER, Reason.BEST_PATH, OURS),
     "takeover: rtb-1 192.0.2.1/32: lost by us (eni-1) to eni-2: best-path"),
    (change(Action.REPLACE, "eni-3", Reason.BEST_PATH, PEER), None),
    (change(Action.REPLACE, OURS, Reason.OTHER_INTERFACE, "eni-1b"), None),
    (change(Action.DELETE, OURS, Reason.WITHDRAWN, OURS),
     "withdrawal: rtb-1 192.0.2.1/32: deleted: withdrawn"),
    (change(Action.REPLACE, NAT, Reason.FALLBACK, OURS),
     "withdrawal: rtb-1 192.0.2.1/32: put to its fallback nat-1: fallback"),
    (change(Action.DELETE, PEER, Reason.OWNER_LOST, PEER), None),
]  # fmt: skip


@pytest.mark.parametrize(("done", "told"), WRITES, ids=[str(row[0]) for row in WRITES])
def test_what_a_write_means(done: Change, told: str | None) -> None:
    notice = of_write(done, OWN)
    assert (f"{notice.kind.value}: {notice.message}" if notice else None) == told


def recipient(**kwargs) -> Recipient:
    return Recipient(**{"on": frozenset(AlertKind), "argv": ("/bin/true",)} | kwargs)


def tell(notice: Notice, to: Recipient) -> bool:
    """What the alerts and a sender do."""
    wanted = notice.is_for(to)
    if wanted:
        notice.is_told_to(to)
    return wanted


def test_a_failure_is_told_once_when_it_has_lasted_and_so_is_its_end() -> None:
    troubles, error = Troubles(), Ec2Error("CreateRoute", "Code", "words")
    told = [tell(troubles.failed("x", error), recipient(after=3)) for _ in range(6)]
    assert told == [False, False, True, False, False, False]
    over = troubles.over("x")
    assert over is not None
    assert over.is_for(recipient(after=3))
    assert troubles.over("x") is None
    again = troubles.failed("x", error)
    assert (again.times, again.told) == (1, set())


def test_whoever_comes_later_is_told_at_the_next_time() -> None:
    troubles, error = Troubles(), Ec2Error("CreateRoute", "Code", "words")
    first, later, patient = (recipient(argv=(word,), after=3) for word in ("first", "later", "patient"))
    for _ in range(5):
        tell(troubles.failed("x", error), first)
    assert [tell(troubles.failed("x", error), later) for _ in range(3)] == [True, False, False]
    assert not tell(troubles.failed("y", error), later), "another trouble"
    over = troubles.over("x")
    assert over is not None
    assert (over.is_for(first), over.is_for(later), over.is_for(patient)) == (True, True, False)


def test_an_entry_that_changes_is_told_at_its_new_count_and_never_twice() -> None:
    troubles, error = Troubles(), Ec2Error("CreateRoute", "Code", "words")
    assert [tell(troubles.failed("x", error), recipient(after=10)) for _ in range(5)] == [False] * 5
    assert [tell(troubles.failed("x", error), recipient(after=2)) for _ in range(2)] == [True, False]
    assert not tell(troubles.failed("x", error), recipient(after=4, timeout=1.0))
    over = troubles.over("x")
    assert over is not None
    assert over.is_for(recipient(after=100)), "it was told, and waits for the end"


@pytest.mark.parametrize(("after", "told"), [(5, True), (6, False)])
def test_who_wants_ends_only_is_told_of_those_of_what_lasted(after: int, told: bool) -> None:
    troubles, error = Troubles(), Ec2Error("CreateRoute", "Code", "words")
    only = recipient(on=frozenset({AlertKind.RECOVERY}), after=after)
    assert not any(tell(troubles.failed("x", error), only) for _ in range(5))
    over = troubles.over("x")
    assert over is not None
    assert over.is_for(only) is told


def test_only_what_was_asked_for_is_told() -> None:
    notice = Notice(AlertKind.TAKEOVER, "x")
    assert not notice.is_for(recipient(on=frozenset({AlertKind.FAILURE})))


# A daemon


class Told:
    """What the daemon wanted to tell a program that does not exist: time is virtual here, and programs' is not."""

    def __init__(self, caplog) -> None:
        self._caplog = caplog

    def __call__(self) -> list[str]:
        dropped = [each for each in self._caplog.records if each.message == "notification dropped"]
        return [each.fields["of"] for each in dropped]


@pytest.fixture
def told(caplog) -> Told:
    return Told(caplog)


EVERYTHING = (recipient(argv=("/nonexistent/program",), retries=0),)


@pytest.mark.io
def test_a_takeover_by_us_and_the_loss_of_a_route(make_lab, told) -> None:
    lab: Lab = make_lab(notify=EVERYTHING, rules=(rule(),)).start()
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(90)
    lab.vpc.set_health("i-2", InstanceHealth.GONE)
    lab.say(announce(A))
    lab.wait(90)
    assert told() == [f"rtb-1 {A}: taken from {PEER} by us ({OURS}): owner-blackhole"]
    lab.vpc.set_health("i-2", InstanceHealth.OK)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(180)
    assert told()[1:] == [f"rtb-1 {A}: lost by us ({OURS}) to {PEER}"]


def test_a_lost_route_is_a_warning_that_names_who_has_it(make_lab, caplog) -> None:
    lab: Lab = make_lab().start()
    lab.say(announce(A))
    lab.wait(5)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(180)
    (record,) = [each for each in caplog.records if each.message.startswith(("route lost", "route handed over"))]
    assert (record.message, record.levelname) == ("route lost", "WARNING")
    assert {key: str(value) for key, value in record.fields.items()} == {
        "table": "rtb-1", "prefix": A, "old": OURS, "target": PEER, "owner": "i-2",
    }  # fmt: skip


@pytest.mark.io
def test_a_withdrawal(make_lab, told) -> None:
    lab: Lab = make_lab(notify=EVERYTHING).start()
    lab.say(announce(A))
    lab.wait(5)
    lab.say(withdraw(A))
    lab.wait(30)
    assert told() == [f"rtb-1 {A}: deleted: withdrawn"]


@pytest.mark.io
def test_a_failure_that_lasts_and_its_end(make_lab, told) -> None:
    lab: Lab = make_lab(notify=EVERYTHING).start()
    lab.vpc.fail_next("CreateRoute rtb-1", Denied("CreateRoute", "UnauthorizedOperation", "no"), times=5)
    lab.say(announce(A))
    lab.wait(20)
    assert told() == []
    lab.wait(600)
    assert told() == [
        f"rtb-1 {A}: failed 3 times in a row: CreateRoute: UnauthorizedOperation: no",
        f"rtb-1 {A}: recovered after 5 failures (UnauthorizedOperation)",
    ]


def test_what_passes_by_itself_is_not_told(make_lab, told) -> None:
    lab: Lab = make_lab(notify=EVERYTHING).start()
    lab.vpc.fail_next("CreateRoute rtb-1", Transient("CreateRoute", "InternalError", "x"), times=2)
    lab.say(announce(A))
    lab.wait(60)
    assert told() == []


@pytest.mark.io
def test_what_is_no_longer_wanted_has_recovered(make_lab, told) -> None:
    lab: Lab = make_lab(notify=EVERYTHING).start()
    lab.vpc.fail_next("CreateRoute rtb-1", Denied("CreateRoute", "UnauthorizedOperation", "no"), times=10**6)
    lab.say(announce(A))
    lab.wait(300)
    lab.say(withdraw(A))
    lab.wait(5)
    assert told()[-1].startswith(f"rtb-1 {A}: no longer wanted after ")


@pytest.mark.io
def test_ec2_away_is_a_failure(make_lab, told) -> None:
    lab: Lab = make_lab(notify=EVERYTHING).start()
    lab.vpc.fail_next("DescribeRouteTables", Transient("DescribeRouteTables", "ConnectTimeoutError", "x"), times=4)
    lab.wait(300)
    assert [line.partition(":")[2][:7] for line in told()] == [" failed", " recove"]


@pytest.mark.io
def test_a_reload_tells_others(make_lab, told) -> None:
    lab: Lab = make_lab(notify=()).start()
    lab.say(announce(A))
    lab.wait(5)
    lab.reload(notify=EVERYTHING)
    lab.say(withdraw(A))
    lab.wait(30)
    assert told() == [f"rtb-1 {A}: deleted: withdrawn"]
    assert [row["recipient"] for row in lab.ask("status")["notify"]] == ["/nonexistent/program"]


@pytest.mark.io
@pytest.mark.parametrize("before", [(), (recipient(argv=("/nonexistent/program",), retries=0, after=10**6),)])
def test_a_reload_in_the_middle_of_a_failure_tells_it_and_its_end(make_lab, told, before) -> None:
    lab: Lab = make_lab(notify=before).start()
    lab.vpc.fail_next("CreateRoute rtb-1", Denied("CreateRoute", "UnauthorizedOperation", "no"), times=10**6)
    lab.say(announce(A))
    lab.wait(600)
    assert told() == []
    lab.reload(notify=EVERYTHING)
    lab.wait(600)
    (failure,) = told()
    assert failure.startswith(f"rtb-1 {A}: failed ")
    lab.reload(notify=(recipient(argv=("/nonexistent/program",), retries=0, after=10**6),))
    lab.say(withdraw(A))
    lab.wait(5)
    assert [line.partition(" after ")[0] for line in told()[1:]] == [f"rtb-1 {A}: no longer wanted"]


def test_who_never_heard_of_a_failure_hears_nothing_of_its_end(make_lab, told) -> None:
    lab: Lab = make_lab(notify=()).start()
    lab.vpc.fail_next("CreateRoute rtb-1", Denied("CreateRoute", "UnauthorizedOperation", "no"), times=10**6)
    lab.say(announce(A))
    lab.wait(600)
    lab.reload(notify=(recipient(argv=("/nonexistent/program",), retries=0, after=10**6),))
    lab.say(withdraw(A))
    lab.wait(30)
    assert told() == []


NOBODY = "http://127.0.0.1:1/x"


@pytest.mark.io
def test_a_failure_that_could_not_be_told_is_told_when_it_happens_again(make_lab, told) -> None:
    lab: Lab = make_lab(notify=(recipient(argv=(), url=NOBODY, after=2, retries=1),)).start()
    lab.vpc.fail_next("DescribeRouteTables", Denied("DescribeRouteTables", "AccessDenied", "no"), times=4)
    lab.wait(400)
    what, why = "observe: failed {} times in a row: ", "DescribeRouteTables: AccessDenied: no"
    assert told() == [what.format(times) + why for times in (2, 3, 4)], "and no recovery: nobody knows of the failure"


@pytest.mark.io
def test_a_reload_that_changes_an_entry_keeps_what_waits_for_it_and_one_without_it_says_what_is_lost(
    make_lab, told
) -> None:
    to = recipient(argv=(), url=NOBODY, retries=10)
    lab: Lab = make_lab(notify=(to,)).start()
    for line in (announce(A), withdraw(A), announce(A), withdraw(A)):
        lab.say(line)
        lab.wait(2)
    lab.reload(notify=(recipient(argv=(), url=NOBODY, retries=20, timeout=5.0),))
    assert [row["waiting"] for row in lab.ask("status")["notify"]] == [2]
    assert told() == []
    lab.reload(notify=())
    assert told() == [f"rtb-1 {A}: deleted: withdrawn"] * 2
