"""`orderloom receivables`: who owes us what, and for how long."""

from collections.abc import Mapping
from typing import Annotated

import typer

from orderloom.commands.listing import (
    PAGE,
    LimitOption,
    or_dash,
    print_json,
    print_table,
    read_list,
)
from orderloom.commands.options import HomeOption, JsonOption, use_home

SHOWN = 100


def receivables(
    customer: Annotated[
        str | None,
        typer.Argument(help="Whose open items to list; an empty text: of orders without one."),
    ] = None,
    limit: LimitOption = SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what customers owe, by age; or what is open of one, invoice by invoice."""
    use_home(home)
    if customer is None:
        _ages(limit, as_json=as_json)
    else:
        _items(customer, limit, as_json=as_json)


def _ages(limit: int, *, as_json: bool) -> None:
    from adapters.postgres.receivables import PostgresReceivables
    from domain.access import SYSTEM
    from domain.aging import Age

    found, more = read_list(
        lambda reads, _, after: reads.customers(SYSTEM, PAGE, after),
        limit,
        PostgresReceivables,
    )
    if as_json:
        print_json(found)
        return
    rows = [
        (each.customer, *_amounts(each.by_age, each.currency), _money(each.total, each.currency))
        for each in found
    ]
    ages = [age.value.removeprefix("days_").replace("_", " ") for age in Age]
    print_table(("customer", *ages, "total"), rows, more=more)


def _items(customer: str, limit: int, *, as_json: bool) -> None:
    from adapters.postgres.receivables import PostgresReceivables
    from domain.access import SYSTEM

    found, more = read_list(
        lambda reads, _, after: reads.items(SYSTEM, customer, PAGE, after),
        limit,
        PostgresReceivables,
    )
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each.invoice or "-",
            each.order,
            or_dash(each.due_on),
            str(each.days) if each.days else "-",
            _money(each.amount, each.currency),
        )
        for each in found
    ]
    print_table(("invoice", "order", "due", "days over", "open"), rows, more=more)


def _amounts(by_age: Mapping[str, int], currency: str) -> list[str]:
    return [_money(amount, currency) if amount else "-" for amount in by_age.values()]


def _money(amount: int, currency: str) -> str:
    from domain.money import Money

    return str(Money(amount, currency))
