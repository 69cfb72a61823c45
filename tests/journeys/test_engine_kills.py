"""kill -9 of the Temporal server, at failpoints and at random moments, and of its callers:
every order is still handled once.
"""

import asyncio
import random

from orderloom.failing.points import NAMES
from orderloom.failpoints import Point
from tests.journeys.outcome import assert_handled_once
from tests.journeys.stack import eventually
from tests.journeys.test_bank_kills import POINTS as BANK
from tests.journeys.test_kills import KILLS
from tests.journeys.test_stock_kills import POINTS as STOCK

# Who gets there waits, and the engine dies meanwhile.
ENGINE = (
    "api.start.before_effect",
    "worker.activity.before_acknowledge@order.source",
    "worker.payment.after_effect@authorize",
)
# The API keeps its first fact to itself, so that the relay has to tell it.
KEPT = "api.tell.before_effect"
WORKER = ("worker.warehouse.before_effect", "worker.payment.after_effect@capture")
RELAY = ("relay.tell.before_effect", "relay.tell.after_effect")
RANDOM_KILLS = 3
SEED = 20_261_122


async def test_every_order_is_handled_once_whenever_the_engine_dies(shop_with):
    points = dict.fromkeys([*ENGINE, KEPT], "wait") | dict.fromkeys([*WORKER, *RELAY], "kill")
    orders = []
    async with shop_with(points) as shop:
        for point in ENGINE:
            orders.append((await shop.place(f"ENGINE-{point}")).number)
            await eventually(lambda point=point: shop.stack.is_hit(point))
            await shop.stack.kill("temporal")
            shop.stack.let_go(point)
        for point in WORKER:
            orders.append((await shop.place(f"WORKER-{point}")).number)
            await eventually(lambda point=point: shop.stack.is_hit(point))
        draw = random.Random(SEED)
        for place in range(RANDOM_KILLS):
            orders.append((await shop.place(f"RANDOM-{place}")).number)
            await asyncio.sleep(draw.uniform(0, 0.5))
            await shop.stack.kill("temporal")
        for number in orders:
            await shop.until_status(number, "CLOSED")
        await eventually(lambda: not shop.stack.unhit())
        shop.stack.let_go(KEPT)

        killed = {"worker": len(WORKER), "relay": len(RELAY), "api": 0, "postgres": 0}
        killed["temporal"] = len(ENGINE) + RANDOM_KILLS
        deaths = {part: shop.stack.deaths(part) for part in killed}
        assert deaths == {part: ["killed by signal 9"] * n for part, n in killed.items()}
        await assert_handled_once(shop, orders)


def test_no_failpoint_is_left_out():
    others = [*STOCK, *BANK, *(point for each in KILLS.values() for point in each)]
    armed = [*ENGINE, KEPT, *WORKER, *RELAY, *others]
    assert {Point.parse(point, NAMES).name for point in armed} == NAMES
