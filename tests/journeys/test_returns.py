"""Goods that come back: what is sellable again, what is not, and the money for both."""

from tests.journeys.shop import Shop


async def test_a_return_restocks_one_unit_scraps_another_and_refunds_both(shop: Shop):
    tea = [{"sku": "TEA", "quantity": 3, "unit_price": 500, "discount": 100}]
    placed = await shop.place("RET-1", lines=tea)
    number, rma = placed.number, f"{placed.number}-R1"
    await shop.until_status(number, "COMPLETED")

    two = [{"line": 1, "quantity": 2}]
    asked = {"order": number, "lines": two, "reason": "not as hoped"}
    await shop.done(shop.agent, "returnRequest", "return-1", **asked)
    named = {"return": rma}
    await shop.done(shop.agent, "returnApprove", "return-1-approve", reason="in time", **named)
    came = {"lines": two, "location": "BOS"}
    await shop.done(shop.keeper, "returnReceive", "return-1-receive", **came, **named)
    units = [{"line": 1, "quantity": 1, "disposition": how} for how in ("RESTOCK", "SCRAP")]
    await shop.done(shop.keeper, "returnInspect", "return-1-inspect", units=units, **named)

    view = await shop.until(number, lambda view: view["returns"][0]["status"] == "COMPLETED")
    assert view["returns"] == [{"number": rma, "status": "COMPLETED", "refund": {"amount": 933}}]
    assert shop.effects(number)[-1] == ("refund", "succeeded", 933)  # two thirds of 1400
    moved = "SELECT reason, units FROM movement WHERE reference LIKE %s ORDER BY reason"
    assert shop.stack.rows(moved, f"{rma}%") == [("restock", 1), ("scrap", 0)]
    ledger = (
        "SELECT account, sum(amount)::int FROM ledger_entry"
        " JOIN ledger_transaction ON id = transaction_id WHERE order_number = %s GROUP BY 1"
    )
    balances = dict(shop.stack.rows(ledger, number))
    assert balances["provider_clearing"] == 1400 - 933
    assert balances["revenue"] + balances["tax"] == -(1400 - 933)
    assert (balances["receivable"], balances["refunds_payable"]) == (0, 0)
