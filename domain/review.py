"""Review: the inputs that the rules see, and what they may decide."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from domain.access import Role
from domain.money import Money
from domain.order import PaymentMethod, PlacedOrder
from domain.process import ProcessDefinition


class Verdict(StrEnum):
    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class ReviewInputs:
    """All whole numbers: amounts in minor units, `price_deviation_bp` the largest deviation of a
    line's price from the price list in hundredths of a percent, `total_deviation` that of the
    channel's own total.
    """

    channel: str
    currency: str
    total: int
    units: int
    price_deviation_bp: int
    total_deviation: int
    address_complete: bool
    customer_blocked: bool


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """`owner` is the staff role of a hold; `rule` names the row that matched."""

    verdict: Verdict
    reason: str
    rule: str
    rule_version: str
    owner: str = ""
    inputs: dict[str, str] = field(default_factory=dict)


def cash_decision(
    order: PlacedOrder, process: ProcessDefinition, decision: ReviewDecision
) -> ReviewDecision:
    """`decision`, unless the carrier would have to collect more than the process allows."""
    limit = process.cash_on_delivery_max
    in_cash = order.payment_method is PaymentMethod.CASH_ON_DELIVERY
    if decision.verdict is not Verdict.APPROVE or not (in_cash and limit and order.due > limit):
        return decision
    reason = f"cash on delivery is limited to {Money(limit, order.currency)}"
    held = replace(decision, verdict=Verdict.HOLD, reason=reason, rule="cash_on_delivery_max")
    return replace(held, owner=Role.AGENT.value)


def price_deviation_bp(order: PlacedOrder) -> int:
    """The largest |ordered unit price − list price at placement| over the list price, in basis
    points. A line without a list price counts as a full deviation.
    """
    worst = 0
    for line in order.lines:
        listed = line.list_price or 0
        gap = abs(line.unit_price - listed)
        worst = max(worst, gap * 10_000 // listed if listed else (10_000 if gap else 0))
    return worst


def total_deviation(order: PlacedOrder) -> int:
    """|what the channel says it charged − what the order comes to|; 0 when it says nothing."""
    return 0 if order.stated_total is None else abs(order.stated_total - order.total)
