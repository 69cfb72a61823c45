"""What an order costs, from the channel's message to the ledger: a tier's prices without tax."""

from tests.journeys.shop import Shop, kinds

TRADE = {"ref": "T-1"}
LINES = [{"sku": "TEA", "quantity": 3}, {"sku": "POT", "quantity": 1}]
SUMS = """{ order(number: "%s") { taxIncluded rounding statedTotal { amount } subtotal { amount }
  discount { amount } shipping { amount } tax { amount } total { amount }
  lines { unitPrice { amount } priceList orderDiscount { amount } tax { amount } amount { amount } }
} }"""
LEDGER = """SELECT account, sum(amount)::int FROM ledger_entry
  JOIN ledger_transaction ON id = transaction_id WHERE order_number = %s GROUP BY 1"""


async def test_a_discounted_order_with_tax_on_top_adds_up_over_two_parcels_and_a_return(
    shop: Shop,
) -> None:
    placed = await shop.place(
        "PRC-1", customer=TRADE, lines=LINES, discount=500, shipping=300, total=4_500
    )
    number = placed.number
    view = await shop.until(number, lambda view: "Reviewed" in kinds(view))
    [reviewed] = [entry for entry in view["timeline"] if entry["kind"] == "Reviewed"]
    assert reviewed["data"]["rule"] == "other-total"
    assert reviewed["data"]["inputs"]["total_deviation"] == "37"
    assert reviewed["data"]["inputs"]["price_deviation_bp"] == "0"
    told = (await shop.agent.ask(SUMS % number))["order"]
    assert told == {
        "taxIncluded": False,
        "rounding": "half_up",
        "statedTotal": {"amount": 4_500},
        "subtotal": {"amount": 4_400},
        "discount": {"amount": 500},
        "shipping": {"amount": 300},
        "tax": {"amount": 67 + 177 + 19},  # 66.5, 177.25 and 18.75
        "total": {"amount": 4_463},
        "lines": [
            {"unitPrice": {"amount": 400}, "priceList": "trade",
             "orderDiscount": {"amount": 136}, "tax": {"amount": 67}, "amount": {"amount": 1_131}},
            {"unitPrice": {"amount": 3_200}, "priceList": "trade",
             "orderDiscount": {"amount": 364}, "tax": {"amount": 177},
             "amount": {"amount": 3_013}},
        ],
    }  # fmt: skip
    page = (await shop.page(placed)).text
    for shown in ("$12.00", "$32.00", "-$5.00", "$3.00", "$2.63", "$44.63"):
        assert shown in page, shown

    await shop.done(shop.agent, "orderApprove", "approve-prices", order=number, reason="agreed")
    view = await shop.until_status(number, "COMPLETED", "CLOSED")
    assert len(view["parcels"]) == 2
    authorized, *captures = shop.effects(number)
    assert authorized == ("authorize", "authorized", 4_463)
    assert sum(amount for *_, amount in captures) == 4_463
    balances = dict(shop.stack.rows(LEDGER, number))
    assert (balances["revenue"], balances["tax"]) == (-4_200, -263)

    await _return_two_teas(shop, number)
    assert shop.effects(number)[-1] == ("refund", "succeeded", 709 + 44)
    balances = dict(shop.stack.rows(LEDGER, number))
    assert (balances["revenue"], balances["tax"]) == (-4_200 + 709, -263 + 44)
    assert (balances["receivable"], balances["refunds_payable"]) == (0, 0)


async def _return_two_teas(shop: Shop, number: str) -> None:
    named, two = {"return": f"{number}-R1"}, [{"line": 1, "quantity": 2}]
    asked = {"order": number, "lines": two, "reason": "not as hoped"}
    await shop.done(shop.agent, "returnRequest", "return-prices", **asked)
    await shop.done(shop.agent, "returnApprove", "approve-return-prices", **named)
    came = {"lines": two, "location": "BOS"}
    await shop.done(shop.keeper, "returnReceive", "receive-prices", **came, **named)
    units = [{"line": 1, "quantity": 2, "disposition": "RESTOCK"}]
    await shop.done(shop.keeper, "returnInspect", "inspect-prices", units=units, **named)
    await shop.until(number, lambda view: view["returns"][0]["status"] == "COMPLETED")
