"""A count finds too few units, and the warehouse has the parcel already: what it ships or misses
after all, and who has to give way.
"""

from typing import Any

from domain.acts import ActKind
from domain.facts import FactKind
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
    await shop.relay()

    async def old_asked_back() -> bool:
        return shop.warehouse.cancel_requests == [young, old]

    await shop.until(old_asked_back)
