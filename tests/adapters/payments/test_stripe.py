"""What only Stripe does: it remembers its faults, names the bank's page, and signs its webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web

from adapters.payments.stripe_amounts import from_stripe
from adapters.payments.stripe_provider import StripePaymentProvider
from api.problems import Problem
from api.webhooks.stripe_event import read_stripe_event
from domain.facts import FactKind
from domain.payments import PaymentOperation as Op
from domain.payments import PaymentStatus
from ports.outside import (
    KeyRefused,
    OutcomeUnknown,
    PaymentRequest,
    ProviderAnswer,
    Unreachable,
)
from tests.adapters.payments.conftest import STRIPE_KEY, on

SECRET = "whsec_local"
DONE = ProviderAnswer(PaymentStatus.SUCCEEDED, "")


@pytest_asyncio.fixture
async def provider(stripe_url: str) -> AsyncIterator[StripePaymentProvider]:
    stripe = StripePaymentProvider(STRIPE_KEY, base_url=stripe_url)
    yield stripe
    await stripe.close()


@pytest_asyncio.fixture
async def api(stripe_url: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {STRIPE_KEY}"}
    async with httpx.AsyncClient(base_url=stripe_url, headers=headers) as client:
        yield client


async def intent(provider: StripePaymentProvider, key: str, currency: str = "USD") -> Any:
    asked = PaymentRequest(key, Op.AUTHORIZE, 1000, currency, "pm_card_visa")
    return replace(asked, payment=(await provider.prepare(asked)).payment)


async def weather(api: httpx.AsyncClient, next_call: str) -> None:
    (await api.post("/_config/weather", json={"next": next_call})).raise_for_status()


async def test_an_intent_is_ours_by_its_reference_and_of_its_currency_s_own_units(
    provider: StripePaymentProvider, api: httpx.AsyncClient
) -> None:
    for currency in ("JPY", "KWD"):
        asked = await intent(provider, f"CUR-{currency}/authorize/1", currency)
        known = (await api.get(f"/v1/payment_intents/{asked.payment}")).json()
        assert (known["amount"], known["currency"]) == (1000, currency.lower())
        assert known["metadata"] == {"reference": asked.key}
        assert known["status"] == "requires_confirmation"


async def test_a_fault_that_is_remembered_for_an_authorization_is_asked_for_anew(
    provider: StripePaymentProvider, api: httpx.AsyncClient
) -> None:
    asked = await intent(provider, "FAULT-1/authorize/1")
    await weather(api, "fault")
    for _ in range(2):  # the same key answers the stored fault for ever
        with pytest.raises(OutcomeUnknown):
            await provider.perform(asked)
    assert await provider.inquire(asked) is None
    second = await intent(provider, "FAULT-1/authorize/2")
    assert (await provider.perform(second)).status is PaymentStatus.SUCCEEDED


@pytest.mark.parametrize("operation", [Op.CAPTURE, Op.VOID, Op.REFUND])
async def test_a_fault_that_is_remembered_never_sticks(
    provider: StripePaymentProvider, api: httpx.AsyncClient, operation: Op
) -> None:
    asked = await intent(provider, f"FAULT-{operation}/authorize/1")
    await provider.perform(asked)
    if operation is Op.REFUND:
        await provider.perform(on(asked, Op.CAPTURE, 1, 1000))
    first = on(asked, operation, 1, 1000)
    await weather(api, "fault")
    with pytest.raises(OutcomeUnknown):
        await provider.perform(first)
    assert await provider.inquire(first) is None  # the first call is over, and nothing is there
    second = on(asked, operation, 2, 1000)
    assert await provider.perform(second) == replace(DONE, payment=asked.payment)
    if operation is Op.REFUND:
        found = (await api.get("/v1/refunds", params={"payment_intent": asked.payment})).json()
        assert [refund["amount"] for refund in found["data"]] == [1000]


async def test_a_fault_of_the_inquiry_itself_leaves_the_question_open(
    provider: StripePaymentProvider, api: httpx.AsyncClient
) -> None:
    asked = await intent(provider, "FAULT-9/authorize/1")
    await provider.perform(asked)
    capture = on(asked, Op.CAPTURE, 1, 1000)
    await weather(api, "fault")
    with pytest.raises(Unreachable):  # it could not close the key, as far as it knows
        await provider.inquire(capture)
    assert await provider.inquire(capture) is None
    assert await moved(api, asked.payment) == ("requires_capture", 0, [])


async def ready_for(provider: StripePaymentProvider, operation: Op, name: str) -> Any:
    """The first operation of its kind, which nobody has asked for yet."""
    asked = await intent(provider, f"{name}-{operation}/authorize/1")
    await provider.perform(asked)
    if operation is Op.REFUND:
        await provider.perform(on(asked, Op.CAPTURE, 9, 1000))
    return on(asked, operation, 1, 1000)


async def moved(api: httpx.AsyncClient, payment: str) -> tuple[str, int, list[int]]:
    """The intent's status, what was received, and what was refunded."""
    found = (await api.get(f"/v1/payment_intents/{payment}")).json()
    refunds = (await api.get("/v1/refunds", params={"payment_intent": payment})).json()["data"]
    return found["status"], found["amount_received"], [each["amount"] for each in refunds]


