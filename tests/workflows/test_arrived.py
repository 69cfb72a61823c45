"""Parcels whose carrier never tells that they have arrived: staff says so, and what follows is as
if the carrier had told it.
"""

from datetime import timedelta
from typing import Any

from adapters.postgres.auditing.auditor import audit_books
from domain.commands import CommandKind
from domain.facts import FactKind
from domain.order import PaymentMethod
from domain.payments import PaymentOperation

ARRIVED, LOST = CommandKind.PARCEL_DELIVERED, CommandKind.PARCEL_LOST
SOLD = {"revenue": -2574, "tax": -26}


async def test_cash_is_owed_by_the_carrier_once_staff_says_that_its_parcel_has_arrived(
    shop: Any,
) -> None:
    number, parcel = await _shipped(shop, PaymentMethod.CASH_ON_DELIVERY)
    assert await shop.balances(number) == {"receivable": 2600, **SOLD}
    assert "parcel_delivered" in (await shop.desk.process(number)).possible

    assert await shop.command(shop.keeper, ARRIVED, number, target=parcel, reason="he called") == ""
    await shop.until_status(number, "COMPLETED")
    assert await shop.balances(number) == {"cod_clearing": 2600, **SOLD}
    assert await shop.payment_status(number) == "PAID"

    await shop.tell(parcel, FactKind.DELIVERED, tracking_number=f"1Z{parcel}")
    await shop.tell(parcel, FactKind.LOST, tracking_number=f"1Z{parcel}")
    assert await shop.command(shop.agent, LOST, number, target=parcel, reason="x") == "STEP_REFUSED"
    assert (await shop.view(number)).parcels[parcel].status == "DELIVERED"
    assert await shop.balances(number) == {"cod_clearing": 2600, **SOLD}
    said = await shop.rows("SELECT \"by\", data->>'reason' FROM journal WHERE kind = 'Delivered'")
    assert said == [(shop.keeper.name, "he called")]
    audited = await shop.rows(
        "SELECT principal, reason, outcome FROM audit WHERE act = 'parcel_delivered'"
    )
    assert audited == [(shop.keeper.name, "he called", "DONE")]
    assert await shop.rows("SELECT count(*) FROM return_order") == [(0,)]
    told = await shop.rows("SELECT count(*) FROM outbox WHERE kind = 'parcel.delivered'")
    assert told == [(1,)]
    await _closes(shop, number)


async def test_a_parcel_that_nobody_told_of_for_long_arrives_by_the_word_of_an_agent(
    shop: Any,
) -> None:
    number, parcel = await _shipped(shop, PaymentMethod.CARD)
    await shop.env.sleep(timedelta(hours=30))
    assert [owner for _, owner in await shop.tasks()] == ["agent"]

    assert await shop.command(shop.finance, ARRIVED, number, target=parcel, reason="x") == (
        "FORBIDDEN"
    )
    assert await shop.command(shop.agent, ARRIVED, number, target=parcel) == "STEP_REFUSED"
    assert (await shop.view(number)).parcels[parcel].status == "SHIPPED"
    assert await shop.command(shop.agent, ARRIVED, number, target=parcel, reason="she called") == ""
    await shop.until_status(number, "COMPLETED")

    assert await shop.tasks() == []
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [2600]
    assert shop.provider.moved(PaymentOperation.REFUND) == []
    again = await shop.command(shop.agent, ARRIVED, number, target=parcel, reason="again")
    assert again == "STEP_REFUSED"
    await _closes(shop, number)


async def test_what_is_not_shipped_yet_has_not_arrived(shop: Any) -> None:
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    early = await shop.command(shop.agent, ARRIVED, number, target=parcel, reason="she called")
    assert early == "STEP_REFUSED"
    assert (await shop.view(number)).parcels[parcel].status == "SUBMITTED"


async def _shipped(shop: Any, method: PaymentMethod) -> tuple[str, str]:
    source = "tok_ok" if method is PaymentMethod.CARD else ""
    number = await shop.place(payment_method=method, payment_source=source)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.ship(parcel)

    async def booked() -> bool:
        return bool((await shop.view(number)).parcels[parcel].booked)

    await shop.until(booked)
    return number, parcel


async def _closes(shop: Any, number: str) -> None:
    """After its return window; nothing that the auditor knows of is wrong."""
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    found = await audit_books(shop.engine)
    assert {f.id: f.violations for f in found if f.id[0] in "MLS" and f.violations} == {}
