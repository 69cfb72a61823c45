"""Stock: waiting for it, overriding a source, and what a warehouse gives back."""

from datetime import timedelta
from typing import Any

from domain.commands import CommandKind
from domain.facts import FactKind
from domain.order import LineUnits
from domain.payments import PaymentOperation
from ports.front_office import RequestedLine

TEA = (RequestedLine("TEA", 3, 500),)


async def test_an_order_whose_every_line_is_out_of_stock_waits_and_does_not_crash(
    shop: Any,
) -> None:
    number = await shop.place(lines=(RequestedLine("CUP", 50, 900),))
    await shop.until_held(number, "stock")
    assert await shop.tasks() == [("units are out of stock", "agent")]
    assert await shop.stock() == {}

    await _restock(shop, "CUP", "NYC", 60)
    assert await shop.command(shop.agent, CommandKind.RETRY_STOCK, number, reason="came") == ""

    await shop.until_submitted(f"{number}-F1")


async def test_an_order_that_nobody_can_supply_expires(shop: Any) -> None:
    number = await shop.place(lines=(RequestedLine("CUP", 50, 900),))
    await shop.until_held(number, "stock")

    await shop.env.sleep(timedelta(days=3))

    assert (await shop.handle(number).result())["status"] == "EXPIRED"
    assert shop.provider.effects == {}


async def test_two_lines_of_one_sku_never_share_the_same_unit(shop: Any) -> None:
    lines = (RequestedLine("CUP", 7, 900), RequestedLine("CUP", 6, 900))
    number = await shop.place(lines=lines)  # 12 in all, 13 asked
    await shop.until_held(number, "stock")
    assert await shop.stock() == {}


async def test_a_canceled_order_gives_stock_and_money_back(shop: Any) -> None:
    number = await shop.place(payment_source="tok_declined")
    await shop.until_held(number, "payment")

    assert await shop.command(shop.agent, CommandKind.CANCEL, number, reason="changed") == ""

    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.stock() == {}
    assert shop.warehouse.parcels == {}


async def test_a_parcel_at_the_warehouse_can_no_longer_be_canceled(shop: Any) -> None:
    number = await shop.place()
    await shop.until_submitted(f"{number}-F1")

    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == "STEP_REFUSED"

    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    assert shop.provider.moved(PaymentOperation.VOID) == []


async def test_a_location_that_is_deactivated_sends_what_is_there_and_gets_nothing_new(
    shop: Any,
) -> None:
    number = await shop.place(lines=TEA)
    await shop.until_submitted(f"{number}-F1")
    assert shop.warehouse.parcels[f"{number}-F1"].location == "BOS"
    await shop.run("UPDATE location SET active = false WHERE id = 'BOS'")

    later = await shop.place("WEB-2", lines=TEA)
    await shop.until_submitted(f"{later}-F1")
    assert shop.warehouse.parcels[f"{later}-F1"].location == "NYC"

    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")


async def test_a_rejected_parcel_is_sourced_elsewhere(shop: Any) -> None:
    number = await shop.place(lines=TEA)
    await shop.until_submitted(f"{number}-F1")
    assert shop.warehouse.parcels[f"{number}-F1"].location == "BOS"

    await shop.tell(f"{number}-F1", FactKind.REJECTED)
    await shop.until_submitted(f"{number}-F2")

    assert shop.warehouse.parcels[f"{number}-F2"].location == "NYC"
    assert await shop.stock() == {("TEA", "NYC"): (10, 3)}
    await shop.carry(f"{number}-F2")
    await shop.until_status(number, "COMPLETED")


async def test_an_override_moves_the_parcel_once_the_first_source_gives_it_back(
    shop: Any,
) -> None:
    number = await shop.place(lines=TEA)
    first, second = f"{number}-F1", f"{number}-F2"
    await shop.until_submitted(first)

    wish = {"target": first, "location": "AUS", "reason": "Boston is snowed in"}
    assert await shop.command(shop.agent, CommandKind.OVERRIDE_SOURCE, number, **wish) == (
        "FORBIDDEN"
    )
    done = await shop.command(shop.supervisor, CommandKind.OVERRIDE_SOURCE, number, **wish)
    assert done == ""
    assert await shop.stock() == {("TEA", "BOS"): (10, 3), ("TEA", "AUS"): (10, 3)}
    assert second not in shop.warehouse.parcels

    await shop.until_asked_back(first)
    await shop.tell(first, FactKind.CANCEL_CONFIRMED)
    await shop.carry(second)
    view = await shop.until_status(number, "COMPLETED")

    assert shop.warehouse.cancel_requests == [first]
    assert await shop.stock() == {("TEA", "AUS"): (7, 0)}
    assert view.parcels[first].status == "CANCELED"
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1800]


