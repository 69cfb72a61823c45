"""How the audit's rules are broken by hand, as only the owner of the tables can."""

from typing import Any

# A check, the statements that break it, and the row that it has to find. `:name` and `{name}` are
# those of the world.
Break = tuple[str, str, dict[str, Any]]


def posted(order: str, operation: str = "op", **legs: int) -> str:
    """The statements that post for an order of the world, past the domain: units by account."""
    rows = ", ".join(
        f"({n}, '{account}', {amount})" for n, (account, amount) in enumerate(legs.items(), 1)
    )
    return f"""
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES ('{operation}', :{order}, 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES {rows}) AS legs(leg, account, amount)
        WHERE operation = '{operation}'
        """  # noqa: S608 - our own words
