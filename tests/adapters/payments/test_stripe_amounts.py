"""Stripe's own units: what is charged there is what our books say, in every currency."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.payments.stripe_amounts import NotExpressible, from_stripe, to_stripe
from adapters.payments.stripe_answers import captured, refunded
from adapters.payments.stripe_provider import StripePaymentProvider
from domain.payments import PaymentOperation as Op
from domain.payments import PaymentStatus
from ports.outside import OutcomeUnknown, PaymentRequest

NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"),
    [
        ("USD", 1999, 1999),
        ("JPY", 1999, 1999),
        ("ISK", 5000, 500_000),  # they write two decimals that there are not
        ("UGX", 7, 700),
        ("MGA", 1200, 12),  # and none where there are two
        ("KWD", 1230, 1230),
    ],
)
def test_an_amount_is_the_same_money_on_both_sides(currency: str, ours: int, theirs: int) -> None:
    assert to_stripe(ours, currency) == theirs
    assert from_stripe(theirs, currency) == ours


@pytest.mark.parametrize(("currency", "amount"), [("KWD", 1234), ("BHD", 1), ("MGA", 1250)])
def test_what_they_have_no_number_for_is_no_amount(currency: str, amount: int) -> None:
    with pytest.raises(NotExpressible):
        to_stripe(amount, currency)
    with pytest.raises(NotExpressible):
        from_stripe(1, "ISK")


@given(st.integers(0, 10**12), st.sampled_from(["USD", "JPY", "ISK", "UGX", "CLP", "EUR"]))
def test_there_and_back_changes_nothing(amount: int, currency: str) -> None:
    assert from_stripe(to_stripe(amount, currency), currency) == amount


@pytest.mark.parametrize("operation", [Op.AUTHORIZE, Op.CAPTURE, Op.REFUND])
async def test_it_is_refused_for_good_before_anything_is_asked(operation: Op) -> None:
    """Nobody listens there: an answer proves that nothing was sent."""
    provider = StripePaymentProvider("sk_test", base_url=NOBODY)
    asked = PaymentRequest("O/x/1", operation, 1234, "KWD", "pm_card_visa", "pi_1")
    ask = provider.prepare if operation is Op.AUTHORIZE else provider.perform
    answer = await ask(asked)
    assert (answer.status, answer.reason) == (PaymentStatus.FAILED, "amount_not_supported")
    await provider.close()


def test_a_capture_is_known_again_by_its_amount() -> None:
    asked = PaymentRequest("O-F1/capture/1", Op.CAPTURE, 5000, "ISK", payment="pi_1")
    intent: Any = SimpleNamespace(status="succeeded", amount_received=500_000)
    assert captured(asked, intent) is not None
    assert captured(asked, intent).status is PaymentStatus.SUCCEEDED
    other = captured(replace(asked, amount=4000), intent)
    assert other is not None
    assert other.reason == "captured_already"


def test_a_refund_that_is_pending_may_still_fail_and_is_not_done() -> None:
    asked = PaymentRequest("R/refund/1", Op.REFUND, 500, "USD", payment="pi_1")
    for status in ("pending", "requires_action"):
        waiting: Any = SimpleNamespace(status=status)
        with pytest.raises(OutcomeUnknown, match=status):
            refunded(asked, waiting)
    failed: Any = SimpleNamespace(status="failed", failure_reason="lost_or_stolen_card")
    assert refunded(asked, failed).reason == "lost_or_stolen_card"