async def test_an_override_that_the_warehouse_refuses_leaves_the_first_source(
    shop: Any,
) -> None:
    number = await shop.place(lines=TEA)
    first = f"{number}-F1"
    await shop.until_submitted(first)
    wish = {"target": first, "location": "AUS", "reason": "closer"}
    await shop.command(shop.supervisor, CommandKind.OVERRIDE_SOURCE, number, **wish)

    await shop.until_asked_back(first)
    await shop.tell(first, FactKind.CANCEL_REFUSED)
    await shop.carry(first)
    view = await shop.until_status(number, "COMPLETED")

    assert await shop.stock() == {("TEA", "BOS"): (7, 0)}
    assert view.parcels[f"{number}-F2"].status == "CANCELED"


async def test_a_source_that_is_overridden_twice_sends_the_units_once(shop: Any) -> None:
    """The second time while the first warehouse has not answered yet; it then refuses."""
    number = await shop.place(lines=TEA)
    first, second, third = (f"{number}-F{n}" for n in (1, 2, 3))
    await shop.until_submitted(first)
    for target, location in ((first, "AUS"), (second, "NYC")):
        wish = {"target": target, "location": location, "reason": "closer"}
        assert await shop.command(shop.supervisor, CommandKind.OVERRIDE_SOURCE, number, **wish) == (
            ""
        )
    assert await shop.stock() == {("TEA", "BOS"): (10, 3), ("TEA", "NYC"): (10, 3)}

    await shop.until_asked_back(first)
    await shop.tell(first, FactKind.CANCEL_REFUSED)
    await shop.carry(first)
    view = await shop.until_status(number, "COMPLETED")

    assert set(shop.warehouse.parcels) == {first}
    assert [view.parcels[each].status for each in (second, third)] == ["CANCELED", "CANCELED"]
    assert await shop.stock() == {("TEA", "BOS"): (7, 0)}
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1800]


async def test_a_short_pick_of_a_parcel_that_is_asked_back_sends_nothing_twice(shop: Any) -> None:
    number = await shop.place(lines=TEA)
    first, second = f"{number}-F1", f"{number}-F2"
    await shop.until_submitted(first)
    wish = {"target": first, "location": "AUS", "reason": "closer"}
    await shop.command(shop.supervisor, CommandKind.OVERRIDE_SOURCE, number, **wish)

    await shop.tell(first, FactKind.PICKED, lines=(LineUnits(1, "TEA", 2),))
    await shop.until(lambda: _carries(shop, number, first, 2))
    await shop.until_asked_back(first)
    await shop.tell(first, FactKind.CANCEL_CONFIRMED)
    await shop.carry(second)
    view = await shop.until_status(number, "COMPLETED")

    assert set(view.parcels) == {first, second}
    moved = await shop.rows("SELECT reason, location, units FROM movement ORDER BY id")
    assert moved == [("short_pick", "BOS", -1), ("ship", "AUS", -3)]
    assert await shop.stock() == {("TEA", "BOS"): (9, 0), ("TEA", "AUS"): (7, 0)}
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1800]


async def _carries(shop: Any, number: str, parcel: str, units: int) -> bool:
    return (await shop.view(number)).parcels[parcel].units_of(1) == units


async def test_an_override_to_nowhere_is_refused_by_name(shop: Any) -> None:
    number = await shop.place(lines=TEA)
    await shop.until_submitted(f"{number}-F1")
    wish = {"target": f"{number}-F1", "location": "NOPE", "reason": "closer"}

    refused = await shop.command(shop.supervisor, CommandKind.OVERRIDE_SOURCE, number, **wish)

    assert refused == "NOT_FOUND"
    assert list((await shop.view(number)).parcels) == [f"{number}-F1"]


