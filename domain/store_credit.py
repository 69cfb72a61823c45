"""Store credit: what of it an order may be paid with."""

from domain.errors import LimitExceeded, Malformed
from domain.money import Money


def check_credit(asked: int, currency: str, customer: str, left: int) -> None:
    """`left` is what points leave of the order's total. Refuses (`Malformed`) credit without a
    customer, and (`LimitExceeded`) more than there is to pay.
    """
    if not asked:
        return
    if asked < 0:
        raise Malformed(f"store credit to spend is 0 or more minor units, not {asked}")
    if not customer:
        raise Malformed("store credit is a customer's: the order names none")
    if asked > left:
        told = Money(asked, currency)
        raise LimitExceeded(f"store credit pays {Money(left, currency)} at most, not {told}")


def check_available(asked: int, available: int, currency: str) -> None:
    """Under the customer's lock. Refuses (`LimitExceeded`) more than the customer has."""
    if asked > available:
        there = Money(max(0, available), currency)
        raise LimitExceeded(
            f"the customer has {there} of store credit, not {Money(asked, currency)}"
        )
