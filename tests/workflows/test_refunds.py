"""Refunds: granted is not executed; never more than was sold; to the tender that was asked for."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from adapters.postgres.auditing.auditor import audit_books
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.commands import CommandKind
from domain.errors import BadAmount, Forbidden, LimitExceeded, StepRefused
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation

GOODWILL = ActKind.GOODWILL_GRANT
TO_TRANSFER = "the refund has to be transferred to the customer"
ALL_TEA = (LineUnits(1, "TEA", 3),)  # 14.00 of 26.00 USD
FAILED = "the refund failed: it has to be tried again, become store credit or be transferred"
OTHER = Principal("fay", frozenset({Role.FINANCE}))


async def delivered(shop: Any, method: PaymentMethod = PaymentMethod.CARD, **more: Any) -> str:
    source = "tok_ok" if method is PaymentMethod.CARD else ""
    number: str = await shop.place(
        payment_method=method, payment_source=source, customer_ref="C-1", **more
    )
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    return number


async def goodwill(shop: Any, number: str, amount: int, **more: Any) -> Any:
    return await shop.act_as(shop.finance, GOODWILL, number, amount=amount, **more)


async def returned(shop: Any, number: str, **more: Any) -> str:
    """All three teas, as good as new."""
    rma: str = await shop.commands.request_return(
        shop.agent, "return", number, ALL_TEA, "changed_mind"
    )
    await shop.desk.start_return(rma)
    await shop.until(lambda: _status(shop, rma, "APPROVED"))
    keeper = shop.keeper
    receive, inspect = CommandKind.RETURN_RECEIVE, CommandKind.RETURN_INSPECT
    assert await shop.command(keeper, receive, rma, reason="", location="NYC") == ""
    units = [{"line": 1, "quantity": 3, "disposition": "restock"}]
    assert await shop.command(keeper, inspect, rma, reason="", units=units, **more) == ""
    return rma


async def end(shop: Any, rma: str) -> None:
    await shop.env.client.get_workflow_handle(f"return/{rma}").result()


async def given(shop: Any, number: str) -> dict[str, int]:
    """The accounts that a refund moves."""
    kept = ("receivable", "bank", "provider_clearing", "cod_clearing", "store_credit",
            "refunds_payable", "goodwill")  # fmt: skip
    return {k: v for k, v in (await shop.balances(number)).items() if k in kept}


async def test_goodwill_goes_back_the_way_the_money_came(shop: Any) -> None:
    number = await delivered(shop)
    answer = await goodwill(shop, number, 500)
    assert answer.result == {"return": f"{number}-R1"}
    await end(shop, f"{number}-R1")
    assert shop.provider.moved(PaymentOperation.REFUND) == [500]
    assert await given(shop, number) == {"provider_clearing": 2100, "goodwill": 500}
    [read] = (await shop.reads.order(shop.agent, number)).returns
    assert (read.kind, read.status, read.refund, read.refunded) == (
        "goodwill", "COMPLETED", 500, 500,
    )  # fmt: skip


async def test_two_partial_refunds_racing_past_the_limit_are_one_refund(shop: Any) -> None:
    number = await delivered(shop)
    done = await asyncio.gather(
        *(goodwill(shop, number, 1400) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == [
        "ActAnswer", "LimitExceeded", "LimitExceeded",
    ]  # fmt: skip
    await end(shop, f"{number}-R1")
    assert shop.provider.moved(PaymentOperation.REFUND) == [1400]


async def test_a_refund_larger_than_what_was_sold_is_refused(shop: Any) -> None:
    number = await delivered(shop)
    for amount, refusal in ((2601, LimitExceeded), (0, BadAmount), (-1, BadAmount)):
        with pytest.raises(refusal):
            await goodwill(shop, number, amount)
    assert await shop.rows("SELECT count(*) FROM return_order") == [(0,)]
    assert shop.provider.moved(PaymentOperation.REFUND) == []


async def test_goods_that_come_back_after_goodwill_give_back_only_what_is_left(shop: Any) -> None:
    number = await delivered(shop)
    await goodwill(shop, number, 2000)
    await end(shop, f"{number}-R1")
    rma = await returned(shop, number)
    await end(shop, rma)
    assert shop.provider.moved(PaymentOperation.REFUND) == [2000, 600]
    assert await given(shop, number) == {"goodwill": 1200}
    with pytest.raises(LimitExceeded):
        await goodwill(shop, number, 1)


async def test_a_refund_may_be_split_between_store_credit_and_the_card(shop: Any) -> None:
    number = await delivered(shop)
    rma = await returned(shop, number, store_credit=400)
    await end(shop, rma)
    assert shop.provider.moved(PaymentOperation.REFUND) == [1000]
    assert await given(shop, number) == {"provider_clearing": 1600, "store_credit": -400}
    party = await shop.rows("SELECT party, amount FROM ledger_entry WHERE party <> ''")
    assert party == [("C-1", -400)]


async def test_store_credit_alone_asks_nothing_of_the_provider(shop: Any) -> None:
    number = await delivered(shop)
    rma = await returned(shop, number, store_credit=9_999)
    await end(shop, rma)
    assert shop.provider.moved(PaymentOperation.REFUND) == []
    assert await given(shop, number) == {"provider_clearing": 2600, "store_credit": -1400}


async def test_store_credit_of_nobody_is_refused(shop: Any) -> None:
    number = await shop.place()
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    with pytest.raises(StepRefused):
        await goodwill(shop, number, 100, store_credit=100)
    assert "goodwill" not in await shop.balances(number)


async def test_a_large_refund_waits_for_a_second_person(shop: Any) -> None:
    shop.process = replace(shop.process, refund_four_eyes_above=1399)
    number = await delivered(shop)
    rma = await returned(shop, number)
    await shop.until(lambda: _status(shop, rma, "INSPECTED"))
    assert await shop.tasks() == [("a second person has to approve the refund", "finance")]
    assert await given(shop, number) == {"provider_clearing": 2600, "refunds_payable": -1400}
    approve = CommandKind.RETURN_APPROVE_REFUND
    assert await shop.command(shop.keeper, approve, rma, reason="") == "FORBIDDEN"
    both = Principal("will", frozenset({Role.FINANCE}))  # who has inspected it
    assert await shop.command(both, approve, rma, reason="") == "FORBIDDEN"
    assert shop.provider.moved(PaymentOperation.REFUND) == []
    assert await shop.command(shop.finance, approve, rma, reason="") == ""
    await end(shop, rma)
    assert shop.provider.moved(PaymentOperation.REFUND) == [1400]


async def test_large_goodwill_has_not_happened_until_a_second_person_approves_it(
    shop: Any,
) -> None:
    shop.process = replace(shop.process, refund_four_eyes_above=499)
    number = await delivered(shop)
    answer = await goodwill(shop, number, 500)
    assert answer.approval
    assert await given(shop, number) == {"provider_clearing": 2600}
    with pytest.raises(Forbidden):
        await shop.act_as(shop.finance, ActKind.APPROVAL_APPROVE, answer.approval)
    done = await shop.act_as(OTHER, ActKind.APPROVAL_APPROVE, answer.approval)
    assert done.result == {"return": f"{number}-R1"}
    await end(shop, f"{number}-R1")
    assert shop.provider.moved(PaymentOperation.REFUND) == [500]


async def test_refunds_of_an_order_add_up_to_what_needs_a_second_person(shop: Any) -> None:
    """Goodwill, goodwill, and goods that come back: whoever grants them, and when."""
    shop.process = replace(shop.process, refund_four_eyes_above=1500)
    number = await delivered(shop)
    assert not (await goodwill(shop, number, 500)).approval
    await end(shop, f"{number}-R1")
    other = await shop.act_as(OTHER, GOODWILL, number, amount=1001)
    assert await shop.rows("SELECT why FROM approval") == [
        ("10.01 USD is a large refund, with 5.00 USD that nobody else has looked at",)
    ]
    await shop.act_as(shop.finance, ActKind.APPROVAL_APPROVE, other.approval)
    await end(shop, f"{number}-R2")
    assert not (await goodwill(shop, number, 1)).approval  # what two have looked at is not added
    await end(shop, f"{number}-R3")
    rma = await returned(shop, number)
    await shop.until(lambda: _status(shop, rma, "INSPECTED"))
    assert shop.provider.moved(PaymentOperation.REFUND) == [500, 1001, 1]
    assert await shop.tasks() == [("a second person has to approve the refund", "finance")]
    approve = CommandKind.RETURN_APPROVE_REFUND
    assert await shop.command(shop.finance, approve, rma, reason="") == ""
    await end(shop, rma)
    assert shop.provider.moved(PaymentOperation.REFUND) == [500, 1001, 1, 1098]
    found = {each.id: each.violations for each in await audit_books(shop.engine)}
    assert found["A2-refunds"] == []
    await shop.run("DELETE FROM approval")
    found = {each.id: each.violations for each in await audit_books(shop.engine)}
    assert [(row["return"], row["amount"]) for row in found["A2-refunds"]] == [
        (f"{number}-R2", 1001), (f"{number}-R3", 1)
    ]  # fmt: skip


async def test_a_refund_that_failed_is_not_counted_as_done_and_finance_may_transfer_it(
    shop: Any,
) -> None:
    number = await delivered(shop)
    shop.provider.source = "tok_refund_fails"
    rma = await returned(shop, number)
    await shop.until(lambda: _has_task(shop, FAILED))
    [read] = (await shop.reads.order(shop.agent, number)).returns
    assert (read.status, read.refund, read.refunded) == ("INSPECTED", 1400, 0)
    assert await given(shop, number) == {"provider_clearing": 2600, "refunds_payable": -1400}
    transfer = CommandKind.RETURN_TRANSFER_REFUND
    for reference in ("", "x" * 101, "a\nb"):
        refused = await shop.command(shop.finance, transfer, rma, reason="", reference=reference)
        assert refused == "MALFORMED"
    assert await shop.command(shop.finance, transfer, rma, reason="", reference="OUT-1") == ""
    await end(shop, rma)
    assert await given(shop, number) == {"provider_clearing": 2600, "bank": -1400}


async def test_a_refund_that_failed_may_become_store_credit(shop: Any) -> None:
    number = await delivered(shop)
    shop.provider.source = "tok_refund_fails"
    rma = await returned(shop, number)
    await shop.until(lambda: _has_task(shop, FAILED))
    shop.provider.source = ""
    retry = CommandKind.RETURN_RETRY_REFUND
    assert await shop.command(shop.finance, retry, rma, store_credit=400) == ""
    await end(shop, rma)
    assert shop.provider.moved(PaymentOperation.REFUND) == [1000]
    assert await given(shop, number) == {"provider_clearing": 1600, "store_credit": -400}


async def test_cash_is_given_back_by_transfer_and_a_reference_is_used_once(shop: Any) -> None:
    number = await delivered(shop, PaymentMethod.CASH_ON_DELIVERY)
    rma = await returned(shop, number)
    await shop.until(lambda: _has_task(shop, "the refund has to be transferred to the customer"))
    await shop.act_as(shop.finance, ActKind.TRANSFER_REGISTER, "OUT-1", amount=5, currency="USD")
    transfer = CommandKind.RETURN_TRANSFER_REFUND
    done = [
        await shop.command(shop.finance, transfer, rma, reason="", reference=reference)
        for reference in ("OUT-1", "OUT-2")
    ]
    assert done == ["STEP_REFUSED", ""]
    await end(shop, rma)
    assert await given(shop, number) == {"cod_clearing": 2600, "bank": -1400}


async def test_goodwill_of_which_nothing_has_gone_can_be_canceled(shop: Any) -> None:
    """By finance, for a reason; what was left of the order's price is left again."""
    number = await delivered(shop, PaymentMethod.CASH_ON_DELIVERY)
    rma, cancel = f"{number}-R1", CommandKind.RETURN_CANCEL_REFUND
    await goodwill(shop, number, 2600)
    await shop.until(lambda: _has_task(shop, TO_TRANSFER))
    for person in (shop.agent, shop.keeper):
        assert await shop.command(person, cancel, rma, reason="typo") == "FORBIDDEN"
    assert await shop.command(shop.finance, cancel, rma, reason=" ") == "STEP_REFUSED"
    assert await given(shop, number) == {
        "cod_clearing": 2600, "goodwill": 2600, "refunds_payable": -2600,
    }  # fmt: skip
    assert await shop.command(shop.finance, cancel, rma, reason="typo") == ""
    await end(shop, rma)
    assert await given(shop, number) == {"cod_clearing": 2600}
    assert await shop.tasks() == []
    [read] = (await shop.reads.order(shop.agent, number)).returns
    assert (read.status, read.refund, read.refunded) == ("CANCELED", 0, 0)
    found = await audit_books(shop.engine)
    assert [each.id for each in found if each.violations] == []
    again = await goodwill(shop, number, 2600)
    assert again.result == {"return": f"{number}-R2"}


