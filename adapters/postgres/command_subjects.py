"""What a command is about: an order or a return, as the projection last knew it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.command_rows import Wish
from adapters.postgres.tables import customer_order, order_view, return_order
from domain.access import Principal
from domain.codec import from_json
from domain.commands import Command, check
from domain.errors import NotFound, StepRefused
from domain.return_commands import check_return_command
from domain.returns import ReturnView
from domain.view import OrderView

_OF_RETURNS = "return_"  # what the kinds of commands on returns begin with

_ORDER = select(
    customer_order.c.number, customer_order.c.channel, customer_order.c.placed, order_view.c.view
).join(order_view, order_view.c.number == customer_order.c.number)
_RETURN = select(customer_order.c.number, customer_order.c.channel, return_order.c.view).join(
    return_order, return_order.c.order_number == customer_order.c.number
)


async def subject_view(
    connection: AsyncConnection, principal: Principal, wished: Wish
) -> OrderView | ReturnView:
    """Refuses (`NotFound`) what is not there, and what the principal may not see."""
    about_return = wished.kind.startswith(_OF_RETURNS)
    query = (
        _RETURN.where(return_order.c.number == wished.subject)
        if about_return
        else _ORDER.where(customer_order.c.number == wished.subject)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None or not principal.reads(row.number, row.channel):
        raise NotFound(f"there is no {'return' if about_return else 'order'} {wished.subject}")
    if about_return:
        return from_json(ReturnView, row.view)
    return from_json(OrderView, {**row.view, "order": row.placed})


def quick_refusal(view: OrderView | ReturnView, command: Command) -> StepRefused | None:
    """What the state known here does not allow; the process decides the rest."""
    try:
        if isinstance(view, ReturnView):
            check_return_command(view, command)
        else:
            check(view, command)
    except StepRefused as refusal:
        return refusal
    return None
