"""The audit trail and second persons, in the audit."""

from typing import Any


async def test_a_deleted_audit_row_is_missed_twice(shared_world: Any) -> None:
    found = await shared_world.violations_after("DELETE FROM audit WHERE id = 1")
    [lost, gap] = found["A1"]
    assert (lost["command"], lost["why"]) == (
        shared_world.cancel_command,
        "0 audit rows for an outcome DONE",
    )
    assert (gap["audit"], gap["why"]) == (2, "row 1 is missing before it")


async def test_one_person_who_asked_and_approved_is_named(shared_world: Any) -> None:
    found = await shared_world.violations_after(
        "ALTER TABLE approval DROP CONSTRAINT ck_approval_four_eyes",
        "UPDATE approval SET decided_by = asked_by",
    )
    assert {row["why"] for row in found["A2"]} == {
        "one person asked and approved",
        "0 audit rows for approving",
    }


async def test_one_person_who_granted_and_approved_a_refund_is_named(shared_world: Any) -> None:
    found = await shared_world.violations_after(
        "UPDATE journal SET by = 'finn' WHERE kind = 'RefundApproved'"
    )
    assert {row["why"] for row in found.pop("A2-refunds")} == {
        "one person granted and approved",
        "0 audit rows for approving",
    }
    assert found.keys() == {"O5"}  # the return's view names who approved, too


async def test_an_act_that_nobody_else_approves_is_named(shared_world: Any) -> None:
    found = await shared_world.violations_after("UPDATE approval SET act = 'stock_set_levels'")
    assert {row["why"] for row in found["A2"]} == {
        "no act that a second person approves",
        "0 audit rows for asking",
    }


async def test_an_approval_that_left_no_trace_is_named(shared_world: Any) -> None:
    found = await shared_world.violations_after("DELETE FROM audit WHERE principal = 'sue'")
    assert [row["why"] for row in found["A2"]] == ["0 audit rows for approving"]
    found = await shared_world.violations_after("DELETE FROM audit WHERE principal = 'will'")
    assert [row["why"] for row in found["A2"]] == ["0 audit rows for asking"]
