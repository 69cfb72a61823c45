"""The carrier. Run: python -m simulators.carrier --help

Journal lines (besides those of every program, see README.md):
  booked  tracking_number, reference (the fulfillment order), destination, key, request
  event   tracking_number, reference, event (the webhook's type), code (our own), description
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import Field
from starlette.routing import Route

from simulators.kit.journal import Line
from simulators.kit.launch import main
from simulators.kit.settlement import Paid, SettlementBody
from simulators.kit.simulator import Outcome, Simulator, Surroundings
from simulators.kit.weather import Probability, Seconds, Settings
from simulators.kit.wire import Answer, Body, Command, Json, Params, Refused, parse

# By the webhook's type, our own code and words.
EVENTS = {
    "shipment.in_transit": ("IT", "On its way"),
    "shipment.out_for_delivery": ("OD", "On the vehicle for delivery"),
    "shipment.exception": ("DE", "Delivery attempted, nobody there"),
    "shipment.delivered": ("DL", "Delivered"),
    "shipment.lost": ("LO", "Declared lost"),
    "shipment.returned_to_sender": ("RS", "Returned to sender"),
}
ENDS = {"shipment.delivered", "shipment.lost", "shipment.returned_to_sender"}

Text = Annotated[str, Field(min_length=1, max_length=255)]


class CarrierSettings(Settings):
    """Each time counts from the event before; null stops the parcel there (until it is set)."""

    transit_after: Seconds | None = 0.5
    out_for_delivery_after: Seconds | None = None  # null: that event is left out
    deliver_after: Seconds | None = 0.5
    exception: Probability = 0  # a first attempt fails; the parcel goes on from there
    lose: Probability = 0
    return_to_sender: Probability = 0


class BookingBody(Body):
    reference: Text
    tracking_number: Text
    destination: dict[str, str | None] | str


@dataclass(slots=True)
class Shipment:
    reference: str
    tracking_number: str
    destination: Json | str
    since: datetime  # its last event
    events: list[Json] = field(default_factory=list)

    @property
    def last(self) -> str:
        return self.events[-1]["type"] if self.events else "booked"

    def had(self, kind: str) -> bool:
        return any(event["type"] == kind for event in self.events)

    def view(self) -> Json:
        return {
            "reference": self.reference,
            "tracking_number": self.tracking_number,
            "status": self.last.removeprefix("shipment."),
            "events": list(self.events),
        }


class Carrier(Simulator[CarrierSettings]):
    source = "carrier"

    def __init__(self, surroundings: Surroundings[CarrierSettings]) -> None:
        super().__init__(surroundings)
        self._shipments: dict[str, Shipment] = {}

    def routes(self) -> Sequence[Route]:
        return (
            Route("/v1/shipments", self.keyed(self._book), methods=["POST"]),
            Route("/v1/shipments/{tracking_number:path}", self.query(self._show)),
        )

    def apply(self, line: Line) -> Outcome:
        at = datetime.fromisoformat(line["at"])
        if line["kind"] == "booked":
            number, reference = line["tracking_number"], line["reference"]
            shipment = self._shipments.get(number)
            if shipment is None:
                shipment = Shipment(reference, number, line["destination"], at)
                self._shipments[number] = shipment
                self._await_next(shipment)
            return Outcome(Answer(201, shipment.view()))
        shipment = self._shipments[line["tracking_number"]]
        said = {name: line[name] for name in ("code", "description")}
        shipment.events.append({"type": line["event"], **said, "occurred_at": line["at"]})
        shipment.since = at
        self._await_next(shipment)
        ids = {"reference": shipment.reference, "tracking_number": shipment.tracking_number}
        return Outcome(webhook=(line["event"], {**ids, **said}))

    def paid_out(self, asked: SettlementBody) -> Iterable[Paid]:
        """What its drivers collected, as far as they are told what to: it is not in a booking."""
        for shipment in self._shipments.values():
            amount = asked.collected.get(shipment.reference)
            if amount and shipment.last == "shipment.delivered":
                at = shipment.since.isoformat()
                yield Paid("remittance", shipment.tracking_number, amount, asked.currency, at)

    def settings_changed(self) -> None:
        super().settings_changed()
        for shipment in self._shipments.values():
            self._await_next(shipment)

    def _book(self, command: Command) -> Answer:
        body = parse(BookingBody, command.body)
        known = self._shipments.get(body.tracking_number)
        if known and (known.reference, known.destination) != (body.reference, body.destination):
            raise Refused(409, "tracking_number_taken", "another parcel has this number")
        return self.record("booked", body.model_dump(), command)

    def _show(self, params: Params) -> Answer:
        if shipment := self._shipments.get(params["tracking_number"]):
            return Answer(200, shipment.view())
        raise Refused(404, "unknown_shipment", "no such tracking number")

    def _await_next(self, shipment: Shipment) -> None:
        name = shipment.tracking_number
        if shipment.last in ENDS:
            self.timers.cancel(name)
            return
        settings = self.settings
        if shipment.last == "booked":
            seconds, move = settings.transit_after, self._transit
        elif self._goes_out(shipment):
            seconds, move = settings.out_for_delivery_after, self._go_out
        else:
            seconds, move = settings.deliver_after, self._deliver
        about = None if seconds is None else self.weather.about(seconds)
        self.timers.set(name, shipment.since, about, partial(move, shipment))

    def _goes_out(self, shipment: Shipment) -> bool:
        wanted = self.settings.out_for_delivery_after is not None
        return wanted and shipment.last == "shipment.in_transit"

    def _transit(self, shipment: Shipment) -> None:
        self._report(shipment, "shipment.in_transit")

    def _go_out(self, shipment: Shipment) -> None:
        self._report(shipment, "shipment.out_for_delivery")

    def _deliver(self, shipment: Shipment) -> None:
        settings, strikes = self.settings, self.weather.strikes
        if strikes(settings.lose):
            self._report(shipment, "shipment.lost")
        elif strikes(settings.return_to_sender):
            self._report(shipment, "shipment.returned_to_sender")
        elif not shipment.had("shipment.exception") and strikes(settings.exception):
            self._report(shipment, "shipment.exception")
        else:
            self._report(shipment, "shipment.delivered")

    def _report(self, shipment: Shipment, event: str) -> None:
        code, description = EVENTS[event]
        facts = {
            "tracking_number": shipment.tracking_number,
            "reference": shipment.reference,
            "event": event,
            "code": code,
            "description": description,
        }
        self.record("event", facts)


if __name__ == "__main__":
    main(Carrier, CarrierSettings)
