"""Queries of the ledger, for finance, supervisors and developers."""

from datetime import date
from typing import Annotated

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.resolved import resolved
from api.graphql.types.ledger import OrderAccount, TrialBalance, order_account, trial_balance
from api.graphql.types.money import Money, money
from domain.errors import NotFound, Refusal


@strawberry.type
class LedgerQueries:
    @resolved("The ledger's accounts by currency. For finance, supervisors and developers.")
    async def trial_balance(
        self,
        info: Ask,
        as_of: Annotated[
            date | None,
            strawberry.argument(description="Up to the end of that day in UTC; now, when absent."),
        ] = None,
    ) -> list[TrialBalance]:
        context = info.context
        try:
            found = await context.books.accounts.trial_balance(context.principal, as_of)
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return [trial_balance(each) for each in found]

    @resolved(
        "What a customer may spend of store credit, by currency. For staff but the warehouse, and "
        "for a channel when the customer has ordered there."
    )
    async def store_credit(
        self,
        info: Ask,
        customer_ref: Annotated[
            str, strawberry.argument(description="The channel's name for the customer.")
        ],
    ) -> list[Money]:
        context = info.context
        try:
            found = await context.books.accounts.store_credit(context.principal, customer_ref)
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return [money(amount, currency) for currency, amount in found.items()]

    @resolved(
        "What the ledger has about an order, null when there is none. For finance, supervisors "
        "and developers."
    )
    async def order_account(
        self,
        info: Ask,
        number: Annotated[strawberry.ID, strawberry.argument(description="The order's number.")],
    ) -> OrderAccount | None:
        context = info.context
        wanted = number.strip().upper()
        try:
            return order_account(
                await context.books.accounts.order_account(context.principal, wanted)
            )
        except NotFound:
            return None
        except Refusal as refusal:
            raise Refused(refusal) from refusal
