"""The warehouse of docs/contracts.md, over HTTP."""

import re

import httpx

from adapters.http_party import HttpParty
from domain.codec import Json, to_json
from ports.outside import OutcomeUnknown, ParcelRequest

_PARCELS = "/v1/fulfillment-orders"
_SAYS_NO = (httpx.codes.BAD_REQUEST, httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY)
_HAS_ANOTHER = ("", "idempotency_conflict", "reference_taken")  # 409 that is no refusal
_NEVER_SEEN = "unknown_fulfillment_order"
_ENDED = ("rejected", "canceled")
_CODE = re.compile(r"[\w.:-]{1,64}", re.ASCII)  # other words may name people


class HttpWarehouse:
    """See `ports.outside.Warehouse`."""

    def __init__(self, party: HttpParty) -> None:
        self._party = party

    async def submit(self, parcel: ParcelRequest) -> str:
        """Refused, it asks whether an attempt whose answer was lost has had its effect."""
        body = {
            "reference": parcel.fulfillment_order,
            "order": parcel.order,
            "location": parcel.location,
            "lines": to_json(parcel.lines),
            "ship_to": parcel.ship_to,
        }
        key = f"{parcel.fulfillment_order}/submit"
        answer = await self._party.effect(_PARCELS, key, body)
        if answer.status_code == httpx.codes.ACCEPTED:
            return ""
        reason = _refusal(answer)
        return "" if await self._has(parcel.fulfillment_order) else reason

    async def request_cancel(self, fulfillment_order: str) -> bool:
        path = f"{_PARCELS}/{fulfillment_order}/cancel"
        answer = await self._party.effect(path, f"{fulfillment_order}/cancel", {})
        if answer.status_code == httpx.codes.ACCEPTED:
            return True
        if answer.status_code == httpx.codes.NOT_FOUND and _code(answer) == _NEVER_SEEN:
            return False
        raise _proves_nothing(answer)

    async def _has(self, fulfillment_order: str) -> bool:
        answer = await self._party.question(f"{_PARCELS}/{fulfillment_order}")
        return answer.status_code == httpx.codes.OK and _told(answer, "status") not in _ENDED


def _refusal(answer: httpx.Response) -> str:
    """The code for which a warehouse will not take a parcel. Raises `OutcomeUnknown` where it does
    not say no: a mistake of configuration or of ours is tried again until somebody mends it, and
    the wait's deadline brings it to people's notice.
    """
    code = _code(answer)
    conflict = answer.status_code == httpx.codes.CONFLICT and code in _HAS_ANOTHER
    if answer.status_code not in _SAYS_NO or conflict:
        raise _proves_nothing(answer)
    return code or f"answered_{answer.status_code}"


def _code(answer: httpx.Response) -> str:
    code = _told(answer, "error")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _told(answer: httpx.Response, name: str) -> Json:
    try:
        told = answer.json()
    except ValueError:
        return None  # not a warehouse's own words
    return told.get(name) if isinstance(told, dict) else None


def _proves_nothing(answer: httpx.Response) -> OutcomeUnknown:
    return OutcomeUnknown(f"{answer.url.path}: {answer.status_code} {answer.text[:200]}")
