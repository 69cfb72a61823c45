"""The flow of a command: stored, delivered, settled; and how often each happens."""

from dataclasses import replace

import pytest

from api.commands import carry_out, request_return
from domain.access import Principal, Role
from domain.commands import CommandKind
from domain.errors import Forbidden, KeyConflict, Refusal, StepRefused
from domain.order import LineUnits
from ports.desk import DeskUnavailable, NoSuchProcess
from tests.api.fakes import Office
from tests.api.scenes import NUMBER

ANA = Principal("ana", frozenset({Role.AGENT}))


async def approve(office: Office, key: str = "key-1", **body: str) -> object:
    given = {"reason": "", **body}
    return await carry_out(office.books, ANA, key, CommandKind.APPROVE, NUMBER, given)


async def test_a_command_is_stored_before_it_is_delivered(office):
    office.desk.down = DeskUnavailable("slow")
    with pytest.raises(DeskUnavailable):
        await approve(office)
    assert [c.subject for c in office.commands.stored.values()] == [NUMBER]
    assert office.commands.refused == []  # it will be delivered: nothing is settled


async def test_a_command_is_delivered_under_the_id_of_its_row(office):
    assert await approve(office) == {"done": True}
    (stored,) = office.commands.stored.values()
    assert office.desk.commands == [(NUMBER, stored.command)]


async def test_a_settled_command_answers_its_outcome_without_being_delivered_again(office):
    await approve(office)
    ((known, stored),) = office.commands.stored.items()
    office.commands.stored[known] = replace(stored, outcome={"approved": 1})
    assert await approve(office) == {"approved": 1}
    assert len(office.desk.commands) == 1


async def test_a_stored_refusal_is_raised_again_with_its_code(office):
    await approve(office)
    ((known, stored),) = office.commands.stored.items()
    refusal = ("STEP_REFUSED", "the order is CLOSED, not in review")
    office.commands.stored[known] = replace(stored, refusal=refusal)
    with pytest.raises(Refusal) as refused:
        await approve(office)
    assert (refused.value.code, refused.value.message) == refusal
    assert len(office.desk.commands) == 1


async def test_a_refusal_by_the_process_becomes_the_outcome(office):
    office.desk.outcome = StepRefused("the order is APPROVED, not in review")
    with pytest.raises(StepRefused):
        await approve(office)
    message = "the order is APPROVED, not in review"
    assert office.commands.refused == [("cmd-1", "STEP_REFUSED", message)]


async def test_an_order_that_has_not_started_yet_is_a_matter_of_trying_again(office):
    office.desk.down = NoSuchProcess("none")
    with pytest.raises(DeskUnavailable):
        await approve(office)
    assert office.commands.refused == []


async def test_what_the_roles_do_not_allow_reaches_no_process(office):
    channel = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
    with pytest.raises(Forbidden):
        await carry_out(office.books, channel, "key-1", CommandKind.APPROVE, NUMBER, {"reason": ""})
    assert office.commands.stored == {}
    assert office.desk.commands == []


async def test_the_same_key_with_another_body_is_a_conflict(office):
    await approve(office)
    with pytest.raises(KeyConflict):
        await approve(office, reason="on second thought")
    assert len(office.desk.commands) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb", "schlüssel", "a\0b"])
async def test_a_key_is_printable_and_short(office, key):
    with pytest.raises(Refusal, match="idempotencyKey"):
        await approve(office, key)
    assert office.commands.stored == {}


@pytest.mark.parametrize("reason", ["x" * 501, "a\0b", "\ud800"])
async def test_a_text_that_cannot_be_stored_is_refused_by_name(office, reason):
    with pytest.raises(Refusal, match="reason"):
        await approve(office, reason=reason)
    assert office.commands.stored == {}


async def test_a_return_is_stored_and_its_process_started(office):
    lines = [LineUnits(1, "1082185", 1)]
    rma = await request_return(office.books, ANA, "key-1", NUMBER, lines, "damaged")
    await office.background.drain()
    assert rma == f"{NUMBER}-R1"
    assert office.commands.returns == [("key-1", NUMBER, lines, "damaged")]
    assert office.desk.started == [f"return/{NUMBER}-R1"]
    assert office.outbox.begun == [f"return/{NUMBER}-R1/start"]
