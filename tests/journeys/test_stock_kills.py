"""kill -9 at every step that moves stock, before its effect and after its commit: each unit is
reserved, shipped, taken back and counted once.
"""

from dataclasses import replace

from tests.journeys.conftest import KILLS
from tests.journeys.outcome import assert_handled_once
from tests.journeys.shop import Shop
from tests.journeys.stack import eventually

# `after_commit` of `order.source` is among the kills of test_kills.
SENDING = (
    "worker.database.before_effect@order.source",
    "worker.warehouse.before_effect",
    "worker.database.after_commit@warehouse.hand_over",
    "worker.activity.before_acknowledge@warehouse.hand_over",
    "worker.database.before_effect@order.ship",
    "worker.database.after_commit@order.ship",
)
RETURNING = (
    "worker.database.before_effect@return.command",
    "worker.database.after_commit@return.command",
)
COUNTING = ("api.act.before_effect@stock_count", "api.act.after_commit@stock_count")
POINTS = (*SENDING, *RETURNING, *COUNTING)
TEA = [{"sku": "TEA", "quantity": 2, "unit_price": 500}]
STOCK = "SELECT on_hand, reserved FROM stock WHERE sku = 'TEA' AND location = 'BOS'"


async def test_every_unit_is_moved_once_whoever_dies_at_whichever_point(shop_with):
    points = dict.fromkeys(POINTS, "kill")
    world = replace(KILLS, process=replace(KILLS.process, return_window=40))
    async with shop_with(points, world) as shop:
        [(before, _)] = shop.stack.rows(STOCK)
        orders = []
        for place, point in enumerate(SENDING):
            orders.append((await shop.place(f"STOCK-{place}", lines=TEA)).number)
            await eventually(lambda point=point: shop.stack.is_hit(point))
        for number in orders:
            await shop.until_status(number, "COMPLETED", "CLOSED")
        await _returned(shop, orders[-1])
        [(counted, _)] = shop.stack.rows(STOCK)
        assert counted == before - 2 * len(orders) + 1
        count = {"sku": "TEA", "location": "BOS", "counted": counted - 1}
        await shop.done(shop.keeper, "stockCount", "count-1", reason="one is missing", **count)

        for number in orders:
            await shop.until_status(number, "CLOSED")
        assert shop.stack.unhit() == []
        assert shop.stack.rows(STOCK) == [(counted - 1, 0)]
        moved = "SELECT reason, count(*), sum(units) FROM movement GROUP BY 1 ORDER BY 1"
        assert shop.stack.rows(moved) == [
            ("count", 1, -1), ("restock", 1, 1), ("ship", len(orders), -2 * len(orders))
        ]  # fmt: skip
        await assert_handled_once(shop, orders)


async def _returned(shop: Shop, number: str) -> None:
    """One of the two teas comes back and is sellable again."""
    await shop.until_status(number, "COMPLETED")
    one, named = [{"line": 1, "quantity": 1}], {"return": f"{number}-R1"}
    asked = {"order": number, "lines": one, "reason": "one too many"}
    await shop.done(shop.agent, "returnRequest", "r1", **asked)
    await shop.done(shop.agent, "returnApprove", "r2", reason="in time", **named)
    await shop.done(shop.keeper, "returnReceive", "r3", lines=one, location="BOS", **named)
    units = [{"line": 1, "quantity": 1, "disposition": "RESTOCK"}]
    await shop.done(shop.keeper, "returnInspect", "r4", units=units, **named)
    await shop.until(number, lambda view: view["returns"][0]["status"] == "COMPLETED")
