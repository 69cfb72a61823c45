"""The one statement that writes a placed order: all of its rows, or none.

The command comes first, since everything hangs on it: a key that is taken writes nothing at all,
and a channel's reference that is taken writes no order, which makes the caller roll back.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    bindparam,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import start_due
from adapters.postgres.outcomes import outcome_json
from adapters.postgres.tables import (
    channel_order,
    command,
    customer_order,
    outbox,
    payment_source,
    person,
)
from domain.codec import Json, to_json
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from ports.front_office import OrderRequest, ProcessStart


@dataclass(frozen=True, slots=True)
class PlaceCommand:
    """The wish to place an order, as its command row keeps it."""

    id: str
    principal: str
    roles: str
    key: str
    body_hash: str


async def write(
    connection: AsyncConnection,
    wish: PlaceCommand,
    request: OrderRequest,
    order: PlacedOrder,
    process: ProcessDefinition,
    tracking_hash: str,
) -> bool:
    """False when the key or the reference is taken: the transaction is then to be rolled back."""
    values = {
        "number": order.number,
        **_named(command, _command_row(wish, request, order.number)),
        **_named(person, asdict(request.ship_to)),
        **_named(customer_order, _order_row(order, process, tracking_hash)),
        **_named(
            channel_order,
            {"channel": order.channel, "message_id": wish.key, "raw": request.raw},
        ),
        **_named(payment_source, {"source": request.payment_source}),
        **_named(outbox, {"payload": {"channel": request.channel}}),
    }
    return (await connection.execute(_WRITE, values)).scalar_one() is not None


async def adopt(
    connection: AsyncConnection, wish: PlaceCommand, request: OrderRequest, number: str
) -> bool:
    """The wish is for an order that is there, under another key. False when its key is taken."""
    row = {**_command_row(wish, request, number), **_PLACED, "subject": number}
    written = await connection.execute(
        insert(command).values(**row).on_conflict_do_nothing().returning(command.c.id)
    )
    return written.one_or_none() is not None


_PLACED = {"kind": "place", "status": "DONE"}


def _given(table: Table, *names: str) -> dict[str, ColumnElement[Any]]:
    """A parameter of its column's type for each name, called `<table>_<column>`."""
    return {name: bindparam(f"{table.name}_{name}", type_=table.c[name].type) for name in names}


def _insert(table: Table, source: FromClause, /, **columns: ColumnElement[Any]) -> Insert:
    """One row into `table` for each row of `source`."""
    rows = select(*columns.values()).select_from(source)
    return insert(table).from_select(list(columns), rows)


_new_command = (
    insert(command)
    .values(
        **_given(command, "id", "principal", "key", "body_hash", "roles", "body", "outcome"),
        **_PLACED,
        subject=bindparam("number"),
    )
    .on_conflict_do_nothing()
    .returning(command.c.id)
    .cte("new_command")
)
_new_person = (
    _insert(
        person,
        _new_command,
        **_given(person, *(set(person.c.keys()) - {"id", "created_at"})),
    )
    .returning(person.c.id)
    .cte("new_person")
)
_new_order = (
    _insert(
        customer_order,
        _new_person,
        number=bindparam("number", type_=customer_order.c.number.type),
        person_id=_new_person.c.id,
        **_given(customer_order, "channel", "channel_ref", "customer_ref", "currency", "total"),
        **_given(customer_order, "placed", "process", "tracking_hash", "placed_at"),
    )
    .on_conflict_do_nothing(index_elements=["channel", "channel_ref"])
    .returning(customer_order.c.number)
    .cte("new_order")
)
_number = _new_order.c.number
_rest = (
    _insert(
        channel_order,
        _new_order,
        order_number=_number,
        **_given(channel_order, "channel", "message_id", "raw"),
    ),
    _insert(payment_source, _new_order, order_number=_number, **_given(payment_source, "source")),
    _insert(
        outbox,
        _new_order,
        event_id=literal("order/") + _number + literal("/start"),
        kind=literal(ProcessStart.ORDER.value),
        subject=_number,
        due_at=start_due(),
        **_given(outbox, "payload"),
    ),
)
_WRITE = select(select(_number).scalar_subquery()).add_cte(
    *(statement.cte(f"new_{statement.table.name}") for statement in _rest)
)


def _command_row(wish: PlaceCommand, request: OrderRequest, number: str) -> dict[str, Json]:
    return {
        **asdict(wish),
        "body": {"channel": request.channel, "channel_ref": request.channel_ref},
        "outcome": outcome_json(None, {"number": number}),
    }


def _order_row(order: PlacedOrder, process: ProcessDefinition, tracking_hash: str) -> Json:
    return {
        "channel": order.channel,
        "channel_ref": order.channel_ref,
        "customer_ref": order.customer_ref,
        "currency": order.currency,
        "total": order.total,
        "placed": to_json(order),
        "process": to_json(process),
        "tracking_hash": tracking_hash,
        "placed_at": order.placed_at,
    }


def _named(table: Table, row: dict[str, Json]) -> dict[str, Json]:
    """The parameters that `_given` names."""
    return {f"{table.name}_{name}": value for name, value in row.items()}
