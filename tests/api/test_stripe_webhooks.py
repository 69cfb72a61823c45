"""`POST /webhooks/stripe`: Stripe's own signature and shapes; what it tells is looked up."""

import hashlib
import hmac
import json
import time

import pytest

from domain.facts import FactKind
from tests.api.fakes import NOW, STRIPE_SECRET

NUMBER = "7K3M-9QXT-2AVB"
KEY = f"{NUMBER}/authorize/1"
CAPTURABLE = "payment_intent.amount_capturable_updated"


def event(kind=CAPTURABLE, id="evt_1", created=None, metadata=None):  # noqa: A002
    about = {"id": "pi_1", "object": "payment_intent", "metadata": metadata or {"reference": KEY}}
    at = int(NOW.timestamp()) if created is None else created
    return {"id": id, "object": "event", "type": kind, "created": at, "data": {"object": about}}


async def send(client, told, *, secret=STRIPE_SECRET, signed_at=None, body=None):
    body = json.dumps(told) if body is None else body
    at = int(time.time()) if signed_at is None else signed_at
    signature = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={at},v1={signature}", "content-type": "application/json"}
    answer = await client.http.post("/webhooks/stripe", content=body.encode(), headers=headers)
    await client.office.background.drain()
    return answer


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        (CAPTURABLE, FactKind.PAYMENT_AUTHORIZED),
        ("payment_intent.payment_failed", FactKind.PAYMENT_DECLINED),
        ("payment_intent.succeeded", FactKind.PAYMENT_CAPTURED),
    ],
)
async def test_what_stripe_tells_of_an_intent_is_a_fact_about_its_operation(
    client, office, kind, fact
):
    office.facts.subjects[KEY] = NUMBER
    answer = await send(client, event(kind))
    assert (answer.status_code, answer.json()) == (200, {"id": "evt_1", "repeated": False})
    [(stored, _)] = office.facts.stored.values()
    assert (stored.id, stored.kind, stored.subject) == ("stripe:evt_1", fact, KEY)
    assert office.desk.facts == [(NUMBER, "stripe:evt_1")]


WITHDRAWN = [{"id": "txn_1", "amount": -1000, "fee": 1500, "currency": "usd"}]


def dispute(kind, *, moved=WITHDRAWN, **more):
    """As docs.stripe.com/api/disputes/object has it."""
    about = {
        "id": "du_1", "object": "dispute", "amount": 1000, "currency": "usd", "charge": "ch_1",
        "payment_intent": "pi_1", "reason": "fraudulent", "status": "needs_response",
        "balance_transactions": moved, **more,
    }  # fmt: skip
    return {**event(f"charge.dispute.{kind}"), "data": {"object": about}}


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (dispute("created"), FactKind.CHARGED_BACK),
        (dispute("funds_withdrawn"), FactKind.CHARGED_BACK),
        (dispute("closed", status="won"), FactKind.CHARGEBACK_REVERSED),
        (dispute("funds_reinstated"), FactKind.CHARGEBACK_REVERSED),
    ],
    ids=["created", "withdrawn", "won", "reinstated"],
)
async def test_what_a_dispute_takes_or_gives_back_is_a_fact_about_its_intent(
    client, office, told, kind
):
    assert (await send(client, told)).status_code == 200
    [(stored, _)] = office.facts.stored.values()
    assert (stored.kind, stored.subject, stored.dispute) == (kind, "pi_1", "du_1")
    assert (stored.amount, stored.currency, stored.code) == (1000, "USD", "fraudulent")


@pytest.mark.parametrize(
    "told",
    [
        dispute("created", moved=[], status="warning_needs_response"),
        dispute("closed", status="lost"),
        dispute("closed", moved=[], status="warning_closed"),
        dispute("closed", moved=[], status="won"),
        dispute("updated"),
    ],
    ids=["an inquiry", "lost", "an inquiry's end", "never taken", "updated"],
)
async def test_a_dispute_that_moves_no_money_is_acknowledged_and_not_kept(client, office, told):
    assert (await send(client, told)).status_code == 200
    assert office.facts.stored == {}


async def test_a_dispute_is_counted_as_stripe_counts_its_currency(client, office):
    await send(client, dispute("created", currency="isk", amount=150_000))
    [(stored, _)] = office.facts.stored.values()
    assert (stored.amount, stored.currency) == (1_500, "ISK")


async def test_a_dispute_of_a_charge_without_intent_is_kept_by_the_charge(client, office):
    await send(client, dispute("created", payment_intent=None))
    [(stored, _)] = office.facts.stored.values()
    assert stored.subject == "ch_1"


