"""Acts on loyalty points."""

import strawberry

from api.graphql.context import Ask
from api.graphql.mutations import ask
from api.graphql.mutations.acts import ActPayload, act_payload
from api.graphql.resolved import mutation
from domain.acts import ActKind as Kind


@strawberry.input(description="Gives a customer points, or takes some.")
class PointsAdjustInput:
    customer: strawberry.ID = strawberry.field(description="The customer's reference.")
    points: int = strawberry.field(description="So many more; fewer when it is negative.")
    valid_days: int = strawberry.field(
        default=365, description="For how many days after today they can be spent."
    )
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.type
class PointsMutations:
    @mutation(
        "Adjusts a customer's points. Agents, finance and supervisors; many need a second person."
    )
    async def points_adjust(self, info: Ask, input: PointsAdjustInput) -> ActPayload:  # noqa: A002 - the schema's word
        body = {"points": input.points, "valid_days": input.valid_days}
        return await act_payload(info, Kind.POINTS_ADJUST, input.customer, input, body)
