"""What a row to be loaded has to agree with in the database, or be refused."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    and_,
    column,
    delete,
    exists,
    func,
    or_,
    select,
    text,
)

from adapters.postgres.tables import bundle_component, location, price_list, product, stock, supply

Refused = dict[int, tuple[str, str]]  # line → why, and what to do

LOCK_BUNDLES = text("LOCK TABLE bundle_component IN SHARE ROW EXCLUSIVE MODE")
HAS_UNITS = or_(*(stock.c[name] > 0 for name in ("on_hand", "damaged", "quarantined")))

IS_TO_COME = supply.c.received < supply.c.quantity


def take_out_refused(connection: Connection, table: Table, incoming: Table) -> Refused:
    """Takes the rows out of `incoming` that cannot be loaded."""
    refused = _take_out_dangling(connection, table, incoming)
    for check in _CHECKS.get(table, ()):
        refused |= check(connection, incoming)
    return refused


def _take_out_dangling(connection: Connection, table: Table, incoming: Table) -> Refused:
    """The rows that refer to something that is not there."""
    refused: Refused = {}
    for key in sorted(table.foreign_keys, key=lambda key: str(key.parent.name)):
        value = incoming.c[key.parent.name]
        target = key.column.table.name.replace("_", " ")
        dangling = delete(incoming).where(~exists().where(key.column == value))
        for line, name in connection.execute(dangling.returning(incoming.c.line, value)):
            advice = f"load the {target} first, or correct the name"
            refused[line] = (f"there is no {target} {name}", advice)
    return refused


def keys_of(table: Table) -> list[str]:
    """What a row is known by outside: not its number, where it has one."""
    if table is supply:
        return ["kind", "reference", "sku", "location"]
    return [column.name for column in table.primary_key]


def same_row(table: Table, incoming: Table) -> ColumnElement[bool]:
    return and_(*(table.c[name] == incoming.c[name] for name in keys_of(table)))


def _no_stock_of_bundles(connection: Connection, incoming: Table) -> Refused:
    """Its product is locked as a bundle's is below, so that neither overlooks the other."""
    skus = select(incoming.c.sku)
    connection.execute(_locked(skus).with_for_update(read=True, key_share=True))
    return _refuse(
        connection,
        incoming,
        incoming.c.sku,
        exists().where(bundle_component.c.bundle == incoming.c.sku),
        ("{} is a bundle, which has no stock of its own", "load the stock of its components"),
    )


def _bundles_are_flat(connection: Connection, incoming: Table) -> Refused:
    """So that nothing contains itself: no component is a bundle."""
    connection.execute(LOCK_BUNDLES)
    connection.execute(_locked(select(incoming.c.bundle)).with_for_update())
    here, there, also = incoming.c, bundle_component.c, incoming.alias("also").c
    advice = "list the components of the inner bundle instead"
    refused = _refuse(
        connection,
        incoming,
        here.component,
        or_(
            exists().where(there.bundle == here.component),
            exists().where(also.bundle == here.component),
        ),
        ("{} is a bundle itself", advice),
    )
    refused |= _refuse(
        connection,
        incoming,
        here.bundle,
        or_(
            exists().where(there.component == here.bundle),
            exists().where(also.component == here.bundle),
        ),
        ("{} is a component of another bundle", advice),
    )
    return refused


def _bundles_have_no_stock(connection: Connection, incoming: Table) -> Refused:
    """Nor will they have some."""
    bundle = incoming.c.bundle
    refused = _refuse(
        connection,
        incoming,
        bundle,
        exists().where(supply.c.sku == bundle, IS_TO_COME),
        ("{} is still to come, which a bundle never is", "end its supply first"),
    )
    return refused | _refuse(
        connection,
        incoming,
        bundle,
        exists().where(stock.c.sku == bundle, HAS_UNITS),
        ("{} has stock of its own, which a bundle has not", "count its stock to 0 first"),
    )


def _supply_keeps_its_promises(connection: Connection, incoming: Table) -> Refused:
    """What has come and what is promised is not expected away; locked, so that it stays so."""
    settled = supply.c.received + supply.c.reserved
    rows = select(incoming.c.line, settled.label("settled")).join(
        supply, same_row(supply, incoming)
    )
    locked = rows.order_by(supply.c.id).with_for_update(of=supply)
    least = {row.line: row.settled for row in connection.execute(locked)}
    taken_out = delete(incoming).where(
        exists().where(same_row(supply, incoming), incoming.c.quantity < settled)
    )
    advice = "expect more; or `orderloom act supply_expect`, which breaks promises openly"
    refused = {
        line: (f"{least[line]} units have come or are promised to orders", advice)
        for (line,) in connection.execute(taken_out.returning(incoming.c.line))
    }
    return refused | _refuse(
        connection,
        incoming,
        incoming.c.available_on,
        exists().where(
            same_row(supply, incoming),
            supply.c.reserved > 0,
            supply.c.available_on != incoming.c.available_on,
        ),
        (
            "units are promised to orders for another day than {}",
            "`orderloom act supply_expect` changes the day, and tells the orders",
        ),
    )


def _time_zones_are_known(connection: Connection, incoming: Table) -> Refused:
    """By the database as well, whose list may be older than ours."""
    if "timezone" not in incoming.c:
        return {}
    known: Select[Any] = select(column("name", Text)).select_from(func.pg_timezone_names())
    return _refuse(
        connection,
        incoming,
        incoming.c.timezone,
        incoming.c.timezone.not_in(known),
        ("the database does not know the time zone {}", "write an older name of it"),
    )


def _lists_begin_before_they_end(connection: Connection, incoming: Table) -> Refused:
    """A bound that the file does not have stays as it is."""
    there = select(price_list).where(price_list.c.id == incoming.c.id).subquery().c
    since, until = (
        incoming.c[name] if name in incoming.c else select(there[name]).scalar_subquery()
        for name in ("valid_from", "valid_until")
    )
    advice = "correct valid_from or valid_until"
    named = incoming.c.id
    return _refuse(
        connection, incoming, named, since >= until, ("{} ends before it begins", advice)
    )


def _locked(skus: Select[tuple[str]]) -> Select[tuple[str]]:
    return select(product.c.sku).where(product.c.sku.in_(skus)).order_by(product.c.sku.collate("C"))


def _refuse(
    connection: Connection,
    incoming: Table,
    named: ColumnElement[str],
    condition: ColumnElement[bool],
    verdict: tuple[str, str],
) -> Refused:
    taken_out = delete(incoming).where(condition).returning(incoming.c.line, named)
    reason, advice = verdict
    return {line: (reason.format(name), advice) for line, name in connection.execute(taken_out)}


_CHECKS: dict[Table, Sequence[Callable[[Connection, Table], Refused]]] = {
    stock: (_no_stock_of_bundles,),
    supply: (_no_stock_of_bundles, _supply_keeps_its_promises),
    bundle_component: (_bundles_are_flat, _bundles_have_no_stock),
    location: (_time_zones_are_known,),
    price_list: (_lists_begin_before_they_end,),
}
