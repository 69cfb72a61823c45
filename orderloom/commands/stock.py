"""`orderloom stock`, `supplies`, `movements`: where a product lies, what comes, what moved it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.listing import (
    ALL,
    PAGE,
    Ask,
    LimitOption,
    print_json,
    print_table,
    read_list,
)
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from ports.inventory_reads import StockRead, SupplyRead

MOVEMENTS_SHOWN = 20
SUPPLIES_SHOWN = 100
BAR_CHARACTERS = 40
NUMBERS = (
    *("on_hand", "available", "safety", "reserved", "damaged", "quarantined"),
    *("inbound", "presale", "reorder_point", "reorder_to"),
)

LocationOption = Annotated[str, typer.Option(help="At this location only.")]


def stock(
    sku: Annotated[
        str, typer.Argument(help="The product; of a bundle, its components; with --low, any.")
    ] = "",
    low: Annotated[
        bool, typer.Option("--low", help="Only where safety stock or reorder point is reached.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where a product lies: what is available, reserved and kept back, location by location,
    and what is to come.

    A bundle has no stock of its own: its components are shown.
    """
    from ports.inventory_reads import ProductFilter

    use_home(home)
    if low:
        _show(read_list(_stock_of(sku, low=True), ALL)[0], as_json=as_json)
        return
    wanted = ProductFilter(sku=sku)
    found, _ = read_list(lambda reads, by, after: reads.products(by, wanted, PAGE, after), 1)
    if not (sku and found):
        raise Refused(f"There is no product {sku!r}. `orderloom products` finds them by name, too.")
    [product] = found
    parts = [part.sku for part in product.components] or [sku]
    lying = {part: read_list(_stock_of(part), ALL)[0] for part in parts}
    if product.components and not as_json:
        made = ", ".join(f"{part.quantity} x {part.sku}" for part in product.components)
        typer.echo(f"{sku} is a bundle of {made}.")
    _show([each for rows in lying.values() for each in rows], parts, as_json=as_json)


def movements(
    sku: Annotated[str, typer.Argument(help="The product.")],
    location: LocationOption = "",
    limit: LimitOption = MOVEMENTS_SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what changed the stock of a product, newest first, with reason and reference."""
    from datetime import UTC

    use_home(home)
    found, more = read_list(
        lambda reads, by, after: reads.movements(by, sku, location, PAGE, after), limit
    )
    if as_json:
        print_json(found)
        return
    rows = [
        (
            f"{each.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
            each.location,
            f"{each.units:+d}",
            f"{each.bucket_units:+d}" if each.bucket_units else "",
            each.reason,
            f"{each.reference}, line {each.line}",
        )
        for each in found
    ]
    print_table(("at", "location", "on hand", "beside", "reason", "reference"), rows, more=more)


def supplies(
    sku: Annotated[str, typer.Argument(help="The product; else all.")] = "",
    location: LocationOption = "",
    limit: LimitOption = SUPPLIES_SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is to come, by the day it is expected on, and to which orders it is promised."""
    use_home(home)
    found, more = read_list(
        lambda reads, by, after: reads.supplies(by, sku, location, PAGE, after), limit
    )
    if as_json:
        print_json(found)
        return
    what = ("expected", "kind", "reference", "sku", "location")
    columns = (*what, "units", "come", "promised", "to")
    print_table(columns, [_supply(each) for each in found], more=more)


def _supply(each: "SupplyRead") -> tuple[str, ...]:
    return (
        f"{each.available_on}",
        each.kind,
        each.reference,
        each.sku,
        each.location,
        f"{each.quantity:,}",
        f"{each.received:,}",
        f"{each.reserved:,}",
        ", ".join(dict.fromkeys(promise.order for promise in each.promises)),
    )


def _stock_of(sku: str, *, low: bool = False) -> Ask:
    from ports.inventory_reads import StockFilter

    return lambda reads, by, after: reads.stock(by, StockFilter(sku, low=low), PAGE, after)


def _show(found: "Sequence[StockRead]", skus: "Sequence[str]" = (), *, as_json: bool) -> None:
    """Product by product, `skus` even if they are nowhere."""
    if as_json:
        print_json(found)
        return
    for sku in skus or dict.fromkeys(each.sku for each in found):
        _draw(sku, [each for each in found if each.sku == sku])


def _draw(sku: str, rows: "Sequence[StockRead]") -> None:
    """A bar for each location: what is available, kept back and reserved of what is on hand."""
    from rich.markup import escape
    from rich.table import Table

    from orderloom.console import people_console

    console = people_console()
    table = Table(title=escape(sku), title_justify="left", box=None)
    table.add_column("location", no_wrap=True)
    table.add_column("[green]█ available[/] [yellow]▒ safety[/] [blue]▓ reserved[/]", no_wrap=True)
    for name in NUMBERS:
        table.add_column(name.replace("_", " "), justify="right")
    table.add_column("expected", no_wrap=True)
    most = max((each.on_hand for each in rows), default=0)
    for each in rows:
        expected = f"{each.expected_on or ''}{' low' if each.low else ''}".strip()
        table.add_row(escape(each.location), _bar(each, most), *_numbers([each]), expected)
    if not rows:
        table.add_row("nowhere", "", *_numbers([]))
    elif len(rows) > 1:
        table.add_row("[bold]together[/]", "", *_numbers(rows))
    console.print(table)


def _bar(row: "StockRead", most: int) -> str:
    """Its parts add up to what is on hand, each rounded from where it begins to where it ends."""
    safety = min(row.safety, row.on_hand - row.reserved)
    ends, end = [], 0
    for units in (row.on_hand - row.reserved - safety, safety, row.reserved):
        end += units
        ends.append(round(BAR_CHARACTERS * end / most) if most else 0)
    parts = zip(("green", "yellow", "blue"), "█▒▓", [0, *ends[:-1]], ends, strict=True)
    return "".join(f"[{color}]{mark * (to - begin)}[/]" for color, mark, begin, to in parts)


def _numbers(rows: "Sequence[StockRead]") -> list[str]:
    """What lacks at one location takes nothing from what is available at another."""
    sums = {name: sum(getattr(row, name) for row in rows) for name in NUMBERS}
    if len(rows) > 1:
        sums["available"] = sum(max(0, row.available) for row in rows)
    return [f"{units:,}" for units in sums.values()]
