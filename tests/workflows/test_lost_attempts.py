"""A workflow task that never comes back (its worker died) has left its steps in the books. The next
attempt, which knows nothing of them, may take them in another order.
"""

from datetime import timedelta
from typing import Any

from activities.messages import RecordCall, Step
from domain import journal as j
from domain.commands import CommandKind
from domain.facts import Fact, FactKind
from domain.journal import BodyRecord
from ports.front_office import RequestedLine


async def lost(shop: Any, number: str, *bodies: j.Body) -> None:
    """Journals as an attempt that is lost, one entry after the other."""
    for body in bodies:
        step = Step(number, f"lost/{type(body).__name__}", (await shop.view(number)).seq)
        await shop.books.record(RecordCall(step, (BodyRecord.of(body),)))


async def test_an_order_that_a_lost_attempt_completed_goes_on_from_there(shop: Any) -> None:
    number = await shop.place(lines=(RequestedLine("TEA", 1, 500), RequestedLine("CUP", 11, 900)))
    parcels = [f"{number}-F1", f"{number}-F2"]
    for parcel in parcels:
        await shop.until_submitted(parcel)
        await shop.ship(parcel)

    async def captured() -> bool:
        return len(shop.provider.answers) == 3

    await shop.until(captured)
    facts = [
        Fact(f"test:d{parcel}", FactKind.DELIVERED, parcel, await shop.now(),
             tracking_number=f"1Z{parcel}")
        for parcel in parcels
    ]  # fmt: skip
    await lost(shop, number, *(j.Delivered(parcel) for parcel in parcels), j.Completed())

    for fact in facts:
        await shop.tell_again(fact)
    await shop.env.sleep(timedelta(days=31))

    assert (await shop.handle(number).result())["status"] == "CLOSED"
    kinds = [row[0] for row in await shop.rows("SELECT kind FROM journal ORDER BY seq")]
    assert kinds[-4:] == ["Delivered", "Delivered", "Completed", "Closed"]
    assert kinds.count("Delivered") == 2


async def test_an_order_that_a_lost_attempt_canceled_gives_everything_back(shop: Any) -> None:
    number = await shop.place(payment_source="tok_requires_action")
    key = f"{number}/authorize/1"
    await shop.until_payment(number, key)
    await lost(shop, number, j.Canceled("changed"))

    again = await shop.command(shop.agent, CommandKind.CANCEL, number, reason="changed")

    assert again == "STEP_REFUSED"
    shop.provider.passed.add(key)
    await shop.tell(key, FactKind.PAYMENT_AUTHORIZED)
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.stock() == {}
