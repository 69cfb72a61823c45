"""Each location has its warehouse: the built-in one, or a WMS over HTTP."""

from collections.abc import Mapping

from ports.floor import FulfilledBy, LocationRegister
from ports.outside import ParcelRequest, Warehouse


class WarehouseByLocation:
    """See `ports.outside.Warehouse`. A fulfillment order stays with the warehouse that it was first
    handed to, even when its location has moved to another since: two would send it twice.
    """

    def __init__(
        self,
        register: LocationRegister,
        warehouses: Mapping[FulfilledBy, Warehouse],
        otherwise: FulfilledBy,
    ) -> None:
        self._register = register
        self._warehouses = warehouses
        self._otherwise = otherwise

    async def submit(self, parcel: ParcelRequest) -> str:
        return await (await self._of(parcel.fulfillment_order)).submit(parcel)

    async def request_cancel(self, fulfillment_order: str) -> bool:
        return await (await self._of(fulfillment_order)).request_cancel(fulfillment_order)

    async def _of(self, fulfillment_order: str) -> Warehouse:
        return self._warehouses[
            await self._register.fulfilled_by(fulfillment_order, self._otherwise)
        ]
