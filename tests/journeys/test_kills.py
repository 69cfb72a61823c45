"""kill -9 of worker, API and relay at their failpoints: every order is still handled once.

One run arms them all. Orders come one after the other, so that each kill meets another order at
another step; those that were under way go on when the engine's timeouts let them.
"""

import asyncio

from tests.journeys.outcome import assert_handled_once
from tests.journeys.shop import Shop
from tests.journeys.stack import eventually

# Each by the order in which they are met.
WORKER = (
    "worker.database.before_effect@order.review",
    "worker.database.after_commit@order.source",
    "worker.payment.before_effect@authorize",
    "worker.payment.after_effect@authorize",
    "worker.activity.before_acknowledge@payment.perform",
    "worker.warehouse.after_effect",
)
INTAKE = ("api.intake.before_effect", "api.intake.after_commit")
WEBHOOK = ("api.webhook.before_effect@payment", "api.webhook.after_commit@warehouse")
COMMAND = ("api.command.before_effect@approve", "api.command.after_commit@approve")
RELAY = ("relay.start.before_effect", "relay.start.after_effect", "relay.outbox.before_acknowledge")
KILLS = {"worker": WORKER, "api": INTAKE + WEBHOOK + COMMAND, "relay": RELAY}

DEAR = [{"sku": "TEA", "quantity": 1, "unit_price": 700}]


async def test_every_order_is_handled_once_whoever_dies_at_whichever_point(shop_with):
    points = dict.fromkeys([point for points in KILLS.values() for point in points], "kill")
    async with shop_with(points) as shop:
        # The API dies twice while it takes this one, so that the relay has to start it.
        orders = [(await shop.place("KILL-intake")).number]
        held = asyncio.create_task(_approved(shop))
        for place, point in enumerate(WORKER):
            orders.append((await shop.place(f"KILL-{place}")).number)
            await eventually(lambda point=point: shop.stack.is_hit(point))
        orders.append(await held)
        for number in orders:
            await shop.until_status(number, "CLOSED")

        assert shop.stack.unhit() == []
        deaths = {part: shop.stack.deaths(part) for part in (*KILLS, "temporal", "postgres")}
        killed = {part: ["killed by signal 9"] * len(points) for part, points in KILLS.items()}
        assert deaths == {**killed, "temporal": [], "postgres": []}
        await assert_handled_once(shop, orders)


async def _approved(shop: Shop) -> str:
    """An order that waits for its approval, which is asked for until it is given."""
    number = (await shop.place("KILL-held", lines=DEAR)).number
    await shop.until_status(number, "IN_REVIEW")
    await shop.done(shop.agent, "orderApprove", "kill-approve", order=number, reason="agreed")
    return number
