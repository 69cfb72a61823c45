"""Transfers that finance registered by mistake: taken back, the order waits, owes, or is paid by
what was registered rightly; whatever has become of it, and whatever the bank's statement says.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.settlements import PostgresSettlements
from domain.acts import ActKind
from domain.commands import CommandKind
from domain.errors import Forbidden, NotFound, StepRefused
from domain.facts import Fact, FactKind
from domain.order import LineUnits, PaymentMethod
from domain.settlement import Line, LineKind, PartyKind, Settlement
from ports.settlements import Reconciled

REGISTER, ASSIGN = ActKind.TRANSFER_REGISTER, ActKind.TRANSFER_ASSIGN
WITHDRAW = ActKind.TRANSFER_WITHDRAW
SOLD = {"revenue": -2574, "tax": -26}
MISSING = "Waiting: a transfer of 26.00 USD has to come in."


async def place(shop: Any, reference: str = "WEB-1", **more: Any) -> str:
    """An order of 26.00 USD that waits for its money."""
    more = {"payment_method": PaymentMethod.BANK_TRANSFER, "payment_source": "", **more}
    number: str = await shop.place(reference, **more)
    await shop.until_status(number, "PROCESSING")
    return number


async def receive(shop: Any, bank: str, amount: int, order: str = "") -> Any:
    money = {"amount": amount, "currency": "USD", "order": order}
    return (await shop.act_as(shop.finance, REGISTER, bank, **money)).result


async def withdraw(shop: Any, bank: str, order: str = "") -> Any:
    return (await shop.act_as(shop.finance, WITHDRAW, bank, order=order)).result


async def statement(shop: Any, name: str, *lines: tuple[str, int]) -> Reconciled:
    now = await shop.now()
    told = tuple(
        Line(n, LineKind.CHARGE, reference, amount, 0, now)
        for n, (reference, amount) in enumerate(lines, start=1)
    )
    settlements = PostgresSettlements(shop.engine)
    given = Settlement(PartyKind.BANK, "first-bank", name, "USD", told)
    await settlements.take_in(given, f"{name}.csv", name)
    return await settlements.match_open()


async def broken(shop: Any) -> list[str]:
    """Rules that do not hold, but for those about the clock, which the test turns."""
    found = await audit_books(shop.engine)
    return [each.id for each in found if each.id[0] in "MOI" and each.violations]


async def doing(shop: Any, number: str, words: str) -> None:
    async def said() -> bool:
        return bool((await shop.live(number)).doing == words)

    await shop.until(said)


async def nothing_of(shop: Any, account: str) -> bool:
    rows = await shop.rows(
        "SELECT COALESCE(sum(amount), 0)::int FROM ledger_entry WHERE account = :a", a=account
    )
    return bool(rows == [(0,)])


async def test_before_anything_is_sent_the_order_waits_for_its_money_again(shop: Any) -> None:
    """It is not handed over meanwhile, and goes once the money is registered rightly."""
    number = await place(shop)
    await receive(shop, "B-1", 1000, number)
    told = await withdraw(shop, "B-1", number)
    assert told == {"order": number, "withdrawn": 1000, "owed": 0, "task": None}
    await doing(shop, number, MISSING)
    assert await shop.payment_status(number) == "AWAITING_TRANSFER"
    assert await shop.balances(number) == {}
    assert shop.warehouse.parcels == {}
    assert await broken(shop) == []

    told = await receive(shop, "B-1", 2600, number)
    assert told == {"order": number, "used": 2600, "refund": None}
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    assert await shop.balances(number) == {"bank": 2600, **SOLD}
    assert await shop.payment_status(number) == "PAID"
    assert await broken(shop) == []


async def test_before_it_is_sourced_it_waits_when_it_is_sourced(shop: Any) -> None:
    await shop.run("UPDATE stock SET on_hand = 0, opening = 0 WHERE sku = 'CUP'")
    number = await shop.place(payment_method=PaymentMethod.BANK_TRANSFER, payment_source="")
    await shop.until_status(number, "APPROVED")
    await receive(shop, "B-1", 2600, number)
    await withdraw(shop, "B-1", number)
    await shop.run("UPDATE stock SET on_hand = 5, opening = 5 WHERE sku = 'CUP'")
    came = Fact("stock:came/1", FactKind.STOCK_CAME, number, await shop.now())
    await shop.tell_again(came)
    await shop.until_status(number, "PROCESSING")
    await doing(shop, number, MISSING)
    assert shop.warehouse.parcels == {}
    assert await shop.balances(number) == {}


async def test_of_two_transfers_the_other_one_stays(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 1000, number)
    await receive(shop, "B-2", 900, number)
    await withdraw(shop, "B-1", number)
    await doing(shop, number, "Waiting: a transfer of 17.00 USD has to come in.")
    assert await shop.payment_status(number) == "PARTIALLY_PAID"
    assert await shop.balances(number) == {"bank": 900, "deposits": -900}


async def test_a_parcel_that_is_not_with_its_warehouse_yet_is_not_handed_over(shop: Any) -> None:
    """The books know it before the process does."""
    number = await place(shop)
    parcel = f"{number}-F1"
    money = {"amount": 2600, "currency": "USD", "order": number}
    await shop.office.act(shop.finance, "in", REGISTER, "B-1", money)
    [received] = await shop.facts.untold(10)
    await shop.office.act(shop.finance, "out", WITHDRAW, "B-1", {"order": number}, "typed wrong")
    await shop.desk.tell(number, received.fact)
    await doing(shop, number, MISSING)
    assert shop.warehouse.parcels == {}
    await receive(shop, "B-2", 2600, number)
    await shop.until_submitted(parcel)
    assert list(shop.warehouse.parcels) == [parcel]


async def test_what_a_warehouse_has_is_left_to_people_and_does_not_expire(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 2600, number)
    await shop.until_submitted(f"{number}-F1")
    await withdraw(shop, "B-1", number)
    await doing(shop, number, MISSING)
    await shop.tell(f"{number}-F1", FactKind.ACCEPTED)
    await shop.env.sleep(timedelta(days=8))
    assert (await shop.view(number)).status == "PROCESSING"
    risen = "a transfer of 26.00 USD has to come in"
    waits = await shop.rows("SELECT waits FROM order_view")
    assert risen in [each["reason"] for each in waits[0][0] if each["queued"]]


async def test_after_it_was_sent_the_customer_owes_it_and_pays_it(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 2600, number)
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    told = await withdraw(shop, "B-1", number)
    assert told == {"order": number, "withdrawn": 2600, "owed": 2600, "task": None}
    assert await shop.balances(number) == {"receivable": 2600, **SOLD}
    assert await shop.payment_status(number) == "AWAITING_TRANSFER"
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert await broken(shop) == []
    told = await receive(shop, "B-1", 2600, number)
    assert told == {"order": number, "used": 2600, "refund": None}
    assert await shop.balances(number) == {"bank": 2600, **SOLD}
    assert await shop.payment_status(number) == "PAID"
    assert await broken(shop) == []


async def test_what_a_statement_has_confirmed_stands_unmatched_and_is_assigned(shop: Any) -> None:
    """And the same line, imported again, confirms nothing once more."""
    wrong, right = await place(shop), await place(shop, "WEB-2")
    await receive(shop, "B/1", 2600, wrong)
    assert await statement(shop, "day 1", ("b/1", 2600)) == Reconciled(matched=1)
    told = await withdraw(shop, "B/1", wrong)
    assert told == {"order": wrong, "withdrawn": 2600, "owed": 0, "task": "transfer-2/B/1"}
    assert await shop.balances(wrong) == {"bank": 2600, "unmatched": -2600}
    assert (
        f"a transfer of 26.00 USD is to be assigned: it was withdrawn from order {wrong}",
        "finance",
    ) in await shop.tasks()
    assert await broken(shop) == []
    with pytest.raises(StepRefused, match="registered before"):
        await receive(shop, "B/1", 2600, right)
    with pytest.raises(StepRefused, match="statement has it"):
        await withdraw(shop, "B/1")

    answer = await shop.act_as(shop.finance, ASSIGN, "B/1", order=right)
    assert answer.result == {"order": right, "used": 2600, "refund": None}
    assert await nothing_of(shop, "unmatched")
    assert await statement(shop, "day 1 again", ("B/1", 2600)) == Reconciled(differing=1)
    assert await shop.rows("SELECT sum(amount)::int FROM ledger_entry WHERE account = 'bank'") == [
        (2600,)
    ]
    assert await broken(shop) == []
    await shop.until_submitted(f"{right}-F1")


async def test_registered_again_with_the_right_amount_it_is_what_the_statement_has(
    shop: Any,
) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 26, number)
    assert await statement(shop, "day 1", ("B-1", 2600)) == Reconciled(differing=1)
    await withdraw(shop, "B-1", number)
    settlements = PostgresSettlements(shop.engine)
    assert await settlements.match_open() == Reconciled(unmatched=1)
    await receive(shop, "B-1", 2600, number)
    assert await settlements.match_open() == Reconciled(matched=1)
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}
    assert await statement(shop, "day 2", ("B-1", 2600)) == Reconciled(differing=1)
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}
    assert await broken(shop) == []


async def test_a_surplus_that_has_not_gone_back_is_no_refund_any_more(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 26_000, number)
    await shop.until_submitted(f"{number}-F1")
    await withdraw(shop, "B-1", number)
    assert await shop.balances(number) == {}
    rma = f"{number}-R1"
    assert await shop.rows("SELECT number, status FROM return_order") == [(rma, "CANCELED")]
    assert await shop.tasks() == []
    transfer = CommandKind.RETURN_TRANSFER_REFUND
    assert await shop.command(shop.finance, transfer, rma, reason="", reference="OUT") == (
        "STEP_REFUSED"
    )
    await receive(shop, "B-1", 2600, number)
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}
    await shop.env.sleep(timedelta(days=2))  # its process learns it with its next step
    assert (await shop.env.client.get_workflow_handle(f"return/{rma}").result())["status"] == (
        "CANCELED"
    )
    assert await broken(shop) == []


async def test_of_money_that_is_owed_back_only_what_is_still_there_goes_back(shop: Any) -> None:
    """Two transfers of an order that was canceled, and one of them was none."""
    number = await place(shop)
    await receive(shop, "B-1", 1000, number)
    await receive(shop, "B-2", 600, number)
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    await shop.handle(number).result()
    assert await shop.balances(number) == {"bank": 1600, "refunds_payable": -1600}
    await withdraw(shop, "B-2", number)
    assert await shop.balances(number) == {"bank": 1000, "refunds_payable": -1000}
    found = await shop.rows("SELECT number, status, view->'refund' FROM return_order ORDER BY 1")
    assert found == [(f"{number}-R1", "CANCELED", 0), (f"{number}-R2", "GRANTED", 1000)]
    await transfer_back(shop, f"{number}-R2", "OUT-1")
    assert await shop.balances(number) == {}
    with pytest.raises(StepRefused, match=f"{number}-R2 has given back 10.00 USD"):
        await withdraw(shop, "B-1", number)
    assert await shop.balances(number) == {}
    assert await broken(shop) == []


async def test_what_has_gone_back_is_paid_back_before_its_transfer_is_withdrawn(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 3000, number)
    await transfer_back(shop, f"{number}-R1", "OUT-1")
    with pytest.raises(StepRefused, match="register what the customer pays back first"):
        await withdraw(shop, "B-1", number)
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}
    await receive(shop, "B-2", 2600 + 400, number)
    await withdraw(shop, "B-1", number)
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}
    assert await broken(shop) == []


async def test_goods_that_came_back_are_not_paid_for_by_a_transfer_that_never_was(
    shop: Any,
) -> None:
    """The refund that was to be transferred is what the customer owes no more."""
    number = await place(shop)
    await receive(shop, "B-1", 2600, number)
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    rma = await returned(shop, number)
    [(refund,)] = await shop.rows("SELECT (view->'refund')::int FROM return_order")
    assert (await shop.balances(number))["refunds_payable"] == -refund
    await withdraw(shop, "B-1", number)
    left = await shop.balances(number)
    assert left["receivable"] == 2600 - refund
    assert left.keys() == {"receivable", "revenue", "tax"}
    assert await broken(shop) == []
    assert await shop.tasks() == []
    await shop.env.sleep(timedelta(days=2))
    assert (await shop.env.client.get_workflow_handle(f"return/{rma}").result())["status"] == (
        "COMPLETED"
    )


async def test_what_was_assigned_stands_unmatched_again_and_then_never_came(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 2600)
    await shop.act_as(shop.finance, ASSIGN, "B-1", order=number)
    await withdraw(shop, "B-1", number)
    assert await shop.balances(number) == {}
    assert not await nothing_of(shop, "unmatched")
    await shop.act_as(shop.finance, ASSIGN, "B-1", order=number)
    await withdraw(shop, "B-1", number)
    assert await broken(shop) == []
    told = await withdraw(shop, "B-1")
    assert told == {"order": None, "withdrawn": 2600, "owed": 0, "task": None}
    for account in ("unmatched", "bank", "deposits"):
        assert await nothing_of(shop, account)
    assert await shop.tasks() == []
    assert await broken(shop) == []
    assert await statement(shop, "day 1", ("B-1", 2600)) == Reconciled(unmatched=1)
    await receive(shop, "B-1", 2600, number)
    assert await PostgresSettlements(shop.engine).match_open() == Reconciled(matched=1)
    assert await broken(shop) == []


async def test_an_item_that_was_given_up_has_nothing_left_to_take_back(shop: Any) -> None:
    """Finance had written off what no statement brought, and finds the mistake then."""
    number = await place(shop)
    await receive(shop, "B-1", 2600, number)
    item = f"bank/B-1/{number}"
    assert (await shop.act_as(shop.finance, ActKind.SETTLEMENT_GIVE_UP, item)).approval == ""
    await withdraw(shop, "B-1", number)
    assert await shop.balances(number) == {}
    assert await shop.tasks() == []
    assert await broken(shop) == []
    await receive(shop, "B-1", 2600, number)
    assert await statement(shop, "day 1", ("B-1", 2600)) == Reconciled(matched=1)
    assert await broken(shop) == []


async def test_it_is_withdrawn_once_and_only_where_it_stands(shop: Any) -> None:
    number, other = await place(shop), await place(shop, "WEB-2")
    await receive(shop, "B-1", 2600, number)
    await receive(shop, "B-2", 5000)
    with pytest.raises(StepRefused, match=f"it is about order {number}, not about {other}"):
        await withdraw(shop, "B-1", other)
    with pytest.raises(StepRefused, match="which has to be named"):
        await withdraw(shop, "B-1")
    with pytest.raises(StepRefused, match="it stands unmatched"):
        await withdraw(shop, "B-2", number)
    for unknown in ("B-9", ""):
        with pytest.raises(NotFound):
            await withdraw(shop, unknown, number)
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}

    done = await asyncio.gather(
        *(withdraw(shop, "B-1", number) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(each, NotFound) for each in done) == 3
    with pytest.raises(NotFound, match="'B-1' that came in is registered"):
        await withdraw(shop, "B-1", number)
    assert await shop.balances(number) == {}
    assert await shop.rows("SELECT count(*)::int FROM fact WHERE source LIKE 'bank%'") == [(2,)]


async def test_the_same_key_withdraws_once(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 2600, number)
    asked = (shop.finance, "key", WITHDRAW, "B-1", {"order": number}, "typed wrong")
    first = await shop.office.act(*asked)
    assert first.result == {"order": number, "withdrawn": 2600, "owed": 0, "task": None}
    await receive(shop, "B-1", 2600, number)
    assert await shop.office.act(*asked) == first
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}
    acts = await shop.rows("SELECT principal, outcome FROM audit WHERE act = 'transfer_withdraw'")
    assert acts == [("finn", "DONE")]


async def test_only_finance_withdraws_and_says_why(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 2600, number)
    for person in (shop.agent, shop.keeper, shop.web):
        with pytest.raises(Forbidden):
            await shop.act_as(person, WITHDRAW, "B-1", order=number)
    with pytest.raises(StepRefused, match="needs a reason"):
        await shop.act_as(shop.finance, WITHDRAW, "B-1", reason=" ", order=number)
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}


async def test_a_large_surplus_that_nobody_has_approved_is_no_refund_either(shop: Any) -> None:
    shop.process = replace(shop.process, refund_four_eyes_above=399)
    number = await place(shop)
    await receive(shop, "B-1", 3000, number)
    await withdraw(shop, "B-1", number)
    assert await shop.balances(number) == {}
    assert await shop.rows("SELECT status FROM return_order") == [("CANCELED",)]
    assert await shop.tasks() == []


async def returned(shop: Any, number: str) -> str:
    """All three teas, as good as new."""
    tea = (LineUnits(1, "TEA", 3),)
    rma: str = await shop.commands.request_return(shop.agent, "return", number, tea, "changed_mind")
    await shop.desk.start_return(rma)
    units = [{"line": 1, "quantity": 3, "disposition": "restock"}]

    async def approved() -> bool:
        return await shop.rows("SELECT status FROM return_order") == [("APPROVED",)]

    await shop.until(approved)
    receive, inspect = CommandKind.RETURN_RECEIVE, CommandKind.RETURN_INSPECT
    assert await shop.command(shop.keeper, receive, rma, reason="", location="NYC") == ""
    assert await shop.command(shop.keeper, inspect, rma, reason="", units=units) == ""
    return rma


async def transfer_back(shop: Any, rma: str, bank: str) -> None:
    async def runs() -> bool:
        rows = await shop.rows("SELECT status FROM return_order WHERE number = :n", n=rma)
        return bool(rows == [("GRANTED",)])

    await shop.until(runs)
    await shop.relay()
    act = CommandKind.RETURN_TRANSFER_REFUND
    assert await shop.command(shop.finance, act, rma, reason="", reference=bank) == ""
    await shop.env.client.get_workflow_handle(f"return/{rma}").result()
