"""Goods that come back: what is sellable again, what is not, and the money for both."""

import json

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


async def test_the_command_line_acts_on_orders_and_returns(shop: Shop):
    """Through the API, as GraphQL does: its process decides."""
    cup = [{"sku": "CUP", "quantity": 1, "unit_price": 900}]
    other = {"ref": "C-18", "name": "Bo Lind", "email": "bo@example.com"}  # has no store credit
    placed = await shop.place("RET-2", lines=cup, customer=other)
    number, rma = placed.number, f"{placed.number}-R1"
    await shop.until_status(number, "COMPLETED")
    one = [{"line": 1, "quantity": 1}]  # in time, which the command line may not be
    asked = {"order": number, "lines": one, "reason": "not as hoped"}
    await shop.done(shop.agent, "returnRequest", "return-2", **asked)

    async def act(name: str, subject: str, *fields: str) -> tuple[int | None, str]:
        return await shop.cli("act", name, subject, *fields, "--key", f"{subject}/{name}")

    code, said = await act("order_cancel", number, "--reason", "too late")
    assert (code, said.startswith("orderloom: STEP_REFUSED: ")) == (1, True)
    approved = await act("return_approve", rma, "--reason", "in time")
    assert approved == (0, f"Done. number: {rma}, status: APPROVED\n")
    assert await act("return_approve", rma, "--reason", "in time") == approved
    code, said = await act("return_approve", rma, "--reason", "another")
    assert (code, said.startswith("orderloom: KEY_CONFLICT: ")) == (1, True)
    came = 'lines=[{"line": 1, "quantity": 1}]'
    assert (await act("return_receive", rma, came, "location=NYC"))[0] == 0  # Boston has no cups
    found = 'units=[{"line": 1, "quantity": 1, "disposition": "RESTOCK"}]'
    code, said = await act("return_inspect", rma, found, "store_credit=900", "--json")
    assert (code, json.loads(said)["result"]["number"]) == (0, rma)

    view = await shop.until(number, lambda view: view["returns"][0]["status"] == "COMPLETED")
    assert view["returns"] == [{"number": rma, "status": "COMPLETED", "refund": {"amount": 900}}]
    assert [kind for kind, *_ in shop.effects(number)] == ["authorize", "capture"]
