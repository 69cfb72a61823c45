"""An order's whole life, undisturbed: every step, every cent, every unit."""

from datetime import timedelta
from typing import Any

from adapters.temporal.desk import CHANNEL
from domain.facts import FactKind, Package
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation
from ports.front_office import RequestedLine


async def test_an_undisturbed_order_goes_from_received_to_closed(shop: Any) -> None:
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")
    assert (await shop.live(number)).status == "COMPLETED"

    await shop.env.sleep(timedelta(days=31))
    end = await shop.handle(number).result()

    assert end["status"] == "CLOSED"
    described = await shop.handle(number).describe()
    assert described.typed_search_attributes[CHANNEL] == "web"
    kinds = [row[0] for row in await shop.rows("SELECT kind FROM journal ORDER BY seq")]
    assert kinds == [
        "Reviewed",
        "Sourced",
        "PaymentMoved",
        "Submitted",
        "Shipped",
        "PaymentMoved",
        "Delivered",
        "Completed",
        "Closed",
    ]
    total = 3 * 500 - 100 + 900 + 300
    assert shop.provider.moved(PaymentOperation.AUTHORIZE) == [total]
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [total]
    assert shop.provider.moved(PaymentOperation.VOID) == []
    assert await shop.stock() == {("TEA", "NYC"): (7, 0), ("CUP", "NYC"): (9, 0)}
    tax = await shop.balances(number)
    assert tax.pop("tax") + tax.pop("revenue") == -total
    assert tax == {"provider_clearing": total}
    unhandled = await shop.rows("SELECT id FROM fact WHERE handled_by IS NULL")
    assert unhandled == []


async def test_the_live_query_says_what_the_projection_says(shop: Any) -> None:
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.tell(parcel, FactKind.ACCEPTED)

    live = await shop.live(number)
    known = (await shop.reads.order(shop.agent, number)).last_known

    assert live.live
    assert not known.live
    assert (live.seq, live.facts, live.waits) == (known.seq, known.facts, known.waits)
    assert live.doing == "The parcel is accepted by the warehouse."
    assert [(w.owner, w.reason) for w in live.waits] == [
        ("warehouse", "the warehouse has to pick, pack and ship")
    ]


async def test_an_order_over_two_locations_is_captured_parcel_by_parcel(shop: Any) -> None:
    lines = (RequestedLine("TEA", 1, 500), RequestedLine("CUP", 11, 900))
    number = await shop.place(lines=lines)
    first, second = f"{number}-F1", f"{number}-F2"
    await shop.until_submitted(first)
    await shop.carry(first)
    view = await shop.view(number)
    assert view.status == "PROCESSING"
    await shop.carry(second)
    view = await shop.until_status(number, "COMPLETED")

    captures = shop.provider.moved(PaymentOperation.CAPTURE)
    assert len(captures) == 2
    assert sum(captures) == 500 + 11 * 900 + 300
    assert {p.location for p in view.parcels.values()} == {"NYC", "AUS"}


async def test_facts_in_any_order_and_twice_end_in_the_same_state(shop: Any) -> None:
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    delivered = await shop.tell(parcel, FactKind.DELIVERED, tracking_number=f"1Z{parcel}")
    await shop.tell(parcel, FactKind.IN_TRANSIT, tracking_number=f"1Z{parcel}")
    await shop.ship(parcel)
    await shop.tell_again(delivered)
    await shop.tell(parcel, FactKind.ACCEPTED)

    view = await shop.until_status(number, "COMPLETED")

    assert view.parcels[parcel].status == "DELIVERED"
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [2600]
    assert await shop.stock() == {("TEA", "NYC"): (7, 0), ("CUP", "NYC"): (9, 0)}


async def test_an_order_paid_at_its_channel_is_registered_and_never_charged(shop: Any) -> None:
    number = await shop.place(
        payment_method=PaymentMethod.PAID_AT_CHANNEL, payment_source="CH-PAY-1"
    )
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")

    assert shop.provider.effects == {}
    balances = await shop.balances(number)
    assert balances.pop("tax") + balances.pop("revenue") == -2600
    assert balances == {"channel_clearing": 2600}


async def test_a_short_pick_is_sourced_elsewhere_and_nothing_is_charged_twice(shop: Any) -> None:
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    found = (LineUnits(1, "TEA", 1), LineUnits(2, "CUP", 1))
    await shop.tell(parcel, FactKind.ACCEPTED)
    await shop.tell(parcel, FactKind.PICKED, lines=found)
    await shop.ship(parcel, found)
    await shop.arrive(parcel)
    await shop.carry(f"{number}-F2")
    view = await shop.until_status(number, "COMPLETED")

    assert view.parcels[f"{number}-F2"].lines == (LineUnits(1, "TEA", 2),)
    assert sum(shop.provider.moved(PaymentOperation.CAPTURE)) == 2600
    assert await shop.stock() == {
        ("TEA", "NYC"): (7, 0),  # one sent, two were not there
        ("CUP", "NYC"): (9, 0),
        ("TEA", "BOS"): (8, 0),
    }


async def test_a_parcel_that_is_shipped_with_nothing_in_it_costs_nothing_not_even_shipping(
    shop: Any,
) -> None:
    """Its units are missing, and come from elsewhere; the order ends."""
    number = await shop.place()
    first, second = f"{number}-F1", f"{number}-F2"
    await shop.until_submitted(first)
    empty = Package("1", "UPS", "1Z1", (LineUnits(1, "TEA", 0),))
    await shop.tell(first, FactKind.SHIPPED, packages=(empty,))
    await shop.carry(second)
    view = await shop.until_status(number, "COMPLETED")

    assert (view.parcels[first].status, view.parcels[first].booked) == ("CANCELED", False)
    assert view.parcels[second].amount == view.order.total == 2600
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [2600]
    invoices = "SELECT subject, sum(gross)::int FROM invoice JOIN invoice_line ON number = invoice"
    assert await shop.rows(f"{invoices} GROUP BY 1") == [(second, 2600)]
