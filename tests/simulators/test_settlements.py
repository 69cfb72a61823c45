"""What the payment provider settles: what it did, with the mistakes that it is asked for."""

import csv
import io
from typing import Any

SIMULATOR = "payment"
SETTINGS: dict[str, Any] = {}
SUMS = ("gross", "fee", "net")


async def captured(program, reference, amount):
    body = {"reference": reference, "amount": amount, "currency": "USD", "source": "tok_ok"}
    payment = (await program.post("/v1/payments", body, f"{reference}/a")).json()
    part = {"reference": f"{reference}/capture/1", "amount": amount}
    await program.post(f"/v1/payments/{payment['id']}/captures", part, f"{reference}/c")
    back = {"reference": f"{reference}/refund/1", "amount": 5}
    await program.post(f"/v1/payments/{payment['id']}/refunds", back, f"{reference}/r")


async def settled(program, reference, **asked):
    answer = await program.client.post("/v1/settlements", json={"payout": "po", **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    rows = csv.DictReader(io.StringIO(answer.text))
    return [
        (
            row["kind"],
            row["reference"].removeprefix(reference),
            row["gross"],
            row["fee"],
            row["net"],
        )
        for row in rows
        if row["reference"].startswith(reference)
    ]


async def test_captures_and_refunds_are_settled_less_the_fee(usual, reference):
    await captured(usual, reference, 1005)
    assert await settled(usual, reference, fee_bp=290) == [
        ("charge", "/capture/1", "10.05", "0.29", "9.76"),
        ("refund", "/refund/1", "-0.05", "0.00", "-0.05"),
    ]
    assert await settled(usual, reference, currency="EUR") == []


async def test_what_a_bank_took_back_and_gave_back_is_settled_under_the_name_of_the_dispute(
    usual, reference
):
    await captured(usual, reference, 1005)
    asked = {"reference": f"{reference}/capture/1", "amount": 400}
    dispute = (await usual.client.post("/_control/chargebacks", json=asked)).json()["id"]
    assert await settled(usual, dispute) == [("chargeback", "", "-4.00", "0.00", "-4.00")]
    await usual.client.post(f"/_control/chargebacks/{dispute}/reversal")
    assert await settled(usual, dispute, fee_bp=100) == [
        ("chargeback", "", "-4.00", "0.00", "-4.00"),
        ("chargeback_reversal", "", "4.00", "0.04", "3.96"),
    ]


async def test_a_refund_that_failed_is_settled_there_and_back(usual, reference):
    await captured(usual, reference, 1005)
    asked = {"reference": f"{reference}/refund/1"}
    await usual.client.post("/_control/refund_failures", json=asked)
    assert await settled(usual, reference) == [
        ("charge", "/capture/1", "10.05", "0.00", "10.05"),
        ("refund", "/refund/1", "-0.05", "0.00", "-0.05"),
        ("refund_failure", "/refund/1", "0.05", "0.00", "0.05"),
    ]


async def test_mistakes_are_made_where_they_are_asked_for(usual, reference):
    await captured(usual, reference, 1005)
    refund = ("refund", "/refund/1", "-0.05", "0.00", "-0.05")
    name = [f"{reference}/capture/1"]
    assert await settled(usual, reference, leave_out=name) == [refund]
    assert await settled(usual, reference, wrong=name) == [
        ("charge", "/capture/1", "9.05", "0.00", "9.05"), refund
    ]  # fmt: skip
    assert len(await settled(usual, reference, double=name)) == 3


async def test_a_question_that_makes_no_sense_is_refused(usual):
    answer = await usual.client.post("/v1/settlements", json={"payout": "", "fee_bp": "much"})
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")
