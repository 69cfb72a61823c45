"""A warehouse that does as the test says, behind the port; the contract suite holds it to the same
behavior as the real adapters.
"""

from dataclasses import dataclass, field

from ports.outside import ParcelRequest


@dataclass
class FakeWarehouse:
    parcels: dict[str, ParcelRequest] = field(default_factory=dict)
    cancel_requests: list[str] = field(default_factory=list)

    async def submit(self, parcel: ParcelRequest) -> None:
        self.parcels[parcel.fulfillment_order] = parcel

    async def request_cancel(self, fulfillment_order: str) -> None:
        self.cancel_requests.append(fulfillment_order)
