"""A transfer that was none: what it is missed of, and what it leaves an order waiting for."""

from itertools import permutations

import pytest

from domain import journal as j
from domain.derived import payment_state
from domain.errors import StepRefused
from domain.facts import FactKind as K
from domain.fold import fold
from domain.ledger import Account, Leg
from domain.money import Money
from domain.order import PaymentMethod
from domain.process import ProcessDefinition
from domain.return_entries import Share
from domain.returns import OVERPAID, ReturnStatus, ReturnView
from domain.submissions import to_be_submitted
from domain.tenders import Tender
from domain.transfers import Receipt
from domain.waits import AtDeadline, waits
from domain.withdrawals import (
    Transfer,
    check_named,
    check_not_given_back,
    confirmed,
    missed,
    netted,
    to_be_canceled,
    untouched,
    where_it_was,
)
from tests.domain.builders import (
    F1,
    NUMBER,
    PROCESSING,
    RMA,
    SHIPPED,
    at,
    entries,
    fact,
    placed,
    view_of,
)

PROCESS = ProcessDefinition()
BANK = PaymentMethod.BANK_TRANSFER
CAME = fact(K.TRANSFER_RECEIVED, NUMBER, 60, amount=1_000)
GONE = fact(K.TRANSFER_WITHDRAWN, NUMBER, 9_000, amount=1_000)
AGAIN = fact(K.TRANSFER_RECEIVED, NUMBER, 9_100, amount=400)
SOURCED = PROCESSING[:2]
AT_WAREHOUSE = (*SOURCED, j.Submitted(F1))
OPEN, DEPOSITS, PAYABLE = Account.RECEIVABLE, Account.DEPOSITS, Account.REFUNDS_PAYABLE


def paid(*journal, facts=(CAME, GONE), method=BANK):
    return view_of(*journal, facts=facts, payment_method=method)


def test_facts_of_a_transfer_add_up_whatever_comes_first() -> None:
    order = placed(payment_method=BANK)
    views = [fold(order, entries(*SOURCED), told) for told in permutations((CAME, GONE, AGAIN))]
    assert all(view == views[0] for view in views)
    assert (views[0].received, views[0].unpaid_since) == (400, at(9_000))
    assert fold(order, entries(*SOURCED), (CAME, GONE, AGAIN, GONE)) == views[0]


@pytest.mark.parametrize(
    ("journal", "facts", "state"),
    [
        (SOURCED, (CAME,), "PAID"),
        (SOURCED, (CAME, GONE), "AWAITING_TRANSFER"),
        (SOURCED, (CAME, GONE, AGAIN), "PARTIALLY_PAID"),
        ((*AT_WAREHOUSE, SHIPPED), (CAME, GONE), "AWAITING_TRANSFER"),
        ((*SOURCED, j.Canceled("x")), (CAME, GONE), "NONE"),
    ],
)
def test_the_payment_state_is_as_if_it_had_not_come(journal, facts, state) -> None:
    assert payment_state(paid(*journal, facts=facts)).value == state


def test_the_customer_has_as_long_again_as_at_first_and_nothing_is_handed_over() -> None:
    view = paid(*SOURCED)
    [wait] = waits(view, PROCESS)
    assert (wait.key, wait.owner, wait.then) == ("transfer", "customer", AtDeadline.EXPIRE)
    assert wait.reason == "a transfer of 10.00 USD has to come in"
    assert wait.since == at(9_000)
    assert (wait.deadline - wait.since).total_seconds() == PROCESS.transfer_within
    assert not to_be_submitted(view, F1)
    assert to_be_submitted(paid(*SOURCED, facts=(CAME,)), F1)


def test_what_a_warehouse_has_does_not_expire() -> None:
    found = {each.key: each for each in waits(paid(*AT_WAREHOUSE), PROCESS)}
    assert found["transfer"].then is AtDeadline.ESCALATE
    assert set(found) == {"transfer", f"parcel/{F1}/accept"}


def test_what_is_sent_waits_for_no_money() -> None:
    assert "transfer" not in {each.key for each in waits(paid(*AT_WAREHOUSE, SHIPPED), PROCESS)}


@pytest.mark.parametrize(
    ("balances", "surplus", "expected"),
    [
        ({DEPOSITS: -1_000}, 0, Receipt(0, 0, 1_000, 0)),
        ({DEPOSITS: -1_000}, 300, Receipt(0, 0, 700, 300)),
        ({DEPOSITS: -400}, 0, Receipt(600, 0, 400, 0)),
        ({}, 0, Receipt(1_000, 0, 0, 0)),
        ({}, 5_000, Receipt(0, 0, 0, 1_000)),
    ],
)
def test_what_nobody_needed_is_missed_first_and_the_rest_is_owed(
    balances, surplus, expected
) -> None:
    was = Receipt(0, 0, 1_000, 0)
    assert missed(paid(*SOURCED), balances, was, 1_000, surplus) == expected


