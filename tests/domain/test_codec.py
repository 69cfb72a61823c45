"""Whatever the journal, the facts and the projection are made of survives being plain JSON."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.codec import from_json, to_json
from domain.commands import Command
from domain.facts import Fact
from domain.fold import fold
from domain.journal import KINDS, Body, BodyRecord, Entry, EntryRecord
from domain.order import PlacedOrder
from domain.payments import PaymentStatus
from domain.process import ProcessDefinition
from domain.quantity import Quantity
from domain.returns import ReturnView
from domain.view import OrderView
from domain.waits import Wait, waits
from tests.domain.strategies import FEW, SOME, histories, moments, orders


def there_and_back(kind, value):
    return from_json(kind, json.loads(json.dumps(to_json(value), allow_nan=False)))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@FEW
@given(st.data())
def test_every_kind_of_journal_entry_survives(kind, data):
    body = data.draw(st.from_type(kind))
    assert there_and_back(kind, body) == body
    entry = Entry(1, data.draw(moments), "ana", body)
    assert there_and_back(EntryRecord, EntryRecord.of(entry)).entry() == entry
    assert there_and_back(BodyRecord, BodyRecord.of(body)).body() == body


def test_the_kinds_are_all_bodies_by_their_names():
    assert {kind.__name__: kind for kind in Body.__args__} == KINDS


@SOME
@given(st.from_type(Fact))
def test_facts_survive(fact):
    assert there_and_back(Fact, fact) == fact


@SOME
@given(histories())
def test_orders_their_views_and_their_waits_survive(history):
    order, journal, facts = history
    view = fold(order, journal, facts)
    assert there_and_back(PlacedOrder, order) == order
    assert there_and_back(OrderView, view) == view
    for wait in waits(view, ProcessDefinition()):
        assert there_and_back(Wait, wait) == wait


@FEW
@given(st.from_type(ReturnView))
def test_returns_survive(view):
    assert there_and_back(ReturnView, view) == view


@FEW
@given(st.from_type(Command), orders())
def test_commands_survive_and_quantities_stay_quantities(command, order):
    assert there_and_back(Command, command) == command
    assert type(there_and_back(PlacedOrder, order).lines[0].quantity) is Quantity


@dataclass(frozen=True)
class Older:
    name: str


@dataclass(frozen=True)
class Newer:
    name: str
    note: str = "none"
    many: tuple[int, ...] = ()


def test_fields_can_be_added_and_left_out():
    assert from_json(Newer, to_json(Older("a"))) == Newer("a")
    assert from_json(Older, to_json(Newer("a", "b", (1,)))) == Older("a")


def test_a_missing_field_without_a_default_is_refused():
    with pytest.raises(KeyError):
        from_json(Older, {})


def test_an_unknown_word_of_an_enum_is_refused():
    with pytest.raises(ValueError, match="MAYBE"):
        from_json(PaymentStatus, "MAYBE")


def test_plain_forms_are_plain():
    moment = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert to_json({PaymentStatus.FAILED: (Quantity(2), moment)}) == {
        "FAILED": [2, "2026-11-22T10:00:00+00:00"]
    }
    assert type(to_json(Quantity(2))) is int
    assert type(to_json(PaymentStatus.FAILED)) is str


def test_what_has_no_plain_form_is_refused():
    with pytest.raises(TypeError, match="no plain form for set"):
        to_json({1})


def test_a_process_definition_overrides_only_what_it_names():
    assert from_json(ProcessDefinition, {"version": 2, "return_window": 60}) == ProcessDefinition(
        version=2, return_window=60
    )
