"""`POST /webhooks/{source}`: facts are stored before the answer, and told after it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.facts import Fact, FactKind, Package
from domain.order import LineUnits
from ports.desk import DeskUnavailable, NoSuchProcess

NUMBER = "7K3M-9QXT-2AVB"
PARCEL = f"{NUMBER}-F1"
CAPTURE = f"{NUMBER}/capture/1"
AT = datetime(2026, 11, 22, 11, tzinfo=UTC)
UNITS = {"line": 1, "sku": "1082185", "quantity": 2}
PAYMENT = {
    "id": "pay_1",
    "reference": f"{NUMBER}/authorize/1",
    "status": "authorized",
    "amount": 398,
    "currency": "USD",
    "captured": 0,
    "refunded": 0,
    "decline_code": None,
    "action_url": None,
}


def event(kind: str, data: dict[str, Any], *, id: str = "evt_1") -> dict[str, Any]:  # noqa: A002
    return {"id": id, "type": kind, "occurred_at": "2026-11-22T11:00:00Z", "data": data}


async def send(client, source: str, kind: str, data: dict[str, Any]):
    return await client.signed(f"/webhooks/{source}", event(kind, data), message="evt_1")


async def test_a_fact_is_stored_and_its_order_told(client, office):
    office.facts.subjects[PARCEL] = NUMBER
    package = {"package": "P1", "carrier": "ups", "tracking_number": "1Z", "lines": [UNITS]}
    data = {"reference": PARCEL, "packages": [package]}
    answer = await send(client, "warehouse", "fulfillment.shipped", data)
    assert (answer.status_code, answer.json()) == (200, {"id": "evt_1", "repeated": False})
    lines = (LineUnits(1, "1082185", 2),)
    packages = (Package("P1", "ups", "1Z", lines),)
    fact = Fact("warehouse:evt_1", FactKind.SHIPPED, PARCEL, AT, packages=packages)
    assert office.facts.stored == {fact.id: (fact, event("fulfillment.shipped", data))}
    assert office.desk.facts == [(NUMBER, "warehouse:evt_1")]
    assert office.facts.heard == ["warehouse:evt_1"]


async def test_a_repeated_fact_is_answered_alike_and_told_once(client, office):
    office.facts.subjects[PARCEL] = NUMBER
    for repeated in (False, True):
        answer = await send(client, "warehouse", "fulfillment.accepted", {"reference": PARCEL})
        assert (answer.status_code, answer.json()["repeated"]) == (200, repeated)
    assert office.desk.facts == [(NUMBER, "warehouse:evt_1")]


@pytest.mark.parametrize("down", [DeskUnavailable("slow"), NoSuchProcess("none")])
async def test_a_fact_that_could_not_be_told_is_left_to_the_relay(client, office, down):
    office.facts.subjects[PARCEL] = NUMBER
    office.desk.down = down
    answer = await send(client, "warehouse", "fulfillment.accepted", {"reference": PARCEL})
    assert answer.status_code == 200
    assert list(office.facts.stored) == ["warehouse:evt_1"]
    assert office.facts.heard == []


async def test_a_fact_about_nothing_is_stored_and_told_to_nobody(client, office):
    answer = await send(client, "warehouse", "fulfillment.accepted", {"reference": "who-knows"})
    assert answer.status_code == 200
    assert list(office.facts.stored) == ["warehouse:evt_1"]
    assert office.desk.facts == []


@pytest.mark.parametrize(
    ("operation", "subject", "code"),
    [
        (None, f"{NUMBER}/authorize/1", ""),
        ({"reference": CAPTURE, "status": "succeeded"}, CAPTURE, "succeeded"),
    ],
)
async def test_a_payment_fact_is_about_its_operation(client, office, operation, subject, code):
    kind = "payment.captured" if operation else "payment.authorized"
    answer = await send(client, "payment", kind, {"payment": PAYMENT, "operation": operation})
    assert answer.status_code == 200
    fact, _ = office.facts.stored["payment:evt_1"]
    assert (fact.kind, fact.subject, fact.code) == (FactKind(kind), subject, code)


@pytest.mark.parametrize("kind", [FactKind.CHARGED_BACK, FactKind.CHARGEBACK_REVERSED])
async def test_a_chargeback_is_about_the_capture_and_keeps_the_name_of_the_dispute(
    client, office, kind
):
    captured = {"reference": CAPTURE, "status": "succeeded"}
    dispute = {"id": "dp_1", "amount": 398, "reason": "fraudulent"}
    data = {"payment": PAYMENT, "operation": captured, "chargeback": dispute}
    assert (await send(client, "payment", kind, data)).status_code == 200
    fact, _ = office.facts.stored["payment:evt_1"]
    assert fact == Fact(
        "payment:evt_1", kind, CAPTURE, AT,
        code="fraudulent", amount=398, dispute="dp_1", currency="USD",
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": None},
        {"chargeback": None},
        {"chargeback": {"id": "dp_1", "amount": 0}},
        {"chargeback": {"id": "", "amount": 1}},
    ],
)
async def test_a_chargeback_without_capture_dispute_or_amount_is_refused(client, office, wrong):
    data = {
        "payment": PAYMENT,
        "operation": {"reference": CAPTURE, "status": "succeeded"},
        "chargeback": {"id": "dp_1", "amount": 398},
        **wrong,
    }
    answer = await send(client, "payment", FactKind.CHARGED_BACK, data)
    assert (answer.status_code, office.facts.stored) == (422, {})


REFUND = f"{NUMBER}-R1/refund/1"
FAILED = {"reference": REFUND, "status": "failed", "amount": 398, "reason": "account_closed"}


async def test_a_refund_that_failed_after_all_is_about_the_refund(client, office):
    data = {"payment": PAYMENT, "operation": FAILED}
    assert (await send(client, "payment", FactKind.REFUND_FAILED, data)).status_code == 200
    fact, _ = office.facts.stored["payment:evt_1"]
    assert fact == Fact(
        "payment:evt_1", FactKind.REFUND_FAILED, REFUND, AT,
        code="account_closed", amount=398, currency="USD",
    )  # fmt: skip


async def test_a_refund_may_fail_for_no_reason_that_is_told(client, office):
    data = {"payment": PAYMENT, "operation": {**FAILED, "reason": None}}
    assert (await send(client, "payment", FactKind.REFUND_FAILED, data)).status_code == 200
    fact, _ = office.facts.stored["payment:evt_1"]
    assert (fact.subject, fact.code) == (REFUND, "")


@pytest.mark.parametrize(
    "operation", [None, {**FAILED, "amount": 0}, {"reference": REFUND, "status": "failed"}]
)
async def test_a_failure_without_refund_or_amount_is_refused(client, office, operation):
    data = {"payment": PAYMENT, "operation": operation}
    answer = await send(client, "payment", FactKind.REFUND_FAILED, data)
    assert (answer.status_code, office.facts.stored) == (422, {})


async def test_a_decline_keeps_its_code(client, office):
    declined = {**PAYMENT, "status": "declined", "decline_code": "insufficient_funds"}
    await send(client, "payment", "payment.declined", {"payment": declined, "operation": None})
    fact, _ = office.facts.stored["payment:evt_1"]
    assert fact.code == "insufficient_funds"


async def test_a_carriers_fact_keeps_its_own_code(client, office):
    data = {"reference": PARCEL, "tracking_number": "1Z", "code": "OF", "description": "out"}
    await send(client, "carrier", "shipment.out_for_delivery", data)
    fact, _ = office.facts.stored["carrier:evt_1"]
    expected = Fact("carrier:evt_1", FactKind.OUT_FOR_DELIVERY, PARCEL, AT, tracking_number="1Z")
    assert (fact.subject, fact.tracking_number, fact.code) == (PARCEL, "1Z", "OF")
    assert fact.kind is expected.kind


async def test_a_short_pick_may_have_found_nothing(client, office):
    data = {"reference": PARCEL, "lines": [{**UNITS, "quantity": 0}]}
    assert (await send(client, "warehouse", "fulfillment.picked", data)).status_code == 200
    fact, _ = office.facts.stored["warehouse:evt_1"]
    assert fact.lines == (LineUnits(1, "1082185", 0),)


async def test_a_short_pick_may_name_the_components_that_were_missing(client, office):
    lid = {"line": 1, "sku": "LID", "quantity": 2}
    data = {"reference": PARCEL, "lines": [UNITS], "missing": [lid]}
    assert (await send(client, "warehouse", "fulfillment.picked", data)).status_code == 200
    fact, _ = office.facts.stored["warehouse:evt_1"]
    assert fact.parts == (LineUnits(1, "LID", 2),)


@pytest.mark.parametrize(
    ("source", "kind", "data", "field"),
    [
        ("warehouse", "fulfillment.burned", {"reference": PARCEL}, "type"),
        ("carrier", "payment.captured", {"payment": PAYMENT}, "type"),
        ("payment", "fulfillment.shipped", {"reference": PARCEL}, "type"),
        ("warehouse", "fulfillment.accepted", {}, "data.reference"),
        ("warehouse", "fulfillment.accepted", {"reference": 5}, "data.reference"),
        ("warehouse", "fulfillment.picked", {"reference": PARCEL}, "data.lines"),
        ("warehouse", "fulfillment.shipped", {"reference": PARCEL}, "data.packages"),
        (
            "warehouse",
            "fulfillment.shipped",
            {"reference": PARCEL, "packages": []},
            "data.packages",
        ),
        (
            "warehouse",
            "fulfillment.picked",
            {"reference": PARCEL, "lines": [{**UNITS, "quantity": -1}]},
            "data.lines.0.quantity",
        ),
        (
            "warehouse",
            "fulfillment.picked",
            {"reference": PARCEL, "lines": [UNITS], "missing": [{"line": 1, "quantity": 1}]},
            "data.missing.0.sku",
        ),
        ("carrier", "shipment.delivered", {"reference": PARCEL}, "data.tracking_number"),
        ("payment", "payment.captured", {"payment": None}, "data.payment"),
        (
            "payment",
            "payment.captured",
            {"payment": {**PAYMENT, "amount": "398"}},
            "data.payment.amount",
        ),
    ],
)
async def test_a_wrong_shape_is_422_by_field_and_is_not_stored(
    client, office, source, kind, data, field
):
    answer = await send(client, source, kind, data)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/malformed")
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert office.facts.stored == {}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("0001-01-01T00:00:00+14:00", "it is before 2000-01-01"),
        ("1999-12-31T23:59:59Z", "it is before 2000-01-01"),
        ("2026-11-23T12:00:01Z", "it is more than 24 hours in the future"),
        ("9999-12-31T23:59:59-14:00", "it is more than 24 hours in the future"),
    ],
)
async def test_a_time_that_no_timeline_could_show_is_422_and_is_not_stored(
    client, office, told, why
):
    body = {**event("fulfillment.accepted", {"reference": PARCEL}), "occurred_at": told}
    answer = await client.signed("/webhooks/warehouse", body, message="evt_1")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-time")
    message = f"occurred_at: {why}"
    assert answer.json()["errors"] == [{"field": "occurred_at", "message": message}]
    assert office.facts.stored == {}


@pytest.mark.parametrize("told", ["2000-01-01T00:00:00Z", "2026-11-23T12:00:00Z"])
async def test_a_late_event_and_a_fast_clock_are_welcome(client, office, told):
    body = {**event("fulfillment.accepted", {"reference": PARCEL}), "occurred_at": told}
    answer = await client.signed("/webhooks/warehouse", body, message="evt_1")
    assert answer.status_code == 200
    assert list(office.facts.stored) == ["warehouse:evt_1"]


async def test_an_unknown_kind_is_answered_with_the_known_ones(client):
    answer = await send(client, "carrier", "shipment.teleported", {})
    assert answer.json()["errors"][0]["message"].startswith("a carrier tells one of: shipment.")


async def test_the_signed_id_and_the_events_own_have_to_agree(client, office):
    body = event("fulfillment.accepted", {"reference": PARCEL}, id="evt_2")
    answer = await client.signed("/webhooks/warehouse", body, message="evt_1")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "id")
    assert office.facts.stored == {}


async def test_one_sources_secret_opens_no_other_door(client, office):
    answer = await client.signed(
        "/webhooks/warehouse",
        event("fulfillment.accepted", {"reference": PARCEL}),
        message="evt_1",
        secret="whsec_" + "A" * 32,
    )
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/bad-signature")
    assert office.facts.stored == {}


@pytest.mark.parametrize("source", ["web", "nobody", "payments"])
async def test_an_unknown_source_is_404(client, source):
    answer = await client.signed(f"/webhooks/{source}", {})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-source")


async def test_a_fact_that_could_not_be_stored_is_not_acknowledged(client, office):
    office.facts.fails = RuntimeError("the disk of db-7 is full")
    answer = await send(client, "warehouse", "fulfillment.accepted", {"reference": PARCEL})
    assert answer.status_code == 500
    assert "db-7" not in answer.text
    assert office.desk.facts == []
