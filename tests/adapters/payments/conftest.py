"""The payment providers of the contract suite: the fake that other tests trust, the HTTP adapter
against the provider's simulator, and Stripe's against localstripe.
"""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
import stripe_server
from fake_provider import FakeProvider

from adapters.http_party import HttpParty
from adapters.payments.http_provider import HttpPaymentProvider
from adapters.payments.stripe_provider import StripePaymentProvider
from domain.payments import PaymentOperation
from ports.outside import PaymentProvider, PaymentRequest, ProviderAnswer

STRIPE_KEY = "sk_test_contract"
FAILED_BY_BANK = "lost_or_stolen_card"
CHALLENGED_CARD = "4000002500003155"
_orders = itertools.count(1)
Lose = Callable[[], Awaitable[None]]


@dataclass
class Party:
    """A provider, its cards by what they do, and how to make the next call's answer get lost, or
    its bank confirm, or not take a refund that had succeeded. `failing_capture` is a card and the
    amount of a capture that is refused; `stranger` the same provider, asked with a key that it
    refuses.
    """

    provider: PaymentProvider
    cards: dict[str, str]
    failing_capture: tuple[str, int]
    lose_next_answer: Lose
    pass_challenge: Callable[[PaymentRequest, ProviderAnswer], Awaitable[None]]
    fail_refund: Callable[[PaymentRequest], Awaitable[None]]
    stranger: PaymentProvider

    async def request(self, card: str = "ok", amount: int = 1000, currency: str = "USD") -> Any:
        """An authorization, prepared where the provider prepares."""
        key = f"ORDER-{next(_orders)}/authorize/1"
        source = self.cards.get(card, card)
        asked = PaymentRequest(key, PaymentOperation.AUTHORIZE, amount, currency, source)
        if not self.provider.capabilities.prepares:
            return asked
        return replace(asked, payment=(await self.provider.prepare(asked)).payment)

    async def authorized(self, amount: int = 1000, card: str = "ok", currency: str = "USD") -> Any:
        """A succeeded authorization's request, with the provider's object."""
        asked = await self.request(card, amount, currency)
        return replace(asked, payment=(await self.provider.perform(asked)).payment)

    async def ready_for(self, operation: PaymentOperation) -> PaymentRequest:
        """An operation that has not been asked for yet; what it draws on is there."""
        if operation is PaymentOperation.AUTHORIZE:
            return await self.request()
        first = await self.authorized()
        if operation is PaymentOperation.REFUND:
            await self.provider.perform(on(first, PaymentOperation.CAPTURE, 1, 1000))
        return on(first, operation, 7, 1000)


def on(first: PaymentRequest, operation: PaymentOperation, n: int, amount: int) -> PaymentRequest:
    key = f"{first.key}/{operation}/{n}"
    return replace(first, key=key, operation=operation, amount=amount)


TOKENS = {
    "ok": "tok_ok",
    "declined": "tok_declined",
    "challenged": "tok_requires_action",
}


@pytest.fixture(scope="session")
def stripe_url() -> Iterator[str]:
    with stripe_server.running() as url:
        yield url


@pytest_asyncio.fixture(params=["fake", "http", "stripe"])
async def party(request: pytest.FixtureRequest) -> AsyncIterator[Party]:
    if request.param == "fake":
        yield _fake()
    elif request.param == "http":
        url = request.getfixturevalue("simulator_urls")["payment"]
        http = HttpParty(url, "sim_contract")
        wrong = HttpParty(url, "sim_revoked", name="payment provider")
        yield _http(http, wrong, url)
        await http.close()
        await wrong.close()
    else:
        url = request.getfixturevalue("stripe_url")
        stripe = StripePaymentProvider(STRIPE_KEY, base_url=url)
        headers = {"Authorization": f"Bearer {STRIPE_KEY}"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as api:
            stranger = StripePaymentProvider("rk_revoked", base_url=url)
            yield await _stripe(stripe, stranger, api)
        await stripe.close()
        await stranger.close()


def _fake() -> Party:
    provider = FakeProvider()

    async def lose() -> None:
        provider.weather.append("lost")

    async def challenge(request: PaymentRequest, _: ProviderAnswer) -> None:
        provider.passed.add(request.key)

    async def fail(request: PaymentRequest) -> None:
        provider.fail_refund(request.key)

    stranger = FakeProvider(effects=provider.effects, refuses_our_key=True)
    failing = ("tok_capture_fails", 1000)
    return Party(provider, TOKENS, failing, lose, challenge, fail, stranger)


def _http(http: HttpParty, wrong: HttpParty, url: str) -> Party:
    provider = _ClearingWeather(HttpPaymentProvider(http), url)

    async def challenge(_: PaymentRequest, answer: ProviderAnswer) -> None:
        path = f"/v1/payments/{answer.payment}/challenge"
        (await http.effect(path, f"{answer.payment}/c", {"outcome": "passed"})).raise_for_status()

    async def fail(request: PaymentRequest) -> None:
        asked = {"reference": request.key, "reason": FAILED_BY_BANK}
        path = "/_control/refund_failures"
        (await http.effect(path, f"{request.key}/f", asked)).raise_for_status()

    failing, stranger = ("tok_capture_fails", 1000), HttpPaymentProvider(wrong)
    return Party(provider, TOKENS, failing, provider.lose_next, challenge, fail, stranger)


class _ClearingWeather(HttpPaymentProvider):
    """The simulator's faults are settings: set for one call, and cleared after it."""

    def __init__(self, provider: HttpPaymentProvider, url: str) -> None:
        super().__init__(provider.party)
        self._url = url
        self._lose = False

    async def lose_next(self) -> None:
        self._lose = True

    async def perform(self, request: PaymentRequest) -> ProviderAnswer:
        if not self._lose:
            return await super().perform(request)
        self._lose = False
        await self._control(reset=1.0)
        try:
            return await super().perform(request)
        finally:
            await self._control(reset=0.0)

    async def _control(self, **settings: float) -> None:
        async with httpx.AsyncClient(base_url=self._url) as client:
            headers = {"Authorization": "Bearer sim_contract"}
            (await client.put("/_control", json=settings, headers=headers)).raise_for_status()


async def _stripe(
    provider: StripePaymentProvider, stranger: StripePaymentProvider, api: httpx.AsyncClient
) -> Party:
    async def lose() -> None:
        (await api.post("/_config/weather", json={"next": "lost"})).raise_for_status()

    async def challenge(_: PaymentRequest, answer: ProviderAnswer) -> None:
        path = f"/v1/payment_intents/{answer.payment}"
        secret = (await api.get(path)).json()["client_secret"]
        passed = {"client_secret": secret, "success": "true"}
        (await api.post(f"{path}/_authenticate", data=passed)).raise_for_status()

    async def fail(request: PaymentRequest) -> None:
        asked = {"reference": request.key, "reason": FAILED_BY_BANK}
        (await api.post("/_config/refund_failures", json=asked)).raise_for_status()

    card = {"number": CHALLENGED_CARD, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    made = await api.post("/v1/payment_methods", json={"type": "card", "card": card})
    cards = {
        "ok": "pm_card_visa",
        "declined": "pm_card_chargeCustomerFail",
        "challenged": made.raise_for_status().json()["id"],
    }
    return Party(provider, cards, ("pm_card_visa", 2000), lose, challenge, fail, stranger)
