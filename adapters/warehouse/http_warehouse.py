"""The warehouse of docs/contracts.md, over HTTP."""

import httpx

from adapters.http_party import HttpParty
from domain.codec import to_json
from ports.outside import OutcomeUnknown, ParcelRequest


class HttpWarehouse:
    """See `ports.outside.Warehouse`."""

    def __init__(self, party: HttpParty) -> None:
        self._party = party

    async def submit(self, parcel: ParcelRequest) -> None:
        body = {
            "reference": parcel.fulfillment_order,
            "order": parcel.order,
            "location": parcel.location,
            "lines": to_json(parcel.lines),
            "ship_to": parcel.ship_to,
        }
        key = f"{parcel.fulfillment_order}/submit"
        _check(await self._party.effect("/v1/fulfillment-orders", key, body))

    async def request_cancel(self, fulfillment_order: str) -> None:
        path = f"/v1/fulfillment-orders/{fulfillment_order}/cancel"
        _check(await self._party.effect(path, f"{fulfillment_order}/cancel", {}))


def _check(answer: httpx.Response) -> None:
    """A warehouse rejects by a fact; an HTTP refusal is a mistake of configuration or of ours: it
    is tried again until somebody mends it, and the wait's deadline brings it to people's notice.
    """
    if answer.status_code != httpx.codes.ACCEPTED:
        raise OutcomeUnknown(f"{answer.url.path}: {answer.status_code} {answer.text[:200]}")
