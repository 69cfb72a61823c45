"""One suite for every payment provider behind the port: the fake that other tests trust, and the
HTTP adapter against the provider's simulator.
"""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fake_provider import FakeProvider

from adapters.http_party import HttpParty
from adapters.payments.http_provider import HttpPaymentProvider
from domain.payments import PaymentOperation, PaymentStatus
from ports.outside import (
    OutcomeUnknown,
    PaymentProvider,
    PaymentRequest,
    ProviderAnswer,
    Unreachable,
)

_orders = itertools.count(1)
SETTLED = (PaymentStatus.SUCCEEDED, "")


@dataclass
class Party:
    """A provider, and how to make the next call's answer get lost, or its bank confirm."""

    provider: PaymentProvider
    lose_next_answer: Callable[[], Awaitable[None]]
    pass_challenge: Callable[[PaymentRequest, ProviderAnswer], Awaitable[None]]


@pytest_asyncio.fixture(params=["fake", "http"])
async def party(request: pytest.FixtureRequest) -> AsyncIterator[Party]:
    if request.param == "fake":
        yield _fake()
    else:
        url = request.getfixturevalue("simulator_urls")["payment"]
        http = HttpParty(url, "sim_contract")
        yield _http(http, url)
        await http.close()


def _fake() -> Party:
    provider = FakeProvider()

    async def lose() -> None:
        provider.weather.append("lost")

    async def challenge(request: PaymentRequest, _: ProviderAnswer) -> None:
        provider.passed.add(request.key)

    return Party(provider, lose, challenge)


def _http(http: HttpParty, url: str) -> Party:
    provider = _ClearingWeather(HttpPaymentProvider(http), url)

    async def challenge(_: PaymentRequest, answer: ProviderAnswer) -> None:
        path = f"/v1/payments/{answer.payment}/challenge"
        (await http.effect(path, f"{answer.payment}/c", {"outcome": "passed"})).raise_for_status()

    return Party(provider, provider.lose_next, challenge)


class _ClearingWeather:
    """The simulator's faults are settings: set for one call, and cleared after it."""

    def __init__(self, provider: HttpPaymentProvider, url: str) -> None:
        self.capabilities = provider.capabilities
        self._provider = provider
        self._url = url
        self._lose = False

    async def lose_next(self) -> None:
        self._lose = True

    async def perform(self, request: PaymentRequest) -> ProviderAnswer:
        if not self._lose:
            return await self._provider.perform(request)
        self._lose = False
        await self._control(reset=1.0)
        try:
            return await self._provider.perform(request)
        finally:
            await self._control(reset=0.0)

    async def inquire(self, request: PaymentRequest) -> ProviderAnswer | None:
        return await self._provider.inquire(request)

    async def _control(self, **settings: float) -> None:
        async with httpx.AsyncClient(base_url=self._url) as client:
            headers = {"Authorization": "Bearer sim_contract"}
            (await client.put("/_control", json=settings, headers=headers)).raise_for_status()


def authorization(source: str = "tok_ok", amount: int = 1000) -> PaymentRequest:
    order = f"ORDER-{next(_orders)}"
    key = f"{order}/authorize/1"
    return PaymentRequest(key, PaymentOperation.AUTHORIZE, amount, "USD", source)


def on(
    first: PaymentRequest, paid: ProviderAnswer, operation: PaymentOperation, n: int, amount: int
) -> PaymentRequest:
    key = f"{first.key}/{operation}/{n}"
    return PaymentRequest(key, operation, amount, "USD", first.source, paid.payment)


def word(answer: ProviderAnswer) -> tuple[PaymentStatus, str]:
    return answer.status, answer.reason


async def test_an_authorization_succeeds_once_under_its_key(party: Party) -> None:
    request = authorization()
    first = await party.provider.perform(request)
    again = await party.provider.perform(request)
    assert word(first) == SETTLED
    assert again == first


async def test_a_decline_is_an_answer_and_stays_one(party: Party) -> None:
    request = authorization("tok_declined")
    answer = await party.provider.perform(request)
    assert answer.status is PaymentStatus.FAILED
    assert answer.reason == "card_declined"
    assert await party.provider.inquire(request) == answer


async def test_several_partial_captures_fit_into_one_authorization(party: Party) -> None:
    first = authorization()
    paid = await party.provider.perform(first)
    for n, amount in ((1, 400), (2, 600)):
        capture = on(first, paid, PaymentOperation.CAPTURE, n, amount)
        assert word(await party.provider.perform(capture)) == SETTLED


async def test_a_capture_and_its_refunds_succeed(party: Party) -> None:
    first = authorization()
    paid = await party.provider.perform(first)
    await party.provider.perform(on(first, paid, PaymentOperation.CAPTURE, 1, 1000))
    for n in (1, 2):
        refund = on(first, paid, PaymentOperation.REFUND, n, 500)
        assert word(await party.provider.perform(refund)) == SETTLED


async def test_a_void_frees_an_authorization(party: Party) -> None:
    first = authorization()
    paid = await party.provider.perform(first)
    assert word(await party.provider.perform(on(first, paid, PaymentOperation.VOID, 1, 1000))) == (
        SETTLED
    )


async def test_a_capture_that_the_bank_refuses_is_a_definite_failure(party: Party) -> None:
    first = authorization("tok_capture_fails")
    paid = await party.provider.perform(first)
    failed = await party.provider.perform(on(first, paid, PaymentOperation.CAPTURE, 1, 1000))
    assert failed.status is PaymentStatus.FAILED


async def test_an_answer_that_is_lost_is_unknown_until_an_inquiry_tells(party: Party) -> None:
    request = authorization()
    await party.lose_next_answer()
    with pytest.raises(OutcomeUnknown):
        await party.provider.perform(request)
    told = await party.provider.inquire(request)
    assert told is not None
    assert word(told) == SETTLED


async def test_an_inquiry_that_finds_nothing_closes_the_key_for_ever(party: Party) -> None:
    request = authorization()
    assert await party.provider.inquire(request) is None
    with pytest.raises(OutcomeUnknown):
        await party.provider.perform(request)
    assert await party.provider.inquire(request) is None


async def test_the_cardholder_s_confirmation_is_seen_by_an_inquiry(party: Party) -> None:
    request = authorization("tok_requires_action")
    waiting = await party.provider.perform(request)
    assert waiting.status is PaymentStatus.REQUIRES_ACTION
    assert waiting.action_url.startswith("http")
    await party.pass_challenge(request, waiting)
    told = await party.provider.inquire(request)
    assert told is not None
    assert told.status is PaymentStatus.SUCCEEDED


async def test_a_provider_that_is_down_is_unknown_for_effects_and_unreachable_for_questions() -> (
    None
):
    nobody: dict[str, Any] = {"base_url": "http://127.0.0.1:9", "key": "k"}
    party = HttpParty(**nobody)
    provider = HttpPaymentProvider(party)
    with pytest.raises(OutcomeUnknown):
        await provider.perform(authorization())
    with pytest.raises(Unreachable):
        await provider.inquire(authorization())
    await party.close()
