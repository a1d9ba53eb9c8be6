"""What `check` notes about `if_unhealthy`."""

import pytest

from bgp2vpc.config.load import parse

BGP = "bgp: {as: 64513, peers_by_tag: {key: role, value: anycast}}\n"
MANAGED = "manage_routes: [{cidr: 192.0.2.53/32, if_unhealthy: true}]"
MISSING = (
    "`if_unhealthy` without `bgp`: a route that its instance withdraws is missing until the next poll of another "
    "instance, up to 66 s; with `bgp` instead of `if_unhealthy` it moves in under a second, without a gap"
)
AUTO = "66 s, and longer where there are more than 240 instances (`poll_time: auto`: 275 s with 1,000)"
UNDECIDED = (
    "`if_unhealthy`: BGP does not decide about 192.0.2.53/32: another instance takes such a route only when it is "
    "missing, or when EC2 or a remote check reports its instance as dead, and sees the first two at its next poll: up "
    f"to {AUTO}; without this key the best path decides"
)


def notes(rule: str, more: str = "") -> tuple[str, ...]:
    return parse(f"{more}routetables: {{a: {{find: {{type: main}}, {rule}}}}}", "f").notes


@pytest.mark.parametrize(
    "rule",
    [
        MANAGED,
        "takeover: if_unhealthy, accept: [192.0.2.53/32]",
        "takeover: if_unhealthy, manage_routes: [{cidr: 192.0.2.53/32}]",
    ],
)
def test_it_costs_a_poll_without_bgp_and_keeps_bgp_from_deciding(rule: str) -> None:
    # A file that AWSnycast would read has a note of its own, too.
    assert notes(rule)[-1] == MISSING
    assert notes(rule, BGP) == (UNDECIDED,)


def test_the_poll_is_that_of_the_file() -> None:
    assert "up to 5.5 s;" in notes(MANAGED, "poll_time: 5\n")[-1]
    assert "up to 5.5 s;" in notes(MANAGED, f"poll_time: 5\n{BGP}")[-1]
    assert f"up to {AUTO};" in notes(MANAGED, "poll_time: auto\n")[-1]


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        ("accept: [192.0.2.53/32]", ""),  # by default: there may be no other instance
        ("accept: [192.0.2.53/32]", BGP),
        ("manage_routes: [{cidr: 192.0.2.53/32}]", BGP),
        ("manage_routes: [{cidr: 192.0.2.53/32, announce: false}]", BGP),
        ("manage_routes: [{cidr: 192.0.2.53/32, if_unhealthy: false, announce: true}]", ""),
        # Something has the traffic meanwhile.
        ("manage_routes: [{cidr: 0.0.0.0/0, if_unhealthy: true, fallback: nat-0123456789abcdef0}]", ""),
        ("takeover: if_unhealthy, manage_routes: [{cidr: 192.0.2.53/32, never_delete: true}]", ""),
    ],
)
def test_nothing_is_noted_where_it_costs_nothing(rule: str, more: str) -> None:
    assert notes(rule, more) == ()
