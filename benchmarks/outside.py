"""Stand-ins for payment provider and warehouse, inside the worker: they cost nothing, as the steps
of the no-op do. The rate with the real simulators is measured apart.
"""

from collections.abc import Callable
from typing import Any

from domain.codec import to_json
from domain.payments import PaymentStatus
from ports.outside import Capabilities, ParcelRequest, PaymentRequest, ProviderAnswer


class WillingProvider:
    """Every operation succeeds. See `ports.outside.PaymentProvider`."""

    capabilities = Capabilities()

    async def perform(self, request: PaymentRequest) -> ProviderAnswer:
        return ProviderAnswer(PaymentStatus.SUCCEEDED, f"pay-{request.key}")

    async def prepare(self, request: PaymentRequest) -> ProviderAnswer:
        return ProviderAnswer(PaymentStatus.REQUESTED, f"pay-{request.key}")

    async def inquire(self, request: PaymentRequest) -> ProviderAnswer | None:
        return await self.perform(request)


class AnnouncingWarehouse:
    """Takes every parcel; the driver, which plays the warehouse's part in telling facts, hears of
    it through `announce`. See `ports.outside.Warehouse`.
    """

    def __init__(self, announce: Callable[[dict[str, Any]], None]) -> None:
        self._announce = announce

    async def submit(self, parcel: ParcelRequest) -> str:
        self._announce(
            {
                "order": parcel.order,
                "parcel": parcel.fulfillment_order,
                "lines": to_json(parcel.lines),
            }
        )
        return ""

    async def request_cancel(self, fulfillment_order: str) -> bool:
        raise AssertionError(f"nobody cancels {fulfillment_order} here")
