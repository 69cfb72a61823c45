"""Placing an order, for both doors: the signed intake and GraphQL."""

from api.books import Books
from api.commands import check_key
from domain.access import Principal
from ports.front_office import OrderRequest, PlacedAnswer


async def place(
    books: Books,
    principal: Principal,
    key: str,
    request: OrderRequest,
    key_field: str = "idempotencyKey",
) -> PlacedAnswer:
    """The order is committed when this answers; its process starts right after, or by the relay.
    Raises a Refusal. `key_field` is where this door has its key.
    """
    check_key(key, key_field)
    placed = await books.intake.place(principal, key, request)
    if not placed.repeated:
        start = _start(books, placed.number, request.channel)
        books.background.start("start_order", start, order=placed.number)
    return placed


async def _start(books: Books, order: str, channel: str) -> None:
    await books.desk.start_order(order, channel)
    await books.outbox.started(f"order/{order}/start")
