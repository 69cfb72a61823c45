"""What stands beside the state of an order or a return, and does not change it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Hold:
    hold: str
    reason: str
    owner: str
    since: datetime
    note: str = ""
    news: int = 0


@dataclass(slots=True)
class Dispute:
    """Of one capture; `amount` was charged back, `reversed` of it has come back. Minor units."""

    capture: str
    amount: int = 0
    reversed: int = 0


@dataclass(slots=True)
class Escalation:
    wait: str
    reason: str
    owner: str
    level: int
    since: datetime