async def test_goodwill_that_has_gone_or_that_goods_were_netted_with_cannot_be_canceled(
    shop: Any,
) -> None:
    cancel = CommandKind.RETURN_CANCEL_REFUND
    number = await delivered(shop, PaymentMethod.CASH_ON_DELIVERY)
    await goodwill(shop, number, 2000)
    rma = await returned(shop, number)  # for 14.00, of which 8.00 were given before
    before = await given(shop, number)
    for each in (f"{number}-R1", rma):
        assert await shop.command(shop.finance, cancel, each, reason="typo") == "STEP_REFUSED"
    transfer = CommandKind.RETURN_TRANSFER_REFUND
    done = await shop.command(shop.finance, transfer, f"{number}-R1", reason="", reference="OUT-1")
    assert done == ""
    await end(shop, f"{number}-R1")
    assert await shop.command(shop.finance, cancel, f"{number}-R1", reason="typo") != ""
    after = {**before, "bank": -2000, "refunds_payable": -600}
    assert await given(shop, number) == after


async def test_goodwill_that_the_provider_refused_can_be_canceled_and_is_not_tried_again(
    shop: Any,
) -> None:
    number = await delivered(shop)
    shop.provider.source = "tok_refund_fails"
    await goodwill(shop, number, 500)
    await shop.until(lambda: _has_task(shop, FAILED))
    rma, cancel = f"{number}-R1", CommandKind.RETURN_CANCEL_REFUND
    assert await shop.command(shop.finance, cancel, rma, reason="typo") == ""
    await end(shop, rma)
    assert shop.provider.moved(PaymentOperation.REFUND) == []
    assert await given(shop, number) == {"provider_clearing": 2600}


async def test_a_credit_customer_owes_less_instead_of_being_paid(shop: Any) -> None:
    await shop.run("INSERT INTO customer VALUES ('C-1', '', false, 5000, 'USD', 60)")
    number = await delivered(shop, PaymentMethod.CREDIT_TERMS)
    await shop.act_as(
        shop.finance, ActKind.TRANSFER_REGISTER, "B-1", amount=2000, currency="USD", order=number
    )
    rma = await returned(shop, number)
    assert await given(shop, number) == {
        "bank": 2000, "refunds_payable": -800,
    }  # fmt: skip  # 600 were still owed
    transfer = CommandKind.RETURN_TRANSFER_REFUND
    await shop.until(lambda: _has_task(shop, "the refund has to be transferred to the customer"))
    assert await shop.command(shop.finance, transfer, rma, reason="", reference="OUT-1") == ""
    await end(shop, rma)
    assert await given(shop, number) == {"bank": 1200}


async def _status(shop: Any, rma: str, status: str) -> bool:
    rows = await shop.rows("SELECT status FROM return_order WHERE number = :n", n=rma)
    return bool(rows == [(status,)])


async def _has_task(shop: Any, reason: str) -> bool:
    return (reason, "finance") in await shop.tasks()
