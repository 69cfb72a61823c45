"""The payment provider: authorizations, captures, voids, refunds and their limits."""

import asyncio
from typing import Any

import pytest

SIMULATOR = "payment"
SETTINGS: dict[str, Any] = {}


async def authorize(program, reference, source="tok_ok", amount=1000):
    body = {"reference": reference, "amount": amount, "currency": "USD", "source": source}
    answer = await program.post("/v1/payments", body, f"{reference}/authorize")
    assert answer.status_code == 201
    return answer.json()


async def act(program, payment, call, key, amount=None):
    amounts = {} if amount is None else {"amount": amount}
    body = {"reference": payment["reference"], **amounts}
    return await program.post(f"/v1/payments/{payment['id']}/{call}", body, key)


async def test_an_authorization_answers_the_payment_and_tells_it(usual, shared_system, reference):
    payment = await authorize(usual, reference)
    assert payment == {
        "id": payment["id"],
        "reference": reference,
        "status": "authorized",
        "amount": 1000,
        "currency": "USD",
        "captured": 0,
        "refunded": 0,
        "charged_back": 0,
        "expires_at": payment["expires_at"],
        "decline_code": None,
        "action_url": None,
    }
    told = await shared_system.has(reference, "payment.authorized")
    assert told.path == "/webhooks/payment"
    assert told.body["id"] == told.id
    assert told.data == {"payment": payment, "operation": None}


async def test_a_declined_card_is_an_answer_and_no_error(usual, shared_system, reference):
    payment = await authorize(usual, reference, "tok_declined")
    assert (payment["status"], payment["decline_code"]) == ("declined", "card_declined")
    await shared_system.has(reference, "payment.declined")
    refused = await act(usual, payment, "captures", f"{reference}/capture", 1)
    assert (refused.status_code, refused.json()["error"]) == (409, "not_authorized")


async def test_several_captures_never_exceed_the_authorization(usual, shared_system, reference):
    payment = await authorize(usual, reference)
    first = await act(usual, payment, "captures", f"{reference}/c1", 600)
    too_much = await act(usual, payment, "captures", f"{reference}/c2", 401)
    second = await act(usual, payment, "captures", f"{reference}/c3", 400)
    assert first.json()["status"] == second.json()["status"] == "succeeded"
    assert (too_much.status_code, too_much.json()["error"]) == (409, "exceeds_authorization")
    assert second.json()["payment"]["captured"] == 1000
    nothing_left = await act(usual, payment, "void", f"{reference}/void")
    assert (nothing_left.status_code, nothing_left.json()["error"]) == (409, "nothing_to_void")
    told = await shared_system.has(reference, "payment.captured")
    assert told.data["operation"]["payment"] == told.data["payment"]


async def test_what_is_voided_cannot_be_captured_any_more(usual, shared_system, reference):
    payment = await authorize(usual, reference)
    await act(usual, payment, "captures", f"{reference}/c1", 300)
    voided = (await act(usual, payment, "void", f"{reference}/void")).json()
    assert (voided["amount"], voided["payment"]["status"]) == (700, "voided")
    refused = await act(usual, payment, "captures", f"{reference}/c2", 1)
    assert (refused.status_code, refused.json()["error"]) == (409, "not_authorized")
    await shared_system.has(reference, "payment.voided")


async def test_refunds_never_exceed_what_is_captured(usual, shared_system, reference):
    payment = await authorize(usual, reference)
    early = await act(usual, payment, "refunds", f"{reference}/r0", 1)
    assert (early.status_code, early.json()["error"]) == (409, "exceeds_captured")
    await act(usual, payment, "captures", f"{reference}/c1", 500)
    first = await act(usual, payment, "refunds", f"{reference}/r1", 300)
    too_much = await act(usual, payment, "refunds", f"{reference}/r2", 201)
    assert first.json()["payment"]["refunded"] == 300
    assert (too_much.status_code, too_much.json()["error"]) == (409, "exceeds_captured")
    await shared_system.has(reference, "payment.refunded")


async def fail(program, reference, **more):
    asked = {"reference": reference, **more}
    return await program.client.post("/_control/refund_failures", json=asked)


async def refunded(program, reference, amount=300):
    """By its own reference, as each of our operations has one."""
    payment = await authorize(program, reference)
    await act(program, payment, "captures", f"{reference}/c1", 500)
    body = {"reference": f"{reference}/r1", "amount": amount}
    path = f"/v1/payments/{payment['id']}/refunds"
    return payment, (await program.post(path, body, f"{reference}/r1")).json()


async def test_a_refund_may_fail_after_it_has_succeeded_and_then_another_may_be_made(
    usual, shared_system, reference
):
    payment, done = await refunded(usual, reference)
    answer = await fail(usual, f"{reference}/r1", reason="account_closed")
    failed = answer.json()
    assert (answer.status_code, failed["id"], failed["operation"]) == (201, done["id"], "refund")
    assert (failed["status"], failed["reason"]) == ("failed", "account_closed")
    assert (done["payment"]["refunded"], failed["payment"]["refunded"]) == (300, 0)
    told = await shared_system.has(reference, "payment.refund_failed")
    assert told.data == {"payment": failed["payment"], "operation": failed}
    assert usual.kinds(reference=f"{reference}/r1") == ["refund", "refund_failure"]
    again = await act(usual, payment, "refunds", f"{reference}/r2", 500)
    assert again.json()["payment"]["refunded"] == 500


