"""Acts of staff on locations and products: what changes is what was asked for, and is told."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Column, Table, delete, exists, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_conflict
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.calendars.public_holidays import keeps_holidays
from adapters.postgres.loading_checks import HAS_UNITS, IS_TO_COME, LOCK_BUNDLES
from adapters.postgres.tables import bundle_component, location, product, stock, supply
from domain.acts import Act
from domain.catalog_acts import (
    ID_MAX,
    WAREHOUSES,
    ChangeLocation,
    ChangeProduct,
    ComponentOf,
    check_components,
    closing_days,
    coordinates,
    country_code,
    cutoff_of,
    one_of,
    whole_number,
    words,
)
from domain.codec import Json
from domain.departure import LocationKind, WorkingDays
from domain.errors import Malformed, NotFound, StepRefused, UnknownSku

_MEASURES = ("weight_g", "length_mm", "width_mm", "height_mm")
_ZONE_KNOWN = text("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :zone)")


async def change_location(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """One that is made inactive is no source any more; parcels already there go on, with whoever
    fulfills them.
    """
    values = _location_values(act.wanted)
    if "timezone" in values:
        await _check_zone(connection, values["timezone"])
    if act.wanted.new:
        return await _create(connection, location.c.id, act.subject, values, ("name", "country"))
    return await _change(connection, location.c.id, act.subject, values)


async def change_product(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    wanted: ChangeProduct = act.wanted
    measures = {name: getattr(wanted, name) for name in _MEASURES}
    values: dict[str, Any] = {**_texts(wanted, {"name": 1, "category": 0, "tax_category": 1})}
    values |= {n: whole_number(n, value) for n, value in measures.items() if value is not None}
    composed = wanted.components is not None
    if wanted.components is not None:
        check_components(act.subject, wanted.components)
        await connection.execute(LOCK_BUNDLES)
    if wanted.new:
        result = await _create(connection, product.c.sku, act.subject, values, ("name",))
    else:
        key = product.c.sku
        result = await _change(connection, key, act.subject, values, or_nothing=composed)
    if wanted.components is None:
        return result
    before = await _recompose(connection, act.subject, wanted.components)
    after = {each.sku: each.quantity for each in wanted.components}
    if before != after:
        result["before"]["components"], result["after"]["components"] = before, after
    return result


def _location_values(wanted: ChangeLocation) -> dict[str, Any]:
    """By column. Refuses (`Malformed`) what no location can be."""
    values: dict[str, Any] = {**_place_values(wanted)}
    if wanted.active is not None:
        values["active"] = wanted.active
    if wanted.capacity is not None:
        values["capacity"] = whole_number("capacity", wanted.capacity)
    if wanted.timezone is not None:
        values["timezone"] = wanted.timezone
    if wanted.cutoff is not None:
        values["cutoff"] = cutoff_of(wanted.cutoff)
    if wanted.weekdays is not None:
        values["weekdays"] = sorted(WorkingDays(weekdays=frozenset(wanted.weekdays)).weekdays)
    if wanted.holidays is not None:
        if wanted.holidays and not keeps_holidays(wanted.holidays):
            raise Malformed(f"the public holidays of {wanted.holidays[:20]!r} are not known")
        values["holidays"] = wanted.holidays
    if wanted.closed_on is not None:
        values["closed_on"] = closing_days(wanted.closed_on)
    return values


def _place_values(wanted: ChangeLocation) -> dict[str, Any]:
    """What it is and where, and who fulfills from it."""
    values: dict[str, Any] = _texts(wanted, {"name": 1, "region": 0})
    values |= coordinates(wanted.latitude, wanted.longitude)
    if wanted.kind is not None:
        values["kind"] = one_of("kind", wanted.kind, LocationKind)
    if wanted.country is not None:
        values["country"] = country_code(wanted.country)
    if wanted.priority is not None:
        values["priority"] = whole_number("priority", wanted.priority) or 0
    if wanted.fulfilled_by is not None:
        values["fulfilled_by"] = one_of("fulfilled_by", wanted.fulfilled_by, ("", *WAREHOUSES))
    return values


def _texts(wanted: Any, least: Mapping[str, int]) -> dict[str, str]:
    """By name, with the least characters of each."""
    given = {name: getattr(wanted, name) for name in least}
    return {n: words(n, text, least[n]) for n, text in given.items() if text is not None}


async def _check_zone(connection: AsyncConnection, zone: str) -> None:
    """Known here and to the database, which reckons with it when orders are sourced."""
    known = zone in available_timezones()
    if not (known and await connection.scalar(_ZONE_KNOWN, {"zone": zone})):
        raise Malformed(f"{zone[:40]!r} is no time zone, such as America/New_York")


async def _create(
    connection: AsyncConnection,
    key: Column[Any],
    subject: str,
    values: Mapping[str, Any],
    needs: Sequence[str],
) -> dict[str, Any]:
    """Refuses (`StepRefused`) one that is there, and (`Malformed`) one that lacks what it needs."""
    table: Table = key.table
    words(f"the name of a {table.name}", subject, most=ID_MAX)
    if missing := [name for name in needs if name not in values]:
        raise Malformed(f"a new {table.name} needs {' and '.join(missing)}")
    made = insert_or_conflict(table).values({key.name: subject, **values})
    written = await connection.execute(made.on_conflict_do_nothing().returning(key))
    if written.one_or_none() is None:
        raise StepRefused(f"there is a {table.name} {subject} already")
    return {"before": {}, "after": {name: _plain(value) for name, value in values.items()}}


async def _change(
    connection: AsyncConnection,
    key: Column[Any],
    subject: str,
    values: Mapping[str, Any],
    *,
    or_nothing: bool = False,
) -> dict[str, Any]:
    """`before` and `after` of what was not so already."""
    if not values and not or_nothing:
        raise Malformed("nothing is to be changed")
    table: Table = key.table
    lock = select(table).where(key == subject).with_for_update(key_share=not or_nothing)
    row = (await connection.execute(lock)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no {table.name} {subject[:100]}")
    changed = {name: value for name, value in values.items() if row[name] != value}
    if changed:
        await connection.execute(update(table).where(key == subject).values(changed))
    return {
        "before": {name: _plain(row[name]) for name in changed},
        "after": {name: _plain(value) for name, value in changed.items()},
    }


def _plain(value: Any) -> Json:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return (
        value if value is None or isinstance(value, str | int | float | bool) else value.isoformat()
    )


async def _recompose(
    connection: AsyncConnection, bundle: str, components: tuple[ComponentOf, ...]
) -> dict[str, int]:
    """Its components before. Refuses what would nest bundles, or give one stock of its own."""
    skus = [each.sku for each in components]
    if skus:
        await _check_flat(connection, bundle, skus)
    mine = bundle_component.c.bundle == bundle
    found = await connection.execute(
        select(bundle_component.c.component, bundle_component.c.quantity).where(mine)
    )
    before = {row.component: row.quantity for row in found}
    await connection.execute(delete(bundle_component).where(mine))
    rows = [{"bundle": bundle, "component": e.sku, "quantity": e.quantity} for e in components]
    if rows:
        await connection.execute(insert(bundle_component), rows)
    return before


async def _check_flat(connection: AsyncConnection, bundle: str, skus: list[str]) -> None:
    known = set(await connection.scalars(select(product.c.sku).where(product.c.sku.in_(skus))))
    if unknown := [sku for sku in skus if sku not in known]:
        raise UnknownSku(unknown)
    parts = bundle_component.c
    inner = await connection.scalar(
        select(parts.bundle).where(or_(parts.bundle.in_(skus), parts.component == bundle)).limit(1)
    )
    if inner is not None:
        raise StepRefused(
            f"{inner} is a bundle itself, or contains {bundle}: a bundle is made of plain products"
        )
    await _check_without_stock(connection, bundle)


async def _check_without_stock(connection: AsyncConnection, bundle: str) -> None:
    """Its rows are locked: what is being booked there is seen."""
    rows = select(stock.c.sku).where(stock.c.sku == bundle).order_by(stock.c.location.collate("C"))
    await connection.execute(rows.with_for_update())
    if await connection.scalar(select(exists().where(stock.c.sku == bundle, HAS_UNITS))):
        raise StepRefused(f"{bundle} has stock of its own, which a bundle has not")
    coming = select(supply.c.reference, supply.c.location)
    found = await connection.execute(coming.where(supply.c.sku == bundle, IS_TO_COME).limit(1))
    if awaited := found.one_or_none():
        raise StepRefused(
            f"{bundle} is still to come, as {awaited.reference} for {awaited.location},"
            " which a bundle never is: end that supply first"
        )
