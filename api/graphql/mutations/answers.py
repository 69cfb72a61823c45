"""What mutations answer: the order or return as it is afterwards, and why not, as data."""

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from api.graphql.context import Context
from api.graphql.field_names import in_schema
from api.graphql.types.order import Order, order
from api.graphql.types.returns import Return, return_
from api.refusals import InvalidInput, UserErrorCode
from domain.errors import NotFound, Refusal
from ports.desk import DeskUnavailable

strawberry.enum(
    UserErrorCode,
    description="Why a mutation did not do what was asked. `TRY_AGAIN` is no refusal: the command "
    "is stored and will be delivered, and the same key gives its outcome.",
)


@strawberry.type(description="Why a mutation did not do what was asked.")
class UserError:
    code: UserErrorCode = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="For people.")
    field: str | None = strawberry.field(description="The input field, as `lines.0.quantity`.")


@strawberry.type(description="The outcome of a command on an order.")
class OrderPayload:
    order: Order | None = strawberry.field(
        description="As it is now; null when there is none, or none that you may see."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type(description="The outcome of a command on a return.")
class ReturnPayload:
    return_: Return | None = strawberry.field(
        name="return", description="As it is now; null when there is none that you may see."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def errors_of(deed: Callable[[], Awaitable[Any]]) -> list[UserError]:
    """Does it. The refusals of the domain become errors; nothing else is caught."""
    try:
        await deed()
    except InvalidInput as refusal:
        return [
            _error(refusal.code, each.message, in_schema(each.field)) for each in refusal.errors
        ]
    except Refusal as refusal:
        return [_error(refusal.code, refusal.message)]
    except DeskUnavailable:
        message = (
            "The order's process did not answer in time. The command is stored and will be "
            "delivered; ask again with the same key for its outcome."
        )
        return [_error(UserErrorCode.TRY_AGAIN, message)]
    return []


async def order_payload(context: Context, number: str, errors: list[UserError]) -> OrderPayload:
    try:
        detail = await context.books.reads.order(context.principal, number)
    except NotFound:
        return OrderPayload(order=None, user_errors=errors)
    return OrderPayload(order=order(detail, context.books), user_errors=errors)


async def return_payload(context: Context, rma: str, errors: list[UserError]) -> ReturnPayload:
    try:
        detail = await context.books.reads.order(context.principal, order_of(rma))
    except NotFound:
        return ReturnPayload(return_=None, user_errors=errors)
    read = next((each for each in detail.returns if each.number == rma), None)
    return ReturnPayload(return_=return_(read) if read else None, user_errors=errors)


def order_of(rma: str) -> str:
    """`7K3M-9QXT-2AVB` of `7K3M-9QXT-2AVB-R1`."""
    return rma.rpartition("-R")[0]


def _error(code: str, message: str, field: str | None = None) -> UserError:
    return UserError(code=UserErrorCode(code), message=message, field=field)
