"""The warehouse. Run: python -m simulators.warehouse --help

Journal lines (besides those of every program, see README.md); each has reference (the fulfillment
order), order, location and lines (line, sku, quantity: what the step is about):
  submitted       as asked; with fulfillment_order (our id), ship_to, key, request
  accepted | rejected (reason) | picking (somebody has begun) | picked (lines found) |
  packed (packages) | shipped (packages with carrier and tracking_number; `book`: whether with the
                  carrier, too)
  canceled | cancel_refused (reason)   with key, request
  resubmitted     the same fulfillment order under another key: no effect
  unseen_canceled reference only: asked to cancel what never came; it is refused from now on
  parcel_booked   tracking_number, reference: the carrier has the parcel
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from pydantic import Field
from starlette.routing import Route

from simulators.kit.journal import Line
from simulators.kit.launch import main
from simulators.kit.outbox import Outbox
from simulators.kit.simulator import Outcome, Simulator, Surroundings
from simulators.kit.weather import Seconds, Settings
from simulators.kit.wire import Answer, Body, Command, Json, Params, Refused, fingerprint, parse
from simulators.warehouse_bookings import CarrierDesk, bookings
from simulators.warehouse_floor import FulfillmentOrder, label, pack, pick

Text = Annotated[str, Field(min_length=1, max_length=255)]
Number = Annotated[int, Field(ge=1)]


class WarehouseSettings(Settings):
    """Each time counts from the step before, 20 % more or less; null stops the work there."""

    accept_after: Seconds | None = 0.2
    picking_after: Seconds | None = None  # null, here: it is not told that picking begins
    pick_after: Seconds | None = 0.2
    pack_after: Seconds | None = 0.2
    ship_after: Seconds | None = 0.2
    reject_locations: frozenset[str] = frozenset()
    reject_skus: frozenset[str] = frozenset()
    refuse_locations: frozenset[str] = frozenset()  # at once: the submission is answered 422
    short_skus: dict[str, Number] = Field(default_factory=dict)  # how many are missing
    cancel: Literal["accept", "refuse"] = "accept"  # accept: until packed
    max_units_per_package: Number | None = None
    carrier_url: str | None = None  # null: parcels are not booked with anybody
    carrier_api_key: str = ""


class AskedLine(Body):
    line: int | str
    sku: Text
    quantity: Number


class SubmitBody(Body):
    reference: Text
    order: Text
    location: Text
    lines: Annotated[list[AskedLine], Field(min_length=1, max_length=1000)]
    ship_to: dict[str, str | None]


class CancelBody(Body):
    """Says nothing more."""


class Warehouse(Simulator[WarehouseSettings]):
    source = "warehouse"

    def __init__(self, surroundings: Surroundings[WarehouseSettings]) -> None:
        super().__init__(surroundings)
        self._orders: dict[str, FulfillmentOrder] = {}
        self._unseen: set[str] = set()  # references that were canceled before they came
        desk = CarrierDesk(self.weather)
        self._bookings = Outbox(self.journal, self.weather, desk, self._end)

    def outboxes(self) -> Sequence[Outbox]:
        return (self.outbox, self._bookings)

    def routes(self) -> Sequence[Route]:
        every, post = "/v1/fulfillment-orders", ["POST"]
        return (
            Route(every, self.keyed(self._submit), methods=post),
            Route(every + "/{reference:path}/cancel", self.keyed(self._cancel), methods=post),
            Route(every + "/{reference:path}", self.query(self._show)),
        )

    def settings_changed(self) -> None:
        super().settings_changed()
        for order in self._orders.values():
            self._await_step(order)

    # State from facts.

    def apply(self, line: Line) -> Outcome:
        kind = line["kind"]
        if kind == "parcel_booked":
            self._bookings.remove(line["tracking_number"])
            return Outcome()
        if kind == "unseen_canceled":
            self._unseen.add(line["reference"])
            return Outcome()
        order = self._orders.get(line["reference"]) or self._enter(line)
        ids = {"id": order.id, "reference": order.reference}
        if kind in {"submitted", "resubmitted"}:
            return Outcome(Answer(202, {**ids, "status": order.status}))
        if kind != "cancel_refused":
            self._advance(order, line)
        answer = Answer(202, {**ids, "status": order.status}) if "key" in line else None
        return Outcome(answer, (f"fulfillment.{kind}", _data(line)))

    def _enter(self, line: Line) -> FulfillmentOrder:
        names = ("reference", "order", "location", "lines", "ship_to")
        asked = {name: line[name] for name in names}
        since = datetime.fromisoformat(line["at"])
        order = FulfillmentOrder(
            **asked, id=line["fulfillment_order"], fingerprint=fingerprint(asked), since=since
        )
        self._orders[order.reference] = order
        self._await_step(order)
        return order

    def _advance(self, order: FulfillmentOrder, line: Line) -> None:
        order.status = line["kind"]
        order.since = datetime.fromisoformat(line["at"])
        if order.status == "picked":
            order.picked = line["lines"]
        if order.status in {"packed", "shipped"}:
            order.packages = line["packages"]
        if order.status == "shipped" and line["book"]:
            for message in bookings(order):
                self._bookings.add(message)
        self._await_step(order)

    # Work on the floor, by the clock.

    def _await_step(self, order: FulfillmentOrder) -> None:
        settings = self.settings
        picking = (settings.picking_after, self._start_picking)
        pick = (settings.pick_after, self._pick)
        steps = {
            "submitted": (settings.accept_after, self._accept),
            "accepted": pick if settings.picking_after is None else picking,
            "picking": pick,
            "picked": (settings.pack_after, self._pack),
            "packed": (settings.ship_after, self._ship),
        }
        if order.status not in steps or (order.status == "picked" and not order.picked):
            self.timers.cancel(order.reference)
            return
        seconds, step = steps[order.status]
        about = None if seconds is None else self.weather.about(seconds)
        self.timers.set(order.reference, order.since, about, partial(step, order))

    def _accept(self, order: FulfillmentOrder) -> None:
        skus = {line["sku"] for line in order.lines}
        if order.location in self.settings.reject_locations:
            self._note(order, "rejected", reason="location_closed")
        elif refused := skus & self.settings.reject_skus:
            self._note(order, "rejected", reason=f"cannot_handle {', '.join(sorted(refused))}")
        else:
            self._note(order, "accepted")

    def _start_picking(self, order: FulfillmentOrder) -> None:
        self._note(order, "picking")

    def _pick(self, order: FulfillmentOrder) -> None:
        self._note(order, "picked", lines=pick(order.lines, self.settings.short_skus))

    def _pack(self, order: FulfillmentOrder) -> None:
        packages = pack(order.picked, self.settings.max_units_per_package)
        self._note(order, "packed", lines=order.picked, packages=packages)

    def _ship(self, order: FulfillmentOrder) -> None:
        packages, book = label(order.packages), self.settings.carrier_url is not None
        self._note(order, "shipped", lines=order.picked, packages=packages, book=book)

    # What callers ask.

    def _submit(self, command: Command) -> Answer:
        asked = parse(SubmitBody, command.body).model_dump()
        known = self._orders.get(asked["reference"])
        if known is None:
            self._check_taken(asked)
            ours = {"fulfillment_order": f"fo_{command.fingerprint[:20]}"}
            return self.record("submitted", {**asked, **ours}, command)
        if known.fingerprint != fingerprint(asked):
            raise Refused(409, "reference_taken", "another fulfillment order has this reference")
        return self._note(known, "resubmitted", command)

    def _check_taken(self, asked: Json) -> None:
        if asked["reference"] in self._unseen:
            raise Refused(409, "already_canceled", "it was canceled before it came")
        if asked["location"] in self.settings.refuse_locations:
            raise Refused(422, "location_closed", "nothing is sent from there")

    def _cancel(self, command: Command) -> Answer:
        """What never came is refused from now on, so that 404 stays true."""
        parse(CancelBody, command.body)
        reference = command.params["reference"]
        if reference not in self._orders and reference not in self._unseen:
            self.record("unseen_canceled", {"reference": reference})
        order = self._order(command.params)
        if order.status == "canceled":
            return self._note(order, "canceled", command)
        if not order.is_cancelable:
            return self._note(order, "cancel_refused", command, reason=f"already_{order.status}")
        if self.settings.cancel == "refuse":
            return self._note(order, "cancel_refused", command, reason="not_possible")
        return self._note(order, "canceled", command)

    def _show(self, params: Params) -> Answer:
        return Answer(200, self._order(params).view())

    def _order(self, params: Params) -> FulfillmentOrder:
        if order := self._orders.get(params["reference"]):
            return order
        raise Refused(404, "unknown_fulfillment_order", "never seen")

    def _note(
        self, order: FulfillmentOrder, kind: str, command: Command | None = None, **facts: object
    ) -> Answer:
        about = {
            "reference": order.reference,
            "order": order.order,
            "location": order.location,
            "lines": order.lines,
        }
        return self.record(kind, {**about, **facts}, command)


def _data(line: Line) -> Json:
    """A webhook's data, which each kind has of its own besides the reference."""
    told = {
        "rejected": ("reason",),
        "picked": ("lines",),
        "packed": ("packages",),
        "shipped": ("packages",),
        "cancel_refused": ("reason",),
    }.get(line["kind"], ())
    return {"reference": line["reference"], **{name: line[name] for name in told}}


if __name__ == "__main__":
    main(Warehouse, WarehouseSettings)
