"""What staff do to stock, money and catalog: acts that are decided and done in one transaction, the
four-eyes approvals of some of them, and tasks that are no wait of an order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.access import Principal
from domain.acts import ActKind
from domain.codec import Json
from ports.reads import Page


@dataclass(frozen=True, slots=True)
class ActAnswer:
    """`result` is what the act says of itself. With an `approval`, nothing has happened yet:
    another person has to approve it.
    """

    result: Mapping[str, Json]
    approval: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRead:
    """An act that waits for a second person, or waited; `status` is PENDING, APPROVED, DECLINED or
    EXPIRED (nobody decided it before `deadline`); `why` says what made it need one.
    """

    id: str
    act: str
    subject: str
    body: Json
    reason: str
    why: str
    asked_by: str
    asked_at: datetime
    deadline: datetime
    status: str
    decided_by: str
    decided_at: datetime | None


class BackOffice(Protocol):
    async def act(
        self,
        principal: Principal,
        key: str,
        kind: ActKind,
        subject: str,
        body: Mapping[str, Json],
        reason: str = "",
    ) -> ActAnswer:
        """One transaction: command + effect + outcome + audit row. The same key and body give the
        same answer. Refuses `Forbidden`, `Malformed`, `KeyConflict`, and what the act refuses; of
        those, what the state does not allow is the command's outcome, and stays so.
        """

    async def approvals(
        self, principal: Principal, status: str, first: int, after: str | None
    ) -> Page:
        """`ApprovalRead`s, oldest first; of every status when it is empty. Refuses (`Forbidden`)
        anyone but staff and developers.
        """
