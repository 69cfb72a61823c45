"""Counting, adjusting, regrading: every unit explained, every promise kept or openly broken."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase
from adapters.postgres.orders import PostgresOrders
from domain import journal as j
from domain.acts import ActKind, FourEyes
from domain.errors import (
    BadQuantity,
    Forbidden,
    LimitExceeded,
    Malformed,
    NotFound,
    OutOfStock,
    StepRefused,
)
from domain.facts import FactKind
from domain.order import LineUnits
from domain.remedies import remedies
from ports.front_office import RequestedLine
from tests.support.reserving import reserves

BOS = {"location": "BOS"}
UNTOLD = "S4-components"  # of what only the stock was told to have shipped


@pytest_asyncio.fixture
async def stocked(shop: Any) -> Any:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 10, 10)"
    )
    return shop


async def act(shop: Any, kind: ActKind, key: str = "k", by: Any = None, **body: Any) -> Any:
    person = by or shop.warehouse
    return await shop.office.act(person, key, kind, "TEA", {**BOS, **body}, "as seen")


async def count(shop: Any, counted: int, key: str = "k", **more: Any) -> Any:
    return await act(shop, ActKind.STOCK_COUNT, key, counted=counted, **more)


async def sourced(shop: Any, reference: str, units: int = 3) -> str:
    """An order in review's past whose tea is reserved in one open parcel; its number."""
    order: str = (await shop.place(reference)).number
    parcel = f"{order}-F1"
    plan = j.PlannedParcel(parcel, "BOS", (LineUnits(1, "TEA", units),))
    database = PostgresDatabase(shop.engine)
    assert await reserves(database, order, plan)
    await shop.journal(order, j.Reviewed("approve", "v1", "r1", "fine"), j.Sourced((plan,), "v1"))
    return order


async def stock(shop: Any) -> tuple[int, ...]:
    """(on hand, reserved, damaged, quarantined)."""
    [row] = await shop.rows("SELECT on_hand, reserved, damaged, quarantined FROM stock")
    return row


async def broken_books(shop: Any, but: str = "") -> dict[str, Any]:
    """What the auditor finds in stock and audit trail, all checks `but` one."""
    found = await audit_books(shop.engine, 60)
    return {f.id: f.violations for f in found if f.violations and f.id[0] in "SA" and f.id != but}


async def test_a_count_is_a_movement_of_the_difference(stocked: Any) -> None:
    answer = await count(stocked, 7)
    assert answer.result == {
        "on_hand": 7, "reserved": 0, "damaged": 0, "quarantined": 0, "changed": -3
    }  # fmt: skip
    assert await stocked.rows("SELECT reason, units FROM movement") == [("count", -3)]
    assert await stocked.rows("SELECT principal, act, subject, reason FROM audit") == [
        ("will", "stock_count", "TEA", "as seen")
    ]
    assert await broken_books(stocked) == {}


