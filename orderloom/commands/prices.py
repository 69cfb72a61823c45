"""`orderloom prices`: what customers pay for a unit, and the price lists that say so."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.books import opened, reader
from orderloom.commands.listing import (
    PAGE,
    LimitOption,
    print_json,
    print_table,
    read_list,
)
from orderloom.commands.options import HomeOption, JsonOption, use_home

if TYPE_CHECKING:
    from domain.prices import Prices
    from ports.price_reads import PriceQuestion

SHOWN = 100


def prices(
    skus: Annotated[
        list[str] | None, typer.Argument(help="Products; without any, the price lists are shown.")
    ] = None,
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")] = "USD",
    tier: Annotated[str, typer.Option(help="The customer's; empty for one of none.")] = "",
    at: Annotated[
        datetime | None, typer.Option(help="When it is ordered, by UTC; else now.")
    ] = None,
    limit: LimitOption = SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a customer pays for products now, and by which list; or the price lists."""
    use_home(home)
    if skus:
        from ports.price_reads import PriceQuestion

        moment = at.replace(tzinfo=UTC) if at else None
        question = PriceQuestion(skus, currency.strip().upper(), tier, moment)
        _show_prices(question, asyncio.run(_ask(question)), as_json=as_json)
    else:
        _show_lists(limit, as_json=as_json)


async def _ask(question: "PriceQuestion") -> "Prices":
    from adapters.postgres.reads_prices import PostgresPriceReads

    async with opened(PostgresPriceReads) as reads:
        return await reads.prices(reader(), question)


def _show_prices(question: "PriceQuestion", found: "Prices", *, as_json: bool) -> None:
    from domain.money import Money

    known = [found.by_sku[sku] for sku in dict.fromkeys(question.skus) if sku in found.by_sku]
    if as_json:
        print_json(known)
        return
    tax = "with tax" if found.tax_included else "before tax"
    rows = [
        (each.sku, str(Money(each.unit_price, question.currency)), each.price_list)
        for each in known
    ]
    rows += [(sku, "-", "none") for sku in dict.fromkeys(question.skus) if sku not in found.by_sku]
    print_table(("product", f"a unit, {tax}", "by list"), rows, more=False)


def _show_lists(limit: int, *, as_json: bool) -> None:
    from adapters.postgres.reads_prices import PostgresPriceReads

    found, more = read_list(
        lambda reads, reader, after: reads.price_lists(reader, PAGE, after),
        limit,
        PostgresPriceReads,
    )
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each.id,
            each.tier or "everybody",
            "with tax" if each.tax_included else "before tax",
            _bound(each.valid_from),
            _bound(each.valid_until),
            f"{each.prices:,}",
        )
        for each in found
    ]
    print_table(("list", "for", "prices are", "from", "until", "prices"), rows, more=more)


def _bound(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if moment else "-"