async def test_an_override_without_stock_is_refused_and_changes_nothing(shop: Any) -> None:
    number = await shop.place(lines=TEA)
    await shop.until_submitted(f"{number}-F1")
    await _restock(shop, "TEA", "AUS", -9)
    wish = {"target": f"{number}-F1", "location": "AUS", "reason": "closer"}

    refused = await shop.command(shop.supervisor, CommandKind.OVERRIDE_SOURCE, number, **wish)

    assert refused == "OUT_OF_STOCK"
    assert list((await shop.view(number)).parcels) == [f"{number}-F1"]
    assert shop.warehouse.cancel_requests == []


async def _restock(shop: Any, sku: str, location: str, units: int) -> None:
    from sqlalchemy import text

    async with shop.engine.begin() as connection:
        await connection.execute(
            text(
                "UPDATE stock SET on_hand = on_hand + :u, opening = opening + :u"
                " WHERE sku = :s AND location = :l"
            ),
            {"u": units, "s": sku, "l": location},
        )


async def test_what_a_warehouse_ships_of_a_parcel_that_it_rejected_leaves_the_stock_by_name(
    shop: Any,
) -> None:
    number = await shop.place(lines=(RequestedLine("TEA", 5, 500),))
    await shop.until_submitted(f"{number}-F1")
    await shop.tell(f"{number}-F1", FactKind.REJECTED)
    await shop.until_submitted(f"{number}-F2")

    await shop.ship(f"{number}-F1")
    await shop.until(lambda: _has_task(shop, f"{number}-F1"))
    await shop.carry(f"{number}-F2")
    await shop.until_status(number, "COMPLETED")

    moved = await shop.rows("SELECT reason, location, units FROM movement ORDER BY id")
    assert moved == [("ship_unasked", "BOS", -5), ("ship", "NYC", -5)]
    assert await shop.stock() == {("TEA", "BOS"): (5, 0), ("TEA", "NYC"): (5, 0)}
    why = f"left in {number}-F1, which was not to have them: nobody pays for them"
    assert await shop.tasks() == [(f"5 of TEA (line 1) {why}", "supervisor")]
    assert len(shop.provider.moved(PaymentOperation.CAPTURE)) == 1
    assert (await shop.view(number)).parcels[f"{number}-F1"].lines == ()
    handled = await shop.rows(
        "SELECT handled_by FROM fact WHERE kind = 'fulfillment.shipped' ORDER BY subject"
    )
    assert "ShippedUnasked" in handled[0][0]


async def test_what_is_shipped_beyond_the_parcel_leaves_the_stock_and_is_not_sold(
    shop: Any,
) -> None:
    number = await shop.place(lines=(RequestedLine("TEA", 3, 500),))
    await shop.until_submitted(f"{number}-F1")

    await shop.ship(f"{number}-F1", (LineUnits(1, "TEA", 5),))
    await shop.until(lambda: _has_task(shop, f"{number}-F1"))
    await shop.ship(f"{number}-F1", (LineUnits(1, "TEA", 5),))  # told once more
    await shop.arrive(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")

    moved = await shop.rows("SELECT reason, units FROM movement ORDER BY id")
    assert moved == [("ship", -3), ("ship_unasked", -2)]
    assert await shop.stock() == {("TEA", "BOS"): (5, 0)}
    invoiced = "SELECT quantity FROM invoice_line WHERE sku = 'TEA'"
    assert await shop.rows(invoiced) == [(3,)]


async def test_what_was_shipped_unasked_is_not_there_for_others(shop: Any) -> None:
    number = await shop.place("OLD", lines=(RequestedLine("TEA", 4, 500),))
    await shop.until_submitted(f"{number}-F1")
    await shop.tell(f"{number}-F1", FactKind.REJECTED)
    await shop.until_submitted(f"{number}-F2")
    other = await shop.place("YOUNG", lines=(RequestedLine("TEA", 8, 500),))
    await shop.until_submitted(f"{other}-F1")
    assert (await shop.stock())["TEA", "BOS"] == (10, 8)

    await shop.ship(f"{number}-F1", (LineUnits(1, "TEA", 4),))
    await shop.until(lambda: _has_task(shop, f"{number}-F1"))

    assert (await shop.stock())["TEA", "BOS"] == (6, 6)
    told = await shop.rows(
        "SELECT subject, data->'lines'->0->'quantity' FROM fact WHERE source = 'stock'"
    )
    assert told == [(f"{other}-F1", 2)]


async def _has_task(shop: Any, parcel: str) -> bool:
    return any(f"left in {parcel}" in reason for reason, _ in await shop.tasks())
