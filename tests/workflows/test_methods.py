"""Ways to pay beside cards: when an order may go, what is booked when, and who owes what."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from domain.acts import ActKind
from domain.commands import CommandKind
from domain.facts import FactKind
from domain.order import PaymentMethod

CASH, CREDIT = PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.CREDIT_TERMS
SOLD = {"revenue": -2574, "tax": -26}  # 1 % of it is tax


@pytest.fixture
async def credit(shop: Any) -> Any:
    """A customer with a limit of 40.00 USD; each order is of 26.00."""
    await shop.run(
        "INSERT INTO customer (ref, credit_limit, credit_currency, terms_days)"
        " VALUES ('C-1', 4000, 'USD', 14)"
    )
    return shop


async def place(shop: Any, method: PaymentMethod, reference: str = "WEB-1", **more: Any) -> str:
    number: str = await shop.place(reference, payment_method=method, payment_source="", **more)
    return number


async def test_cash_is_owed_by_the_carrier_from_the_moment_of_delivery(shop: Any) -> None:
    number = await place(shop, CASH)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    assert await shop.balances(number) == {}
    await shop.ship(parcel)
    await shop.until(lambda: _owes(shop, number, "receivable", 2600))
    assert await shop.payment_status(number) == "ON_DELIVERY"

    await shop.arrive(parcel)
    await shop.until_status(number, "COMPLETED")
    assert await shop.balances(number) == {"cod_clearing": 2600, **SOLD}
    assert await shop.payment_status(number) == "PAID"
    assert shop.provider.effects == {}


@pytest.mark.parametrize("trouble", [FactKind.LOST, FactKind.RETURNED_TO_SENDER])
async def test_a_parcel_that_is_refused_or_lost_is_never_collected(
    shop: Any, trouble: FactKind
) -> None:
    number = await place(shop, CASH)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.ship(parcel)
    await shop.tell(parcel, trouble, tracking_number=f"1Z{parcel}")
    await shop.until(lambda: _owes(shop, number, "receivable", 2600))
    await shop.env.sleep(timedelta(days=12))
    assert await shop.balances(number) == {"receivable": 2600, **SOLD}
    assert await shop.payment_status(number) == "ON_DELIVERY"


async def test_cash_over_the_limit_is_held_and_not_refused(shop: Any) -> None:
    shop.process = type(shop.process)(cash_on_delivery_max=2599)
    number = await place(shop, CASH)
    await shop.until_status(number, "IN_REVIEW")
    assert await shop.tasks() == [("cash on delivery is limited to 25.99 USD", "agent")]
    assert await shop.command(shop.agent, CommandKind.APPROVE, number, reason="known") == ""
    await shop.until_submitted(f"{number}-F1")


async def test_a_canceled_order_with_cash_on_delivery_leaves_nothing_in_the_ledger(
    shop: Any,
) -> None:
    shop.process = type(shop.process)(cash_on_delivery_max=1)
    number = await place(shop, CASH)
    await shop.until_status(number, "IN_REVIEW")
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    await shop.handle(number).result()
    assert await shop.balances(number) == {}
    assert await shop.payment_status(number) == "NONE"
    assert await shop.stock() == {}


async def test_credit_within_the_limit_is_granted_and_becomes_a_receivable(credit: Any) -> None:
    number = await place(credit, CREDIT, customer_ref="C-1")
    await credit.carry(f"{number}-F1")
    await credit.until_status(number, "COMPLETED")
    assert await credit.balances(number) == {"receivable": 2600, **SOLD}
    assert await credit.payment_status(number) == "ON_CREDIT"
    [granted] = await credit.rows("SELECT data FROM journal WHERE kind = 'CreditGranted'")
    assert granted == (
        {"amount": 2600, "terms_days": 14, "exposure": 0, "limit": 4000, "reason": ""},
    )
    assert credit.provider.effects == {}


async def test_of_two_orders_that_race_for_the_rest_of_a_limit_exactly_one_gets_it(
    credit: Any,
) -> None:
    numbers = await asyncio.gather(
        *(place(credit, CREDIT, f"WEB-{n}", customer_ref="C-1") for n in (1, 2))
    )
    await credit.until(lambda: _decided(credit, numbers))
    held = [n for n in numbers if "credit" in (await credit.view(n)).holds]
    [passed] = set(numbers) - set(held)
    assert len(held) == 1
    assert (await credit.view(passed)).on_credit
    reason = "26.00 USD more than 26.00 USD open exceeds the limit of 40.00 USD"
    assert await credit.tasks() == [(reason, "finance")]
    rows = await credit.rows("SELECT number, committed FROM order_view ORDER BY committed")
    assert rows == [(held[0], 0), (passed, 2600)]


async def test_what_was_sent_and_not_paid_still_counts_against_the_limit(credit: Any) -> None:
    first = await place(credit, CREDIT, customer_ref="C-1")
    await credit.carry(f"{first}-F1")
    await credit.until_status(first, "COMPLETED")
    second = await place(credit, CREDIT, "WEB-2", customer_ref="C-1")
    await credit.until_held(second, "credit")
    assert "26.00 USD open" in (await credit.view(second)).holds["credit"].reason


async def test_finance_grants_credit_over_the_limit_and_owes_a_reason(credit: Any) -> None:
    await credit.run("UPDATE customer SET credit_limit = 2599")
    number = await place(credit, CREDIT, customer_ref="C-1")
    await credit.until_held(number, "credit")
    grant = CommandKind.GRANT_CREDIT
    assert await credit.command(credit.agent, grant, number, reason="x") == "FORBIDDEN"
    assert await credit.command(credit.finance, grant, number, reason=" ") == "STEP_REFUSED"
    assert await credit.command(credit.finance, grant, number, reason="they pay") == ""
    await credit.until_submitted(f"{number}-F1")
    assert await credit.command(credit.finance, grant, number, reason="again") == "STEP_REFUSED"


@pytest.mark.parametrize("customer", ["", "C-2"])
async def test_credit_that_finance_refuses_ends_the_order_and_frees_its_stock(
    credit: Any, customer: str
) -> None:
    number = await place(credit, CREDIT, customer_ref=customer)
    await credit.until_held(number, "credit")
    assert (await credit.view(number)).holds["credit"].reason == (
        "the customer has no credit in USD"
    )
    refuse = CommandKind.REFUSE_CREDIT
    assert await credit.command(credit.finance, refuse, number, reason="no") == ""
    assert (await credit.handle(number).result())["status"] == "REJECTED"
    assert await credit.stock() == {}
    assert await credit.balances(number) == {}


async def test_a_canceled_order_frees_the_limit_for_the_next(credit: Any) -> None:
    await credit.run("UPDATE stock SET on_hand = 0, opening = 0 WHERE sku = 'CUP'")
    first = await place(credit, CREDIT, customer_ref="C-1")
    await credit.until_status(first, "APPROVED")
    assert await credit.command(credit.agent, CommandKind.CANCEL, first) == ""
    await credit.run("UPDATE stock SET on_hand = 10, opening = 10 WHERE sku = 'CUP'")
    second = await place(credit, CREDIT, "WEB-2", customer_ref="C-1")
    await credit.until_submitted(f"{second}-F1")


async def _owes(shop: Any, number: str, account: str, amount: int) -> bool:
    balances = await shop.balances(number)
    return bool(balances.get(account) == amount)


async def _decided(shop: Any, numbers: list[str]) -> bool:
    views = [await shop.view(number) for number in numbers]
    return all(view.on_credit or "credit" in view.holds for view in views)


async def test_what_was_paid_ahead_for_another_order_is_no_credit(credit: Any) -> None:
    paid = await place(credit, PaymentMethod.BANK_TRANSFER, "WEB-0", customer_ref="C-1")
    await credit.act_as(
        credit.finance, ActKind.TRANSFER_REGISTER, "B-1", amount=2600, currency="USD", order=paid
    )
    await credit.until_submitted(f"{paid}-F1")
    first = await place(credit, CREDIT, customer_ref="C-1")
    await credit.until_submitted(f"{first}-F1")
    second = await place(credit, CREDIT, "WEB-2", customer_ref="C-1")
    await credit.until_held(second, "credit")
    assert "26.00 USD open" in (await credit.view(second)).holds["credit"].reason