async def test_the_same_count_twice_is_one_count(stocked: Any) -> None:
    answers = await asyncio.gather(*(count(stocked, 7) for _ in range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert await stocked.count("movement") == 1


async def test_a_count_below_what_is_reserved_breaks_the_youngest_promises(stocked: Any) -> None:
    old, young = await sourced(stocked, "OLD", 4), await sourced(stocked, "YOUNG", 5)
    await count(stocked, 6)
    assert await stock(stocked) == (6, 6, 0, 0)
    assert await stocked.rows(
        "SELECT order_number, quantity, state FROM reservation ORDER BY created_at, quantity"
    ) == [(old, 4, "HARD"), (young, 2, "HARD"), (young, 3, "BROKEN")]
    facts = await stocked.rows(
        "SELECT source, kind, subject, order_number, due_at IS NULL FROM fact"
    )
    assert facts == [("stock", FactKind.RESERVATION_BROKEN.value, f"{young}-F1", young, False)]
    view = (await stocked.reads.order(stocked.agent, young)).view
    assert remedies(view) == [
        j.ReservationReleased(f"{young}-F1", (LineUnits(1, "TEA", 3),), j.BROKEN)
    ]
    assert remedies((await stocked.reads.order(stocked.agent, old)).view) == []
    assert await broken_books(stocked) == {}


async def test_a_parcel_that_the_warehouse_has_is_asked_back(stocked: Any) -> None:
    order = await sourced(stocked, "WEB-1")
    await stocked.journal(order, j.Submitted(f"{order}-F1"))
    await count(stocked, 1)
    view = (await stocked.reads.order(stocked.agent, order)).view
    assert remedies(view) == [j.CancelRequested(f"{order}-F1")]
    await stocked.journal(order, j.CancelRequested(f"{order}-F1"))
    view = (await stocked.reads.order(stocked.agent, order)).view
    assert remedies(view) == []


async def test_what_is_shipped_after_all_leaves_the_stock_and_others_give_way(stocked: Any) -> None:
    old, young = await sourced(stocked, "OLD", 4), await sourced(stocked, "YOUNG", 4)
    await count(stocked, 5)  # one of the younger parcel's units is left, three are broken
    database = PostgresDatabase(stocked.engine)
    lines = [LineUnits(1, "TEA", 4)]
    for _ in range(2):
        await database.run(lambda uow: uow.inventory.consume(f"{young}-F1", lines))
    assert await stock(stocked) == (1, 1, 0, 0)
    assert await stocked.rows("SELECT reason, reference, units FROM movement ORDER BY id") == [
        ("count", (await stocked.rows("SELECT id FROM command WHERE key = 'k'"))[0][0], -5),
        ("ship", f"{young}-F1", -1),
        ("ship_unreserved", f"{young}-F1", -3),
    ]
    view = (await stocked.reads.order(stocked.agent, old)).view
    assert [unit.quantity for unit in view.parcels[f"{old}-F1"].unmended] == [3]
    assert await broken_books(stocked, but=UNTOLD) == {}


async def test_shipping_more_than_the_books_have_is_explained_by_what_was_found(
    stocked: Any,
) -> None:
    order = await sourced(stocked, "WEB-1", 4)
    await count(stocked, 0)
    database = PostgresDatabase(stocked.engine)
    await database.run(lambda uow: uow.inventory.consume(f"{order}-F1", [LineUnits(1, "TEA", 4)]))
    assert await stock(stocked) == (0, 0, 0, 0)
    assert await stocked.rows("SELECT reason, units FROM movement ORDER BY id") == [
        ("count", -10), ("found", 4), ("ship_unreserved", -4)
    ]  # fmt: skip
    assert await broken_books(stocked, but=UNTOLD) == {}


async def test_a_large_count_needs_a_second_person(stocked: Any) -> None:
    asked = await count(stocked, 500)
    assert (asked.result, asked.approval) == ({"approval": asked.approval}, "1")
    assert await stock(stocked) == (10, 0, 0, 0)
    assert [
        t.owner for t in (await stocked.reads.tasks(stocked.supervisor, "", 9, None)).items
    ] == ["supervisor"]
    for nobody in (stocked.warehouse, stocked.agent):
        with pytest.raises(Forbidden):
            await stocked.office.act(nobody, "a", ActKind.APPROVAL_APPROVE, "1", {})
    for other in ("01", "١"):
        with pytest.raises(NotFound):
            await stocked.office.act(stocked.supervisor, "n", ActKind.APPROVAL_APPROVE, other, {})
    answer = await stocked.office.act(stocked.supervisor, "a", ActKind.APPROVAL_APPROVE, "1", {})
    assert answer.result["on_hand"] == 500
    with pytest.raises(StepRefused, match="APPROVED already, by sue"):
        await stocked.office.act(stocked.supervisor, "b", ActKind.APPROVAL_APPROVE, "1", {})
    assert await stock(stocked) == (500, 0, 0, 0)
    assert (await stocked.reads.tasks(stocked.supervisor, "", 9, None)).items == []
    [approval] = (await stocked.office.approvals(stocked.agent, "APPROVED", 9, None)).items
    assert (approval.asked_by, approval.decided_by, approval.act) == ("will", "sue", "stock_count")
    assert await stocked.rows("SELECT principal, act FROM audit ORDER BY id") == [
        ("will", "stock_count"), ("sue", "approval_approve"), ("sue", "approval_approve")
    ]  # fmt: skip
    assert await broken_books(stocked) == {}


async def test_what_left_before_a_count_was_approved_is_not_there_again(stocked: Any) -> None:
    """It was 490 more than the books said; four have been shipped since."""
    order = await sourced(stocked, "WEB-1", 4)
    await count(stocked, 500)
    database = PostgresDatabase(stocked.engine)
    await database.run(lambda uow: uow.inventory.consume(f"{order}-F1", [LineUnits(1, "TEA", 4)]))
    answer = await stocked.office.act(stocked.supervisor, "a", ActKind.APPROVAL_APPROVE, "1", {})
    assert (answer.result["on_hand"], answer.result["changed"]) == (496, 490)
    assert await broken_books(stocked, but=UNTOLD) == {}


async def test_a_count_locks_orders_before_stock(stocked: Any) -> None:
    """The order that has to give way is at work, and reaches for the stock before it ends."""
    order = await sourced(stocked, "WEB-1", 4)
    async with stocked.engine.begin() as at_work:
        await PostgresOrders(at_work).lock(order)
        counting = asyncio.create_task(count(stocked, 1))
        await stocked.somebody_waits()
        await at_work.execute(text("SELECT FROM stock FOR UPDATE NOWAIT"))
    assert (await counting).result["on_hand"] == 1


async def test_what_was_asked_for_may_be_declined_or_taken_back(stocked: Any) -> None:
    await count(stocked, 500)
    await count(stocked, 501, key="k2")
    for person, approval in ((stocked.supervisor, "1"), (stocked.warehouse, "2")):
        await stocked.office.act(person, "d", ActKind.APPROVAL_DECLINE, approval, {}, "no")
    assert await stock(stocked) == (10, 0, 0, 0)
    with pytest.raises(StepRefused, match="DECLINED already"):
        await stocked.office.act(stocked.supervisor, "a", ActKind.APPROVAL_APPROVE, "1", {})


async def test_an_adjustment_is_by_so_many_units_and_never_below_zero(stocked: Any) -> None:
    await act(stocked, ActKind.STOCK_ADJUST, units=-4)
    with pytest.raises(LimitExceeded, match="BOS has 6 of TEA"):
        await act(stocked, ActKind.STOCK_ADJUST, "k2", units=-7)
    assert await stock(stocked) == (6, 0, 0, 0)


async def test_units_move_between_buckets_and_what_is_scrapped_is_gone(stocked: Any) -> None:
    await act(stocked, ActKind.STOCK_REGRADE, "1", units=5, before="on_hand", after="damaged")
    await act(stocked, ActKind.STOCK_REGRADE, "2", units=3, before="damaged", after="quarantined")
    await act(stocked, ActKind.STOCK_REGRADE, "3", units=1, before="quarantined", after="scrapped")
    assert await stock(stocked) == (5, 0, 2, 2)
    with pytest.raises(LimitExceeded, match="2 units are damaged, not 3"):
        await act(stocked, ActKind.STOCK_REGRADE, "4", units=3, before="damaged", after="on_hand")
    with pytest.raises(BadQuantity):
        await act(stocked, ActKind.STOCK_REGRADE, "5", units=1, before="scrapped", after="on_hand")
    assert await broken_books(stocked) == {}


async def test_a_regrade_breaks_no_promise(stocked: Any) -> None:
    await sourced(stocked, "WEB-1", 8)
    with pytest.raises(LimitExceeded, match="2 units are neither reserved nor gone"):
        await act(stocked, ActKind.STOCK_REGRADE, units=3, before="on_hand", after="damaged")
    assert await stock(stocked) == (10, 8, 0, 0)


@pytest.mark.parametrize(
    ("sku", "body", "refusal"),
    [
        ("COFFEE", {"location": "BOS", "counted": 1}, NotFound),
        ("TEA", {"location": "MARS", "counted": 1}, NotFound),
        ("TEA", {"location": "BOS", "counted": -1}, BadQuantity),
        ("TEA", {"location": "BOS", "counted": 2.5}, Malformed),
        ("TEA", {"location": "BOS", "counted": True}, Malformed),
        ("TEA", {"location": "BOS", "counted": "many"}, Malformed),
        ("TEA", {"location": "BOS", "counted": 10**9}, BadQuantity),
        ("TEA", {"location": "BOS"}, Malformed),
        ("TEA", {"location": "BOS", "counted": 1, "colour": "red"}, Malformed),
    ],
)
async def test_a_count_that_makes_no_sense_is_refused_and_changes_nothing(
    stocked: Any, sku: str, body: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await stocked.office.act(stocked.warehouse, "k", ActKind.STOCK_COUNT, sku, body, "seen")
    assert await stock(stocked) == (10, 0, 0, 0)
    assert await stocked.count("audit") == 0


async def test_counts_and_reservations_that_race_leave_the_books_whole(stocked: Any) -> None:
    orders = [(await stocked.place(f"R{n}")).number for n in range(12)]
    database = PostgresDatabase(stocked.engine)

    async def reserve(order: str) -> None:
        plan = j.PlannedParcel(f"{order}-F1", "BOS", (LineUnits(1, "TEA", 1),))

        async def work(uow: Any) -> None:
            await uow.orders.lock(order)
            await uow.inventory.reserve(order, [plan])

        with suppress(OutOfStock):
            await database.run(work)

    await asyncio.gather(
        *(reserve(order) for order in orders),
        *(count(stocked, 10 - n, key=f"c{n}") for n in range(8)),
    )
    assert await broken_books(stocked) == {}


async def test_a_level_that_is_crossed_is_told_once_and_once_more_when_crossed_again(
    stocked: Any,
) -> None:
    levels = {"safety": 2, "reorder_point": 5, "reorder_to": 20}
    await act(stocked, ActKind.STOCK_SET_LEVELS, "l", **levels)
    for n, counted in enumerate((9, 5, 4, 3, 8, 5)):
        await count(stocked, counted, key=f"c{n}")
    assert await stocked.rows(
        "SELECT event_id, kind, payload->'data'->>'suggested' FROM outbox"
        " WHERE kind LIKE 'stock.%' ORDER BY id"
    ) == [
        ("stock/TEA@BOS/1", "stock.reorder_reached", "15"),
        ("stock/TEA@BOS/2", "stock.reorder_reached", "15"),
    ]
    assert await stocked.rows("SELECT id, closed_by FROM task ORDER BY id") == [
        ("stock/TEA@BOS/1", "system"), ("stock/TEA@BOS/2", "")
    ]  # fmt: skip
    await count(stocked, 2, key="low")
    queue = (await stocked.reads.tasks(stocked.warehouse, "warehouse", 9, None)).items
    assert [(task.id, task.subject) for task in queue] == [
        ("stock/TEA@BOS/2", "TEA@BOS"), ("stock/TEA@BOS/3", "TEA@BOS")
    ]  # fmt: skip


async def test_movements_are_append_only(stocked: Any) -> None:
    await count(stocked, 7)
    for statement in ("UPDATE movement SET units = 0", "DELETE FROM movement"):
        with pytest.raises(Exception, match="movement is append-only"):
            await stocked.run(statement)


async def test_two_lines_of_one_sku_that_were_broken_and_ship_after_all_take_out_both(
    stocked: Any,
) -> None:
    lines = (RequestedLine("TEA", 3), RequestedLine("TEA", 2))
    order = (await stocked.place("TWO", lines=lines)).number
    units = (LineUnits(1, "TEA", 3), LineUnits(2, "TEA", 2))
    plan = j.PlannedParcel(f"{order}-F1", "BOS", units)
    database = PostgresDatabase(stocked.engine)
    assert await reserves(database, order, plan)
    await count(stocked, 0, key="none")
    await count(stocked, 4, key="some")
    await database.run(lambda uow: uow.inventory.consume(f"{order}-F1", units))
    assert await stock(stocked) == (0, 0, 0, 0)
    assert await stocked.rows(
        "SELECT reason, line, units FROM movement WHERE reference = :p ORDER BY id", p=f"{order}-F1"
    ) == [("ship_unreserved", 1, -3), ("found", 2, 1), ("ship_unreserved", 2, -2)]
    assert not {"S1", "S2", "S3"} & (await broken_books(stocked)).keys()


async def test_a_bundle_that_ships_moves_each_component_once(stocked: Any) -> None:
    await stocked.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('CUP', 'BOS', 3, 3)"
    )
    await stocked.run("INSERT INTO bundle_component VALUES ('POT', 'TEA', 2), ('POT', 'CUP', 1)")
    order = (await stocked.place("SET")).number
    units = (LineUnits(1, "POT", 2),)
    plan = j.PlannedParcel(f"{order}-F1", "BOS", units)
    database = PostgresDatabase(stocked.engine)
    assert await reserves(database, order, plan)
    for _ in range(2):
        await database.run(lambda uow: uow.inventory.consume(f"{order}-F1", units))
    assert await stocked.rows("SELECT sku, line, units FROM movement ORDER BY sku") == [
        ("CUP", 1, -2), ("TEA", 1, -4)
    ]  # fmt: skip
    assert not {"S1", "S2", "S3"} & (await broken_books(stocked)).keys()


async def test_the_same_acts_many_at_once_never_meet_in_the_books(stocked: Any) -> None:
    """Each key is taken by one of them, whichever of its indexes says so first."""
    answers = await asyncio.gather(
        *(act(stocked, ActKind.STOCK_ADJUST, f"k{n // 4}", units=1) for n in range(160))
    )
    assert await stock(stocked) == (50, 0, 0, 0)
    assert all(answers[n] == answers[n // 4 * 4] for n in range(160))


FULL = "UPDATE stock SET on_hand = 2147483000, opening = 2147483000"


async def test_more_than_the_books_can_hold_is_refused_and_changes_nothing(stocked: Any) -> None:
    await stocked.run(FULL)
    await stocked.run("UPDATE stock SET damaged = 2147483640, quarantined = 10")
    expected = {"reference": "PO-1", "quantity": 5, "available_on": "2099-01-01"}
    await act(stocked, ActKind.SUPPLY_EXPECT, "expect", **expected)
    office = PostgresBackOffice(stocked.engine, FourEyes(stock_units=10**9))
    into = {"before": "quarantined", "after": "damaged"}
    for number, (kind, body) in enumerate([
        (ActKind.STOCK_ADJUST, {"units": 1_000}),
        (ActKind.STOCK_COUNT, {"counted": 9_000_000, "books": 0}),
        (ActKind.STOCK_REGRADE, {"units": 8, **into}),
        (ActKind.STOCK_REGRADE, {"units": 9, "before": "damaged", "after": "quarantined"}),
        (ActKind.SUPPLY_RECEIVE, {"units": 1_000, "reference": "PO-1"}),
    ]):  # fmt: skip
        wanted = {**BOS, **body}
        if body.get("before") == "damaged":
            await stocked.run("UPDATE stock SET quarantined = 2147483640")
        with pytest.raises(LimitExceeded, match="no more than 2,147,483,647 units"):
            await office.act(stocked.warehouse, f"n{number}", kind, "TEA", wanted, "as seen")
    assert await stock(stocked) == (2147483000, 0, 2147483640, 2147483640)
    assert await stocked.count("movement") == 0
    await act(stocked, ActKind.STOCK_ADJUST, "fits", units=100)
    assert (await stock(stocked))[0] == 2147483100
