"""Four eyes: what one person changes alone adds up within a day, and over the threshold a second
person has to look, however small the single act.
"""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.back_office import PostgresBackOffice
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.errors import LimitExceeded
from domain.four_eyes import FourEyes

WALT = Principal("walt", frozenset({Role.WAREHOUSE}))
FINANCE = Principal("fay", frozenset({Role.FINANCE}))


@pytest_asyncio.fixture
async def stocked(shop: Any) -> Any:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES"
        " ('TEA', 'BOS', 1000, 1000), ('CUP', 'BOS', 1000, 1000)"
    )
    return shop


async def act(shop: Any, kind: ActKind, key: str, by: Any = None, sku: str = "TEA", **body: Any):
    person = by or shop.warehouse
    return await shop.office.act(person, key, kind, sku, {"location": "BOS", **body}, "as seen")


async def adjust(shop: Any, units: int, key: str, **how: Any) -> bool:
    """Whether it was done at once."""
    return not (await act(shop, ActKind.STOCK_ADJUST, key, units=units, **how)).approval


async def on_hand(shop: Any, sku: str = "TEA") -> int:
    return (await shop.rows("SELECT on_hand FROM stock WHERE sku = :s", s=sku))[0][0]


async def approve(shop: Any, approval: str) -> Any:
    return await shop.office.act(
        shop.supervisor, f"a{approval}", ActKind.APPROVAL_APPROVE, approval, {}
    )


async def broken(shop: Any) -> dict[str, Any]:
    found = await audit_books(shop.engine, 60)
    return {each.id: each.violations for each in found if each.violations and each.id[0] in "SA"}


async def test_many_small_acts_need_a_second_person_as_one_large_act_does(stocked: Any) -> None:
    done = [await adjust(stocked, -33, f"k{n}") for n in range(5)]
    assert done == [True, True, True, False, False]
    assert await on_hand(stocked) == 901
    [why, _] = await stocked.rows("SELECT why FROM approval ORDER BY id")
    assert why == ("it changes 33 units, 132 within 24 hours, more than 100",)
    assert await broken(stocked) == {}


async def test_counts_adjustments_and_regrades_add_up_in_either_direction(stocked: Any) -> None:
    await act(stocked, ActKind.STOCK_COUNT, "1", counted=960)
    await act(stocked, ActKind.STOCK_ADJUST, "2", units=30)
    await act(stocked, ActKind.STOCK_REGRADE, "3", units=30, before="on_hand", after="damaged")
    last = await act(stocked, ActKind.STOCK_COUNT, "4", counted=959)
    assert last.approval
    assert await on_hand(stocked) == 960
    same = await act(stocked, ActKind.STOCK_COUNT, "5", counted=960)
    assert (same.approval, same.result["changed"]) == ("", 0)


async def test_another_sku_location_or_person_is_another_sum(stocked: Any) -> None:
    await stocked.run("INSERT INTO location (id, name, country) VALUES ('NYC', 'N', 'US')")
    assert await adjust(stocked, -100, "1")
    assert await adjust(stocked, -100, "2", sku="CUP")
    assert await adjust(stocked, -100, "3", by=WALT)
    assert await adjust(stocked, 100, "4", location="NYC")
    assert not await adjust(stocked, -1, "5")


async def test_what_a_second_person_looked_at_is_not_counted(stocked: Any) -> None:
    assert await adjust(stocked, -60, "1")
    asked = await act(stocked, ActKind.STOCK_ADJUST, "2", units=-60)
    await approve(stocked, asked.approval)
    assert await on_hand(stocked) == 880
    assert await adjust(stocked, -40, "3")
    assert not await adjust(stocked, -1, "4")
    assert await broken(stocked) == {}


async def test_after_a_day_the_sum_begins_anew(stocked: Any) -> None:
    assert await adjust(stocked, -60, "1")
    assert await adjust(stocked, -40, "2")
    await stocked.run("UPDATE lone_act SET at = at - interval '24 hours' WHERE size = 60")
    assert await adjust(stocked, -60, "3")
    assert not await adjust(stocked, -1, "4")


async def test_what_was_refused_or_asked_twice_counts_once_at_most(stocked: Any) -> None:
    await stocked.run("UPDATE stock SET on_hand = 50, opening = 50 WHERE sku = 'TEA'")
    with pytest.raises(LimitExceeded):
        await adjust(stocked, -51, "1")
    for _ in range(3):
        assert await adjust(stocked, -50, "2")
    assert await adjust(stocked, 50, "3")
    assert await stocked.rows("SELECT person, what, subject, size FROM lone_act ORDER BY at") == [
        ("will", "stock_units", "TEA@BOS", 50), ("will", "stock_units", "TEA@BOS", 50)
    ]  # fmt: skip


