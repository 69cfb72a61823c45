"""What people may do with a pick list, in which order, and what the order hears of it."""

from dataclasses import replace

import pytest

from domain.errors import LimitExceeded, Malformed, NotFound, StepRefused
from domain.facts import FactKind as K
from domain.order import LineUnits
from domain.pick_acts import (
    Accept,
    AskBack,
    ConfirmCancel,
    CorrectLabels,
    CorrectPacking,
    CorrectPicked,
    FloorAct,
    Pack,
    RefuseCancel,
    Reject,
    ReportPicked,
    ReportShipment,
    Ship,
    StartPicking,
    Told,
    perform,
    possible,
)
from domain.pick_list import CancelStatus, PickList, PickStatus, Stage
from domain.pick_units import Component, Label, Units

LINES = (LineUnits(1, "TEA", 3), LineUnits(2, "CUP", 1))
NEW = PickList("O-F1", "O", "BOS", LINES)
ALL = ReportPicked((Units(1, 3), Units(2, 1)))
TWO = Pack(((Units(1, 3),), (Units(2, 1),)))
S = PickStatus


def after(*acts: FloorAct | AskBack, pick: PickList = NEW) -> PickList:
    for act in acts:
        pick, _ = perform(pick, act, "why")
    return pick


PACKED = after(Accept(), StartPicking(), ALL, TWO)
SHIPPED = after(Ship(), pick=PACKED)
STATES = {
    "new": (NEW, {Accept, Reject}),
    "accepted": (after(Accept()), {Reject, StartPicking, ReportPicked}),
    "picking": (after(Accept(), StartPicking()), {ReportPicked}),
    "picked": (after(Accept(), ALL), {Pack, CorrectPicked}),
    "packed": (PACKED, {Ship, CorrectPacking}),
    "shipped": (SHIPPED, {ReportShipment, CorrectLabels}),
    "delivered": (after(ReportShipment(Stage.DELIVERED), pick=SHIPPED), set()),
    "rejected": (after(Reject()), set()),
    "nothing found": (after(Accept(), ReportPicked(())), {CorrectPicked}),
    "canceled": (after(AskBack()), set()),
    "wanted back": (after(Accept(), ALL, AskBack()), {ConfirmCancel, RefuseCancel}),
    "kept": (after(Accept(), ALL, AskBack(), RefuseCancel()), {Pack, CorrectPicked}),
}
ACTS: tuple[FloorAct, ...] = (
    Accept(), Reject(), StartPicking(), ALL, TWO, Ship(), ConfirmCancel(), RefuseCancel(),
    ReportShipment(Stage.DELIVERED), CorrectPicked((Units(1, 2),)), CorrectPacking(
        ((Units(1, 2), Units(2, 1)), (Units(1, 1),))), CorrectLabels((Label("P1", "ups", "1Z"),)),
)  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_each_state_allows_its_acts_and_refuses_every_other(state):
    pick, allowed = STATES[state]
    assert set(possible(pick)) == allowed
    for act in ACTS:
        if type(act) in allowed:
            assert perform(pick, act, "why")[0] != pick
        else:
            with pytest.raises(StepRefused, match="O-F1 is"):
                perform(pick, act, "why")


def test_each_act_tells_its_fact_under_an_id_of_its_own():
    pick, seen = NEW, []
    for act in (Accept(), StartPicking(), ALL, TWO, Ship(), ReportShipment(Stage.DELIVERED)):
        pick, told = perform(pick, act)
        seen += told
    assert [(each.event, each.kind) for each in seen] == [
        ("O-F1/accepted", K.ACCEPTED),
        ("O-F1/picking", K.PICKING),
        ("O-F1/picked", K.PICKED),
        ("O-F1/packed", K.PACKED),
        ("O-F1/shipped", K.SHIPPED),
        ("O-F1/P1/delivered", K.DELIVERED),
        ("O-F1/P2/delivered", K.DELIVERED),
    ]
    assert seen[2].lines == LINES
    assert [package.lines for package in seen[4].packages] == [LINES[:1], LINES[1:]]


