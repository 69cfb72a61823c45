"""S4 on what warehouses told: what is sound is not named, and what is not is."""

from typing import Any

import pytest

from adapters.postgres.auditing.fold_checks import FOLD_CHECKS
from adapters.postgres.auditing.folded import Folded
from domain import journal as j
from domain.facts import FactKind as K
from domain.process import ProcessDefinition
from tests.domain.builders import (
    APPROVED,
    F1,
    F2,
    fact,
    order_line,
    package,
    placed,
    sourced,
    units,
    view_of,
)

[S4] = [check for check in FOLD_CHECKS if check.id == "S4"]
THREE, TWO, ONE = (units((1, "A", n)) for n in (3, 2, 1))
SENT = (
    APPROVED,
    sourced((F1, "BOS", THREE)),
    j.Submitted(F1),
    j.ReservationReleased(F1, ONE, j.SHORT_PICK),
    j.Shipped(F1, (package(lines=TWO),), TWO, 2_000),
    sourced((F2, "NYC", ONE)),
    j.Submitted(F2),
)


def violations(*journal: j.Body, facts: tuple[Any, ...] = ()) -> list[Any]:
    order = placed(order_line(quantity=3))
    view = view_of(*journal, order=order, facts=facts)
    return list(S4.judge(Folded(order.number, order, ProcessDefinition(), None, (), facts, view)))


@pytest.mark.parametrize("found_at_first", [TWO, THREE, units((1, "A", 5))])
def test_what_was_found_and_not_sent_is_not_picked_twice_when_it_comes_from_elsewhere(
    found_at_first,
):
    picked = (fact(K.PICKED, minute=3, lines=found_at_first), fact(K.PICKED, F2, lines=ONE))
    assert violations(*SENT, facts=picked) == []


def test_units_that_two_parcels_carry_are_named_once_both_have_found_them():
    twice = (APPROVED, sourced((F1, "BOS", THREE), (F2, "NYC", ONE)), j.Submitted(F1))
    picked = (fact(K.PICKED, lines=THREE), fact(K.PICKED, F2, lines=ONE))
    [named] = violations(*twice, facts=picked)
    assert (named["picked"], named["ordered"]) == (4, 3)
