"""One suite for every payment provider behind the port. Where they differ, it asserts what each
says of itself.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from adapters.http_party import HttpParty
from adapters.payments.http_provider import HttpPaymentProvider
from adapters.payments.stripe_provider import StripePaymentProvider
from domain.payments import PaymentOperation as Op
from domain.payments import PaymentStatus
from ports.outside import (
    KeyRefused,
    OutcomeUnknown,
    PaymentProvider,
    PaymentRequest,
    ProviderAnswer,
    Unreachable,
)
from tests.adapters.payments.conftest import FAILED_BY_BANK, STRIPE_KEY, Party, on

SETTLED = (PaymentStatus.SUCCEEDED, "")
NOBODY = "http://127.0.0.1:9"


def word(answer: ProviderAnswer | None) -> tuple[PaymentStatus, str]:
    assert answer is not None
    return answer.status, answer.reason


async def test_an_authorization_succeeds_once_under_its_key(party: Party) -> None:
    request = await party.request()
    first = await party.provider.perform(request)
    again = await party.provider.perform(request)
    assert word(first) == SETTLED
    assert again == first


async def test_a_decline_is_an_answer_and_stays_one(party: Party) -> None:
    request = await party.request("declined")
    answer = await party.provider.perform(request)
    assert word(answer) == (PaymentStatus.FAILED, "card_declined")
    assert word(await party.provider.inquire(request)) == word(answer)


async def test_a_cached_decline_is_not_replayed_for_ever(party: Party) -> None:
    """The same key says no again; the next one is asked anew, with another card."""
    declined = await party.request("declined")
    for _ in range(2):
        assert (await party.provider.perform(declined)).status is PaymentStatus.FAILED
    assert word(await party.provider.perform(await party.request("ok"))) == SETTLED


async def test_it_captures_as_often_as_it_says(party: Party) -> None:
    first = await party.authorized()
    several = party.provider.capabilities.captures_per_authorization is None
    assert word(await party.provider.perform(on(first, Op.CAPTURE, 1, 400))) == SETTLED
    second = await party.provider.perform(on(first, Op.CAPTURE, 2, 600))
    assert word(second) == (SETTLED if several else (PaymentStatus.FAILED, "captured_already"))


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
async def test_a_capture_and_its_refunds_succeed(party: Party, currency: str) -> None:
    first = await party.authorized(currency=currency)
    await party.provider.perform(on(first, Op.CAPTURE, 1, 1000))
    for n in (1, 2):
        assert word(await party.provider.perform(on(first, Op.REFUND, n, 500))) == SETTLED


async def test_a_refund_that_failed_after_it_had_succeeded_is_told_as_failed_and_made_anew(
    party: Party,
) -> None:
    """Whoever did not hear the first answer hears what has become of it; under the next key the
    same money is given back again, and no more than that.
    """
    first = await party.authorized()
    await party.provider.perform(on(first, Op.CAPTURE, 1, 1000))
    refund = on(first, Op.REFUND, 1, 1000)
    assert word(await party.provider.perform(refund)) == SETTLED
    await party.fail_refund(refund)
    for _ in range(2):
        told = word(await party.provider.inquire(refund))
        assert told == (PaymentStatus.FAILED, FAILED_BY_BANK)
    assert word(await party.provider.perform(on(first, Op.REFUND, 2, 1000))) == SETTLED


async def test_a_void_frees_an_authorization_and_it_can_no_longer_be_captured(party: Party) -> None:
    first = await party.authorized()
    assert word(await party.provider.perform(on(first, Op.VOID, 1, 1000))) == SETTLED
    assert word(await party.provider.perform(on(first, Op.VOID, 2, 1000))) == SETTLED
    late = await party.provider.perform(on(first, Op.CAPTURE, 1, 1000))
    assert late.status is PaymentStatus.FAILED


async def test_a_void_of_what_was_voided_is_done_whether_it_is_heard_at_once_or_asked_for_later(
    party: Party,
) -> None:
    first = await party.authorized()
    await party.provider.perform(on(first, Op.VOID, 1, 1000))
    again = on(first, Op.VOID, 2, 1000)
    assert word(await party.provider.perform(again)) == SETTLED
    told = await party.provider.inquire(again)
    assert told is not None
    assert word(told) == SETTLED


async def test_a_capture_that_is_refused_is_a_definite_failure(party: Party) -> None:
    source, amount = party.failing_capture
    first = await party.authorized(card=source)
    capture = on(first, Op.CAPTURE, 1, amount)
    assert (await party.provider.perform(capture)).status is PaymentStatus.FAILED


@pytest.mark.parametrize("operation", [Op.CAPTURE, Op.VOID, Op.REFUND])
async def test_an_effect_whose_answer_is_lost_is_unknown_and_then_told_and_never_done_twice(
    party: Party, operation: Op
) -> None:
    request = await party.ready_for(operation)
    await party.lose_next_answer()
    with pytest.raises(OutcomeUnknown):
        await party.provider.perform(request)
    for _ in range(2):
        assert word(await party.provider.inquire(request)) == SETTLED


async def test_an_authorization_whose_answer_is_lost_is_unknown_until_an_inquiry_tells(
    party: Party,
) -> None:
    request = await party.request()
    await party.lose_next_answer()
    with pytest.raises(OutcomeUnknown):
        await party.provider.perform(request)
    assert word(await party.provider.inquire(request)) == SETTLED


@pytest.mark.parametrize("operation", Op)
async def test_an_inquiry_that_finds_nothing_closes_the_key_for_ever(
    party: Party, operation: Op
) -> None:
    """Whoever hears "never" decides anew: a request that was still under way must not land late."""
    request = await party.ready_for(operation)
    assert await party.provider.inquire(request) is None
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await party.provider.perform(request)
        assert await party.provider.inquire(request) is None


async def test_an_inquiry_of_a_capture_that_was_never_sent_moves_no_money(party: Party) -> None:
    """Else less than what is left could not be captured afterwards."""
    first = await party.authorized()
    for _ in range(2):
        assert await party.provider.inquire(on(first, Op.CAPTURE, 1, 1000)) is None
    assert word(await party.provider.perform(on(first, Op.CAPTURE, 2, 400))) == SETTLED


async def test_an_inquiry_of_a_void_that_was_never_sent_leaves_the_authorization(
    party: Party,
) -> None:
    first = await party.authorized()
    for _ in range(2):
        assert await party.provider.inquire(on(first, Op.VOID, 1, 1000)) is None
    assert word(await party.provider.perform(on(first, Op.CAPTURE, 1, 1000))) == SETTLED


async def test_the_cardholder_s_confirmation_is_seen_by_an_inquiry(party: Party) -> None:
    request = await party.request("challenged")
    waiting = await party.provider.perform(request)
    assert waiting.status is PaymentStatus.REQUIRES_ACTION
    assert word(await party.provider.inquire(request)) == (PaymentStatus.REQUIRES_ACTION, "")
    await party.pass_challenge(request, waiting)
    assert word(await party.provider.inquire(request)) == SETTLED


async def test_a_challenged_authorization_can_be_voided(party: Party) -> None:
    request = await party.request("challenged")
    waiting = await party.provider.perform(request)
    void = on(replace(request, payment=waiting.payment), Op.VOID, 1, 1000)
    assert word(await party.provider.perform(void)) == SETTLED


async def test_it_prepares_if_it_says_so_and_that_has_no_effect(party: Party) -> None:
    asked = PaymentRequest("ORDER-0/authorize/1", Op.AUTHORIZE, 1000, "USD", party.cards["ok"])
    prepared = await party.provider.prepare(asked)
    assert prepared.status is PaymentStatus.REQUESTED
    if party.provider.capabilities.prepares:
        assert prepared.payment
        capture = on(replace(asked, payment=prepared.payment), Op.CAPTURE, 1, 1000)
        assert (await party.provider.perform(capture)).status is PaymentStatus.FAILED


@pytest.mark.parametrize("operation", Op)
async def test_a_key_that_is_refused_is_no_decline_and_the_same_operation_is_done_once_it_is_mended(
    party: Party, operation: Op
) -> None:
    asked = await party.ready_for(operation)
    for _ in range(2):
        with pytest.raises(KeyRefused, match="refuses our key"):
            await party.stranger.perform(asked)
    with pytest.raises(KeyRefused, match="refuses our key"):
        await party.stranger.inquire(asked)
    if party.provider.capabilities.prepares:
        with pytest.raises(KeyRefused, match="refuses our key"):
            await party.stranger.prepare(asked)
    assert word(await party.provider.perform(asked)) == SETTLED
    assert word(await party.provider.inquire(asked)) == SETTLED


@pytest_asyncio.fixture(params=["http", "stripe"])
async def dead(request: pytest.FixtureRequest) -> AsyncIterator[PaymentProvider]:
    if request.param == "http":
        party = HttpParty(NOBODY, "k")
        yield HttpPaymentProvider(party)
        await party.close()
    else:
        stripe = StripePaymentProvider(STRIPE_KEY, base_url=NOBODY)
        yield stripe
        await stripe.close()


async def test_a_provider_that_is_down_is_unknown_for_effects_and_unreachable_for_questions(
    dead: PaymentProvider,
) -> None:
    provider = dead
    request = PaymentRequest("X/authorize/1", Op.AUTHORIZE, 1000, "USD", "tok_ok", "pi_1")
    for operation in Op:
        with pytest.raises(OutcomeUnknown):
            await provider.perform(replace(request, operation=operation))
        with pytest.raises(Unreachable):
            await provider.inquire(replace(request, operation=operation))
    if provider.capabilities.prepares:
        with pytest.raises(Unreachable):
            await provider.prepare(request)


def test_what_the_adapters_say_of_themselves() -> None:
    http, stripe = HttpPaymentProvider.capabilities, StripePaymentProvider.capabilities
    assert (http.captures_per_authorization, http.prepares) == (None, False)
    assert (stripe.captures_per_authorization, stripe.prepares) == (1, True)
