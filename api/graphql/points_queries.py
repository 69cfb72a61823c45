"""Queries of loyalty points."""

from typing import Annotated

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.resolved import resolved
from api.graphql.types.points import CustomerPoints, customer_points
from domain.errors import NotFound, Refusal


@strawberry.type
class PointsQueries:
    @resolved(
        "Null when there is no such customer. For agents, finance, supervisors and developers; "
        "for a channel when the customer has ordered there."
    )
    async def customer_points(
        self,
        info: Ask,
        customer: Annotated[
            strawberry.ID, strawberry.argument(description="The customer's reference.")
        ],
    ) -> CustomerPoints | None:
        context = info.context
        try:
            found = await context.books.points.customer(context.principal, customer)
        except NotFound:
            return None
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return customer_points(found)