def test_a_rejection_tells_why():
    assert perform(NEW, Reject(), "no cups")[1] == (
        Told("O-F1/rejected", K.REJECTED, code="no cups"),
    )


@pytest.mark.parametrize(
    ("found", "refusal"),
    [
        ((Units(1, 4),), LimitExceeded),
        ((Units(3, 1),), LimitExceeded),
        ((Units(3, 0),), LimitExceeded),
        ((Units(1, -1),), Malformed),
        ((Units(1, 1), Units(1, 2)), Malformed),
    ],
)
def test_units_that_were_never_asked_for_are_not_picked(found, refusal):
    with pytest.raises(refusal):
        perform(after(Accept()), ReportPicked(found))


def test_a_line_that_is_left_out_was_not_found():
    pick, (told,) = perform(after(Accept()), ReportPicked((Units(1, 2), Units(2, 0))))
    assert told.lines == pick.picked == (LineUnits(1, "TEA", 2),)


CUP_LESS = ReportPicked((Units(1, 2), Units(2, 1)), (Component(1, "LID", 2),))


def test_components_that_were_missing_are_told_with_what_was_found():
    pick, (told,) = perform(after(Accept()), CUP_LESS)
    assert told.parts == pick.missing == (LineUnits(1, "LID", 2),)
    again = CorrectPicked(CUP_LESS.lines, (Component(1, "POT", 1),))
    pick, (told,) = perform(pick, again, "looked again")
    assert (told.event, told.lines) == ("O-F1/picked/1", pick.picked)
    assert told.parts == pick.missing == (LineUnits(1, "POT", 1),)
    packed = Pack((CUP_LESS.lines,))
    assert perform(pick, packed)[1][0].parts == ()


@pytest.mark.parametrize(
    "missing",
    [
        (Component(2, "LID", 1),),  # every unit of the line was found
        (Component(3, "LID", 1),),
        (Component(1, "TEA", 1),),
        (Component(1, "", 1),),
        (Component(1, "LID\0", 1),),
        (Component(1, "L" * 101, 1),),
        tuple(Component(1, f"LID-{n}", 1) for n in range(1_001)),
        (Component(1, "LID", 0),),
        (Component(1, "LID", 1_000_000_001),),
        (Component(1, "LID", 1), Component(1, "LID", 2)),
    ],
)
def test_no_component_is_missing_of_what_was_found(missing):
    with pytest.raises(Malformed):
        perform(after(Accept()), replace(CUP_LESS, missing=missing))


@pytest.mark.parametrize(
    ("packages", "refusal"),
    [
        ((), Malformed),
        (((),), Malformed),
        (((Units(1, 3),),), Malformed),
        (((Units(1, 3), Units(2, 1)), (Units(1, 1),)), LimitExceeded),
        (((Units(1, 3), Units(2, 1)), (Units(2, 0),)), Malformed),
        (((Units(1, 3), Units(2, 1)),) * 201, Malformed),
    ],
)
def test_exactly_what_was_picked_is_packed(packages, refusal):
    with pytest.raises(refusal):
        perform(after(Accept(), ALL), Pack(packages))


def test_a_package_without_a_label_is_brought_by_the_shops_own_people():
    labels = (Label("P2", "ups", "1Z"),)
    boxes = after(Ship(labels), pick=PACKED).boxes
    assert [(box.package, box.carrier, box.tracking_number) for box in boxes] == [
        ("P1", "own", "O-F1-P1"),
        ("P2", "ups", "1Z"),
    ]


@pytest.mark.parametrize(
    ("labels", "refusal"),
    [
        ((Label("P3", "ups", "1Z"),), NotFound),
        ((Label("P1", "ups", "1Z"), Label("P1", "ups", "1Y")), Malformed),
        ((Label("P1", "ups", "1Z"), Label("P2", "ups", "1Z")), Malformed),
        ((Label("P1", "ups", "1" * 101),), Malformed),
        ((Label("P1", "u\0ps", "1Z"),), Malformed),
    ],
)
def test_a_label_belongs_to_one_package_that_is_there(labels, refusal):
    with pytest.raises(refusal):
        perform(PACKED, Ship(labels))


