"""Handing parcels to warehouses, and asking for them back."""

from temporalio import activity

from activities.effects import Decision, Effects, OrderTurn
from activities.messages import HandOverCall, ParcelCall, StepResult
from domain.journal import Submitted
from ports.outside import ParcelRequest, Warehouse
from ports.unit_of_work import Database


class WarehouseActivities:
    def __init__(self, database: Database, warehouse: Warehouse) -> None:
        self._effects = Effects(database)
        self._database = database
        self._warehouse = warehouse

    @activity.defn(name="warehouse.hand_over")
    async def hand_over(self, call: HandOverCall) -> StepResult:
        """The fulfillment order, committed when it was sourced, is the intent; the warehouse knows
        it by its id however often it is submitted.
        """
        order = call.step.subject
        ship_to = await self._database.look(lambda uow: uow.catalog.ship_to(order))
        await self._warehouse.submit(
            ParcelRequest(call.fulfillment_order, order, call.location, call.lines, ship_to)
        )

        async def decide(turn: OrderTurn) -> Decision:
            known = "submitted" in turn.view.parcels[call.fulfillment_order].at
            return Decision([] if known else [Submitted(call.fulfillment_order)])

        return await self._effects.on_order(call.step, decide)

    @activity.defn(name="warehouse.request_cancel")
    async def request_cancel(self, call: ParcelCall) -> None:
        """The journal has asked for it already; the answer comes as a fact."""
        await self._warehouse.request_cancel(call.fulfillment_order)
