"""What a customer owes us directly: not what the provider is about to collect, and not twice."""

from domain import journal as j
from domain.ledger import Account
from domain.payments import PaymentOperation, PaymentStatus
from domain.receivables import owed_directly
from domain.transfers import Receipt, receipt
from tests.domain.builders import APPROVED, F1, F2, order_line, units, view_of

LINES = (order_line(1, "A", 1, unit_price=9_800), order_line(2, "B", 1, unit_price=900))
A, B = units((1, "A", 1)), units((2, "B", 1))


def left_and_waiting(*more: j.Body):
    """F1 (98.00) was left as a receivable; the capture of F2 (9.00) waits for finance."""
    parcels = (j.PlannedParcel(F1, "BOS", A), j.PlannedParcel(F2, "BOS", B))
    return view_of(
        APPROVED,
        j.Sourced(parcels, "v1"),
        j.Shipped(F1, (), A, 9_800),
        j.Shipped(F2, (), B, 900),
        capture(F1, PaymentStatus.FAILED, 9_800),
        capture(F2, PaymentStatus.FAILED, 900),
        j.ReceivableLeft(F1, "declined"),
        *more,
        lines=LINES,
    )


def capture(parcel: str, status: PaymentStatus, amount: int, ordinal: int = 1) -> j.PaymentMoved:
    key, operation = f"{parcel}/capture/{ordinal}", PaymentOperation.CAPTURE
    return j.PaymentMoved(key, operation, ordinal, status, amount, "", parcel)


def test_a_parcel_that_is_left_to_the_customer_is_paid_once():
    view = left_and_waiting()
    assert receipt(view, {Account.RECEIVABLE: 10_700}, 9_800) == Receipt(9_800, 0, 0, 0)
    assert receipt(view, {Account.RECEIVABLE: 900}, 9_800) == Receipt(0, 0, 0, 9_800)


def test_what_a_return_took_off_a_parcel_that_was_left_is_owed_no_more():
    assert owed_directly(left_and_waiting(), {Account.RECEIVABLE: 10_700 - 4_000}) == 5_800


def test_what_the_provider_is_about_to_collect_is_not_owed_to_us():
    again = j.CaptureRetried(F2)
    assert owed_directly(left_and_waiting(again), {Account.RECEIVABLE: 10_700}) == 9_800


def test_what_the_provider_has_collected_is_no_part_of_the_debt():
    done = capture(F2, PaymentStatus.SUCCEEDED, 900, 2)
    assert owed_directly(left_and_waiting(done), {Account.RECEIVABLE: 9_800}) == 9_800
    assert owed_directly(left_and_waiting(done), {Account.RECEIVABLE: 0}) == 0


def test_both_parcels_left_are_owed_together():
    both = left_and_waiting(j.ReceivableLeft(F2, "declined"))
    assert owed_directly(both, {Account.RECEIVABLE: 10_700}) == 10_700
    assert owed_directly(both, {Account.RECEIVABLE: 900}) == 900
