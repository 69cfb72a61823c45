"""The ledger in GraphQL: the trial balance, and one order's account."""

from datetime import datetime

import strawberry

from api.graphql.types.money import Money, money
from ports import accounts as read


@strawberry.type(description="One account of the ledger, in one currency.")
class LedgerAccount:
    account: str = strawberry.field(description="As `receivable`.")
    debits: Money = strawberry.field(description="All that was debited.")
    credits: Money = strawberry.field(description="All that was credited.")
    balance: Money = strawberry.field(description="Debits less credits.")


@strawberry.type(description="Every account of one currency; its debits equal its credits.")
class TrialBalance:
    currency: str = strawberry.field(description="ISO 4217 code, such as USD.")
    accounts: list[LedgerAccount] = strawberry.field(description="By name.")
    debits: Money = strawberry.field(description="The sum of all debits.")
    credits: Money = strawberry.field(description="The sum of all credits.")


@strawberry.type(description="One leg of a posting. Postings are never changed.")
class LedgerEntry:
    at: datetime = strawberry.field(description="When it was posted.")
    operation: str = strawberry.field(description="The business operation, posted once.")
    account: str = strawberry.field(description="As `receivable`.")
    amount: Money = strawberry.field(description="A debit; a credit when it is negative.")
    balance: Money = strawberry.field(
        description="What this order has in that account after the entry."
    )


@strawberry.type(description="What an order holds in one account.")
class AccountBalance:
    account: str = strawberry.field(description="As `receivable`.")
    balance: Money = strawberry.field(description="Debits less credits; never zero here.")


@strawberry.type(description="Everything that the ledger has about an order.")
class OrderAccount:
    order: strawberry.ID = strawberry.field(description="The order's number.")
    entries: list[LedgerEntry] = strawberry.field(description="As posted, oldest first.")
    balances: list[AccountBalance] = strawberry.field(description="What is left in its accounts.")


def trial_balance(found: read.TrialBalance) -> TrialBalance:
    currency = found.currency
    return TrialBalance(
        currency=currency,
        accounts=[
            LedgerAccount(
                account=each.account,
                debits=money(each.debits, currency),
                credits=money(each.credits, currency),
                balance=money(each.balance, currency),
            )
            for each in found.accounts
        ],
        debits=money(found.debits, currency),
        credits=money(found.credits, currency),
    )


def order_account(found: read.OrderAccount) -> OrderAccount:
    return OrderAccount(
        order=strawberry.ID(found.order),
        entries=[
            LedgerEntry(
                at=entry.at,
                operation=entry.operation,
                account=entry.account,
                amount=money(entry.amount, found.currency),
                balance=money(entry.balance, found.currency),
            )
            for entry in found.entries
        ],
        balances=[
            AccountBalance(account=account, balance=money(balance, found.currency))
            for account, balance in found.balances.items()
        ],
    )
