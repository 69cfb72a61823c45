"""Money in GraphQL."""

import strawberry

from api.graphql.scalars import MinorUnits
from domain import money as domain


@strawberry.type(description="An amount of money.")
class Money:
    amount: MinorUnits = strawberry.field(description="In minor units of the currency.")
    currency: str = strawberry.field(description="ISO 4217 code, such as USD.")
    text: str = strawberry.field(description="For people, such as `19.99 USD`.")


def money(amount: int, currency: str) -> Money:
    return Money(
        amount=MinorUnits(amount),
        currency=currency,
        text=str(domain.Money(amount, currency)),
    )
