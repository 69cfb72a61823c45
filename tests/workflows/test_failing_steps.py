"""A step in our own books that keeps failing lets deadlines and commands have their turn."""

import asyncio
from typing import Any

from domain.commands import CommandKind
from domain.process import ProcessDefinition
from ports.front_office import RequestedLine

NOTHING_LEAVES = "ALTER TABLE movement ADD CONSTRAINT stuck CHECK (reason <> 'ship') NOT VALID"
MENDED = "ALTER TABLE movement DROP CONSTRAINT stuck"


async def test_an_order_whose_step_keeps_failing_escalates_and_answers_and_goes_on_once_mended(
    shop: Any,
) -> None:
    shop.process = ProcessDefinition(transit_within=8)
    number = await shop.place(lines=(RequestedLine("TEA", 1, 500),))
    await shop.until_submitted(f"{number}-F1")
    await shop.run(NOTHING_LEAVES)
    await shop.ship(f"{number}-F1")

    for _ in range(200):  # a step that is being tried takes real time
        if await shop.tasks():
            break
        await asyncio.sleep(0.2)

    assert await shop.tasks() == [("the carrier has to scan the parcel", "agent")]
    assert await shop.command(shop.agent, CommandKind.RETRY_STOCK, number) == "STEP_REFUSED"
    assert not (await shop.view(number)).parcels[f"{number}-F1"].booked

    await shop.run(MENDED)
    await shop.arrive(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    assert await shop.rows("SELECT reason, units FROM movement") == [("ship", -1)]
