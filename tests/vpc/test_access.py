"""How tables are reached, as a value."""

import pytest

from bgp2vpc.vpc.access import OWN, Access

ROLE = "arn:aws:iam::111122223333:role/routes"


@pytest.mark.parametrize(
    ("access", "account", "shown"),
    [
        (OWN, "", "our own account"),
        (Access(ROLE), "111122223333", "111122223333"),
        (Access(ROLE, region="us-east-1"), "111122223333", "111122223333, us-east-1"),
        (Access(ROLE, "secret", "us-east-1", "network"), "111122223333", "network (111122223333, us-east-1)"),
        (Access(region="us-east-1", name="virginia"), "", "virginia (us-east-1)"),
    ],
)
def test_what_people_are_shown(access: Access, account: str, shown: str) -> None:
    assert (access.account_id, str(access)) == (account, shown)


def test_our_own_region_by_its_name_is_ours() -> None:
    assert Access(region="eu-west-1").seen_from("eu-west-1") == OWN
    assert Access(ROLE, region="eu-west-1", name="a").seen_from("eu-west-1") == Access(ROLE, name="b")
    assert Access(region="us-east-1").seen_from("eu-west-1") != OWN
