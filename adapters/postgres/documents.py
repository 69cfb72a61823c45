"""Domain views as JSON documents, and back."""

from domain.codec import Json, from_json, to_json
from domain.order import PlacedOrder
from domain.view import OrderView
from domain.waits import Wait


def view_json(view: OrderView) -> Json:
    """The view without the order as placed, which stands in its own row."""
    data = to_json(view)
    del data["order"]
    return data


def view_of(data: Json, order: PlacedOrder) -> OrderView:
    return from_json(OrderView, {**data, "order": to_json(order)})


def waits_of(data: Json) -> list[Wait]:
    return [from_json(Wait, item) for item in data]
