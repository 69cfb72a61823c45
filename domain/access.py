"""Who asks, and what each role may do. Checked in the data layer, never only at the edge."""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Forbidden


class Role(StrEnum):
    AGENT = "agent"
    WAREHOUSE = "warehouse"
    FINANCE = "finance"
    SUPERVISOR = "supervisor"
    DEVELOPER = "developer"  # reads, never acts
    CHANNEL = "channel"  # places orders and reads its own
    CUSTOMER = "customer"  # reached by a tracking link: one order
    SYSTEM = "system"


STAFF = frozenset({Role.AGENT, Role.WAREHOUSE, Role.FINANCE, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Principal:
    """`name` identifies the person or system, as `ana`, `channel:web` or `customer:<order>`;
    `scope` is the channel of a channel, the order of a customer, and empty for staff.
    """

    name: str
    roles: frozenset[Role]
    scope: str = ""

    def may(self, *roles: Role) -> bool:
        return bool(self.roles & set(roles))

    def require(self, *roles: Role) -> None:
        if not self.may(*roles):
            wanted = " or ".join(sorted(roles))
            raise Forbidden(f"this needs the role {wanted}")

    def reads(self, order: str, channel: str) -> bool:
        """Staff and developers read every order, a channel its own, a customer theirs."""
        if self.may(*STAFF, Role.DEVELOPER, Role.SYSTEM):
            return True
        if self.may(Role.CHANNEL):
            return self.scope == channel
        return self.may(Role.CUSTOMER) and self.scope == order


SYSTEM = Principal("system", frozenset({Role.SYSTEM}))
