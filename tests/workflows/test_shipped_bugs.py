"""Bugs that others shipped, of the process itself; `docs/bugs.md` lists them all."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus

from activities.messages import Start
from domain.facts import FactKind
from domain.payments import PaymentOperation
from ports.front_office import RequestedLine
from workflows.order import End, OrderWorkflow

TEA = (RequestedLine("TEA", 3, 500),)


@workflow.defn(name="order")
class OrderWithABug(OrderWorkflow):
    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> End:
        return await super().run(start)

    async def _fulfill_every_parcel(self) -> None:
        raise RuntimeError("a bug of ours")


async def test_a_coding_bug_compensates_nothing_and_mended_code_goes_on(closed_shop: Any) -> None:
    async with closed_shop.open(OrderWithABug, sandboxed=False) as shop:
        number = await shop.place(lines=TEA)

        async def stuck() -> bool:
            return len(shop.provider.answers) == 1

        await shop.until(stuck)
        await asyncio.sleep(2)  # of real time: its task fails and is tried again and again
        described = await shop.handle(number).describe()
        assert described.status is WorkflowExecutionStatus.RUNNING
        assert shop.provider.moved(PaymentOperation.VOID) == []
        assert await shop.stock() == {("TEA", "BOS"): (10, 3)}

    async with closed_shop.open() as shop:
        await shop.carry(f"{number}-F1")
        await shop.until_status(number, "COMPLETED")
        assert len(shop.provider.moved(PaymentOperation.AUTHORIZE)) == 1
        assert len(shop.provider.moved(PaymentOperation.CAPTURE)) == 1


async def test_a_late_webhook_starts_no_second_workflow_for_a_closed_order(shop: Any) -> None:
    number = await shop.place(lines=TEA)
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    await shop.env.sleep(timedelta(days=31))
    await shop.handle(number).result()
    ended = await shop.handle(number).describe()

    await shop.tell(f"{number}-F1", FactKind.DELIVERED, tracking_number=f"1Z{number}-F1")
    await shop.desk.start_order(number, "web")

    now = await shop.handle(number).describe()
    assert (now.run_id, now.status) == (ended.run_id, WorkflowExecutionStatus.COMPLETED)
    late = "SELECT handled_by, due_at FROM fact ORDER BY received_at DESC LIMIT 1"
    assert await shop.rows(late) == [("closed", None)]


async def test_a_payment_webhook_that_races_with_completion_changes_nothing_and_is_settled(
    shop: Any,
) -> None:
    number = await shop.place(lines=TEA)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.ship(parcel)

    async def captured() -> bool:
        return len(shop.provider.moved(PaymentOperation.CAPTURE)) == 1

    await shop.until(captured)
    told = [
        shop.tell(f"{parcel}/capture/1", FactKind.PAYMENT_CAPTURED),
        shop.arrive(parcel),
        shop.tell(f"{number}/authorize/1", FactKind.PAYMENT_AUTHORIZED),
    ]
    await asyncio.gather(*told)
    await shop.until_status(number, "COMPLETED")
    await shop.tell(f"{parcel}/capture/1", FactKind.PAYMENT_CAPTURED)
    await shop.env.sleep(timedelta(days=31))

    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert len(shop.provider.moved(PaymentOperation.CAPTURE)) == 1
    open_facts = "SELECT count(*) FROM fact WHERE handled_by IS NULL AND due_at IS NULL"
    assert await shop.rows(open_facts) == [(0,)]