def test_what_had_been_given_up_is_given_up_again_before_anything_is_owed() -> None:
    view = paid(*SOURCED, method=PaymentMethod.CREDIT_TERMS)
    assert missed(view, {}, Receipt(700, 300, 0, 0), 1_000, 0) == Receipt(700, 300, 0, 0)


def test_of_an_order_paid_by_card_only_its_own_surplus_and_no_deposit_is_taken() -> None:
    view = paid(*SOURCED, method=PaymentMethod.CARD)
    balances = {DEPOSITS: -1_000}
    assert missed(view, balances, Receipt(900, 0, 0, 100), 1_000, 500) == Receipt(900, 0, 0, 100)


DIRECT = Transfer("B-1", 2, NUMBER, Money(1_000, "USD"), f"bank-2/B-1/{NUMBER}")
ASSIGNED = Transfer("B-1", 2, NUMBER, Money(1_000, "USD"), "bank/B-1/")
NOT_AT_BANK = Leg(Account.BANK, -1_000)
UNMATCHED = Leg(Account.UNMATCHED, -1_000)


@pytest.mark.parametrize(
    ("transfer", "settled", "legs"),
    [
        (DIRECT, None, [NOT_AT_BANK]),
        (DIRECT, {}, [UNMATCHED]),
        (DIRECT, {Account.FEES: 30, Account.BANK: -30}, [UNMATCHED]),
        (
            DIRECT,
            {Account.ROUNDING: 1, Account.BANK: -1},
            [Leg(Account.UNMATCHED, -999), Leg(Account.ROUNDING, -1)],
        ),
        (
            DIRECT,
            {Account.WRITTEN_OFF: 1_000, Account.BANK: -1_000},
            [Leg(Account.WRITTEN_OFF, -1_000)],
        ),
        (ASSIGNED, None, [UNMATCHED]),
        (ASSIGNED, {}, [UNMATCHED]),
    ],
)
def test_only_what_the_bank_has_stands_unmatched(transfer, settled, legs) -> None:
    found = [leg for leg in where_it_was(transfer, settled) if leg.amount]
    assert found == legs
    assert sum(leg.amount for leg in found) == -1_000


def test_a_fee_is_a_part_of_what_came() -> None:
    assert confirmed(DIRECT, {Account.FEES: 30, Account.BANK: -30}) == 1_000


@pytest.mark.parametrize("named", ["", "AAAA-BBBB-CCCC"])
def test_it_is_withdrawn_from_the_order_that_it_is_about(named) -> None:
    with pytest.raises(StepRefused, match=NUMBER):
        check_named(DIRECT, named)
    check_named(DIRECT, NUMBER)


def refund(number: str, amount: int, **more) -> ReturnView:
    plan = (Share(Tender.BANK, amount),)
    status = more.pop("status", ReturnStatus.GRANTED)
    return ReturnView(number, NUMBER, status, refund=amount, kind=OVERPAID, plan=plan, **more)


def test_of_refunds_of_too_much_the_newest_that_has_not_gone_is_canceled_first() -> None:
    first, second = refund("R1", 300), refund("R2", 200)
    gone = refund("R3", 50, status=ReturnStatus.COMPLETED, transferred=50)
    assert untouched([first, second, gone]) == [second, first]
    assert to_be_canceled([second, first], 0) == []
    assert to_be_canceled([second, first], 200) == [second]
    assert to_be_canceled([second, first], 201) == [second, first]


@pytest.mark.parametrize(("received", "refused"), [(1_300, True), (2_299, True), (2_300, False)])
def test_what_has_gone_back_has_to_come_back_first(received, refused) -> None:
    """Of an order of 10.00 from which 3.00 went back; 10.00 are to be withdrawn."""
    view = paid(*SOURCED, facts=(fact(K.TRANSFER_RECEIVED, NUMBER, amount=received),))
    gone = [refund("R1", 300, status=ReturnStatus.COMPLETED, transferred=300)]
    if refused:
        with pytest.raises(StepRefused, match=r"R1 has given back 3\.00 USD of what came"):
            check_not_given_back(view, gone, Money(1_000, "USD"))
    else:
        check_not_given_back(view, gone, Money(1_000, "USD"))
    check_not_given_back(view, [refund("R1", 300)], Money(1_000, "USD"))


def test_a_refund_that_our_bank_is_still_to_pay_is_taken_off_what_is_owed() -> None:
    plan = (Share(Tender.STORE_CREDIT, 100), Share(Tender.BANK, 500))
    view = ReturnView(RMA, NUMBER, ReturnStatus.INSPECTED, refund=600, plan=plan)
    kept = Share(Tender.STORE_CREDIT, 100)
    assert netted(view, 200) == (kept, Share(Tender.BANK, 300), Share(Tender.RECEIVABLE, 200))
    assert netted(view, 900) == (kept, Share(Tender.RECEIVABLE, 500))
    assert netted(view, 0) == ()
    view.transferred = 500
    assert netted(view, 900) == ()
    view.transferred, view.status = 0, ReturnStatus.COMPLETED
    assert netted(view, 900) == ()