async def test_an_inquiry_tells_that_a_refund_failed_and_its_key_what_it_was_answered(
    usual, reference
):
    payment, done = await refunded(usual, reference)
    failed = (await fail(usual, f"{reference}/r1")).json()
    assert (await usual.get(f"/v1/operations/{reference}/r1")).json() == failed
    body = {"reference": f"{reference}/r1", "amount": 300}
    path = f"/v1/payments/{payment['id']}/refunds"
    assert (await usual.post(path, body, f"{reference}/r1")).json() == done


async def test_only_a_refund_that_has_succeeded_fails_afterwards_and_once(usual, reference):
    await refunded(usual, reference)
    for unknown in (f"{reference}/r2", f"{reference}/c1"):
        answer = await fail(usual, unknown)
        assert (answer.status_code, answer.json()["error"]) == (404, "unknown_refund")
    assert (await fail(usual, f"{reference}/r1")).status_code == 201
    assert (await fail(usual, f"{reference}/r1")).status_code == 404


async def test_a_capture_that_fails_is_told_and_captures_nothing(usual, shared_system, reference):
    payment = await authorize(usual, reference, "tok_capture_fails")
    answer = await act(usual, payment, "captures", f"{reference}/c1", 1000)
    assert (answer.status_code, answer.json()["status"]) == (201, "failed")
    assert answer.json()["payment"]["captured"] == 0
    await shared_system.has(reference, "payment.capture_failed")


@pytest.mark.parametrize(("outcome", "status"), [("passed", "authorized"), ("failed", "declined")])
async def test_a_challenge_decides_the_payment(usual, shared_system, reference, outcome, status):
    payment = await authorize(usual, reference, "tok_requires_action")
    assert payment["status"] == "requires_action"
    assert payment["action_url"].endswith(payment["id"])
    assert shared_system.types(reference) == []
    path = f"/v1/payments/{payment['id']}/challenge"
    await usual.client.post(path, json={"outcome": outcome})
    told = await shared_system.has(reference, f"payment.{status}")
    assert told.data["payment"]["status"] == status
    again = await usual.client.post(path, json={"outcome": outcome})
    assert again.status_code == 409
    inquiry = (await usual.get(f"/v1/operations/{reference}/authorize")).json()
    assert (inquiry["operation"], inquiry["status"]) == ("authorize", status)


async def test_the_cardholder_passes_by_himself_when_so_set(usual, shared_system, reference):
    await authorize(usual, reference, "tok_requires_action")
    await usual.control(auto_challenge_after=0.05)
    await shared_system.has(reference, "payment.authorized")


async def test_the_same_key_answers_the_same_without_a_second_effect(usual, reference):
    payment = await authorize(usual, reference)
    first = await act(usual, payment, "captures", f"{reference}/c1", 600)
    await act(usual, payment, "captures", f"{reference}/c2", 100)
    again = await act(usual, payment, "captures", f"{reference}/c1", 600)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (await usual.get(f"/v1/payments/{payment['id']}")).json()["captured"] == 700
    assert usual.kinds(key=f"{reference}/c1") == ["capture"]


async def test_the_same_key_with_another_body_is_a_conflict(usual, reference):
    payment = await authorize(usual, reference)
    await act(usual, payment, "captures", f"{reference}/c1", 600)
    other = await act(usual, payment, "captures", f"{reference}/c1", 100)
    assert (other.status_code, other.json()["error"]) == (409, "idempotency_conflict")
    assert (await usual.get(f"/v1/payments/{payment['id']}")).json()["captured"] == 600


async def test_a_refusal_is_kept_for_its_key(usual, reference):
    payment = await authorize(usual, reference)
    early = await act(usual, payment, "refunds", f"{reference}/r1", 100)
    await act(usual, payment, "captures", f"{reference}/c1", 100)
    again = await act(usual, payment, "refunds", f"{reference}/r1", 100)
    assert again.json() == early.json()
    assert (await usual.get(f"/v1/operations/{reference}/r1")).json()["status"] == "failed"
    assert usual.kinds(key=f"{reference}/r1", status="refused") == ["refund"]


async def test_an_inquiry_tells_what_came_of_a_key(usual, reference):
    payment = await authorize(usual, reference)
    captured = (await act(usual, payment, "captures", f"{reference}/c1", 600)).json()
    inquiry = (await usual.get(f"/v1/operations/{reference}/c1")).json()
    assert inquiry == captured


