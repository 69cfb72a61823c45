"""kill -9 at every step that moves points or store credit: each is reserved, spent, set free and
given back once, whoever dies before its effect, after its commit, or before it is reported.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from domain.points_rules import PointsProgram, PointsRate
from tests.journeys.conftest import KILLS
from tests.journeys.shop import Shop
from tests.journeys.stack import eventually, violations

PLACING = ("api.intake.before_effect@points", "api.intake.after_commit@points")
SHIPPING = (
    "worker.database.before_effect@order.ship",
    "worker.database.after_commit@order.ship",
    "worker.activity.before_acknowledge@order.ship",
)
DELIVERING = (
    "worker.database.before_effect@order.record.Delivered",
    "worker.database.after_commit@order.record.Delivered",
)
CANCELING = (
    "worker.database.before_effect@order.command.cancel",
    "worker.database.after_commit@order.command.cancel",
)
RETURNING = (
    "worker.database.before_effect@return.command.return_inspect",
    "worker.database.after_commit@return.command.return_inspect",
)
ADJUSTING = ("api.act.before_effect@points_adjust", "api.act.after_commit@points_adjust")
POINTS = (*PLACING, *SHIPPING, *DELIVERING, *CANCELING, *RETURNING, *ADJUSTING)
PROGRAM = PointsProgram((PointsRate("USD", 1, 1),))
WHO = {"ref": "B-1", "name": "Bo"}
TEA = [{"sku": "TEA", "quantity": 2, "unit_price": 500}]  # 10.00 USD with its tax
TENDERS = {"customer": WHO, "lines": TEA, "points": 300, "store_credit": 100}
CHALLENGED = {"method": "card", "source": "tok_requires_action"}
MOVES = """
SELECT order_number, kind, count(DISTINCT operation)::int, sum(points)::int, sum(reserved)::int
FROM points_entry WHERE order_number IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
"""
CREDIT = """
SELECT COALESCE(-sum(amount) FILTER (WHERE account = 'store_credit'), 0)::int,
       COALESCE(-sum(amount) FILTER (WHERE account = 'store_credit_held'), 0)::int
FROM ledger_entry
"""


@pytest.mark.timeout(900)
async def test_every_point_and_cent_of_credit_is_moved_once_whoever_dies_at_whichever_point(
    shop_with: Any,
) -> None:
    process = replace(KILLS.process, return_window=60, points=PROGRAM)
    async with shop_with(dict.fromkeys(POINTS, "kill"), replace(KILLS, process=process)) as shop:
        await _endow(shop)
        sent = []
        for n, point in enumerate((*PLACING, *SHIPPING, *DELIVERING)):
            sent.append((await shop.place(f"SENT-{n}", **TENDERS)).number)
            await eventually(lambda point=point: shop.stack.is_hit(point))
        for number in sent:
            await shop.until_status(number, "COMPLETED")
        off = [await _canceled(shop, n, point) for n, point in enumerate(CANCELING)]
        back = sent[: len(RETURNING)]
        for number, point in zip(back, RETURNING, strict=True):
            await _sends_one_tea_back(shop, number)
            await eventually(lambda point=point: shop.stack.is_hit(point))
        for number in back:
            await shop.until(number, lambda view: view["returns"][0]["status"] == "COMPLETED")

        assert shop.stack.unhit() == []
        whole = {("RESERVE", 1, -300, 300), ("SPEND", 1, 0, -300), ("EARN", 1, 6, 0)}
        half = {("RESTORE", 1, 150, 0), ("REVERSE", 1, -3, 0)}
        freed = {("RESERVE", 1, -300, 300), ("RELEASE", 1, 300, -300)}
        assert _moves(shop) == {
            **dict.fromkeys(sent, whole),
            **dict.fromkeys(back, whole | half),
            **dict.fromkeys(off, freed),
        }
        left = 5_000 + (6 - 300) * len(sent) + (150 - 3) * len(back)
        assert await _points(shop) == left
        assert shop.stack.rows(CREDIT) == [(1_500 - 100 * len(sent) + 50 * len(back), 0)]
        paid = Counter(amount for n in sent for kind, _, amount in shop.effects(n)
                       if kind == "capture")  # fmt: skip
        assert paid == {600: len(sent)}
        await shop.until_told()
        assert violations(await shop.stack.audit()) == []


async def _endow(shop: Shop) -> None:
    """The customer gets 15.00 USD of store credit for a mishap, and 5,000 points, each once."""
    gift = (await shop.place("GIFT", customer=WHO)).number
    await shop.until_status(gift, "COMPLETED")
    asked = {"order": gift, "amount": 1_500, "storeCredit": 1_500, "reason": "a mishap"}
    await shop.done(shop.finance, "goodwillGrant", "goodwill", **asked)
    wanted = {"customer": "B-1", "points": 4_983, "reason": "welcome"}
    for n, part in enumerate((4_000, 983)):
        await shop.done(shop.finance, "pointsAdjust", f"welcome-{n}", **{**wanted, "points": part})
    assert await _points(shop) == 5_000  # with 17 of the gift's own


async def _canceled(shop: Shop, n: int, point: str) -> str:
    placed = await shop.place(f"OFF-{n}", payment=CHALLENGED, **TENDERS)
    await shop.until(placed.number, lambda view: bool(view["payments"]))
    asked = {"order": placed.number, "reason": "asked"}
    await shop.done(shop.agent, "orderCancel", f"off-{n}", **asked)
    await eventually(lambda: shop.stack.is_hit(point))
    await shop.until_status(placed.number, "CANCELED")
    return placed.number


async def _sends_one_tea_back(shop: Shop, number: str) -> None:
    rma, one = f"{number}-R1", [{"line": 1, "quantity": 1}]
    asked = {"order": number, "lines": one, "reason": "one too many"}
    await shop.done(shop.agent, "returnRequest", f"{rma}-1", **asked)
    named = {"return": rma}
    await shop.done(shop.agent, "returnApprove", f"{rma}-2", reason="in time", **named)
    await shop.done(shop.keeper, "returnReceive", f"{rma}-3", lines=one, location="BOS", **named)
    units = [{"line": 1, "quantity": 1, "disposition": "RESTOCK"}]
    await shop.done(shop.keeper, "returnInspect", f"{rma}-4", units=units, **named)


async def _points(shop: Shop) -> int:
    found = await shop.finance.ask('{ customerPoints(customer: "B-1") { available reserved } }')
    assert found["customerPoints"]["reserved"] == 0
    return int(found["customerPoints"]["available"])


def _moves(shop: Shop) -> dict[str, set[tuple[Any, ...]]]:
    """What each order moved of points, but for the gift."""
    moves: dict[str, set[tuple[Any, ...]]] = {}
    for number, *moved in shop.stack.rows(MOVES):
        moves.setdefault(number, set()).add(tuple(moved))
    return {number: found for number, found in moves.items() if len(found) > 1}
