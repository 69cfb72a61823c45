"""Points that people give, take and look at: with a reason, under four eyes, and only by whom they
concern.
"""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.intake import PostgresIntake
from adapters.postgres.reads_points import PostgresPointsReads
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.errors import Forbidden, LimitExceeded, Malformed, NotFound, StepRefused
from domain.points_rules import PointsProgram, PointsRate
from domain.process import ProcessDefinition
from ports.points_reads import OrderPoints

FINANCE = Principal("fay", frozenset({Role.FINANCE}))
PROCESS = ProcessDefinition(points=PointsProgram((PointsRate("USD", 1, 1),)))


@pytest_asyncio.fixture
async def reads(shop: Any) -> PostgresPointsReads:
    """Customer C-17 has ordered at the web shop."""
    shop.intake = PostgresIntake(shop.engine, b"k" * 32, PROCESS)
    await shop.place()
    return PostgresPointsReads(shop.engine)


async def adjust(shop: Any, points: Any, key: str = "k", **rest: Any) -> Any:
    by, reason = rest.pop("by", shop.agent), rest.pop("reason", "sorry")
    customer = rest.pop("customer", "C-17")
    body = {"points": points, **rest}
    return await shop.office.act(by, key, ActKind.POINTS_ADJUST, customer, body, reason)


async def test_an_agent_gives_points_for_a_reason_once(
    shop: Any, reads: PostgresPointsReads
) -> None:
    answers = await asyncio.gather(*(adjust(shop, 50, valid_days=10) for _ in range(4)))
    assert [each.result for each in answers] == [{"available": 50}] * 4
    found = await reads.customer(shop.agent, "C-17")
    assert (found.available, found.reserved) == (50, 0)
    assert [points for _, points in found.expiring] == [50]
    assert await shop.rows("SELECT act, subject, reason FROM audit") == [
        ("points_adjust", "C-17", "sorry")
    ]


async def test_no_more_is_taken_than_there_is(shop: Any, reads: PostgresPointsReads) -> None:
    await adjust(shop, 50)
    with pytest.raises(LimitExceeded, match="the customer has 50 points, not 51"):
        await adjust(shop, -51, "k2")
    assert (await adjust(shop, -50, "k3")).result == {"available": 0}
    assert (await reads.customer(shop.agent, "C-17")).available == 0


async def test_many_points_need_a_second_person_of_finance(
    shop: Any, reads: PostgresPointsReads
) -> None:
    asked = await adjust(shop, 10_001)
    assert (await reads.customer(shop.agent, "C-17")).available == 0
    for wrong in (shop.agent, Principal("bo", frozenset({Role.AGENT}))):
        with pytest.raises(Forbidden):
            await shop.office.act(wrong, "a", ActKind.APPROVAL_APPROVE, asked.approval, {})
    await shop.office.act(FINANCE, "b", ActKind.APPROVAL_APPROVE, asked.approval, {})
    assert (await reads.customer(shop.agent, "C-17")).available == 10_001


@pytest.mark.parametrize("points", [0, 1.5, "5", True, 2_000_000_000])
async def test_what_is_no_number_of_points_is_refused(
    shop: Any, reads: PostgresPointsReads, points: Any
) -> None:
    with pytest.raises(Malformed):
        await adjust(shop, points)
    assert (await reads.customer(shop.agent, "C-17")).available == 0


@pytest.mark.usefixtures("reads")
async def test_who_may_not_and_for_whom_there_is_nobody_is_refused(shop: Any) -> None:
    for wrong in (shop.web, shop.developer, shop.warehouse, shop.customer("O")):
        with pytest.raises(Forbidden):
            await adjust(shop, 5, by=wrong)
    with pytest.raises(StepRefused, match="needs a reason"):
        await adjust(shop, 5, reason=" ")
    for nobody in ("C-18", ""):
        with pytest.raises(NotFound):
            await adjust(shop, 5, customer=nobody)
    assert await shop.count("points_entry") == await shop.count("audit") == 0


async def test_entries_are_read_page_by_page_newest_first(
    shop: Any, reads: PostgresPointsReads
) -> None:
    for n in range(1, 6):
        await adjust(shop, n, f"k{n}")
    first = await reads.entries(FINANCE, "C-17", 2, None)
    rest = await reads.entries(FINANCE, "C-17", 3, first.cursors[-1])
    assert [each.points for each in (*first.items, *rest.items)] == [5, 4, 3, 2, 1]
    assert (first.more, rest.more) == (True, False)
    for cursor in ("x", "", "WyJhIiwiYiJd"):
        with pytest.raises(Malformed):
            await reads.entries(FINANCE, "C-17", 2, cursor)


async def test_a_channel_sees_its_own_customers_and_a_customer_nobody(
    shop: Any, reads: PostgresPointsReads
) -> None:
    assert (await reads.customer(shop.web, "C-17")).available == 0
    for customer in ("C-17", "C-18", "", "\x00"):
        with pytest.raises(NotFound):
            await reads.customer(shop.pos, customer)
        with pytest.raises(NotFound):
            await reads.entries(shop.pos, customer, 5, None)
    for wrong in (shop.warehouse, shop.customer("O")):
        with pytest.raises(Forbidden):
            await reads.customer(wrong, "C-17")


async def test_an_order_tells_what_it_holds_to_whoever_may_read_it(
    shop: Any, reads: PostgresPointsReads
) -> None:
    await adjust(shop, 50)
    order = (await shop.place("WEB-2", points=40)).number
    for reader in (shop.agent, shop.web, shop.customer(order)):
        assert await reads.of_order(reader, order) == OrderPoints(reserved=40)
    with pytest.raises(NotFound):
        await reads.of_order(shop.pos, order)
    found = await reads.customer(shop.agent, "C-17")
    assert (found.available, found.reserved) == (10, 40)


async def test_what_has_expired_is_not_there_before_it_is_written_off(
    shop: Any, reads: PostgresPointsReads
) -> None:
    await shop.run("INSERT INTO points_account VALUES ('C-17')")
    await shop.run(
        "INSERT INTO points_entry (operation, line, customer_ref, kind, lot, expires_on, points,"
        " reserved) VALUES ('old', 1, 'C-17', 'ADJUST', 'old', '2020-01-01', 9, 0)"
    )
    assert (await reads.customer(shop.agent, "C-17")).available == 0
