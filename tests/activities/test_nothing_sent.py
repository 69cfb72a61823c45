"""A parcel of which nothing was sent is not sold, and neither is the order's shipping with it."""

from activities.messages import ParcelCall, Step
from activities.orders import OrderActivities
from adapters.rules.zen_rules import ZenReviewRules
from domain import journal as j
from tests.activities.books import Books, units


async def test_what_was_given_up_while_its_shipment_had_to_wait_for_its_turn_is_not_sold(
    books: Books,
) -> None:
    order = await books.place("W-1")
    parcel = f"{order}-F1"
    planned = j.PlannedParcel(parcel, "BOS", units(3))
    given_up = j.ReservationReleased(parcel, units(3), "rejected by the warehouse")
    await books.journal(order, j.Sourced((planned,), "v1"))
    await books.journal(order, given_up)
    orders = OrderActivities(books.database, ZenReviewRules())
    result = await orders.ship(ParcelCall(Step(order, "ship", 3), parcel))
    assert (result.entries, result.outcome) == ((), "")
    assert await books.ledger(order) == {}
    assert await books.rows("SELECT number FROM invoice") == []
