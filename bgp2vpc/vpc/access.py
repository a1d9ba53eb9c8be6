"""How the route tables of a rule are reached: with which role, in which region. Pure.

A client, a pace and a poll belong to one of these, so that what fails in one account leaves the others alone.
"""

from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """`role_arn` empty: with this instance's own credentials; else with those of the role, which we assume with them.

    `external_id` empty: the role asks for none. `region` empty: this instance's own. `name`: what `accounts` of the
    configuration calls it; two that differ in it only are the same.
    """

    role_arn: str = ""
    external_id: str = ""
    region: str = ""
    name: str = field(default="", compare=False)

    @property
    def account_id(self) -> str:
        """The account of the role; empty: our own."""
        return self.role_arn.split(":")[4] if self.role_arn else ""

    def seen_from(self, region: str) -> "Access":
        """The same for an instance in this region: to name our own region is to name none."""
        return replace(self, region="") if self.region == region else self

    def __str__(self) -> str:
        where = ", ".join(filter(None, (self.account_id, self.region)))
        if not where:
            return "our own account"
        return f"{self.name} ({where})" if self.name else where


OWN: Final = Access()
"""Our own account and region."""
