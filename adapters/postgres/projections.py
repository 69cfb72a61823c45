"""The statements that save the projections of orders and returns, and what they are given."""

from collections.abc import Mapping, Sequence

from sqlalchemy import CTE, Table, bindparam, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from adapters.postgres.documents import view_json
from adapters.postgres.tables import order_view, return_order
from domain.codec import Json, to_json
from domain.derived import payment_state
from domain.returns import ReturnView
from domain.securing import committed_credit
from domain.view import OrderView
from domain.waits import Wait

Values = Mapping[str, Json]

_BY_THE_DATABASE = ("created_at", "updated_at")


def _upsert(table: Table, key: str, condition: CTE | None = None) -> Insert:
    """Its parameters are called as the columns, with `new_` before. With a condition it saves
    once for each row of that, which is to be one or none.
    """
    given = [column for column in table.columns if column.name not in _BY_THE_DATABASE]
    values = {c.name: bindparam(f"new_{c.name}", type_=c.type) for c in given}
    statement = (
        insert(table).values(values)
        if condition is None
        else insert(table).from_select(
            list(values), select(*values.values()).select_from(condition)
        )
    )
    changed = {c.name: statement.excluded[c.name] for c in given if c.name != key}
    return statement.on_conflict_do_update(
        index_elements=[key], set_={**changed, "updated_at": func.clock_timestamp()}
    )


SAVE_VIEW = _upsert(order_view, "number")
SAVE_RETURN = _upsert(return_order, "number")


def save_view_if(written: CTE) -> Insert:
    """`SAVE_VIEW`, if `written` (of one row at most) was."""
    return _upsert(order_view, "number", written)


def order_values(view: OrderView, waits: Sequence[Wait]) -> Values:
    """For `SAVE_VIEW`."""
    return _new(
        {
            "number": view.order.number,
            "seq": view.seq,
            "channel": view.order.channel,
            "customer_ref": view.order.customer_ref,
            "status": view.status.value,
            "payment_status": payment_state(view).value,
            "currency": view.order.currency,
            "total": view.order.total,
            "parcels": len(view.active_parcels),
            "committed": committed_credit(view),
            "view": view_json(view),
            "placed_at": view.order.placed_at,
            **_waiting(waits),
        }
    )


def return_values(view: ReturnView, waits: Sequence[Wait]) -> Values:
    """For `SAVE_RETURN`."""
    return _new(
        {
            "number": view.number,
            "order_number": view.order,
            "seq": view.seq,
            "status": view.status.value if view.status else "",
            "view": to_json(view),
            **_waiting(waits),
        }
    )


def _waiting(waits: Sequence[Wait]) -> dict[str, Json]:
    return {
        "waits": [to_json(wait) for wait in waits],
        "deadline": min((wait.deadline for wait in waits), default=None),
        "queued": sum(wait.queued for wait in waits),
    }


def _new(values: dict[str, Json]) -> Values:
    return {f"new_{name}": value for name, value in values.items()}
