"""Orders that nobody looks after, in the audit: deadlines that have passed, and queues."""

from typing import Any

from domain import journal as j
from domain.order import LineUnits
from domain.payments import PaymentOperation, PaymentStatus

HELD = j.Reviewed("hold", "v1", "r2", "price deviates", "agent")
UNQUEUED = "UPDATE order_view SET waits = jsonb_set(waits, '{0,queued}', 'false'), queued = 0"

OF_THE_WAREHOUSE = """
    UPDATE order_view SET waits = jsonb_set(waits, '{0,owner}', '"warehouse"')
    WHERE number = :fresh
    """


async def subjects(world: Any) -> dict[str, list[str]]:
    found = await world.violations()
    return {check: [row["subject"] for row in rows] for check, rows in found.items()}


async def test_an_order_that_nobody_touches_and_that_waits_for_nobody_is_named(world: Any) -> None:
    plan = j.PlannedParcel(f"{world.fresh}-F1", "BOS", (LineUnits(1, "TEA", 3),))
    await world.journal(world.fresh, j.Reviewed("approve", "v", "r", "fine"))
    await world.journal(world.fresh, j.Sourced((plan,), "v"))
    await world.journal(
        world.fresh,
        j.PaymentMoved(
            f"{world.fresh}/authorize/1",
            PaymentOperation.AUTHORIZE,
            1,
            PaymentStatus.SUCCEEDED,
            1500,
        ),
    )
    await world.journal(
        world.fresh, j.ReservationReleased(f"{world.fresh}-F1", plan.lines, "given back")
    )
    await world.run("UPDATE order_view SET updated_at = now() - interval '59 seconds'")
    assert await world.violations() == {}
    await world.run("UPDATE order_view SET updated_at = now() - interval '61 seconds'")
    assert await subjects(world) == {"O2": [world.fresh]}


async def test_a_deadline_that_has_long_passed_is_named(world: Any) -> None:
    await world.run("UPDATE journal SET at = at - interval '31 days' WHERE subject = :delivered")
    await world.refold(world.delivered)
    assert await subjects(world) == {"O2": [world.delivered]}


async def test_an_ended_order_that_owes_a_void_and_that_nobody_looks_after_is_named(
    world: Any,
) -> None:
    await owe_a_void(world)
    assert "O2" not in await subjects(world)
    await world.run("UPDATE journal SET at = at - interval '31 days' WHERE subject = :canceled")
    await world.refold(world.canceled)
    assert (await subjects(world))["O2"] == [world.canceled]


async def owe_a_void(world: Any) -> None:
    """The canceled order's authorization stands after its end."""
    key = f"{world.canceled}/authorize/1"
    await world.journal(
        world.canceled,
        j.PaymentMoved(key, PaymentOperation.AUTHORIZE, 1, PaymentStatus.SUCCEEDED, 1500),
    )


async def test_a_wait_of_staff_that_stands_in_no_queue_is_named(world: Any) -> None:
    await world.journal(world.fresh, HELD)
    assert await world.violations() == {}
    found = await world.violations_after(f"{UNQUEUED} WHERE number = :fresh")
    assert found["O2-queue"] == [
        {
            "subject": world.fresh,
            "wait": "hold/review",
            "owner": "agent",
            "why": "is owned by staff, and stands in no queue",
        }
    ]


async def test_an_escalated_wait_of_a_warehouse_that_stands_in_no_queue_is_named(
    shared_world: Any,
) -> None:
    found = await shared_world.violations_after(OF_THE_WAREHOUSE)
    assert "O2-queue" not in found
    risen = "UPDATE order_view SET waits = jsonb_set(waits, '{0,level}', '1') WHERE number = :fresh"
    found = await shared_world.violations_after(OF_THE_WAREHOUSE, risen)
    assert [row["subject"] for row in found["O2-queue"]] == [shared_world.fresh]


async def test_a_queue_that_overlooks_an_order_is_named(world: Any) -> None:
    await world.journal(world.fresh, HELD)
    found = await world.violations_after("UPDATE order_view SET queued = 0 WHERE number = :fresh")
    assert found["O2-queue"] == [
        {
            "subject": world.fresh,
            "wait": None,
            "owner": None,
            "why": "0 of its waits are counted as queued, 1 are",
        }
    ]
