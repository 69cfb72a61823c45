"""A refund that a customer's bank does not take, from its webhook to another attempt."""

from typing import Any

from tests.journeys.shop import Shop, View

TASKS = """{ tasks(owner: "finance", first: 50) { nodes { subject order reason } } }"""


def operations(view: View) -> list[str]:
    return [payment["operation"] for payment in view["payments"]]


def returned(number: str, status: str) -> Any:
    """A refund is there, and has come so far."""

    def met(view: View) -> bool:
        return {"number": number, "status": status, "refund": {"amount": 300}} in view["returns"]

    return met


async def test_what_a_bank_does_not_take_is_owed_asked_of_finance_and_given_back_again(
    shop: Shop,
) -> None:
    number = (await shop.place("RF-1")).number
    await shop.until_status(number, "COMPLETED", "CLOSED")
    sorry = {"order": number, "amount": 300, "reason": "a broken cup"}
    await shop.done(shop.finance, "goodwillGrant", "rf-1-goodwill", **sorry)
    await shop.until(number, returned(f"{number}-R1", "COMPLETED"))
    assert (await shop.view(number))["paymentStatus"] == "PARTIALLY_REFUNDED"

    failed = {"reference": f"{number}-R1/refund/1", "reason": "account_closed"}
    await shop.tell_simulator("payment", "POST", "/_control/refund_failures", failed)
    view = await shop.until(number, returned(f"{number}-R2", "GRANTED"))
    assert operations(view) == ["authorize", "capture", "refund", "refund_failure"]
    assert view["paymentStatus"] == "CAPTURED"
    tasks = (await shop.finance.ask(TASKS))["tasks"]["nodes"]
    assert [task["reason"] for task in tasks if task["order"] == number] == [
        "the refund failed: it has to be tried again, become store credit or be transferred"
    ]

    again = {"return": f"{number}-R2", "reason": "another card of theirs"}
    await shop.done(shop.finance, "returnRetryRefund", "rf-1-again", **again)
    view = await shop.until(number, returned(f"{number}-R2", "COMPLETED"))
    assert operations(view)[-1] == "refund"
    assert view["paymentStatus"] == "PARTIALLY_REFUNDED"
    assert [kind for kind, *_ in shop.effects(number)].count("refund") == 2
    tasks = (await shop.finance.ask(TASKS))["tasks"]["nodes"]
    assert [task for task in tasks if task["order"] == number] == []