@pytest.mark.parametrize(
    "wrong", [{"amount": "1000"}, {"currency": "xxx1"}, {"currency": "isk", "amount": 1}]
)
async def test_a_dispute_that_stripe_would_not_send_is_refused(client, office, wrong):
    answer = await send(client, dispute("created", **wrong))
    assert 400 <= answer.status_code < 500
    assert office.facts.stored == {}


REFUND = f"{NUMBER}-R1/refund/1"


def refund(kind="refund.failed", **more):
    """As docs.stripe.com/api/refunds/object has it."""
    about = {
        "id": "re_1", "object": "refund", "amount": 1000, "currency": "usd", "charge": "ch_1",
        "payment_intent": "pi_1", "status": "failed", "failure_reason": "lost_or_stolen_card",
        "reason": None, "metadata": {"reference": REFUND}, **more,
    }  # fmt: skip
    return {**event(kind), "data": {"object": about}}


@pytest.mark.parametrize("kind", ["refund.failed", "refund.updated", "charge.refund.updated"])
async def test_a_refund_that_failed_is_a_fact_about_our_refund(client, office, kind):
    assert (await send(client, refund(kind))).status_code == 200
    [(stored, _)] = office.facts.stored.values()
    assert (stored.kind, stored.subject) == (FactKind.REFUND_FAILED, REFUND)
    assert (stored.amount, stored.currency, stored.code) == (1000, "USD", "lost_or_stolen_card")


async def test_a_refund_that_was_canceled_has_failed_too(client, office):
    await send(client, refund("refund.updated", status="canceled", failure_reason=None))
    [(stored, _)] = office.facts.stored.values()
    assert (stored.kind, stored.code) == (FactKind.REFUND_FAILED, "canceled")


@pytest.mark.parametrize("status", ["pending", "succeeded", "requires_action", None])
async def test_a_refund_that_has_not_failed_is_acknowledged_and_not_kept(client, office, status):
    told = refund("refund.updated", status=status, failure_reason=None)
    assert (await send(client, told)).status_code == 200
    assert office.facts.stored == {}


async def test_a_refund_that_is_none_of_ours_is_kept_by_its_own_name(client, office):
    await send(client, refund(metadata=None, currency="isk", amount=150_000))
    [(stored, _)] = office.facts.stored.values()
    assert (stored.subject, stored.amount, stored.currency) == ("re_1", 1_500, "ISK")


@pytest.mark.parametrize(
    "wrong", [{"amount": "1000"}, {"currency": "xxx1"}, {"currency": "isk", "amount": 1}]
)
async def test_a_refund_that_stripe_would_not_send_is_refused(client, office, wrong):
    answer = await send(client, refund(**wrong))
    assert 400 <= answer.status_code < 500
    assert office.facts.stored == {}


async def test_the_same_event_twice_tells_once(client, office):
    office.facts.subjects[KEY] = NUMBER
    for repeated in (False, True):
        assert (await send(client, event())).json()["repeated"] == repeated
    assert office.desk.facts == [(NUMBER, "stripe:evt_1")]


async def test_what_says_nothing_to_us_is_acknowledged_and_not_kept(client, office):
    answer = await send(client, event("charge.updated"))
    assert answer.status_code == 200
    assert office.facts.stored == {}


async def test_an_intent_that_is_none_of_ours_is_kept_by_its_own_name(client, office):
    assert (await send(client, event(metadata={"other": "x"}))).status_code == 200
    [(stored, _)] = office.facts.stored.values()
    assert stored.subject == "pi_1"
    assert office.desk.facts == []


@pytest.mark.parametrize(
    "wrong", [{"secret": "whsec_other"}, {"signed_at": int(time.time()) - 3600}]
)
async def test_a_wrong_or_old_signature_is_refused(client, office, wrong):
    answer = await send(client, event(), **wrong)
    assert (answer.status_code, office.facts.stored) == (401, {})


@pytest.mark.parametrize(
    "headers", [{}, {"stripe-signature": "x"}, {"stripe-signature": "t=1,v1=é"}]
)
async def test_what_is_not_signed_at_all_is_refused(client, office, headers):
    sent = {name: value.encode() for name, value in headers.items()}
    answer = await client.http.post("/webhooks/stripe", content=b"\xff{}", headers=sent)
    assert (answer.status_code, office.facts.stored) == (401, {})


@pytest.mark.parametrize("told", [{}, {"id": "evt_1"}, {**event(), "created": 5}, [], "x"])
async def test_what_stripe_would_not_send_is_refused(client, office, told):
    answer = await send(client, told)
    assert 400 <= answer.status_code < 500
    assert office.facts.stored == {}


async def test_a_huge_time_is_no_time(client, office):
    answer = await send(client, event(created=10**18))
    assert 400 <= answer.status_code < 500
    assert office.facts.stored == {}