def test_packages_arrive_one_by_one_or_all_that_are_left():
    one, told = perform(SHIPPED, ReportShipment(Stage.DELIVERED, "P1"))
    assert [each.tracking_number for each in told] == ["O-F1-P1"]
    both, told = perform(one, ReportShipment(Stage.DELIVERED))
    assert [each.tracking_number for each in told] == ["O-F1-P2"]
    assert [box.stages for box in both.boxes] == [(Stage.DELIVERED,)] * 2


@pytest.mark.parametrize(
    ("before", "then", "refusal"),
    [
        ((Stage.DELIVERED,), Stage.DELIVERED, StepRefused),
        ((Stage.DELIVERED,), Stage.LOST, StepRefused),
        ((Stage.OUT_FOR_DELIVERY,), Stage.IN_TRANSIT, StepRefused),
        ((Stage.IN_TRANSIT,), Stage.IN_TRANSIT, StepRefused),
        ((Stage.RETURNED_TO_SENDER,), Stage.DELIVERED, StepRefused),
        ((Stage.IN_TRANSIT,), Stage.OUT_FOR_DELIVERY, None),
        ((Stage.LOST,), Stage.DELIVERED, None),
        ((Stage.IN_TRANSIT, Stage.EXCEPTION), Stage.DELIVERED, None),
    ],
)
def test_a_package_goes_forward_only_and_what_was_lost_may_turn_up(before, then, refusal):
    pick = replace(SHIPPED, boxes=tuple(replace(b, stages=before) for b in SHIPPED.boxes))
    if refusal is None:
        assert perform(pick, ReportShipment(then))[0].boxes[0].stages == (*before, then)
    else:
        with pytest.raises(refusal):
            perform(pick, ReportShipment(then))


def test_a_package_that_is_not_there_has_no_way():
    with pytest.raises(NotFound):
        perform(SHIPPED, ReportShipment(Stage.LOST, "P9"))


@pytest.mark.parametrize(
    ("state", "cancel", "kinds"),
    [
        ("new", CancelStatus.CONFIRMED, [K.CANCEL_CONFIRMED]),
        ("accepted", CancelStatus.CONFIRMED, [K.CANCEL_CONFIRMED]),
        ("picking", CancelStatus.REQUESTED, []),
        ("picked", CancelStatus.REQUESTED, []),
        ("packed", CancelStatus.REFUSED, [K.CANCEL_REFUSED]),
        ("shipped", CancelStatus.REFUSED, [K.CANCEL_REFUSED]),
        ("rejected", CancelStatus.REFUSED, [K.CANCEL_REFUSED]),
    ],
)
def test_who_is_asked_for_the_goods_answers_by_how_far_they_are(state, cancel, kinds):
    pick, told = perform(STATES[state][0], AskBack())
    assert (pick.cancel, [each.kind for each in told]) == (cancel, kinds)
    assert perform(pick, AskBack()) == (pick, ())


def test_what_was_picked_is_corrected_as_often_as_it_was_wrong_each_under_an_id_of_its_own():
    """Mistyped, found after all, and none of it there."""
    pick, told = after(Accept(), ReportPicked((Units(1, 3),))), ()
    for lines in ((Units(1, 2),), (Units(1, 3), Units(2, 1)), ()):
        pick, more = perform(pick, CorrectPicked(lines), "mistyped")
        told += more
    assert [(each.event, each.kind, each.code) for each in told] == [
        (f"O-F1/picked/{n}", K.PICKED, "mistyped") for n in (1, 2, 3)
    ]
    assert [each.lines for each in told] == [(LineUnits(1, "TEA", 2),), LINES, ()]
    assert (pick.status, pick.picked) == (S.NOTHING_FOUND, ())
    pick, _ = perform(pick, CorrectPicked((Units(2, 1),)), "behind the shelf")
    assert (pick.status, pick.picked) == (S.PICKED, (LineUnits(2, "CUP", 1),))


