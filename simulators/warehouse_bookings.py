"""The warehouse books its parcels with the carrier, with retry until each is booked."""

from collections.abc import Iterator
from typing import Any

from simulators.kit.outbox import Ending, Message
from simulators.kit.poster import Reply
from simulators.kit.weather import Weather
from simulators.warehouse_floor import FulfillmentOrder


class CarrierDesk:
    """The carrier as a destination; the tracking number is the idempotency key."""

    def __init__(self, weather: Weather[Any]) -> None:
        self._weather = weather

    def url(self, _message: Message) -> str:
        return f"{self._weather.settings.carrier_url}/v1/shipments"

    def headers(self, message: Message, _body: str) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "authorization": f"Bearer {self._weather.settings.carrier_api_key}",
            "idempotency-key": message.id,
        }

    def ending(self, message: Message, reply: Reply) -> Ending | None:
        if not reply.is_success:
            return None
        facts = {"tracking_number": message.id, "reference": message.body["reference"]}
        return Ending("parcel_booked", facts)


def bookings(order: FulfillmentOrder) -> Iterator[Message]:
    for package in order.packages:
        number = package["tracking_number"]
        parcel = {"reference": order.reference, "tracking_number": number}
        yield Message(number, "booking", {**parcel, "destination": order.ship_to})
