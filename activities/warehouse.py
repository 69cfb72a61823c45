"""Handing parcels to warehouses, and asking for them back."""

from temporalio import activity

from activities.effects import OUTDATED, Decision, Effects, OrderTurn
from activities.messages import HandOverCall, ParcelCall, StepResult
from domain.submissions import (
    never_received,
    refused,
    submitted,
    to_be_asked_back,
    to_be_submitted,
)
from ports.outside import ParcelRequest, Warehouse
from ports.unit_of_work import Database, UnitOfWork


class WarehouseActivities:
    def __init__(self, database: Database, warehouse: Warehouse) -> None:
        self._effects = Effects(database)
        self._database = database
        self._warehouse = warehouse

    @activity.defn(name="warehouse.hand_over")
    async def hand_over(self, call: HandOverCall) -> StepResult:
        """The intent is committed first, and the warehouse knows the fulfillment order by its id
        however often it is submitted. Each attempt looks first whether it still is to be; the
        process then learns why not.
        """
        order, name = call.step.subject, call.fulfillment_order
        ship_to = await self._database.run(lambda uow: _begin(uow, order, name))
        if ship_to is None:
            return await self._effects.on_order(call.step, _known_better)
        refusal = await self._warehouse.submit(
            ParcelRequest(name, order, call.location, call.lines, ship_to)
        )

        async def decide(turn: OrderTurn) -> Decision:
            if refusal:
                return Decision(refused(turn.view, name, refusal))
            return Decision(submitted(turn.view, name))

        return await self._effects.on_order(call.step, decide)

    @activity.defn(name="warehouse.request_cancel")
    async def request_cancel(self, call: ParcelCall) -> StepResult | None:
        """The journal has asked for it already; the answer comes as a fact: None. Each attempt
        looks first whether one is still awaited.
        """
        order, name = call.step.subject, call.fulfillment_order

        async def awaited(uow: UnitOfWork) -> bool:
            return to_be_asked_back((await uow.orders.lock(order)).view(), name)

        if not await self._database.look(awaited):
            return await self._effects.on_order(call.step, _known_better)
        if await self._warehouse.request_cancel(name):
            return None

        async def decide(turn: OrderTurn) -> Decision:
            return Decision(never_received(turn.view, name))

        return await self._effects.on_order(call.step, decide)


async def _begin(uow: UnitOfWork, order: str, parcel: str) -> dict[str, str] | None:
    """Where to send it; None when it is not to be submitted any more."""
    if not to_be_submitted((await uow.orders.lock(order)).view(), parcel):
        return None
    await uow.submissions.begin(parcel)
    return await uow.catalog.ship_to(order)


async def _known_better(_turn: OrderTurn) -> Decision:
    return Decision(outcome=OUTDATED)
