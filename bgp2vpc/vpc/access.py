"""The credentials and region with which the route tables of a rule are read and written. Pure.

Each Access has its own client, pace and poll, so that a failure in one account does not affect the others.
"""

from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """A role and a region.

    `role_arn`: the role to assume; empty: use the instance's own credentials. `external_id`: empty if the role requires
    none. `region`: empty for the instance's own. `name`: its key under `accounts` in the configuration, which does not
    count in comparisons.
    """

    role_arn: str = ""
    external_id: str = ""
    region: str = ""
    name: str = field(default="", compare=False)

    @property
    def account_id(self) -> str:
        """The account id of the role; empty for our own account."""
        return self.role_arn.split(":")[4] if self.role_arn else ""

    def seen_from(self, region: str) -> "Access":
        """The same Access with `region` emptied if that is our own region, so that equal ones compare equal."""
        return replace(self, region="") if self.region == region else self

    def __str__(self) -> str:
        where = ", ".join(filter(None, (self.account_id, self.region)))
        if not where:
            return "our own account"
        return f"{self.name} ({where})" if self.name else where


OWN: Final = Access()
"""The instance's own account and region."""
