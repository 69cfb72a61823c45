"""The parcels of an order on the tracking page: each one's way, node by node, and its content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.transitions import OrderStatus
from domain.view import ParcelStatus
from ports.desk import LiveParcel, LiveProcess
from ports.reads import OrderDetail
from web.language import Gettext
from web.tracking.words import shown_parcels, trouble


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a parcel's way; `at` is unknown for a step that was passed unseen."""

    name: str
    reached: bool
    current: bool
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Shipped:
    carrier: str
    tracking_number: str


@dataclass(frozen=True, slots=True)
class ParcelCard:
    nodes: list[Node]
    items: list[Item]
    packages: list[Shipped]
    trouble: str


def parcel_cards(detail: OrderDetail, process: LiveProcess, _: Gettext) -> list[ParcelCard]:
    """One card even before the goods are divided into parcels, unless they never will be."""
    placed = detail.order.placed_at
    cards = [_parcel(parcel, detail, _) for parcel in shown_parcels(process)]
    if cards or OrderStatus(process.status).stopped:
        return cards
    items = [item(detail, line.sku, line.quantity) for line in detail.order.lines]
    return [ParcelCard(_nodes(ParcelStatus.OPEN, {}, placed, _), items, [], "")]


def item(detail: OrderDetail, sku: str, quantity: int) -> Item:
    return Item(detail.names.get(sku, sku), quantity)


def _parcel(parcel: LiveParcel, detail: OrderDetail, _: Gettext) -> ParcelCard:
    """The way from the process; the content from the books, which the process does not repeat."""
    known = detail.view.parcels.get(parcel.fulfillment_order)
    return ParcelCard(
        nodes=_nodes(
            ParcelStatus(parcel.status), parcel.at, detail.order.placed_at, _, parcel.kept
        ),
        items=[item(detail, u.sku, u.quantity) for u in known.lines] if known else [],
        packages=[Shipped(p.carrier, p.tracking_number) for p in known.packages if p.carrier]
        if known
        else [],
        trouble=trouble(parcel, _),
    )


def _nodes(
    status: ParcelStatus, at: Mapping[str, datetime], placed: datetime, _: Gettext, kept: int = 0
) -> list[Node]:
    way = [
        (_("Ordered"), ParcelStatus.OPEN, placed),
        (_("Packed"), ParcelStatus.PACKED, at.get("packed")),
        (_("Shipped"), ParcelStatus.SHIPPED, at.get("shipped")),
        (_("In transit"), ParcelStatus.IN_TRANSIT, at.get("in_transit")),
        (_("Delivered"), ParcelStatus.DELIVERED, at.get("delivered")),
    ]
    if status.undelivered:
        given_up = _("Lost") if status is ParcelStatus.LOST else _("Sent back to us")
        end = _("Arrived in part") if kept else given_up
        way[-1] = (end, status, at.get(status.lower()))
    reached = [status.progress >= step.progress for _name, step, _when in way]
    last = max(n for n, there in enumerate(reached) if there)
    return [
        Node(name, there, n == last, when if there else None)
        for n, ((name, _step, when), there) in enumerate(zip(way, reached, strict=True))
    ]
