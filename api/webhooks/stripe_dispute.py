"""A dispute of Stripe → `Fact`, where it says that money has left, or has come back.

Several events tell of each: the books take them as one. An inquiry of the bank that takes nothing
yet says nothing to us. Source: docs.stripe.com/api/disputes/object, docs.stripe.com/disputes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api.refusals import FieldError, InvalidInput
from api.shapes import MinorUnits, Name, Shape, Text, read_shape
from domain.facts import Fact, FactKind
from domain.money import AMOUNT_MAX

MinorUnitsOf = Callable[[int, str], int]  # of an amount as Stripe counts it; raises ValueError


class BalanceTransactionShape(Shape):
    amount: Annotated[int, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]


class DisputeShape(Shape):
    id: Name
    amount: MinorUnits
    currency: Annotated[str, Field(pattern=r"^[a-z]{3}$")]
    charge: Name
    payment_intent: Name | None = None
    reason: Text = ""
    status: Text
    balance_transactions: list[BalanceTransactionShape] = Field(default_factory=list)

    @property
    def taken(self) -> bool:
        return any(each.amount < 0 for each in self.balance_transactions)


def read_dispute(
    fact: str, kind: str, told: Any, occurred_at: datetime, minor_units: MinorUnitsOf
) -> Fact | None:
    """None when it moves no money. Its subject is the intent, which captures once."""
    dispute = read_shape(DisputeShape, told)
    moved = _moved(kind, dispute)
    if moved is None:
        return None
    currency = dispute.currency.upper()
    try:
        amount = minor_units(dispute.amount, currency)
    except ValueError as error:
        raise InvalidInput([FieldError("data.object.amount", str(error))]) from error
    return Fact(
        fact,
        moved,
        dispute.payment_intent or dispute.charge,
        occurred_at,
        code=dispute.reason,
        amount=amount,
        dispute=dispute.id,
        currency=currency,
    )


def _moved(kind: str, dispute: DisputeShape) -> FactKind | None:
    match kind:
        case "charge.dispute.funds_withdrawn":
            return FactKind.CHARGED_BACK
        case "charge.dispute.created" if dispute.taken:
            return FactKind.CHARGED_BACK
        case "charge.dispute.funds_reinstated":
            return FactKind.CHARGEBACK_REVERSED
        case "charge.dispute.closed" if dispute.status == "won" and dispute.taken:
            return FactKind.CHARGEBACK_REVERSED
        case _:
            return None
