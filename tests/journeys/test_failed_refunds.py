"""A refund that a customer's bank does not take, from its webhook to another attempt."""

from typing import Any

from tests.journeys.shop import Shop, View

TASKS = """{ tasks(owner: "finance", first: 50) { nodes { subject order reason } } }"""


def operations(view: View) -> list[str]:
    return [payment["operation"] for payment in view["payments"]]


def returned(number: str, status: str, payment_status: str) -> Any:
    """A refund is there, has come so far, and its order knows it."""
    refund = {"number": number, "status": status, "refund": {"amount": 300}}

    def met(view: View) -> bool:
        return refund in view["returns"] and view["paymentStatus"] == payment_status

    return met


async def test_what_a_bank_does_not_take_is_owed_asked_of_finance_and_given_back_again(
    shop: Shop,
) -> None:
    number = (await shop.place("RF-1")).number
    await shop.until_status(number, "COMPLETED", "CLOSED")
    sorry = {"order": number, "amount": 300, "reason": "a broken cup"}
    await shop.done(shop.finance, "goodwillGrant", "rf-1-goodwill", **sorry)
    await shop.until(number, returned(f"{number}-R1", "COMPLETED", "PARTIALLY_REFUNDED"))

    failed = {"reference": f"{number}-R1/refund/1", "reason": "account_closed"}
    await shop.tell_simulator("payment", "POST", "/_control/refund_failures", failed)
    view = await shop.until(number, returned(f"{number}-R2", "GRANTED", "CAPTURED"))
    assert operations(view) == ["authorize", "capture", "refund", "refund_failure"]
    tasks = (await shop.finance.ask(TASKS))["tasks"]["nodes"]
    assert [task["reason"] for task in tasks if task["order"] == number] == [
        "the refund failed: it has to be tried again, become store credit or be transferred"
    ]

    again = {"return": f"{number}-R2", "reason": "another card of theirs"}
    await shop.done(shop.finance, "returnRetryRefund", "rf-1-again", **again)
    view = await shop.until(number, returned(f"{number}-R2", "COMPLETED", "PARTIALLY_REFUNDED"))
    assert operations(view)[-1] == "refund"
    assert [kind for kind, *_ in shop.effects(number)].count("refund") == 2
    tasks = (await shop.finance.ask(TASKS))["tasks"]["nodes"]
    assert [task for task in tasks if task["order"] == number] == []
