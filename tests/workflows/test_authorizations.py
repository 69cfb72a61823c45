"""Authorizations: one for the order or one for each parcel, renewed, and set free."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.acts import ActKind
from domain.commands import CommandKind
from domain.facts import FactKind
from domain.order import LineUnits
from domain.payments import PaymentOperation as Op
from domain.process import AuthorizationScope
from ports.front_office import RequestedLine

TWO_PARCELS = (RequestedLine("TEA", 1, 500), RequestedLine("CUP", 11, 900))


async def test_each_parcel_has_an_authorization_of_its_own_where_the_provider_captures_once(
    shop: Any,
) -> None:
    shop.process = replace(shop.process, authorization_scope=AuthorizationScope.PARCEL)
    number = await shop.place(lines=TWO_PARCELS)
    parcels = [f"{number}-F1", f"{number}-F2"]
    for parcel in parcels:
        await shop.carry(parcel)
    view = await shop.until_status(number, "COMPLETED")
    captured = {
        p.fulfillment_order: p.amount for p in view.payments.values() if p.operation == "capture"
    }
    assert sorted(shop.provider.effects) == sorted(
        f"{parcel}/{what}/1" for parcel in parcels for what in ("authorize", "capture")
    )
    assert captured == {name: parcel.amount for name, parcel in view.parcels.items()}
    assert sum(captured.values()) == view.order.total
    for payment in view.payments.values():
        if payment.operation == "capture":
            promised = view.payments[payment.authorization]
            assert promised.fulfillment_order == payment.fulfillment_order
            assert payment.amount <= promised.amount


async def test_a_parcel_that_is_sourced_elsewhere_gives_its_authorization_up(shop: Any) -> None:
    shop.process = replace(shop.process, authorization_scope=AuthorizationScope.PARCEL)
    number = await shop.place()
    first, second = f"{number}-F1", f"{number}-F2"
    await shop.until_submitted(first)
    await shop.tell(first, FactKind.REJECTED)
    await shop.carry(second)
    await shop.until_status(number, "COMPLETED")
    done = [key for key in shop.provider.effects if not key.endswith("/capture/1")]
    assert sorted(done) == [f"{first}/authorize/1", f"{first}/void/1", f"{second}/authorize/1"]
    assert shop.provider.moved(Op.CAPTURE) == [2600]


async def test_a_parcel_that_awaits_its_cardholder_can_still_be_sourced_elsewhere(
    shop: Any,
) -> None:
    """Nobody tells of the old one any more: the order must not wait for that."""
    shop.process = replace(shop.process, authorization_scope=AuthorizationScope.PARCEL)
    number = await shop.place(lines=TWO_PARCELS[:1], payment_source="tok_requires_action")
    first, second = f"{number}-F1", f"{number}-F2"
    await shop.until_payment(number, f"{first}/authorize/1")
    shop.provider.source = "tok_ok"
    override = CommandKind.OVERRIDE_SOURCE
    done = await shop.command(
        shop.supervisor, override, number, target=first, location="NYC", reason="nearer"
    )
    assert done == ""
    await shop.carry(second)
    await shop.until_status(number, "COMPLETED")
    effects = [f"{first}/authorize/1", f"{first}/void/1", f"{second}/authorize/1"]
    assert sorted(shop.provider.effects) == sorted([*effects, f"{second}/capture/1"])


async def test_a_return_over_two_parcels_is_refunded_from_both_authorizations(shop: Any) -> None:
    shop.process = replace(shop.process, authorization_scope=AuthorizationScope.PARCEL)
    number = await shop.place(lines=(RequestedLine("CUP", 12, 900),), shipping=0)
    for n in (1, 2):
        await shop.carry(f"{number}-F{n}")
    await shop.until_status(number, "COMPLETED")
    captured = sorted(shop.provider.moved(Op.CAPTURE))
    assert len(captured) == 2

    rma = await shop.commands.request_return(
        shop.agent, "back", number, [LineUnits(1, "CUP", 12)], "all of it"
    )
    await shop.desk.start_return(rma)
    units = [{"line": 1, "quantity": 12, "disposition": "restock"}]
    for kind, who, body in (
        (CommandKind.RETURN_APPROVE, shop.agent, {}),
        (CommandKind.RETURN_RECEIVE, shop.keeper, {"location": "NYC"}),
        (CommandKind.RETURN_INSPECT, shop.keeper, {"units": units}),
    ):
        assert await shop.command(who, kind, rma, **body) in ("", "STEP_REFUSED")

    async def refunded() -> bool:
        return sorted(shop.provider.moved(Op.REFUND)) == captured

    await shop.until(refunded)
    objects = {
        request.payment
        for request in shop.provider.effects.values()
        if request.operation is Op.REFUND
    }
    assert len(objects) == 2


async def test_an_authorization_is_renewed_before_it_expires_while_goods_are_unshipped(
    shop: Any,
) -> None:
    shop.provider.expires_at = await shop.now() + timedelta(days=7)
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    shop.provider.expires_at = await shop.now() + timedelta(days=14)
    await shop.env.sleep(timedelta(days=5.5))
    assert list(shop.provider.effects) == [f"{number}/authorize/1"]

    await shop.env.sleep(timedelta(days=1))
    keys = [f"{number}/{what}" for what in ("authorize/1", "void/1", "authorize/2")]
    assert list(shop.provider.effects) == keys
    await shop.carry(parcel)
    view = await shop.until_status(number, "COMPLETED")
    assert list(shop.provider.effects) == [*keys, f"{parcel}/capture/1"]
    assert view.payments[f"{parcel}/capture/1"].authorization == f"{number}/authorize/2"


async def test_a_renewal_that_is_declined_holds_the_order_until_it_is_paid_otherwise(
    shop: Any,
) -> None:
    shop.provider.expires_at = await shop.now() + timedelta(days=2)
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    shop.provider.source = "tok_declined"
    await shop.env.sleep(timedelta(days=1.5))
    assert "payment" in (await shop.view(number)).holds

    await shop.env.sleep(timedelta(days=3))  # what a warehouse has does not expire: people decide
    assert (await shop.view(number)).status == "PROCESSING"
    assert {owner for _, owner in await shop.tasks()} == {"supervisor"}
    shop.provider.source, shop.provider.expires_at = "", None
    paid = await shop.command(shop.agent, CommandKind.RETRY_PAYMENT, number, source="tok_ok")
    assert paid == ""
    await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")
    assert shop.provider.moved(Op.CAPTURE) == [2600]
    assert shop.provider.moved(Op.AUTHORIZE) == [2600, 2600]


async def test_what_was_shipped_while_a_renewal_was_declined_is_a_receivable(shop: Any) -> None:
    shop.provider.expires_at = await shop.now() + timedelta(days=2)
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    shop.provider.source = "tok_declined"
    await shop.env.sleep(timedelta(days=1.5))
    await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")
    assert ("capture failed: not_authorized", "finance") in await shop.tasks()
    assert (await shop.balances(number))["receivable"] == 2600

    shop.provider.source = ""
    again = await shop.command(shop.finance, CommandKind.RETRY_CAPTURE, number, target=parcel)
    assert again == ""
    await shop.until(lambda: _captured(shop))
    assert "receivable" not in await shop.balances(number)


async def test_the_rest_of_an_authorization_is_freed_when_units_were_canceled(shop: Any) -> None:
    """A short pick: the missing unit turns up nowhere, and is canceled in the end."""
    number = await shop.place(lines=(RequestedLine("POT", 2, 40_000),), shipping=0)
    parcel = f"{number}-F1"
    await shop.until(lambda: _reviewed(shop, number))
    await shop.until_submitted(parcel)
    await shop.run("UPDATE stock SET on_hand = 2, opening = 2 WHERE sku = 'POT'")
    sent = tuple(replace(unit, quantity=1) for unit in shop.warehouse.parcels[parcel].lines)
    await shop.tell(parcel, FactKind.PICKED, lines=sent)
    await shop.ship(parcel, sent)
    await shop.arrive(parcel)
    await shop.env.sleep(timedelta(days=3))
    view = await shop.until_status(number, "COMPLETED")
    assert view.canceled_units == {1: 1}
    assert shop.provider.moved(Op.AUTHORIZE) == [80_000]
    assert shop.provider.moved(Op.CAPTURE) == [40_000]
    assert shop.provider.moved(Op.VOID) == [40_000]


async def test_an_order_is_not_over_before_an_authorization_under_way_is_given_back(
    shop: Any,
) -> None:
    """Canceled while its authorization is being renewed, which no longer is anybody's."""
    day = (await shop.now() + timedelta(days=5)).date().isoformat()
    await shop.act(ActKind.STOCK_COUNT, "CUP", location="NYC", counted=0)
    await shop.act(ActKind.SUPPLY_EXPECT, "CUP", location="NYC", reference="PO-1", quantity=5,
                   available_on=day)  # fmt: skip
    shop.provider.expires_at = await shop.now() + timedelta(days=2)
    perform, asked, may_answer = shop.provider.perform, asyncio.Event(), asyncio.Event()

    async def slowly(request: Any) -> Any:
        if request.key.endswith("/authorize/2"):
            asked.set()
            await may_answer.wait()
        return await perform(request)

    shop.provider.perform = slowly
    number = await shop.place(lines=(RequestedLine("CUP", 5, 900),))
    await shop.until_payment(number, f"{number}/authorize/1")

    async def is_being_renewed() -> bool:
        return asked.is_set()

    await shop.env.sleep(timedelta(hours=23.8))  # and then by less than an attempt may take
    await shop.until(is_being_renewed)
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    await asyncio.sleep(1)

    may_answer.set()
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    keys = [f"{number}/{what}" for what in ("authorize/1", "void/1", "authorize/2", "void/2")]
    assert list(shop.provider.effects) == keys


async def _captured(shop: Any) -> bool:
    return shop.provider.moved(Op.CAPTURE) == [2600]


async def _reviewed(shop: Any, number: str) -> bool:
    view = await shop.view(number)
    if "review" in view.holds:
        await shop.command(shop.supervisor, CommandKind.APPROVE, number)
    return view.status == "PROCESSING"
