"""A provider that takes no orders for a while and answers questions proves of every attempt at once
that it had no effect: it is asked for anew after pauses that grow, and somebody hears of it.
"""

from datetime import timedelta
from typing import Any

from domain.acts import ActKind
from domain.commands import CommandKind
from domain.payments import PaymentOperation as Op


async def test_a_capture_that_is_refused_for_days_is_made_once_and_escalates(shop: Any) -> None:
    shop.provider.closed = {Op.CAPTURE}
    number = await shop.place()
    await shop.carry(f"{number}-F1")
    await shop.env.sleep(timedelta(hours=72))
    assert (await shop.view(number)).status == "PROCESSING"
    assert [reason for reason, _ in await shop.tasks()] == [
        "the payment of the parcel has to be captured"
    ]
    shop.provider.closed = set()
    await shop.env.sleep(timedelta(hours=1.1))

    await shop.until_status(number, "COMPLETED")
    assert shop.provider.moved(Op.CAPTURE) == [2600]
    assert await shop.tasks() == []
    assert 75 <= await _attempts(shop, Op.CAPTURE) <= 85
    history = await shop.handle(number).fetch_history()
    assert len(history.events) < 85 * 12 + 100


async def test_a_cancel_in_such_weather_is_decided_at_once(shop: Any) -> None:
    shop.provider.closed = {Op.AUTHORIZE}
    number = await shop.place()
    await shop.env.sleep(timedelta(hours=2.2))
    asked = await _attempts(shop, Op.AUTHORIZE)
    assert 9 <= asked <= 13
    assert [reason for reason, _ in await shop.tasks()] == ["the payment has to be authorized"]

    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert shop.provider.effects == {}
    assert await _attempts(shop, Op.AUTHORIZE) == asked
    assert await shop.stock() == {}


async def test_a_refund_is_made_once_when_the_weather_is_fair(shop: Any) -> None:
    number = await shop.place()
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    shop.provider.closed = {Op.REFUND}
    await shop.act_as(shop.finance, ActKind.GOODWILL_GRANT, number, amount=500)
    await shop.env.sleep(timedelta(hours=30))
    assert len(await shop.tasks()) == 1
    shop.provider.closed = set()
    await shop.env.sleep(timedelta(hours=1.1))
    assert shop.provider.moved(Op.REFUND) == [500]
    assert await shop.tasks() == []
    assert 30 <= await _attempts(shop, Op.REFUND) <= 45


async def _attempts(shop: Any, operation: Op) -> int:
    """Operations that were asked for, each under a key of its own."""
    count = "SELECT count(*) FROM payment_transaction WHERE operation = :o"
    [(number,)] = await shop.rows(count, o=operation.value)
    return int(number)
