"""Promised units: those that a count finds missing, those that are to come, those of a bundle."""

from datetime import date, timedelta
from typing import Any

from adapters.postgres.stock.waiting import PostgresStockNews
from domain.acts import ActKind
from domain.commands import CommandKind
from domain.facts import FactKind
from domain.order import LineUnits
from domain.payments import PaymentOperation
from ports.front_office import RequestedLine

ONE_SET = (LineUnits(1, "SET", 1),)
TEA = (RequestedLine("TEA", 3, 500),)
BUNDLE = (
    "INSERT INTO product (sku, name) VALUES ('SET', 'Tea for one')",
    "INSERT INTO price VALUES ('SET', 'USD', 1200)",
    "INSERT INTO bundle_component VALUES ('SET', 'TEA', 2), ('SET', 'CUP', 1)",
)


async def count(shop: Any, sku: str, location: str, counted: int) -> None:
    await shop.act(ActKind.STOCK_COUNT, sku, location=location, counted=counted)


async def expect(shop: Any, quantity: int, days: int = 3) -> None:
    day = (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011 - as the database's
    await shop.act(
        ActKind.SUPPLY_EXPECT,
        "CUP",
        location="NYC",
        reference="PO-1",
        quantity=quantity,
        available_on=day,
    )


async def held(shop: Any, number: str, hold: str) -> bool:
    return hold in (await shop.view(number)).holds


async def test_an_open_parcel_whose_units_are_missing_comes_from_elsewhere(shop: Any) -> None:
    number = await shop.place(lines=TEA, payment_source="tok_declined")
    await shop.until(lambda: held(shop, number, "payment"))
    assert await shop.stock() == {("TEA", "BOS"): (10, 3)}

    await count(shop, "TEA", "BOS", 1)
    await shop.command(shop.agent, CommandKind.RETRY_PAYMENT, number, source="tok_ok")
    await shop.until_submitted(f"{number}-F2")

    assert set(shop.warehouse.parcels) == {f"{number}-F1", f"{number}-F2"}
    first, second = (shop.warehouse.parcels[f"{number}-F{n}"] for n in (1, 2))
    assert [(p.location, p.lines[0].quantity) for p in (first, second)] == [("BOS", 1), ("NYC", 2)]
    assert await shop.stock() == {("TEA", "BOS"): (1, 1), ("TEA", "NYC"): (10, 2)}
    for parcel in (first, second):
        await shop.carry(parcel.fulfillment_order)
    await shop.until_status(number, "COMPLETED")
    assert await shop.stock() == {("TEA", "BOS"): (0, 0), ("TEA", "NYC"): (8, 0)}
    assert (await shop.balances(number)).get("receivable") is None


async def test_a_warehouse_that_cannot_find_the_units_gives_the_parcel_back(shop: Any) -> None:
    number = await shop.place(lines=TEA)
    await shop.until_submitted(f"{number}-F1")
    await shop.tell(f"{number}-F1", FactKind.ACCEPTED)

    await count(shop, "TEA", "BOS", 0)
    await shop.until_asked_back(f"{number}-F1")
    await shop.tell(f"{number}-F1", FactKind.CANCEL_CONFIRMED)
    await shop.until_submitted(f"{number}-F2")

    assert shop.warehouse.parcels[f"{number}-F2"].location == "NYC"
    assert await shop.stock() == {("TEA", "BOS"): (0, 0), ("TEA", "NYC"): (10, 3)}
    await shop.carry(f"{number}-F2")
    await shop.until_status(number, "COMPLETED")
    assert len(shop.provider.moved(PaymentOperation.CAPTURE)) == 1


async def test_a_warehouse_that_finds_the_units_after_all_ships_them(shop: Any) -> None:
    number = await shop.place(lines=TEA)
    await shop.until_submitted(f"{number}-F1")
    await count(shop, "TEA", "BOS", 0)
    await shop.until_asked_back(f"{number}-F1")

    await shop.tell(f"{number}-F1", FactKind.CANCEL_REFUSED)
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")

    assert set(shop.warehouse.parcels) == {f"{number}-F1"}
    assert await shop.stock() == {("TEA", "BOS"): (0, 0)}
    moved = await shop.rows("SELECT reason, units FROM movement ORDER BY id")
    assert moved == [("count", -10), ("found", 3), ("ship_unreserved", -3)]


async def test_units_that_are_to_come_are_waited_for_and_sent_when_they_are_there(
    shop: Any,
) -> None:
    await expect(shop, 5)
    number = await shop.place(lines=(RequestedLine("CUP", 15, 900),))
    await shop.until_submitted(f"{number}-F1")
    view = await shop.view(number)
    waiting = next(p for p in view.parcels.values() if p.waiting)
    assert waiting.location == "NYC"
    assert sum(unit.quantity for unit in waiting.lines) == 5
    live = await shop.live(number)
    [wait] = [w for w in live.waits if w.key.endswith("/supply")]
    assert wait.reason == f"the units are expected on {waiting.expected_on}"
    assert waiting.fulfillment_order not in shop.warehouse.parcels

    await shop.act(
        ActKind.SUPPLY_RECEIVE, "CUP", location="NYC", reference="PO-1", units=5, last=True
    )
    for parcel in (await shop.view(number)).parcels:
        await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")
    assert await shop.stock() == {("CUP", "NYC"): (0, 0)}
    assert (await shop.balances(number)).get("receivable") is None


async def test_units_that_will_not_come_after_all_put_the_order_on_hold(shop: Any) -> None:
    await expect(shop, 5)
    number = await shop.place(lines=(RequestedLine("CUP", 15, 900),))
    await shop.until_submitted(f"{number}-F1")

    await shop.act(ActKind.SUPPLY_END, "CUP", location="NYC", reference="PO-1")

    await shop.until(lambda: held(shop, number, "stock"))
    assert [task for task in await shop.tasks() if task[1] == "agent"] == [
        ("units are out of stock", "agent")
    ]


async def test_a_delivery_that_shrinks_is_waited_for_all_the_same_and_the_rest_is_sourced_anew(
    shop: Any,
) -> None:
    await expect(shop, 5)
    number = await shop.place(lines=(RequestedLine("CUP", 15, 900),))
    await shop.until_submitted(f"{number}-F1")
    [waiting] = [p for p in (await shop.view(number)).parcels.values() if p.waiting]
    await expect(shop, 3)

    third = f"{number}-F3"
    await shop.until_submitted(third)
    parcel = shop.warehouse.parcels[third]
    assert (parcel.location, parcel.lines) == ("AUS", (LineUnits(1, "CUP", 2),))
    view = await shop.view(number)
    assert view.parcels[waiting.fulfillment_order].units_of(1) == 3
    assert view.parcels[waiting.fulfillment_order].waiting
    assert "stock" not in view.holds

    await shop.act(ActKind.SUPPLY_RECEIVE, "CUP", location="NYC", reference="PO-1", units=3)
    for name in view.parcels:
        await shop.carry(name)
    await shop.until_status(number, "COMPLETED")
    assert await shop.stock() == {("CUP", "NYC"): (0, 0), ("CUP", "AUS"): (0, 0)}


async def test_supply_that_does_not_come_is_brought_to_peoples_notice(shop: Any) -> None:
    await expect(shop, 5)
    number = await shop.place(lines=(RequestedLine("CUP", 15, 900),))
    await shop.until_submitted(f"{number}-F1")
    for parcel in [p for p in (await shop.view(number)).parcels.values() if not p.waiting]:
        await shop.carry(parcel.fulfillment_order)

    await shop.env.sleep(timedelta(days=5))

    async def escalated() -> bool:
        return any("the units are expected on" in reason for reason, _ in await shop.tasks())

    await shop.until(escalated)


async def test_supply_that_is_expected_later_is_waited_for_until_then(shop: Any) -> None:
    await expect(shop, 5)
    number = await shop.place(lines=(RequestedLine("CUP", 15, 900),))
    await shop.until_submitted(f"{number}-F1")
    for parcel in [p for p in (await shop.view(number)).parcels.values() if not p.waiting]:
        await shop.carry(parcel.fulfillment_order)
    await expect(shop, 5, days=20)
    day = (date.today() + timedelta(days=20)).isoformat()  # noqa: DTZ011 - as the database's

    async def waited_for() -> bool:
        reasons = [wait.reason for wait in (await shop.live(number)).waits]
        return f"the units are expected on {day}" in reasons

    await shop.until(waited_for)
    await shop.env.sleep(timedelta(days=5))
    assert await waited_for()
    assert [task for task in await shop.tasks() if "expected" in task[0]] == []


async def test_a_bundle_is_its_components_in_stock_and_itself_on_the_order(shop: Any) -> None:
    for statement in BUNDLE:
        await shop.run(statement)
    lines = (RequestedLine("SET", 2, 1200), RequestedLine("TEA", 1, 500))
    number = await shop.place(lines=lines)
    await shop.until_submitted(f"{number}-F1")
    assert shop.warehouse.parcels[f"{number}-F1"].location == "NYC"  # Boston has no cups
    assert await shop.stock() == {("TEA", "NYC"): (10, 5), ("CUP", "NYC"): (10, 2)}

    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    assert await shop.stock() == {("TEA", "NYC"): (5, 0), ("CUP", "NYC"): (8, 0)}
    assert await shop.rows("SELECT line, sku, units FROM movement ORDER BY line, sku") == [
        (1, "CUP", -2), (1, "TEA", -4), (2, "TEA", -1)
    ]  # fmt: skip


async def test_a_bundle_and_its_component_never_share_the_same_unit(shop: Any) -> None:
    for statement in BUNDLE:
        await shop.run(statement)
    await shop.run("UPDATE stock SET on_hand = 0, opening = 0 WHERE location <> 'NYC'")
    lines = (RequestedLine("SET", 4, 1200), RequestedLine("TEA", 3, 500))  # 11 of 10 teas
    number = await shop.place(lines=lines)
    await shop.until(lambda: held(shop, number, "stock"))
    assert await shop.stock() == {}


async def test_a_count_below_a_bundles_components_gives_back_its_siblings_too(shop: Any) -> None:
    for statement in BUNDLE:
        await shop.run(statement)
    number = await shop.place(lines=(RequestedLine("SET", 4, 1200),), payment_source="tok_declined")
    await shop.until(lambda: held(shop, number, "payment"))
    assert await shop.stock() == {("TEA", "NYC"): (10, 8), ("CUP", "NYC"): (10, 4)}

    await count(shop, "CUP", "NYC", 2)

    assert await shop.stock() == {("TEA", "NYC"): (10, 4), ("CUP", "NYC"): (2, 2)}
    view = await shop.view(number)
    assert [(u.sku, u.quantity) for u in view.parcels[f"{number}-F1"].unmended] == [("SET", 2)]


async def _short(shop: Any, **told: Any) -> str:
    """Of two sets, New York finds one; Austin has enough for another."""
    for statement in (*BUNDLE, "UPDATE stock SET on_hand = 0, opening = 0 WHERE location = 'BOS'"):
        await shop.run(statement)
    number: str = await shop.place(lines=(RequestedLine("SET", 2, 1200),))
    await shop.until_submitted(f"{number}-F1")
    assert shop.warehouse.parcels[f"{number}-F1"].location == "NYC"
    await shop.tell(f"{number}-F1", FactKind.PICKED, lines=ONE_SET, **told)
    return number


async def test_a_set_that_was_not_found_comes_from_elsewhere_until_somebody_has_counted(
    shop: Any,
) -> None:
    number = await _short(shop)
    await shop.until_submitted(f"{number}-F2")
    assert shop.warehouse.parcels[f"{number}-F2"].location == "AUS"
    assert await shop.rows("SELECT subject FROM task WHERE kind = 'stock.count' ORDER BY id") == [
        ("CUP@NYC",), ("TEA@NYC",)
    ]  # fmt: skip

    await shop.tell(f"{number}-F2", FactKind.REJECTED)
    await shop.until_held(number, "stock")  # New York has nine of each by its books
    for sku in ("TEA", "CUP"):
        await count(shop, sku, "NYC", 9)
    await PostgresStockNews(shop.engine, grace_seconds=0).tell(500)
    await shop.run("UPDATE fact SET due_at = now() WHERE due_at IS NOT NULL")
    await shop.relay()
    await shop.until_submitted(f"{number}-F3")
    assert shop.warehouse.parcels[f"{number}-F3"].location == "NYC"
    for n in (1, 3):
        await shop.ship(f"{number}-F{n}", ONE_SET)
        await shop.arrive(f"{number}-F{n}")
    await shop.until_status(number, "COMPLETED")
    assert await shop.stock() == {("TEA", "NYC"): (5, 0), ("CUP", "NYC"): (7, 0)}


async def test_a_cup_that_the_warehouse_says_is_missing_is_written_off_and_the_next_one_taken(
    shop: Any,
) -> None:
    number = await _short(shop, parts=(LineUnits(1, "CUP", 1),))
    await shop.until_submitted(f"{number}-F2")
    assert shop.warehouse.parcels[f"{number}-F2"].location == "NYC"
    assert await shop.rows("SELECT reason, sku, location, units FROM movement") == [
        ("short_pick", "CUP", "NYC", -1)
    ]
    assert await shop.rows("SELECT id FROM task WHERE kind = 'stock.count'") == []