async def test_a_key_asked_for_before_it_comes_is_voided(usual, reference):
    payment = await authorize(usual, reference)
    unknown = await usual.get(f"/v1/operations/{reference}/c1")
    assert unknown.status_code == 404
    late = await act(usual, payment, "captures", f"{reference}/c1", 600)
    assert (late.status_code, late.json()["error"]) == (409, "key_voided")
    assert (await usual.get(f"/v1/operations/{reference}/c1")).status_code == 404
    assert (await usual.get(f"/v1/payments/{payment['id']}")).json()["captured"] == 0
    assert usual.kinds(key=f"{reference}/c1") == ["key_voided"]


@pytest.mark.parametrize(
    "change", [{"amount": 0}, {"amount": "10"}, {"currency": "usd"}, {"reference": ""}, {"tip": 1}]
)
async def test_a_malformed_authorization_is_refused_and_leaves_the_key_free(
    usual, reference, change
):
    body = {"reference": reference, "amount": 10, "currency": "USD", "source": "tok_ok"}
    malformed = await usual.post("/v1/payments", {**body, **change}, reference)
    assert (malformed.status_code, malformed.json()["error"]) == (400, "malformed")
    assert (await usual.post("/v1/payments", body, reference)).status_code == 201


async def test_what_is_unknown_is_refused(usual, reference):
    body = {"reference": reference, "amount": 10, "currency": "USD", "source": "4111111111111111"}
    card = await usual.post("/v1/payments", body, reference)
    assert (card.status_code, card.json()["error"]) == (422, "unknown_source")
    payment = await usual.get("/v1/payments/pay_0")
    assert (payment.status_code, payment.json()["error"]) == (404, "unknown_payment")
    route = await usual.get("/v2/payments")
    assert (route.status_code, route.json()["error"]) == (404, "no_such_route")


async def test_an_authorization_expires_and_holds_nothing_any_more(usual, reference):
    await usual.control(authorized_for=0.05)
    payment = await authorize(usual, reference)
    assert payment["expires_at"] is not None
    await asyncio.sleep(0.1)
    late = await act(usual, payment, "captures", f"{reference}/c1", 300)
    assert (late.status_code, late.json()["error"]) == (409, "authorization_expired")
    void = await act(usual, payment, "void", f"{reference}/void")
    assert (void.status_code, void.json()["error"]) == (409, "nothing_to_void")


async def test_an_authorization_may_last_for_ever(usual, reference):
    await usual.control(authorized_for=None)
    assert (await authorize(usual, reference))["expires_at"] is None


async def captured(program, reference, amount=1000):
    payment = await authorize(program, reference)
    body = {"reference": f"{reference}/capture", "amount": amount}
    path = f"/v1/payments/{payment['id']}/captures"
    return (await program.post(path, body, f"{reference}/capture")).json()


async def bank(program, path, **body):
    return await program.client.post(f"/_control/chargebacks{path}", json=body)


async def test_a_bank_takes_a_capture_back_and_it_can_no_longer_be_refunded(
    usual, shared_system, reference
):
    name = (await captured(usual, reference))["reference"]
    answer = await bank(usual, "", reference=name, amount=600)
    assert answer.status_code == 201
    dispute = answer.json()
    assert dispute == {"id": dispute["id"], "amount": 600, "reason": "fraudulent"}
    told = await shared_system.has(reference, "payment.charged_back")
    assert told.data["chargeback"] == dispute
    assert told.data["operation"]["reference"] == name
    assert told.data["payment"]["charged_back"] == 600
    payment = told.data["payment"]
    too_much = await act(usual, payment, "refunds", f"{reference}/r1", 401)
    assert (too_much.status_code, too_much.json()["error"]) == (409, "exceeds_captured")
    assert (await act(usual, payment, "refunds", f"{reference}/r2", 400)).status_code == 201
    nothing_left = await bank(usual, "", reference=name)
    assert (nothing_left.status_code, nothing_left.json()["error"]) == (409, "exceeds_captured")
    [line] = [each for each in usual.lines if each.get("dispute") == dispute["id"]]
    assert (line["kind"], line["reference"], line["amount"], line["status"]) == (
        "chargeback", name, 600, "succeeded",
    )  # fmt: skip


async def test_a_dispute_that_is_won_is_given_back_once_and_survives_a_restart(
    launch, system, reference
):
    program = await launch("payment")
    name = (await captured(program, reference))["reference"]
    dispute = (await bank(program, "", reference=name)).json()
    await program.kill()
    await program.start()
    given = await bank(program, f"/{dispute['id']}/reversal")
    assert (given.status_code, given.json()) == (201, dispute)
    told = await system.has(reference, "payment.chargeback_reversed")
    assert told.data["payment"]["charged_back"] == 0
    again = await bank(program, f"/{dispute['id']}/reversal")
    assert (again.status_code, again.json()["error"]) == (409, "given_back_already")
    assert (await bank(program, "/dp_nobody/reversal")).status_code == 404
    assert (await bank(program, "", reference="nothing")).status_code == 404
    assert (await bank(program, "", reference=name, amount=1000)).status_code == 201
