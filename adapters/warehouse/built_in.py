"""The built-in warehouse, for shops without a WMS: people work through pick lists by our API."""

from ports.floor import PickLists
from ports.outside import OutcomeUnknown, ParcelRequest


class BuiltInWarehouse:
    """See `ports.outside.Warehouse`. What its people do comes as facts, as a WMS's webhooks do."""

    def __init__(self, lists: PickLists) -> None:
        self._lists = lists

    async def submit(self, parcel: ParcelRequest) -> str:
        if not await self._lists.open(parcel):
            raise OutcomeUnknown(f"{parcel.fulfillment_order} is not there as it was asked")
        return ""

    async def request_cancel(self, fulfillment_order: str) -> bool:
        return await self._lists.ask_back(fulfillment_order)