@pytest.mark.parametrize("operation", [Op.CAPTURE, Op.VOID, Op.REFUND])
async def test_an_inquiry_of_what_was_never_sent_leaves_a_mark_and_moves_nothing(
    provider: StripePaymentProvider, api: httpx.AsyncClient, operation: Op
) -> None:
    """Nor does the request, when it arrives after that."""
    asked = await ready_for(provider, operation, "NEVER")
    before = await moved(api, asked.payment)
    for _ in range(2):
        assert await provider.inquire(asked) is None
        with pytest.raises(OutcomeUnknown):
            await provider.perform(asked)
    assert await moved(api, asked.payment) == before
    known = (await api.get(f"/v1/payment_intents/{asked.payment}")).json()["metadata"]
    assert known == {"reference": f"NEVER-{operation}/authorize/1", "inquired": asked.key}


@pytest.mark.parametrize("operation", [Op.CAPTURE, Op.VOID, Op.REFUND])
async def test_an_inquiry_while_stripe_works_on_it_proves_nothing(
    provider: StripePaymentProvider, api: httpx.AsyncClient, operation: Op
) -> None:
    asked = await ready_for(provider, operation, "HELD")
    await weather(api, "held")
    under_way = asyncio.create_task(provider.perform(asked))
    await api.get("/_config/weather")
    for _ in range(2):
        with pytest.raises(Unreachable):
            await provider.inquire(asked)
    await weather(api, "fair")
    assert await under_way == replace(DONE, payment=asked.payment)
    assert await provider.inquire(asked) == replace(DONE, payment=asked.payment)


async def test_a_key_that_an_inquiry_has_not_heard_to_be_closed_is_closed_all_the_same(
    provider: StripePaymentProvider, api: httpx.AsyncClient
) -> None:
    asked = await ready_for(provider, Op.CAPTURE, "UNHEARD")
    await weather(api, "lost")
    with pytest.raises(Unreachable):
        await provider.inquire(asked)
    with pytest.raises(OutcomeUnknown):
        await provider.perform(asked)
    assert await provider.inquire(asked) is None
    assert await moved(api, asked.payment) == ("requires_capture", 0, [])


async def test_the_second_refund_of_one_key_is_the_first(
    provider: StripePaymentProvider, api: httpx.AsyncClient
) -> None:
    asked = await intent(provider, "TWICE-1/authorize/1")
    await provider.perform(asked)
    await provider.perform(on(asked, Op.CAPTURE, 1, 1000))
    refund = on(asked, Op.REFUND, 1, 400)
    for _ in range(3):
        assert (await provider.perform(refund)).status is PaymentStatus.SUCCEEDED
    assert await provider.inquire(refund) == replace(DONE, payment=asked.payment)
    found = (await api.get("/v1/refunds", params={"payment_intent": asked.payment})).json()
    assert [refund["amount"] for refund in found["data"]] == [400]


async def test_a_card_that_is_not_there_is_refused_when_the_intent_is_prepared(
    provider: StripePaymentProvider,
) -> None:
    asked = PaymentRequest("NONE-1/authorize/1", Op.AUTHORIZE, 1000, "USD", "pm_nobody")
    assert (await provider.prepare(asked)).status is PaymentStatus.FAILED


@asynccontextmanager
async def answering(status: int, code: str) -> AsyncIterator[str]:
    """A Stripe that answers every call with the same error, as it documents it."""

    async def refuse(_: web.Request) -> web.Response:
        error = {"type": "invalid_request_error", "code": code, "message": "sk_test_****9999"}
        return web.json_response({"error": error}, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    yield f"http://{host}:{port}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "code"), [(401, "api_key_expired"), (403, "secret_key_required")]
)
async def test_a_key_that_is_wrong_revoked_or_may_not_do_it_is_our_configuration(
    status: int, code: str
) -> None:
    """Neither a decline nor unknown, and no part of a key is told."""
    words = f"Stripe refuses our key: {status} {code}$"
    async with answering(status, code) as url:
        provider = StripePaymentProvider(STRIPE_KEY, base_url=url)
        asked = PaymentRequest("KEY-1/authorize/1", Op.AUTHORIZE, 1000, "USD", "pm_1", "pi_1")
        with pytest.raises(KeyRefused, match=words):
            await provider.prepare(asked)
        for operation in Op:
            for ask in (provider.perform, provider.inquire):
                with pytest.raises(KeyRefused, match=words):
                    await ask(replace(asked, operation=operation))
        await provider.close()


async def test_a_webhook_of_stripe_is_verified_and_only_by_its_secret(
    provider: StripePaymentProvider, api: httpx.AsyncClient
) -> None:
    heard: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def listen(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        heard.put_nowait((headers, await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", listen)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    hook = {"url": f"http://{host}:{port}/hook", "secret": SECRET}
    (await api.post("/_config/webhooks/ours", json=hook)).raise_for_status()

    asked = await intent(provider, "HOOK-1/authorize/1")
    await provider.perform(asked)
    await provider.perform(on(asked, Op.CAPTURE, 1, 1000))
    body = b""
    while b"HOOK-1" not in body:  # others are told of late
        headers, body = await asyncio.wait_for(heard.get(), 10)
    await runner.cleanup()

    event, raw, fact = read_stripe_event(SECRET, headers, body, datetime.now(UTC), from_stripe)
    assert raw == json.loads(body)
    assert fact is not None
    assert (fact.id, fact.kind) == (f"stripe:{event}", FactKind.PAYMENT_CAPTURED)
    assert fact.subject == "HOOK-1/authorize/1"
    for secret, content in (("whsec_other", body), (SECRET, body + b" ")):
        with pytest.raises(Problem):
            read_stripe_event(secret, headers, content, datetime.now(UTC), from_stripe)
