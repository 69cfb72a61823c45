"""Each way to pay beside cards, from placing to closing on the whole system, to the cent."""

from typing import Any

from tests.journeys.shop import Placed, Shop

SALE = {"revenue": -1788, "tax": -112}  # 19.00 USD, 6.25 % of the net is tax
BALANCES = (
    "SELECT account, sum(amount)::int FROM ledger_entry JOIN ledger_transaction"
    " ON id = transaction_id WHERE order_number = %s GROUP BY 1 HAVING sum(amount) <> 0"
)


def balances(shop: Shop, placed: Placed) -> dict[str, int]:
    return dict(shop.stack.rows(BALANCES, placed.number))


async def pay(shop: Shop, bank: str, amount: int, order: str) -> None:
    content = {"reference": bank, "amount": amount, "currency": "USD", "order": order}
    await shop.done(shop.finance, "transferRegister", f"transfer-{bank}", **content)


async def return_all_tea(shop: Shop, placed: Placed, key: str, **inspected: Any) -> str:
    rma, two = f"{placed.number}-R1", [{"line": 1, "quantity": 2}]
    asked = {"order": placed.number, "lines": two, "reason": "changed_mind"}
    await shop.done(shop.agent, "returnRequest", key, **asked)
    named = {"return": rma}
    await shop.done(shop.agent, "returnApprove", f"{key}-approve", reason="in time", **named)
    came = {"lines": two, "location": "NYC"}
    await shop.done(shop.keeper, "returnReceive", f"{key}-receive", **came, **named)
    units = [{"line": 1, "quantity": 2, "disposition": "RESTOCK"}]
    found = {"units": units, **inspected}
    await shop.done(shop.keeper, "returnInspect", f"{key}-inspect", **found, **named)
    return rma


async def test_cash_on_delivery_ends_as_a_debt_of_the_carrier(shop: Shop):
    placed = await shop.place("COD-1", payment={"method": "cash_on_delivery"})
    view = await shop.until_status(placed.number, "CLOSED")
    assert view["paymentStatus"] == "PAID"
    assert balances(shop, placed) == {"cod_clearing": 1900, **SALE}
    assert shop.effects(placed.number) == []


async def test_a_prepaid_order_waits_for_its_money_and_gives_back_what_is_returned(shop: Shop):
    placed = await shop.place("BANK-1", payment={"method": "bank_transfer"})
    view = await shop.until(placed.number, lambda view: "transfer" in _waits(view))
    assert view["process"]["paymentStatus"] == "AWAITING_TRANSFER"
    assert "your order number as the reference" in (await shop.page(placed)).text
    await pay(shop, "B-1", 1000, placed.number)
    await pay(shop, "B-2", 900, f"rest of {placed.number.lower()}")
    view = await shop.until_status(placed.number, "COMPLETED")
    assert view["paymentStatus"] == "PAID"
    rma = await return_all_tea(shop, placed, "bank-1", storeCredit=300)
    transfer = {"return": rma, "reference": "OUT-1"}
    await shop.done(shop.finance, "returnTransferRefund", "bank-1-out", **transfer)
    await shop.until(placed.number, lambda view: view["returns"][0]["status"] == "COMPLETED")
    await shop.until_status(placed.number, "CLOSED")
    left = balances(shop, placed)
    assert (left["bank"], left["store_credit"]) == (1900 - 700, -300)
    assert left["revenue"] + left["tax"] == -900
    assert left.keys() == {"bank", "store_credit", "revenue", "tax"}
    credit = await shop.finance.ask('{ storeCredit(customerRef: "C-17") { amount } }')
    assert credit == {"storeCredit": [{"amount": 300}]}


async def test_a_prepaid_order_that_is_canceled_owes_its_money_back(shop: Shop):
    placed = await shop.place("BANK-2", payment={"method": "bank_transfer"})
    await shop.until(placed.number, lambda view: "transfer" in _waits(view))
    await pay(shop, "B-3", 400, placed.number)
    await shop.done(shop.agent, "orderCancel", "bank-2-cancel", order=placed.number)
    await shop.until(placed.number, lambda view: view["returns"])
    assert balances(shop, placed) == {"bank": 400, "refunds_payable": -400}
    transfer = {"return": f"{placed.number}-R1", "reference": "OUT-2"}
    await shop.done(shop.finance, "returnTransferRefund", "bank-2-out", **transfer)
    await shop.until(placed.number, lambda view: view["returns"][0]["status"] == "COMPLETED")
    assert balances(shop, placed) == {}


async def test_goods_on_credit_are_a_receivable_until_they_are_paid(shop: Shop):
    placed = await shop.place(
        "CREDIT-1", payment={"method": "credit_terms"}, customer={"ref": "B-1", "name": "Bo"}
    )
    await shop.until_status(placed.number, "COMPLETED")
    assert balances(shop, placed) == {"receivable": 1900, **SALE}
    rma = await return_all_tea(shop, placed, "credit-1")
    await shop.until(placed.number, lambda view: view["returns"][0]["status"] == "COMPLETED")
    assert balances(shop, placed)["receivable"] == 900
    await shop.until_status(placed.number, "CLOSED")
    await pay(shop, "B-4", 900, placed.number)
    assert rma == f"{placed.number}-R1"
    left = balances(shop, placed)
    assert (left["bank"], left["revenue"] + left["tax"]) == (900, -900)
    assert left.keys() == {"bank", "revenue", "tax"}


async def test_an_order_over_the_credit_limit_waits_for_finance_and_may_be_rejected(shop: Shop):
    placed = await shop.place(
        "CREDIT-2", payment={"method": "credit_terms"}, customer={"ref": "C-17", "name": "Ana"}
    )
    view = await shop.until(placed.number, lambda view: "hold/credit" in _waits(view))
    assert {"grant_credit", "refuse_credit"} <= set(view["process"]["possible"])
    refused = {"order": placed.number, "reason": "not known to us"}
    await shop.done(shop.finance, "orderRefuseCredit", "credit-2-no", **refused)
    await shop.until_status(placed.number, "REJECTED")
    assert balances(shop, placed) == {}
    assert shop.shipments(placed.number) == []


def _waits(view: dict[str, Any]) -> set[str]:
    return {wait["key"] for wait in view["process"]["waits"]}