def test_what_the_order_has_given_up_is_not_picked_after_all():
    """Of three teas one was found, and the order has sourced the two others anew."""
    pick = after(Accept(), ReportPicked((Units(1, 1), Units(2, 1))))
    left = (LineUnits(1, "TEA", 1), LineUnits(2, "CUP", 1))
    for lines in ((Units(1, 2), Units(2, 1)), (Units(1, 3),)):
        with pytest.raises(StepRefused, match=r"line 1: the order has given up 2 units .* count"):
            perform(pick, CorrectPicked(lines), "mistyped", left)
    corrected, _ = perform(pick, CorrectPicked((Units(1, 1),)), "mistyped", left)
    assert corrected.picked == (LineUnits(1, "TEA", 1),)
    with pytest.raises(StepRefused, match="line 2: the order has given up 1 unit "):
        perform(after(Accept(), ReportPicked(())), CorrectPicked((Units(2, 1),)), "found", ())


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ((Units(1, 4),), LimitExceeded),
        ((Units(1, -1),), Malformed),
        ((Units(1, 3), Units(2, 1)), Malformed),
    ],
)
def test_a_correction_names_what_was_asked_for_and_something_else_than_was_told(lines, refusal):
    with pytest.raises(refusal):
        perform(after(Accept(), ALL), CorrectPicked(lines), "mistyped")


def test_what_is_in_which_package_is_corrected_until_they_leave():
    together = CorrectPacking(((Units(1, 3), Units(2, 1)),))
    pick, (told,) = perform(PACKED, together, "one box was enough")
    assert (told.event, told.kind) == ("O-F1/packed/1", K.PACKED)
    assert [package.lines for package in told.packages] == [LINES]
    assert [box.package for box in pick.boxes] == ["P1"]
    with pytest.raises(Malformed, match="told already"):
        perform(pick, together, "again")
    with pytest.raises(Malformed):
        perform(PACKED, CorrectPacking(((Units(1, 3),),)), "a cup is lost")


def test_a_label_is_corrected_until_its_package_has_arrived():
    sent = after(Ship((Label("P1", "ups", "1Z8"), Label("P2", "ups", "1Z9"))), pick=PACKED)
    pick, (told,) = perform(sent, CorrectLabels((Label("P1", "dhl", "JD1"),)), "mistyped")
    assert (told.event, told.kind, told.code) == ("O-F1/shipped/1", K.SHIPPED, "mistyped")
    assert [(p.package, p.carrier, p.tracking_number) for p in told.packages] == [
        ("P1", "dhl", "JD1"), ("P2", "ups", "1Z9")
    ]  # fmt: skip
    arrived, (delivered,) = perform(pick, ReportShipment(Stage.DELIVERED, "P1"))
    assert delivered.tracking_number == "JD1"
    with pytest.raises(StepRefused, match="P1 has arrived, or is back"):
        perform(arrived, CorrectLabels((Label("P1", "ups", "1Z8"),)), "mistyped")
    again, _ = perform(arrived, CorrectLabels((Label("P2", "ups", "1Z7"),)), "mistyped")
    assert [box.tracking_number for box in again.boxes] == ["JD1", "1Z7"]
    assert again.boxes[0].stages == (Stage.DELIVERED,)


@pytest.mark.parametrize(
    ("labels", "refusal"),
    [
        ((), Malformed),
        ((Label("P1", "own", "O-F1-P1"),), Malformed),
        ((Label("P3", "ups", "1Z"),), NotFound),
        ((Label("P1", "ups", "O-F1-P2"),), Malformed),
        ((Label("P1", "ups", "1" * 101),), Malformed),
    ],
)
def test_a_label_is_corrected_to_one_that_can_be_and_is_another(labels, refusal):
    with pytest.raises(refusal):
        perform(SHIPPED, CorrectLabels(labels), "mistyped")
