"""What could be promised, and from which day on: for staff, developers and channels."""

from datetime import date
from typing import Annotated

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.resolved import resolved
from api.graphql.types.availability import Availability, availability
from domain.errors import Refusal
from ports.availability import SKUS_MAX, AvailabilityQuestion


@strawberry.type
class AvailabilityQueries:
    @resolved(
        "How many units of each could be promised, now and by day, in the order of the SKUs asked "
        "for; those that there are not are left out. Nothing is reserved by asking. For staff and "
        "channels."
    )
    async def availability(
        self,
        info: Ask,
        skus: Annotated[list[str], strawberry.argument(description=f"From 1 to {SKUS_MAX}.")],
        location: Annotated[
            str, strawberry.argument(description="At this one; empty: at every active one.")
        ] = "",
        until: Annotated[
            date | None,
            strawberry.argument(description="What comes by then; else all that is expected."),
        ] = None,
    ) -> list[Availability]:
        context = info.context
        question = AvailabilityQuestion(skus, location, until)
        try:
            found = await context.books.availability.availability(context.principal, question)
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return [availability(each) for each in found]
