"""What has arrived: by the word of the carrier, or of staff where no carrier tells it."""

import pytest

from domain import journal as j
from domain.commands import Command, CommandKind, check
from domain.decisions import applies
from domain.errors import StepRefused
from domain.facts import FactKind as K
from domain.process import ProcessDefinition
from domain.view import ParcelStatus
from domain.waits import waits
from tests.domain.builders import (
    CAPTURED,
    COMPLETED,
    F1,
    F2,
    ON_ITS_WAY,
    PROCESSING,
    at,
    fact,
    view_of,
)

SAID = j.Delivered(F1, "she called")


def command(kind: CommandKind, parcel: str = F1) -> Command:
    return Command("c-1", kind, "ana", "she called", parcel)


def test_what_staff_says_has_arrived_has_and_nobody_waits_for_the_carrier():
    before = view_of(*ON_ITS_WAY)
    assert [wait.key for wait in waits(before, ProcessDefinition())] == [f"parcel/{F1}/transit"]
    after = view_of(*ON_ITS_WAY, SAID)
    parcel = after.parcels[F1]
    assert (parcel.status, parcel.arrival_booked) == (ParcelStatus.DELIVERED, True)
    assert (after.delivered_units(1), after.undelivered_units(1)) == (1, 0)
    keys = [wait.key for wait in waits(after, ProcessDefinition())]
    assert keys == [f"payment/{F1}/capture"]


def test_an_arrival_is_booked_once_whoever_said_it_first():
    assert not applies(view_of(*ON_ITS_WAY, SAID), [j.Delivered(F1)])


@pytest.mark.parametrize("minute", [2, 60])
def test_what_the_carrier_tells_of_a_parcel_that_staff_said_has_arrived_moves_nothing(minute):
    arrived = fact(K.DELIVERED, tracking_number="T1", minute=minute)
    told = view_of(*ON_ITS_WAY, SAID, facts=(arrived,)).parcels[F1]
    assert (told.status, told.at["delivered"]) == (ParcelStatus.DELIVERED, at(6))

    lost = view_of(*ON_ITS_WAY, SAID, facts=(fact(K.LOST, minute=minute),))
    assert lost.parcels[F1].status is ParcelStatus.DELIVERED
    assert lost.parcels[F1].trouble == "lost"  # people see it, and nothing is booked
    with pytest.raises(StepRefused, match="is DELIVERED already"):
        check(lost, command(CommandKind.PARCEL_LOST))


@pytest.mark.parametrize(
    ("journal", "parcel", "words"),
    [
        (PROCESSING, F1, "our books have not shipped it yet"),
        (ON_ITS_WAY, F2, "no parcel"),
        (ON_ITS_WAY, "", "no parcel"),
        (COMPLETED, F1, "is DELIVERED already"),
        ((*ON_ITS_WAY, j.Undelivered(F1, returned=False, reason="x")), F1, "is LOST already"),
    ],
)
def test_only_a_parcel_on_the_road_can_be_said_to_have_arrived(journal, parcel, words):
    with pytest.raises(StepRefused, match=words):
        check(view_of(*journal), command(CommandKind.PARCEL_DELIVERED, parcel))


def test_an_escalated_wait_for_the_carrier_ends_with_the_arrival():
    late = j.Escalated(f"parcel/{F1}/transit", "the carrier is late", "agent", 1)
    process = ProcessDefinition()
    assert [wait.owner for wait in waits(view_of(*ON_ITS_WAY, late), process)] == ["agent"]
    after = waits(view_of(*ON_ITS_WAY, CAPTURED, late, SAID, j.Completed()), process)
    assert [wait.key for wait in after] == ["return_window"]
