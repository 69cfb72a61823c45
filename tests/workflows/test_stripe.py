"""An order whose cards Stripe takes: over the wire from the intent to the refund; and what is
prepared is committed before it takes effect.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
import stripe_server

from adapters.payments.stripe_provider import StripePaymentProvider
from domain.commands import CommandKind
from domain.payments import PaymentOperation as Op
from domain.process import AuthorizationScope, PaymentTiming, ProcessDefinition
from ports.front_office import RequestedLine
from ports.outside import Capabilities, Unreachable

KEY = "sk_test_workflows"
AT_STRIPE = ProcessDefinition(
    payment_provider="stripe", authorization_scope=AuthorizationScope.PARCEL
)


@pytest.fixture(scope="module")
def stripe_url() -> Iterator[str]:
    with stripe_server.running() as url:
        yield url


@pytest_asyncio.fixture
async def api(shop: Any, stripe_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Stripe's API, with the shop's orders at Stripe."""
    shop.process = AT_STRIPE
    shop.providers["stripe"] = stripe = StripePaymentProvider(KEY, base_url=stripe_url)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=stripe_url, headers=headers) as client:
        yield client
    await stripe.close()


async def intents(api: httpx.AsyncClient, number: str) -> dict[str, dict[str, Any]]:
    """By our reference."""
    found = (await api.get("/v1/payment_intents", params={"limit": 100})).json()["data"]
    ours = {each["metadata"].get("reference", ""): each for each in found}
    return {key: each for key, each in ours.items() if key.startswith(number)}


async def test_an_order_over_two_parcels_is_two_intents_each_captured_once(
    shop: Any, api: httpx.AsyncClient
) -> None:
    lines = (RequestedLine("TEA", 1, 500), RequestedLine("CUP", 11, 900))
    number = await shop.place(lines=lines, payment_source="pm_card_visa")
    parcels = [f"{number}-F1", f"{number}-F2"]
    for parcel in parcels:
        await shop.carry(parcel)
    view = await shop.until_status(number, "COMPLETED")
    found = await intents(api, number)
    assert sorted(found) == [f"{parcel}/authorize/1" for parcel in parcels]
    taken = {each["id"]: each["amount_received"] for each in found.values()}
    assert sum(taken.values()) == view.order.total
    assert all(each["amount_received"] <= each["amount"] for each in found.values())
    assert {each["status"] for each in found.values()} == {"succeeded"}
    assert "receivable" not in await shop.balances(number)


async def test_a_declined_card_holds_the_order_and_another_one_pays(
    shop: Any, api: httpx.AsyncClient
) -> None:
    number = await shop.place(payment_source="pm_card_chargeCustomerFail")

    async def held() -> bool:
        return "payment" in (await shop.view(number)).holds

    await shop.until(held)
    paid = await shop.command(shop.agent, CommandKind.RETRY_PAYMENT, number, source="pm_card_visa")
    assert paid == ""
    await shop.until_submitted(f"{number}-F1")
    found = await intents(api, number)
    states = {key: each["status"] for key, each in found.items()}
    assert states == {
        f"{number}-F1/authorize/1": "requires_payment_method",
        f"{number}-F1/authorize/2": "requires_capture",
    }


@pytest.mark.parametrize("lost", ["its worker", "its process"])
async def test_a_capture_that_was_never_sent_of_an_order_that_is_canceled_after_the_crash_is_none(
    shop: Any, api: httpx.AsyncClient, lost: str
) -> None:
    """The books have its intent, and Stripe has nothing: nothing is captured, so that nothing is
    refunded, and the authorization is voided.
    """
    shop.process = replace(AT_STRIPE, payment_timing=PaymentTiming.PLACEMENT)
    stripe, begun, over = shop.providers["stripe"], asyncio.Event(), asyncio.Event()
    perform = stripe.perform

    async def crashes(request: Any) -> Any:
        if request.operation is not Op.CAPTURE:
            return await perform(request)
        begun.set()
        await over.wait()
        raise RuntimeError("its worker died")

    stripe.perform = crashes
    number = await shop.place(payment_source="pm_card_visa")
    await asyncio.wait_for(begun.wait(), 60)
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    if lost == "its process":
        await shop.handle(number).terminate()
    over.set()
    if lost == "its process":
        await shop.desk.start_order(number, "web")

    assert (await shop.handle(number).result())["status"] == "CANCELED"
    [(key, intent)] = (await intents(api, number)).items()
    assert (key, intent["status"]) == (f"{number}/authorize/1", "canceled")
    assert intent["amount_received"] == 0
    refunds = await api.get("/v1/refunds", params={"payment_intent": intent["id"]})
    assert refunds.json()["data"] == []
    moved = "SELECT operation, status, reason FROM payment_transaction ORDER BY created_at"
    assert await shop.rows(moved) == [
        ("authorize", "SUCCEEDED", ""),
        ("capture", "FAILED", "no_effect"),
        ("void", "SUCCEEDED", ""),
    ]
    assert await shop.balances(number) == {}


async def test_what_stripe_prepares_is_committed_before_it_is_confirmed(shop: Any) -> None:
    shop.provider.capabilities = Capabilities(captures_per_authorization=1, prepares=True)
    perform, committed = shop.provider.perform, []

    async def looks(request: Any) -> Any:
        rows = await shop.rows(
            "SELECT status, provider_payment FROM payment_transaction WHERE key = :key",
            key=request.key,
        )
        committed.append((request.operation, request.payment, rows))
        return await perform(request)

    shop.provider.perform = looks
    number = await shop.place()
    await shop.until_submitted(f"{number}-F1")
    prepared = f"pay_{number}/authorize/1"
    assert committed == [(Op.AUTHORIZE, prepared, [("REQUESTED", prepared)])]


async def test_a_preparation_that_fails_is_tried_again_under_the_same_key(shop: Any) -> None:
    """It has no effect: nothing is unknown, and nothing has to be asked."""
    shop.provider.capabilities = Capabilities(captures_per_authorization=1, prepares=True)
    prepare, tries = shop.provider.prepare, []

    async def stumbles(request: Any) -> Any:
        tries.append(request.key)
        if len(tries) < 3:
            raise Unreachable(request.key)
        return await prepare(request)

    shop.provider.prepare = stumbles
    number = await shop.place()
    await shop.until_submitted(f"{number}-F1")
    assert tries == [f"{number}/authorize/1"] * 3
    assert list(shop.provider.effects) == [f"{number}/authorize/1"]
    moved = "SELECT data->>'status' FROM journal WHERE kind = 'PaymentMoved'"
    assert await shop.rows(moved) == [("SUCCEEDED",)]
