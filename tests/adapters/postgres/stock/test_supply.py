"""What is to come: promised once, received in parts, or given up openly."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.engine import PostgresDatabase
from domain import journal as j
from domain.acts import ActKind
from domain.backorder import plan_parcels
from domain.errors import Malformed, NotFound, OutOfStock, StepRefused
from domain.facts import FactKind
from domain.order import Destination, LineUnits
from domain.remedies import remedies
from domain.sourcing import Location
from tests.support.reserving import reserves

PLACES = [Location("BOS")]
SOON = "2099-01-01"
ORDER = {"location": "BOS", "reference": "PO-1"}


@pytest_asyncio.fixture
async def supplied(shop: Any) -> Any:
    """Two units of tea on hand, ten to come."""
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 2, 2)"
    )
    await act(shop, ActKind.SUPPLY_EXPECT, quantity=10, available_on="2099-01-01", kind="presale")
    await shop.run("UPDATE supply SET available_on = current_date + 3, kind = 'inbound'")
    return shop


async def act(shop: Any, what: ActKind, key: str = "", **body: Any) -> Any:
    name = key or f"{what}-{body}"
    return await shop.office.act(shop.warehouse, name, what, "TEA", {**ORDER, **body}, "as told")


async def backorder(shop: Any, reference: str, units: int) -> str:
    """An order sourced from what is on hand and to come; its number."""
    order: str = (await shop.place(reference)).number
    database = PostgresDatabase(shop.engine)
    demand = [LineUnits(1, "TEA", units)]

    async def work(uow: Any) -> tuple[j.PlannedParcel, ...]:
        locked = await uow.orders.lock(order)
        sources = await uow.inventory.sources(order, ["TEA"], 30)
        plan = plan_parcels(demand, sources, PLACES, locked.order.destination)
        parcels = tuple(
            j.PlannedParcel(f"{order}-F{n}", p.location, p.lines, p.supplies, p.expected_on)
            for n, p in enumerate(plan.parcels, start=1)
        )
        await uow.inventory.reserve(order, parcels)
        return parcels

    parcels = await database.run(work)
    await shop.journal(order, j.Reviewed("approve", "v1", "r1", "fine"), j.Sourced(parcels, "v1"))
    return order


async def supply(shop: Any) -> tuple[int, int, int]:
    """(quantity, received, reserved)."""
    [row] = await shop.rows("SELECT quantity, received, reserved FROM supply")
    return row


async def stock(shop: Any) -> tuple[int, int]:
    [row] = await shop.rows("SELECT on_hand, reserved FROM stock")
    return row


async def waiting(shop: Any, order: str) -> list[bool]:
    view = (await shop.reads.order(shop.agent, order)).view
    return [parcel.waiting for parcel in view.parcels.values()]


async def sound(shop: Any) -> bool:
    found = await audit_books(shop.engine, 60)
    return not [f.violations for f in found if f.id in ("S1", "S2", "S3", "O5") and f.violations]


async def test_units_on_hand_go_at_once_and_the_rest_waits_in_a_parcel_of_its_own(
    supplied: Any,
) -> None:
    order = await backorder(supplied, "B1", 5)
    assert await stock(supplied) == (2, 2)
    assert await supply(supplied) == (10, 0, 3)
    assert await waiting(supplied, order) == [False, True]
    assert await sound(supplied)


async def test_no_unit_that_is_to_come_is_promised_twice(supplied: Any) -> None:
    async def attempt(n: int) -> bool:
        try:
            await backorder(supplied, f"B{n}", 3)
        except (OutOfStock, AssertionError):
            return False
        return True

    got = await asyncio.gather(*map(attempt, range(8)))
    assert sum(got) <= 4
    on_hand, reserved = await stock(supplied)
    quantity, _, promised = await supply(supplied)
    assert reserved <= on_hand
    assert promised <= quantity
    assert reserved + promised == 3 * sum(got)
    assert await sound(supplied)


async def test_the_oldest_promise_is_kept_first_and_its_order_is_told(supplied: Any) -> None:
    old = await backorder(supplied, "B1", 5)  # two on hand, three to come
    young = await backorder(supplied, "B2", 4)
    await act(supplied, ActKind.SUPPLY_RECEIVE, units=5)
    assert await stock(supplied) == (7, 7)
    assert await supply(supplied) == (10, 5, 2)
    assert await waiting(supplied, old) == [False, False]
    assert await waiting(supplied, young) == [True]
    assert await supplied.rows("SELECT kind, subject FROM fact") == [
        (FactKind.SUPPLY_ARRIVED.value, f"{old}-F2")
    ]
    await act(supplied, ActKind.SUPPLY_RECEIVE, "again", units=5)
    assert await stock(supplied) == (12, 9)
    assert await waiting(supplied, young) == [False]
    assert await sound(supplied)


async def waits(shop: Any, order: str) -> list[tuple[str, str]]:
    known = (await shop.reads.order(shop.agent, order)).last_known
    return [(wait.key, wait.reason) for wait in known.waits if "/supply" in wait.key]


async def test_who_was_promised_units_for_another_day_is_told_and_waits_for_that(
    supplied: Any,
) -> None:
    early, late = (
        await supplied.rows("SELECT (current_date + 3)::text, (current_date + 9)::text")
    )[0]
    promised = await backorder(supplied, "B1", 5)
    on_hand = (await supplied.place("B2")).number
    key = f"parcel/{promised}-F2/supply"
    assert await waits(supplied, promised) == [(key, f"the units are expected on {early}")]

    await act(supplied, ActKind.SUPPLY_EXPECT, "same", quantity=12, available_on=early)
    assert await supplied.count("fact") == 0
    await act(supplied, ActKind.SUPPLY_EXPECT, "moved", quantity=12, available_on=late)

    assert await supplied.rows(
        "SELECT kind, source, subject, data->>'expected_on', told FROM fact"
    ) == [("reservation.expected", "stock", f"{promised}-F2", late, 0)]
    assert await waits(supplied, promised) == [
        (f"{key}/{late}", f"the units are expected on {late}")
    ]
    assert await waits(supplied, on_hand) == []
    assert await supply(supplied) == (12, 0, 3)
    assert await sound(supplied)


async def test_an_order_that_was_planned_for_an_earlier_day_is_planned_again(supplied: Any) -> None:
    order = (await supplied.place("B1")).number
    database = PostgresDatabase(supplied.engine)

    async def planned(uow: Any) -> Any:
        sources = await uow.inventory.sources(order, ["TEA"], 30)
        return plan_parcels([LineUnits(1, "TEA", 4)], sources, PLACES, Destination("US")).parcels

    async def reserved(parcels: Any) -> Any:
        named = [
            j.PlannedParcel(f"{order}-F{n}", p.location, p.lines, p.supplies, p.expected_on)
            for n, p in enumerate(parcels, start=1)
        ]
        return await reserves(database, order, *named)

    parcels = await database.run(planned)
    await supplied.run("UPDATE supply SET available_on = available_on + 1")
    assert await reserved(parcels) is False
    assert (await stock(supplied), await supply(supplied)) == ((2, 0), (10, 0, 0))
    assert await reserved(await database.run(planned)) is True
    assert (await stock(supplied), await supply(supplied)) == ((2, 2), (10, 0, 2))


async def test_a_delivery_that_is_booked_in_twice_came_once(supplied: Any) -> None:
    answers = await asyncio.gather(
        *(act(supplied, ActKind.SUPPLY_RECEIVE, "k", units=4) for _ in range(5))
    )
    assert all(answer == answers[0] for answer in answers)
    assert await stock(supplied) == (6, 0)
    assert await supply(supplied) == (10, 4, 0)


async def test_what_was_not_promised_is_free_and_too_many_are_welcome(supplied: Any) -> None:
    await act(supplied, ActKind.SUPPLY_RECEIVE, units=13)
    assert await stock(supplied) == (15, 0)
    assert await supply(supplied) == (13, 13, 0)
    assert await sound(supplied)


async def test_a_delivery_that_ends_short_breaks_the_promises_that_are_left(supplied: Any) -> None:
    order = await backorder(supplied, "B1", 8)
    await act(supplied, ActKind.SUPPLY_RECEIVE, units=4, last=True)
    assert await stock(supplied) == (6, 6)
    assert await supply(supplied) == (4, 4, 0)
    view = (await supplied.reads.order(supplied.agent, order)).view
    parcel = view.parcels[f"{order}-F2"]
    assert (parcel.waiting, parcel.unmended) == (True, (LineUnits(1, "TEA", 2),))
    await supplied.journal(order, *remedies(view))
    parcel = (await supplied.reads.order(supplied.agent, order)).view.parcels[f"{order}-F2"]
    assert (parcel.waiting, parcel.lines) == (False, (LineUnits(1, "TEA", 4),))
    assert await sound(supplied)


async def test_a_parcel_of_which_nothing_came_is_not_told_that_it_is_complete(
    supplied: Any,
) -> None:
    order = await backorder(supplied, "B1", 8)
    await act(supplied, ActKind.SUPPLY_END)
    assert await waiting(supplied, order) == [False, True]
    assert await supplied.rows("SELECT kind, subject FROM fact") == [
        (FactKind.RESERVATION_BROKEN.value, f"{order}-F2")
    ]


BROKEN = (
    "SELECT subject, data->'lines'->0->'quantity' FROM fact WHERE kind = 'reservation.broken'"
    " ORDER BY received_at"
)
PROMISED = "SELECT fulfillment_order, quantity, state FROM reservation WHERE supply IS NOT NULL"


async def expected(shop: Any, quantity: int) -> None:
    await act(shop, ActKind.SUPPLY_EXPECT, quantity=quantity, available_on=SOON)


async def test_fewer_expected_than_promised_breaks_the_youngest_and_no_more_than_has_to_be(
    supplied: Any,
) -> None:
    old, young = await backorder(supplied, "B1", 5), await backorder(supplied, "B2", 4)
    await expected(supplied, 4)
    assert await supply(supplied) == (4, 0, 4)
    assert await supplied.rows(BROKEN) == [(f"{young}-F1", 3)]
    assert set(await supplied.rows(PROMISED)) == {
        (f"{old}-F2", 3, "HARD"), (f"{young}-F1", 3, "BROKEN"), (f"{young}-F1", 1, "HARD")
    }  # fmt: skip
    assert await waiting(supplied, old) == [False, True]
    assert await waiting(supplied, young) == [True]
    assert await sound(supplied)


async def test_fewer_still_break_the_rest_of_the_youngest_and_then_the_next(supplied: Any) -> None:
    old, young = await backorder(supplied, "B1", 5), await backorder(supplied, "B2", 4)
    await expected(supplied, 4)
    await expected(supplied, 1)
    assert await supply(supplied) == (1, 0, 1)
    broken = [(f"{young}-F1", 3), (f"{young}-F1", 1), (f"{old}-F2", 2)]
    assert await supplied.rows(BROKEN) == broken
    await act(supplied, ActKind.SUPPLY_RECEIVE, units=1, last=True)
    assert (await stock(supplied), await supply(supplied)) == ((3, 3), (1, 1, 0))
    assert await supplied.rows(BROKEN) == broken
    assert await sound(supplied)


async def test_what_is_left_of_a_promise_is_waited_for_and_what_is_broken_is_given_up(
    supplied: Any,
) -> None:
    order = await backorder(supplied, "B1", 6)
    parcel = f"{order}-F2"
    await expected(supplied, 3)
    [broken] = remedies((await supplied.reads.order(supplied.agent, order)).view)
    assert broken == j.ReservationReleased(parcel, (LineUnits(1, "TEA", 1),), j.BROKEN)
    await supplied.journal(order, broken)
    assert await supply(supplied) == (3, 0, 3)
    assert await waiting(supplied, order) == [False, True]

    await act(supplied, ActKind.SUPPLY_RECEIVE, units=3)
    assert await waiting(supplied, order) == [False, False]
    view = (await supplied.reads.order(supplied.agent, order)).view
    assert (view.parcels[parcel].lines, remedies(view)) == ((LineUnits(1, "TEA", 3),), [])
    assert await stock(supplied) == (5, 5)
    assert await sound(supplied)


async def test_of_a_line_from_several_supplies_only_what_shrinks_is_broken(supplied: Any) -> None:
    """Three of one delivery, two of the next, in one parcel."""
    await expected(supplied, 3)
    await supplied.run("UPDATE supply SET available_on = current_date + 3")
    later = {"reference": "PO-2", "quantity": 2, "available_on": SOON, "kind": "presale"}
    await act(supplied, ActKind.SUPPLY_EXPECT, "later", **later)
    await backorder(supplied, "B1", 7)
    by_supply = "SELECT reference, quantity, received, reserved FROM supply ORDER BY reference"
    assert await supplied.rows(by_supply) == [("PO-1", 3, 0, 3), ("PO-2", 2, 0, 2)]
    await act(supplied, ActKind.SUPPLY_EXPECT, "fewer", **{**later, "quantity": 1})
    assert await supplied.rows(by_supply) == [("PO-1", 3, 0, 3), ("PO-2", 1, 0, 1)]
    assert [units for _, units in await supplied.rows(BROKEN)] == [1]
    assert await sound(supplied)


async def test_a_presale_is_sold_for_its_date_and_filled_from_any_delivery(supplied: Any) -> None:
    await supplied.run("UPDATE supply SET kind = 'presale', available_on = '2099-01-01'")
    order = await backorder(supplied, "B1", 6)
    view = (await supplied.reads.order(supplied.agent, order)).view
    assert view.parcels[f"{order}-F2"].expected_on == "2099-01-01"
    await act(
        supplied, ActKind.SUPPLY_EXPECT, "po", quantity=9, available_on="2098-12-01", kind="inbound"
    )
    await act(supplied, ActKind.SUPPLY_RECEIVE, units=9)
    assert await stock(supplied) == (11, 6)
    assert await supplied.rows(
        "SELECT kind, quantity, received, reserved FROM supply ORDER BY kind"
    ) == [("inbound", 9, 9, 0), ("presale", 10, 4, 0)]
    assert await waiting(supplied, order) == [False, False]
    assert await sound(supplied)


async def test_what_comes_too_late_is_not_promised(supplied: Any) -> None:
    await supplied.run("UPDATE supply SET available_on = current_date + 31")
    with pytest.raises(OutOfStock, match=r"TEA \(2 of 5\)"):
        await backorder(supplied, "B1", 5)
    assert await supply(supplied) == (10, 0, 0)


async def test_what_lacks_of_safety_stock_is_promised_to_nobody(supplied: Any) -> None:
    """Two on hand, of which five are to be kept: the first three of ten to come fill them up."""
    await supplied.run("UPDATE stock SET safety = 5")
    with pytest.raises(OutOfStock, match=r"TEA \(7 of 8\)"):
        await backorder(supplied, "B1", 8)
    await backorder(supplied, "B2", 7)
    assert (await stock(supplied), await supply(supplied)) == ((2, 0), (10, 0, 7))
    assert await sound(supplied)


async def test_a_canceled_order_gives_its_promises_back(supplied: Any) -> None:
    order = await backorder(supplied, "B1", 5)
    database = PostgresDatabase(supplied.engine)
    for _ in range(2):
        await database.run(lambda uow: uow.inventory.release_all(order))
    assert await stock(supplied) == (2, 0)
    assert await supply(supplied) == (10, 0, 0)
    assert await sound(supplied)


async def test_supply_that_makes_no_sense_is_refused(supplied: Any) -> None:
    with pytest.raises(NotFound, match="there is no inbound supply PO-9 of TEA for BOS"):
        await act(supplied, ActKind.SUPPLY_RECEIVE, units=1, reference="PO-9")
    for day, why in (
        ("soon", "'soon' is no day"),
        ("9999-12-31", "'9999-12-31' is not from 2000 to 2199"),
        ("0001-01-01", "'0001-01-01' is not from 2000 to 2199"),
    ):
        with pytest.raises(Malformed, match=why):
            await act(supplied, ActKind.SUPPLY_EXPECT, quantity=1, available_on=day)
    for name in ("", " ", "x" * 201, "PO\n1"):
        with pytest.raises(Malformed, match="a reference is 1 to 200 printable characters"):
            await act(
                supplied, ActKind.SUPPLY_EXPECT, quantity=1, available_on=SOON, reference=name
            )
    assert await supply(supplied) == (10, 0, 0)


async def test_a_count_breaks_what_has_come_and_leaves_what_is_to_come_promised(
    supplied: Any,
) -> None:
    """Of one line: some units have come, the rest of the older promise has not."""
    order = await backorder(supplied, "B1", 8)
    await act(supplied, ActKind.SUPPLY_RECEIVE, units=4)
    assert (await stock(supplied), await supply(supplied)) == ((6, 6), (10, 4, 2))
    await supplied.office.act(
        supplied.warehouse, "c", ActKind.STOCK_COUNT, "TEA", {"location": "BOS", "counted": 3}, "x"
    )
    assert (await stock(supplied), await supply(supplied)) == ((3, 3), (10, 4, 2))
    assert await supplied.rows(
        "SELECT subject, data->'lines'->0->'quantity' FROM fact WHERE kind = 'reservation.broken'"
    ) == [(f"{order}-F2", 3)]
    assert await sound(supplied)


async def compose(shop: Any) -> Any:
    body = {"components": [{"sku": "CUP", "quantity": 2}]}
    return await shop.office.act(
        shop.supervisor, "compose", ActKind.PRODUCT_CHANGE, "TEA", body, "a set now"
    )


async def test_what_is_still_to_come_does_not_become_a_bundle(supplied: Any) -> None:
    """Nobody could receive it, nor give it up, and whoever was promised it would wait for ever."""
    await backorder(supplied, "WEB-1", 3)
    await supplied.run("UPDATE reservation SET state = 'RELEASED' WHERE supply IS NULL")
    await supplied.run("UPDATE stock SET on_hand = 0, reserved = 0, opening = 0")
    with pytest.raises(StepRefused, match="TEA is still to come, as PO-1 for BOS"):
        await compose(supplied)
    assert await supplied.count("bundle_component") == 0
    await act(supplied, ActKind.SUPPLY_END)
    await supplied.office.act(
        supplied.supervisor, "again", ActKind.PRODUCT_CHANGE, "TEA",
        {"components": [{"sku": "CUP", "quantity": 2}]}, "a set now",
    )  # fmt: skip
    assert await supplied.rows("SELECT component, quantity FROM bundle_component") == [("CUP", 2)]


async def test_what_becomes_a_bundle_meanwhile_is_not_expected(shop: Any) -> None:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 0, 0)"
    )
    async with shop.engine.begin() as composing:
        await composing.execute(text("SELECT FROM product WHERE sku = 'TEA' FOR UPDATE"))
        await composing.execute(text("INSERT INTO bundle_component VALUES ('TEA', 'CUP', 2)"))
        expecting = asyncio.create_task(
            act(shop, ActKind.SUPPLY_EXPECT, quantity=10, available_on="2099-01-01")
        )
        await shop.somebody_waits()
    with pytest.raises(Malformed, match="TEA is a bundle"):
        await expecting
    assert await shop.count("supply") == 0
