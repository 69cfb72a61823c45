"""A count finds too few units, and the warehouse has the parcel already: what it ships or misses
after all, and who has to give way.
"""

from typing import Any

from domain.acts import ActKind
from domain.facts import FactKind
from domain.order import LineUnits
from ports.front_office import RequestedLine

FIVE = (RequestedLine("TEA", 5, 500),)


async def _two_orders_and_a_count(shop: Any, counted: int) -> tuple[str, str]:
    """Of five units each from Boston, the count breaks what is missing off the younger one, which
    the warehouse keeps: (parcel of the older, parcel of the younger).
    """
    parcels = []
    for reference in ("OLD", "YOUNG"):
        parcels.append(f"{await shop.place(reference, lines=FIVE)}-F1")
        await shop.until_submitted(parcels[-1])
    await shop.act(ActKind.STOCK_COUNT, "TEA", location="BOS", counted=counted)

    async def asked_back() -> bool:
        return shop.warehouse.cancel_requests == parcels[1:]

    await shop.until(asked_back)
    await shop.tell(parcels[1], FactKind.CANCEL_REFUSED)
    return parcels[0], parcels[1]


async def _movements(shop: Any) -> list[tuple[str, int]]:
    return await shop.rows("SELECT reason, units FROM movement ORDER BY id")


async def test_a_parcel_that_ships_although_a_count_broke_it_is_booked_and_another_gives_way(
    shop: Any,
) -> None:
    old, young = await _two_orders_and_a_count(shop, 6)

    await shop.carry(young)
    await shop.until_status(young[:14], "COMPLETED")

    assert await _movements(shop) == [("count", -4), ("ship", -1), ("ship_unreserved", -4)]
    assert await shop.stock() == {("TEA", "BOS"): (1, 1)}
    invoiced = "SELECT subject, quantity FROM invoice JOIN invoice_line ON invoice = number"
    assert await shop.rows(f"{invoiced} WHERE sku = 'TEA'") == [(young, 5)]
    await shop.run("UPDATE fact SET due_at = now() WHERE due_at IS NOT NULL")
    await shop.relay()

    async def old_asked_back() -> bool:
        return shop.warehouse.cancel_requests == [young, old]

    await shop.until(old_asked_back)


async def test_units_that_a_count_found_missing_are_not_written_off_again_by_a_short_pick(
    shop: Any,
) -> None:
    _, young = await _two_orders_and_a_count(shop, 8)
    three = (LineUnits(1, "TEA", 3),)

    await shop.tell(young, FactKind.PICKED, lines=three)
    await shop.until_submitted(f"{young[:14]}-F2")
    await shop.ship(young, three)

    async def booked() -> bool:
        return (await shop.view(young[:14])).parcels[young].booked

    await shop.until(booked)
    assert await _movements(shop) == [("count", -2), ("ship", -3)]
    assert (await shop.stock())["TEA", "BOS"] == (5, 5)
    told = "SELECT subject FROM fact WHERE kind = 'reservation.broken'"
    assert await shop.rows(told) == [(young,)]
    released = "SELECT data->>'reason' FROM journal WHERE kind = 'ReservationReleased'"
    assert await shop.rows(released) == [("broken by a count",)]


async def test_of_a_short_pick_only_what_no_count_had_missed_is_written_off(shop: Any) -> None:
    _, young = await _two_orders_and_a_count(shop, 8)

    await shop.tell(young, FactKind.PICKED, lines=(LineUnits(1, "TEA", 2),))
    await shop.until_submitted(f"{young[:14]}-F2")

    assert await _movements(shop) == [("count", -2), ("short_pick", -1)]
    assert (await shop.stock())["TEA", "BOS"] == (7, 7)
