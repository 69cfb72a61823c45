"""Payment transactions move along declared ways, under keys that are derived."""

import pytest

from domain.payments import PaymentOperation, PaymentStatus, operation_key, sources_of

S = PaymentStatus
WAYS = {
    (S.REQUESTED, S.REQUIRES_ACTION), (S.REQUESTED, S.SUCCEEDED), (S.REQUESTED, S.FAILED),
    (S.REQUESTED, S.UNKNOWN), (S.REQUIRES_ACTION, S.SUCCEEDED), (S.REQUIRES_ACTION, S.FAILED),
    (S.UNKNOWN, S.REQUIRES_ACTION), (S.UNKNOWN, S.SUCCEEDED), (S.UNKNOWN, S.FAILED),
}  # fmt: skip


@pytest.mark.parametrize("before", S)
@pytest.mark.parametrize("after", S)
def test_a_payment_moves_exactly_along_these_ways(before, after):
    assert (before in sources_of(after)) == ((before, after) in WAYS)


def test_a_settled_payment_never_moves_again():
    settled = {status for status in S if status.settled}
    assert settled == {S.SUCCEEDED, S.FAILED}
    assert not any(settled & set(sources_of(after)) for after in S)


def test_the_key_is_derived_from_the_operation_never_from_the_attempt():
    assert operation_key("7K3M", PaymentOperation.CAPTURE, 2) == "7K3M/capture/2"
