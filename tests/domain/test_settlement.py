"""Settlements: every line ends in one class, an item is settled once, what is booked adds up."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import LimitExceeded, Malformed, UnknownCurrency
from domain.ledger import Account
from domain.matching import Claim, match
from domain.settlement import (
    CLEARING,
    Item,
    Line,
    LineKind,
    PartyKind,
    Policy,
    Settlement,
    Verdict,
    book_alone,
    give_up,
    orders_named,
    settle,
)

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
POLICY = Policy()
ORDER = "7K3M-9QXT-2AVB"
CAPTURE = Item(
    f"{ORDER}-F1/capture/1", ORDER, Account.PROVIDER_CLEARING, 1900, "USD", AT, ("pay_1",)
)
REFUND = replace(CAPTURE, operation=f"{ORDER}-R1/refund/1", amount=-500)


def line(reference: str = "", gross: int = 1900, fee: int = 0, number: int = 1, **more) -> Line:
    kind = more.pop("kind", LineKind.CHARGE if gross > 0 else LineKind.REFUND)
    return Line(number, kind, reference, gross, fee, more.pop("at", AT), **more)


def claims(*lines: Line, currency: str = "USD", party: str = "acme") -> list[Claim]:
    return [Claim(number, party, currency, each) for number, each in enumerate(lines, 1)]


def verdicts(lines, items, **more) -> list[tuple[Verdict, str]]:
    found = match(claims(*lines, **more), items, POLICY)
    return [(each.verdict, each.item.operation if each.item else "") for each in found]


def legs(posting) -> dict[Account, int]:
    return {leg.account: leg.amount for leg in posting.legs}


@pytest.mark.parametrize("reference", [CAPTURE.operation, "pay_1", " PAY_1 "])
def test_a_line_with_reference_and_amount_is_matched(reference):
    assert verdicts([line(reference)], [CAPTURE, REFUND]) == [(Verdict.MATCHED, CAPTURE.operation)]


def test_a_refund_and_its_capture_may_share_the_name_of_the_payment():
    both = [line("pay_1", -500), line("pay_1", 1900)]
    assert verdicts(both, [CAPTURE, replace(REFUND, references=("pay_1",))]) == [
        (Verdict.MATCHED, REFUND.operation),
        (Verdict.MATCHED, CAPTURE.operation),
    ]


def test_another_amount_differs_and_one_minor_unit_is_rounding():
    assert verdicts([line("pay_1", 1898)], [CAPTURE]) == [(Verdict.DIFFERING, CAPTURE.operation)]
    assert verdicts([line("pay_1", 1901)], [CAPTURE]) == [(Verdict.MATCHED, CAPTURE.operation)]
    [found] = match(claims(line("pay_1", 1898)), [CAPTURE], POLICY)
    assert found.reasons[1] == "it says 1898, the item 1900: -2 minor units"


def test_another_currency_differs_unless_the_line_says_what_it_was_before():
    foreign = line("pay_1", 1750)
    assert verdicts([foreign], [CAPTURE], currency="EUR") == [
        (Verdict.DIFFERING, CAPTURE.operation)
    ]
    told = replace(foreign, original_amount=1900, original_currency="USD")
    assert verdicts([told], [CAPTURE], currency="EUR") == [(Verdict.MATCHED, CAPTURE.operation)]


def test_the_second_line_of_a_reference_is_a_duplicate_now_and_later():
    assert verdicts([line("pay_1"), line("pay_1")], [CAPTURE]) == [
        (Verdict.MATCHED, CAPTURE.operation),
        (Verdict.DIFFERING, ""),
    ]
    assert verdicts([line("pay_1")], [replace(CAPTURE, settled=True)]) == [(Verdict.DIFFERING, "")]


def test_an_exact_line_wins_over_a_differing_one_that_stands_before_it():
    assert verdicts([line("pay_1", 5), line("pay_1")], [CAPTURE]) == [
        (Verdict.DIFFERING, ""),
        (Verdict.MATCHED, CAPTURE.operation),
    ]


def test_evidence_makes_a_proposal_and_never_a_match():
    [found] = match(claims(line("other", orders=(ORDER,))), [CAPTURE], POLICY)
    assert (found.verdict, found.item) == (Verdict.PROPOSED, CAPTURE)
    assert found.reasons == ("same amount", f"its text names order {ORDER}", "within a day")
    assert found.score == 120


def test_an_amount_alone_weeks_later_is_no_evidence():
    late = line("x", at=AT + timedelta(days=20))
    assert verdicts([late], [CAPTURE]) == [(Verdict.UNMATCHED, "")]


def test_better_evidence_gets_the_item():
    weak, strong = line("x"), line("x", orders=(ORDER,))
    assert verdicts([weak, strong], [CAPTURE]) == [
        (Verdict.UNMATCHED, ""),
        (Verdict.PROPOSED, CAPTURE.operation),
    ]


def test_what_another_carrier_owes_is_not_taken():
    parcel = replace(CAPTURE, party="UPS")
    assert verdicts([line("pay_1")], [parcel], party="dhl") == [(Verdict.UNMATCHED, "")]
    assert verdicts([line("pay_1")], [parcel], party="ups") == [
        (Verdict.MATCHED, CAPTURE.operation)
    ]


def test_a_fee_needs_no_item_and_an_adjustment_needs_a_person():
    fee = line(gross=0, fee=250, kind=LineKind.FEE)
    adjustment = line("pay_1", kind=LineKind.ADJUSTMENT)
    assert verdicts([fee, adjustment], [CAPTURE]) == [
        (Verdict.MATCHED, ""),
        (Verdict.UNMATCHED, ""),
    ]


def test_a_chargeback_is_no_refund():
    disputed = line("pay_1", -500, kind=LineKind.CHARGEBACK)
    refund = replace(REFUND, references=("pay_1",))
    assert verdicts([disputed], [refund])[0][0] is Verdict.UNMATCHED


def test_what_nobody_asked_for_is_settled_by_a_line_of_its_own_kind_only():
    back = replace(CAPTURE, operation="R/refund/1/refund_failure", references=("R/refund/1",))
    won = replace(CAPTURE, operation="C/chargeback_reversal/dp_1", references=("R/refund/1",))
    kinds = (LineKind.CHARGE, LineKind.REFUND_FAILURE, LineKind.CHARGEBACK_REVERSAL)
    told = [line("R/refund/1", 1900, kind=kind) for kind in kinds]
    for item, fits in ((CAPTURE, 0), (back, 1), (won, 2)):
        assert [item.may_be(each) for each in told] == [n == fits for n in range(3)]


def test_settling_moves_the_item_to_the_bank_less_the_fee():
    [posting] = settle(CAPTURE, line("pay_1", 1900, 60), "USD", POLICY)
    assert (posting.operation, posting.order) == (f"settle/{CAPTURE.operation}", ORDER)
    assert legs(posting) == {
        Account.BANK: 1840, Account.FEES: 60, Account.PROVIDER_CLEARING: -1900
    }  # fmt: skip


def test_a_refund_settles_the_other_way():
    [posting] = settle(REFUND, line("r", -500, 0), "USD", POLICY)
    assert legs(posting) == {Account.BANK: -500, Account.PROVIDER_CLEARING: 500}


def test_rounding_is_booked_as_such_and_more_only_when_a_person_gives_it_up():
    [posting] = settle(CAPTURE, line("pay_1", 1899), "USD", POLICY)
    assert legs(posting)[Account.ROUNDING] == 1
    short = line("pay_1", 1850)
    with pytest.raises(LimitExceeded):
        settle(CAPTURE, short, "USD", POLICY)
    [posting] = settle(CAPTURE, short, "USD", POLICY, write_off=True)
    assert legs(posting) == {
        Account.BANK: 1850, Account.WRITTEN_OFF: 50, Account.PROVIDER_CLEARING: -1900
    }  # fmt: skip


def test_another_currency_is_two_postings_against_the_exchange_account():
    told = line("pay_1", 1750, 50, original_amount=1900, original_currency="USD")
    ours, theirs = settle(CAPTURE, told, "EUR", POLICY)
    assert (ours.currency, legs(ours)) == (
        "USD", {Account.EXCHANGE: 1900, Account.PROVIDER_CLEARING: -1900}
    )  # fmt: skip
    assert (theirs.currency, theirs.order) == ("EUR", "")
    assert legs(theirs) == {Account.BANK: 1700, Account.FEES: 50, Account.EXCHANGE: -1750}


def test_a_line_in_another_currency_that_does_not_say_what_it_was_settles_nothing_by_itself():
    """1 JPY is not 19.00 USD."""
    for unknown in (line("pay_1", 1), line("pay_1", 1, original_amount=1900)):
        with pytest.raises(LimitExceeded, match="it says 1 JPY, the open item is of 1900 USD"):
            settle(CAPTURE, unknown, "JPY", POLICY)
    ours, theirs = settle(CAPTURE, line("pay_1", 1), "JPY", POLICY, write_off=True)
    assert legs(ours) == {Account.EXCHANGE: 1900, Account.PROVIDER_CLEARING: -1900}
    assert legs(theirs) == {Account.EXCHANGE: -1, Account.BANK: 1}


def test_what_lacks_of_an_item_in_another_currency_is_written_off_and_no_loss_of_exchange():
    told = line("pay_1", 1700, original_amount=1850, original_currency="USD")
    with pytest.raises(LimitExceeded, match="it says 1850 USD, the open item is of 1900 USD"):
        settle(CAPTURE, told, "EUR", POLICY)
    ours, theirs = settle(CAPTURE, told, "EUR", POLICY, write_off=True)
    assert legs(ours) == {
        Account.EXCHANGE: 1850, Account.WRITTEN_OFF: 50, Account.PROVIDER_CLEARING: -1900
    }  # fmt: skip
    assert legs(theirs) == {Account.BANK: 1700, Account.EXCHANGE: -1700}
    wrong = replace(told, original_amount=-1850)  # of the other sign: it says nothing
    ours, _ = settle(CAPTURE, wrong, "EUR", POLICY, write_off=True)
    assert legs(ours) == {Account.EXCHANGE: 1900, Account.PROVIDER_CLEARING: -1900}


def test_what_is_on_the_bank_account_already_is_only_confirmed():
    transfer = replace(CAPTURE, account=Account.BANK)
    [posting] = settle(transfer, line("pay_1"), "USD", POLICY)
    assert posting.legs == ()


def test_what_the_bank_kept_of_a_transfer_leaves_the_bank_account_as_a_fee():
    transfer = replace(CAPTURE, account=Account.BANK)
    [posting] = settle(transfer, line("pay_1", 1900, 150), "USD", POLICY)
    assert legs(posting) == {Account.FEES: 150, Account.BANK: -150}


def test_a_bank_statement_that_is_one_unit_off_is_rounding_and_more_is_written_off():
    transfer = replace(CAPTURE, account=Account.BANK)
    [posting] = settle(transfer, line("pay_1", 1899), "USD", POLICY)
    assert legs(posting) == {Account.ROUNDING: 1, Account.BANK: -1}
    [posting] = settle(transfer, line("pay_1", 1898), "USD", POLICY, write_off=True)
    assert legs(posting) == {Account.WRITTEN_OFF: 2, Account.BANK: -2}


def test_what_never_comes_and_what_belongs_to_nothing_are_given_up():
    assert legs(give_up(CAPTURE)) == {Account.WRITTEN_OFF: 1900, Account.PROVIDER_CLEARING: -1900}
    fee = line(gross=0, fee=250, kind=LineKind.FEE)
    assert legs(book_alone(fee, "USD", "line/1")) == {Account.BANK: -250, Account.FEES: 250}


@pytest.mark.parametrize(
    ("kind", "gross"),
    [(LineKind.CHARGE, 0), (LineKind.CHARGE, -1), (LineKind.REFUND, 1), (LineKind.FEE, 1)],
)
def test_a_line_of_the_wrong_sign_is_refused(kind, gross):
    with pytest.raises(Malformed):
        line("x", gross, kind=kind)


def test_a_settlement_has_lines_and_a_currency():
    with pytest.raises(Malformed):
        Settlement(PartyKind.BANK, "b", "1", "USD", ())
    with pytest.raises(UnknownCurrency):
        Settlement(PartyKind.BANK, "b", "1", "XXX", (line(),))


def test_order_numbers_are_found_inside_a_text_in_any_case():
    text = f"Ihre Bestellung {ORDER.lower()}, danke. {ORDER}; ABCD-EFGH-IJKL is none"
    assert orders_named(text) == (ORDER,)


AMOUNTS = st.sampled_from([-1900, -500, 100, 101, 1900])
DAYS = st.integers(0, 6).map(lambda days: AT + timedelta(days=days))
NAMES = st.sampled_from(["", "a", "b", "payment-1", "payment-2"])


@st.composite
def any_line(draw) -> Line:
    gross = draw(AMOUNTS)
    fitting = [LineKind.CHARGE] if gross > 0 else [LineKind.REFUND, LineKind.CHARGEBACK]
    kind = draw(st.sampled_from([*fitting, LineKind.ADJUSTMENT, LineKind.FEE]))
    gross = 0 if kind is LineKind.FEE else gross
    orders = draw(st.sampled_from([(), ("O1",), ("O2", "O1")]))
    return Line(1, kind, draw(NAMES), gross, draw(st.integers(-5, 5)), draw(DAYS), orders=orders)


@st.composite
def any_items(draw) -> list[Item]:
    drawn = draw(
        st.lists(st.tuples(AMOUNTS, NAMES, st.sampled_from(["O1", "O2"]), DAYS, st.booleans()))
    )
    return [
        Item(f"op-{n}", order, Account.PROVIDER_CLEARING, amount, "USD", at, (name,), "", settled)
        for n, (amount, name, order, at, settled) in enumerate(drawn)
    ]


@given(st.lists(any_line()), any_items())
def test_every_line_ends_in_one_class_and_the_classes_add_up_to_the_file(lines, items):
    asked = claims(*lines)
    found = match(asked, items, POLICY)
    assert [each.claim for each in found] == asked
    sums = Counter[Verdict]()
    for each in found:
        sums[each.verdict] += each.claim.line.net
    assert sum(sums.values()) == sum(each.net for each in lines)


@given(st.lists(any_line()), any_items())
def test_an_item_goes_to_one_line_at_most_and_never_when_it_is_settled(lines, items):
    found = match(claims(*lines), items, POLICY)
    taken = [each.item.operation for each in found if each.item]
    assert len(taken) == len(set(taken))
    assert not any(each.item.settled for each in found if each.item)
    for each in found:
        if each.verdict is Verdict.MATCHED and each.item:
            assert abs(each.item.amount - each.claim.line.gross) <= POLICY.rounding_max
            assert each.claim.line.reference in (*each.item.references, each.item.operation)


@given(st.lists(any_line(), max_size=6), any_items())
def test_whatever_is_matched_is_booked_so_that_the_item_is_gone(lines, items):
    for each in match(claims(*lines), items, POLICY):
        if each.verdict is Verdict.MATCHED and each.item:
            [posting] = settle(each.item, each.claim.line, "USD", POLICY)
            booked = legs(posting)
            assert booked[each.item.account] == -each.item.amount
            assert booked.get(Account.BANK, 0) == each.claim.line.net


@given(
    st.sampled_from(PartyKind),
    st.sampled_from([-1900, -500, 100, 1900]),
    any_line().filter(lambda each: each.gross),
    st.sampled_from(["USD", "EUR"]),
)
def test_what_a_settled_line_leaves_at_the_bank_is_its_net_whoever_sent_it(
    kind, amount, paid, currency
):
    item = replace(CAPTURE, account=CLEARING[kind], amount=amount)
    left = Counter[tuple[Account, str]]({(item.account, item.currency): amount})
    for posting in settle(item, paid, currency, POLICY, write_off=True):
        for leg in posting.legs:
            left[leg.account, posting.currency] += leg.amount
    bank = {where: sum_ for where, sum_ in left.items() if where[0] is Account.BANK and sum_}
    assert bank == ({(Account.BANK, currency): paid.net} if paid.net else {})
    assert left[Account.FEES, currency] == paid.fee
    assert kind is PartyKind.BANK or left[item.account, item.currency] == 0
