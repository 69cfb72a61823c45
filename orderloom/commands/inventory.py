"""`orderloom locations` and `orderloom products`: what is kept where, and what it is."""

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
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def locations(
    limit: LimitOption = SHOWN, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Show the locations, when they work, and when a parcel would leave that is sourced now."""
    use_home(home)
    found, more = read_list(lambda reads, by, after: reads.locations(by, PAGE, after), limit)
    if as_json:
        print_json(found)
        return
    columns = ("location", "kind", "active", "capacity", "taken", "cut-off", "weekdays", "leaves")
    rows = [
        (
            f"{each.id} {each.name}",
            each.kind,
            "yes" if each.active else "no",
            or_dash(each.capacity),
            or_dash(each.taken if each.capacity else None),
            f"{each.cutoff:%H:%M} {each.timezone}" if each.cutoff else "-",
            " ".join(WEEKDAYS[day - 1] for day in each.weekdays),
            f"{each.departs_on} {each.delay}".rstrip(),
        )
        for each in found
    ]
    print_table(columns, rows, more=more)


def products(
    search: Annotated[str, typer.Argument(help="A SKU, or part of a name.")] = "",
    limit: LimitOption = SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show products: what a unit weighs and measures, and what a bundle is made of."""
    from ports.inventory_reads import ProductFilter

    use_home(home)
    wanted = ProductFilter(search=search)
    found, more = read_list(lambda reads, by, after: reads.products(by, wanted, PAGE, after), limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each.sku,
            each.name,
            each.category,
            or_dash(each.weight_g),
            " x ".join(map(or_dash, (each.length_mm, each.width_mm, each.height_mm))),
            ", ".join(f"{part.quantity} x {part.sku}" for part in each.components),
        )
        for each in found
    ]
    print_table(("sku", "name", "category", "g", "mm", "bundle of"), rows, more=more)