async def test_acts_of_one_person_that_race_do_not_pass_the_threshold_together(
    stocked: Any,
) -> None:
    done = await asyncio.gather(*(adjust(stocked, -30, f"k{n}") for n in range(8)))
    assert sum(done) == 3
    assert await on_hand(stocked) == 910
    assert await broken(stocked) == {}


async def expect(shop: Any, reference: str, quantity: int, by: Any) -> None:
    body = {"reference": reference, "quantity": quantity, "available_on": "2099-01-01"}
    await act(shop, ActKind.SUPPLY_EXPECT, f"{reference}-{by.name}", by, **body)


async def test_who_expects_a_delivery_and_books_it_in_is_one_person(stocked: Any) -> None:
    """Somebody else who says the same has looked."""
    await expect(stocked, "PO-1", 500, stocked.warehouse)
    own = {"reference": "PO-1", "units": 101}
    asked = await act(stocked, ActKind.SUPPLY_RECEIVE, "1", **own)
    assert await stocked.rows("SELECT why FROM approval") == [
        ("it brings 101 units that nobody else has expected, more than 100",)
    ]
    assert await on_hand(stocked) == 1_000
    assert not (await act(stocked, ActKind.SUPPLY_RECEIVE, "2", by=WALT, **own)).approval
    await approve(stocked, asked.approval)
    assert await on_hand(stocked) == 1_202

    await expect(stocked, "PO-1", 500, WALT)
    assert not (
        await act(stocked, ActKind.SUPPLY_RECEIVE, "3", reference="PO-1", units=298)
    ).approval
    assert await on_hand(stocked) == 1_500
    assert await broken(stocked) == {}


async def test_a_delivery_far_beyond_what_was_expected_needs_a_second_person(
    stocked: Any,
) -> None:
    order = {"reference": "PO-1", "sku": "TEA"}
    await expect(stocked, "PO-1", 500, WALT)
    assert not (await act(stocked, ActKind.SUPPLY_RECEIVE, "1", units=450, **order)).approval
    asked = await act(stocked, ActKind.SUPPLY_RECEIVE, "2", units=151, **order)
    assert await stocked.rows("SELECT why FROM approval") == [
        ("it brings 101 units more than were expected, more than 100",)
    ]
    assert await on_hand(stocked) == 1_450
    assert await stocked.rows("SELECT received, quantity FROM supply") == [(450, 500)]
    await approve(stocked, asked.approval)
    assert await on_hand(stocked) == 1_601
    assert await stocked.rows("SELECT received, quantity FROM supply") == [(601, 601)]
    assert await broken(stocked) == {}


async def test_deliveries_a_little_beyond_what_was_expected_add_up_with_adjustments(
    stocked: Any,
) -> None:
    order = {"reference": "PO-1", "sku": "TEA"}
    await expect(stocked, "PO-1", 10, WALT)
    assert not (await act(stocked, ActKind.SUPPLY_RECEIVE, "1", units=60, **order)).approval
    assert not (await act(stocked, ActKind.SUPPLY_RECEIVE, "2", units=30, **order)).approval
    assert await adjust(stocked, 20, "3")
    assert (await act(stocked, ActKind.SUPPLY_RECEIVE, "4", units=1, **order)).approval
    assert await on_hand(stocked) == 1_110


async def test_points_of_one_customer_add_up_by_person(stocked: Any) -> None:
    await stocked.place()
    stocked.office = PostgresBackOffice(stocked.engine, FourEyes(points=100))

    async def give(key: str, points: int, by: Any = stocked.agent) -> bool:
        body = {"points": points}
        return not (
            await stocked.office.act(by, key, ActKind.POINTS_ADJUST, "C-17", body, "sorry")
        ).approval

    assert [await give(f"k{n}", points) for n, points in enumerate((60, -40, 1))] == [
        True, True, False
    ]  # fmt: skip
    assert await give("other", 100, by=FINANCE)
    assert await stocked.rows("SELECT why FROM approval") == [
        ("it is about 1 points, 101 within 24 hours, more than 100",)
    ]


async def test_what_is_over_the_threshold_together_is_named_by_the_auditor(stocked: Any) -> None:
    assert await adjust(stocked, -60, "1")
    assert await adjust(stocked, -40, "2")
    await stocked.run("UPDATE lone_act SET size = 61 WHERE size = 60")
    [violation] = (await broken(stocked))["A2-alone"]
    assert violation["why"] == "101 of TEA@BOS within a day, more than 100"
    await stocked.run("UPDATE lone_act SET size = 60, person = 'walt' WHERE size = 61")
    [violation] = (await broken(stocked))["A2-alone"]
    assert violation["why"] == "walt has not done it alone"
