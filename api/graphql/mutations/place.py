"""`orderPlace`: the same order, by the same rules, as the signed intake takes."""

from typing import Any

import strawberry

from api.auth import CHANNEL_PREFIX
from api.graphql.context import Ask, Context
from api.graphql.mutations.answers import OrderPayload, errors_of, order_payload
from api.graphql.mutations.inputs import OrderPlaceInput
from api.graphql.resolved import mutation
from api.intake.order import read_order
from api.json_body import holds_unstorable_text
from api.placing import place
from api.refusals import FieldError, InvalidInput


@strawberry.type
class PlaceMutation:
    @mutation("Places an order. It is committed when this answers.")
    async def order_place(self, info: Ask, input: OrderPlaceInput) -> OrderPayload:  # noqa: A002
        context = info.context
        placed: list[str] = []

        async def deed() -> None:
            placed.append(await _place(context, input))

        errors = await errors_of(deed)
        if not placed:
            return OrderPayload(order=None, user_errors=errors)
        return await order_payload(context, placed[0], errors)


async def _place(context: Context, wanted: OrderPlaceInput) -> str:
    channel = wanted.channel or context.principal.scope
    if not channel:
        raise InvalidInput(
            [FieldError("channel", "say for which channel the order is placed: `sales` by hand")]
        )
    body = _body(wanted)
    if holds_unstorable_text(body):
        raise InvalidInput([FieldError("input", "a text has a NUL or half a surrogate pair")])
    request = read_order(channel.removeprefix(CHANNEL_PREFIX), body)
    answer = await place(context.books, context.principal, wanted.idempotency_key, request)
    return answer.number


def _body(wanted: OrderPlaceInput) -> dict[str, Any]:
    """In the form of the intake, so that one parser checks both."""
    to = wanted.ship_to
    return {
        "order": wanted.channel_ref,
        "currency": wanted.currency,
        "lines": [
            {
                "sku": line.sku,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "discount": line.discount,
            }
            for line in wanted.lines
        ],
        "ship_to": {
            "name": to.name,
            "line1": to.line1,
            "line2": to.line2,
            "city": to.city,
            "region": to.region,
            "postal_code": to.postal_code,
            "country": to.country,
        },
        "customer": {"ref": wanted.customer_ref, "email": to.email, "phone": to.phone},
        "shipping": wanted.shipping,
        "discount": wanted.discount,
        "tax_included": wanted.tax_included,
        "total": wanted.total,
        "only_if_in_stock": wanted.only_if_in_stock,
        "points": wanted.points,
        "store_credit": wanted.store_credit,
        "payment": _payment(wanted),
    }


def _payment(wanted: OrderPlaceInput) -> dict[str, Any]:
    source, reference = wanted.payment.source, wanted.payment.paid_reference
    terms = wanted.payment.terms
    if [source, reference, terms].count(None) != 2:
        why = "give one of `source`, `paidReference` and `terms`"
        raise InvalidInput([FieldError("payment", why)])
    if terms is not None:
        return {"method": terms.value}
    if not (source or reference):
        name = "source" if source is not None else "paidReference"
        raise InvalidInput([FieldError(f"payment.{name}", "it is empty")])
    if source is not None:
        return {"method": "card", "source": source}
    return {"method": "paid_at_channel", "reference": reference}
