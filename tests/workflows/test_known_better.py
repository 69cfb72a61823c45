"""What the books know and the process has not heard yet, and what a warehouse may have already: no
deadline ends an order over it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.acts import ActKind
from domain.commands import CommandKind
from domain.facts import FactKind, Package
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation as Op
from ports.outside import OutcomeUnknown, ParcelRequest


async def test_an_order_does_not_expire_over_money_that_it_has_not_been_told_of(shop: Any) -> None:
    number = await shop.place(payment_method=PaymentMethod.BANK_TRANSFER, payment_source="")
    await shop.until_status(number, "PROCESSING")
    transfer = {"amount": 2600, "currency": "USD", "order": number}
    await shop.office.act(shop.finance, "k", ActKind.TRANSFER_REGISTER, "B-1", transfer, "")

    await shop.env.sleep(timedelta(days=7, hours=1))  # nobody has signaled it

    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    assert await _kinds(shop, "Expired") == []
    assert await shop.rows("SELECT count(*) FROM return_order") == [(0,)]
    balances = await shop.balances(number)
    assert (balances["bank"], balances.get("deposits", 0)) == (2600, 0)


@pytest.mark.parametrize("source", ["tok_declined", "tok_requires_action"])
async def test_a_parcel_that_is_being_handed_over_does_not_let_its_order_expire(
    shop: Any, source: str
) -> None:
    """The warehouse has it and answers 504; meanwhile the renewal of the authorization fails."""
    shop.process = replace(shop.process, payment_retry_within=600.0, payment_action_within=600.0)
    shop.provider.expires_at = await shop.now() + timedelta(minutes=20)
    submit, heard = shop.warehouse.submit, False

    async def unheard(parcel: ParcelRequest) -> str:
        answer: str = await submit(parcel)
        if not heard:
            raise OutcomeUnknown(parcel.fulfillment_order)
        return answer

    shop.warehouse.submit = unheard
    number = await shop.place()
    parcel = f"{number}-F1"

    async def taken() -> bool:
        return parcel in shop.warehouse.parcels

    await shop.until(taken)
    shop.provider.source, shop.provider.expires_at = source, None
    await shop.env.sleep(timedelta(minutes=25))

    view = await shop.view(number)
    assert (view.status, view.parcels[parcel].status) == ("PROCESSING", "OPEN")
    assert await _kinds(shop, "Expired", "Escalated") == ["Escalated"]
    assert await shop.stock() == {("TEA", "NYC"): (10, 3), ("CUP", "NYC"): (10, 1)}
    [(_, owner)] = await shop.tasks()
    assert owner == "agent"

    heard = True
    shop.provider.source = ""
    if source == "tok_declined":
        retry = CommandKind.RETRY_PAYMENT
        assert await shop.command(shop.agent, retry, number, source="tok_ok") == ""
    else:
        key = f"{number}/authorize/2"
        shop.provider.passed.add(key)
        await shop.tell(key, FactKind.PAYMENT_AUTHORIZED)
    await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")
    assert shop.provider.moved(Op.CAPTURE) == [2600]


async def test_a_parcel_that_is_shipped_after_its_order_has_ended_is_a_task(shop: Any) -> None:
    number = await shop.place(payment_source="tok_declined")
    parcel = f"{number}-F1"
    await shop.until(lambda: _sourced(shop, number))
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.tasks() == []

    lines = (await shop.view(number)).parcels[parcel].lines
    await shop.ship(parcel, lines)
    await shop.ship(parcel, lines)

    units = "3 of TEA (line 1), 1 of CUP (line 2)"
    said = f"{units} left in {parcel}, which was not to have them: nobody pays for them"
    assert await shop.tasks() == [(said, "supervisor")]
    assert await shop.stock() == {("TEA", "NYC"): (7, 0), ("CUP", "NYC"): (9, 0)}
    moved = await shop.rows("SELECT reason, sku, units FROM movement ORDER BY id")
    assert moved == [("ship_unasked", "CUP", -1), ("ship_unasked", "TEA", -3)]
    assert shop.provider.moved(Op.CAPTURE) == []


async def test_what_is_told_again_of_a_parcel_that_was_booked_is_no_task(shop: Any) -> None:
    number = await shop.place()
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    await shop.ship(f"{number}-F1")
    assert await shop.tasks() == []


async def _sourced(shop: Any, number: str) -> bool:
    return "payment" in (await shop.view(number)).holds


async def _kinds(shop: Any, *kinds: str) -> list[str]:
    found = await shop.rows("SELECT kind FROM journal ORDER BY seq")
    return [kind for (kind,) in found if kind in kinds]


async def test_what_is_shipped_beyond_a_closed_order_leaves_the_stock_once(shop: Any) -> None:
    number = await shop.place()
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    more = Package("2", "UPS", "1Z2", (LineUnits(1, "TEA", 2),))
    for _ in range(2):
        await shop.tell(f"{number}-F1", FactKind.SHIPPED, packages=(more,))

    moved = await shop.rows("SELECT reason, sku, units FROM movement ORDER BY id")
    assert moved[2:] == [("ship_unasked", "TEA", -2)]
    view = await shop.view(number)
    assert (view.status, view.parcels[f"{number}-F1"].surplus) == ("CLOSED", ())
    assert len(await shop.tasks()) == 1
