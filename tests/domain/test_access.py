"""Who may read what, who may do what, and names that nobody guesses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import STAFF, SYSTEM, Principal, Role
from domain.commands import CommandKind, authorize
from domain.errors import Forbidden, StepRefused
from domain.ids import TrackingToken, fulfillment_order_id, order_number, return_number
from tests.domain.builders import NUMBER
from tests.domain.strategies import SOME

A, W, F, S, CU, CH = (
    Role.AGENT, Role.WAREHOUSE, Role.FINANCE, Role.SUPERVISOR, Role.CUSTOMER, Role.CHANNEL,
)  # fmt: skip
MAY = {
    CommandKind.APPROVE: {A, S},
    CommandKind.REJECT: {A, S},
    CommandKind.CANCEL: {A, S, CU, CH},
    CommandKind.RETRY_STOCK: {A, W, S},
    CommandKind.OVERRIDE_SOURCE: {S},
    CommandKind.RETRY_PAYMENT: {A, S, CU, CH},
    CommandKind.RETRY_CAPTURE: {F, S},
    CommandKind.LEAVE_RECEIVABLE: {F, S},
    CommandKind.GRANT_CREDIT: {F, S},
    CommandKind.REFUSE_CREDIT: {F, S},
    CommandKind.RETRY_OPERATION: {F, S},
    CommandKind.LEAVE_OPERATION: {F, S},
    CommandKind.PARCEL_DELIVERED: {A, W, S},
    CommandKind.PARCEL_LOST: {A, S},
    CommandKind.PARCEL_RETURNED: {A, W, S},
    CommandKind.PARCEL_WITHDRAWN: {W, S},
    CommandKind.RETURN_APPROVE: {A, S},
    CommandKind.RETURN_DECLINE: {A, S},
    CommandKind.RETURN_RECEIVE: {W, S},
    CommandKind.RETURN_INSPECT: {W, S},
    CommandKind.RETURN_CANCEL: {A, S, CU},
    CommandKind.RETURN_RETRY_REFUND: {F, S},
    CommandKind.RETURN_APPROVE_REFUND: {F, S},
    CommandKind.RETURN_TRANSFER_REFUND: {F, S},
    CommandKind.RETURN_CANCEL_REFUND: {F, S},
    CommandKind.RETURN_WRITE_OFF: {A, W, S},
}
OWES_A_REASON = {
    CommandKind.REJECT,
    CommandKind.OVERRIDE_SOURCE,
    CommandKind.LEAVE_RECEIVABLE,
    CommandKind.GRANT_CREDIT,
    CommandKind.REFUSE_CREDIT,
    CommandKind.LEAVE_OPERATION,
    CommandKind.PARCEL_DELIVERED,
    CommandKind.PARCEL_LOST,
    CommandKind.PARCEL_RETURNED,
    CommandKind.PARCEL_WITHDRAWN,
    CommandKind.RETURN_DECLINE,
    CommandKind.RETURN_CANCEL_REFUND,
    CommandKind.RETURN_WRITE_OFF,
}


def somebody(*roles: Role, scope: str = "") -> Principal:
    return Principal("ana", frozenset(roles), scope)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", CommandKind)
def test_each_command_is_for_exactly_these_roles(kind, role):
    if role in MAY[kind]:
        authorize(kind, somebody(role), "a reason")
    else:
        with pytest.raises(Forbidden):
            authorize(kind, somebody(role), "a reason")


@pytest.mark.parametrize("kind", CommandKind)
def test_some_commands_owe_a_reason_and_blanks_are_none(kind):
    supervisor = somebody(S)
    if kind in OWES_A_REASON:
        for nothing in ("", "  \n"):
            with pytest.raises(StepRefused, match="needs a reason"):
                authorize(kind, supervisor, nothing)
    else:
        authorize(kind, supervisor, "")


def test_who_may_not_is_told_which_role_is_needed():
    with pytest.raises(Forbidden) as refused:
        authorize(CommandKind.LEAVE_RECEIVABLE, somebody(A), "x")
    assert refused.value.message == "this needs the role finance or supervisor"


@pytest.mark.parametrize("role", [*sorted(STAFF), Role.DEVELOPER, Role.SYSTEM])
def test_staff_and_developers_read_every_order(role):
    assert somebody(role).reads(NUMBER, "web")


def test_a_channel_reads_its_own_orders_only():
    assert somebody(CH, scope="web").reads(NUMBER, "web")
    assert not somebody(CH, scope="pos").reads(NUMBER, "web")
    assert not somebody(CH, scope=NUMBER).reads(NUMBER, "web")


def test_a_customer_reads_one_order():
    assert somebody(CU, scope=NUMBER).reads(NUMBER, "web")
    assert not somebody(CU, scope="XXXX-XXXX-XXXX").reads(NUMBER, "web")
    assert not somebody(CU, scope="web").reads(NUMBER, "web")


def test_nobody_without_a_role_reads_or_does_anything():
    assert not somebody().reads(NUMBER, "web")
    for kind in CommandKind:
        with pytest.raises(Forbidden):
            authorize(kind, somebody(), "a reason")


def test_the_system_and_developers_give_no_commands():
    for kind in CommandKind:
        for principal in (SYSTEM, somebody(Role.DEVELOPER)):
            with pytest.raises(Forbidden):
                authorize(kind, principal, "a reason")


@SOME
@given(st.binary(min_size=8, max_size=8))
def test_an_order_number_is_three_groups_of_letters_that_are_not_misread(entropy):
    number = order_number(entropy)
    groups = number.split("-")
    assert [len(group) for group in groups] == [4, 4, 4]
    assert set("".join(groups)) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@SOME
@given(st.integers(0, 2**60 - 1), st.integers(0, 2**60 - 1))
def test_60_bits_of_chance_make_60_bits_of_order_number(one, other):
    numbers = {order_number(n.to_bytes(8, "big")) for n in (one, other)}
    assert len(numbers) == len({one, other})


def test_parcels_and_returns_are_named_after_their_order():
    assert fulfillment_order_id(NUMBER, 2) == f"{NUMBER}-F2"
    assert return_number(NUMBER, 1) == f"{NUMBER}-R1"


def test_a_tracking_token_can_be_derived_again_and_by_nobody_else():
    token = TrackingToken.derive(b"key", NUMBER, 1)
    assert token == TrackingToken.derive(b"key", NUMBER, 1)
    others = [
        TrackingToken.derive(b"another key", NUMBER, 1),
        TrackingToken.derive(b"key", "7K3M-9QXT-2AVC", 1),
        TrackingToken.derive(b"key", NUMBER, 2),
    ]
    assert len({token.text, *(other.text for other in others)}) == 4


def test_a_tracking_token_has_160_bits_and_is_looked_up_by_its_hash_only():
    token = TrackingToken.derive(b"key", NUMBER, 1)
    assert len(token.text) == 32
    assert set(token.text) <= set("0123456789abcdefghjkmnpqrstvwxyz")
    assert len(token.hash) == 64
    assert token.text not in token.hash
    assert token.hash == TrackingToken(token.text).hash
    assert NUMBER.lower() not in token.text
