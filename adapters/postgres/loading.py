"""Bulk loading: one batch is one transaction, and each of its rows gets a verdict.

A batch goes into a temporary table by COPY; everything else is a few set-based statements, so that
100,000 rows take seconds. Stock follows invariant S3: what a row changes of `on_hand` after its
opening is an append-only movement.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_conflict
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from adapters.postgres.clock import now
from adapters.postgres.loading_checks import keys_of, same_row, take_out_refused
from adapters.postgres.tables import metadata, movement, stock
from adapters.postgres.transactions import TRIES, is_conflict
from adapters.postgres.unusable import unusable

REASON = "load"


@dataclass(frozen=True)
class Batch:
    """Rows for one table: each the line in its file, then its values in the order of `columns`.
    `run` names the load run and its file: with the line, it makes a movement unique.
    """

    table: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    run: str


@dataclass
class Verdicts:
    """Lines by verdict; the lines of the batch that are in none of them were unchanged.
    `refused` says why and what to do.
    """

    added: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)


class Loader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self, batch: Batch) -> Verdicts:
        """Commits the whole batch but its refused rows. Raises `DatabaseUnusable`."""
        with _explained():
            for attempt in Retrying(
                retry=retry_if_exception(is_conflict),
                stop=stop_after_attempt(TRIES),
                wait=wait_random_exponential(multiplier=0.01, max=0.5),
                reraise=True,
            ):
                with attempt, self._engine.begin() as connection:
                    return _load(connection, batch)
        raise AssertionError("the retry loop either returns or raises")


@contextmanager
def loader(database_url: str) -> Iterator[Loader]:
    engine = create_engine(database_url, pool_size=1)
    try:
        yield Loader(engine)
    finally:
        engine.dispose()


def _load(connection: Connection, batch: Batch) -> Verdicts:
    table = metadata.tables[batch.table]
    incoming = _copy(connection, table, batch)
    verdicts = Verdicts(refused=take_out_refused(connection, table, incoming))
    if table is stock:
        _load_stock(connection, incoming, batch, verdicts)
    else:
        verdicts.added = _insert_new(connection, table, incoming, batch)
        verdicts.changed = _update_different(connection, table, incoming)
    return verdicts


def _copy(connection: Connection, table: Table, batch: Batch) -> Table:
    """The batch as a temporary table, with the line as its first column."""
    columns = [Column(name, table.c[name].type) for name in batch.columns]
    incoming = Table(
        "incoming",
        MetaData(),
        Column("line", Integer, primary_key=True, autoincrement=False),
        *columns,
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    incoming.create(connection)
    psycopg_connection: Any = connection.connection.driver_connection
    with psycopg_connection.cursor().copy("COPY incoming FROM STDIN") as copy:
        for row in batch.rows:
            copy.write_row(row)
    return incoming


def _insert_new(
    connection: Connection,
    table: Table,
    incoming: Table,
    batch: Batch,
    **further: ColumnElement[Any],
) -> set[int]:
    """The lines whose keys were not there before."""
    values = {name: incoming.c[name] for name in batch.columns} | further
    keys = keys_of(table)
    rows = select(*values.values()).order_by(*_in_lock_order(incoming, keys))
    statement = insert_or_conflict(table).from_select(list(values), rows).on_conflict_do_nothing()
    inserted = connection.execute(statement.returning(*(table.c[name] for name in keys)))
    positions = [batch.columns.index(name) + 1 for name in keys]
    lines = {tuple(row[at] for at in positions): row[0] for row in batch.rows}
    return {lines[tuple(row)] for row in inserted}


def _update_different(connection: Connection, table: Table, incoming: Table) -> set[int]:
    keys = {*keys_of(table), "line"}
    rest = [name for name in incoming.c.keys() if name not in keys]  # noqa: SIM118
    if not rest:
        return set()
    different = or_(*(table.c[name].is_distinct_from(incoming.c[name]) for name in rest))
    statement = (
        update(table)
        .values({name: incoming.c[name] for name in rest} | _touched(table))
        .where(same_row(table, incoming), different)
        .returning(incoming.c.line)
    )
    return set(connection.scalars(statement))


def _load_stock(connection: Connection, incoming: Table, batch: Batch, verdicts: Verdicts) -> None:
    verdicts.added = _insert_new(connection, stock, incoming, batch, opening=incoming.c.on_hand)
    too_few = {
        line: (
            f"{reserved} units are reserved for orders, more than the {counted} counted",
            "count again; or `orderloom act stock_count`, which breaks promises openly",
        )
        for line, counted, reserved in _locked(connection, incoming)
        if counted < reserved
    }
    connection.execute(delete(incoming).where(incoming.c.line.in_(list(too_few))))
    verdicts.refused |= too_few
    counts = select(
        literal(REASON),
        literal(batch.run),
        incoming.c.line,
        incoming.c.sku,
        incoming.c.location,
        incoming.c.on_hand - stock.c.on_hand,
    ).where(same_row(stock, incoming), stock.c.on_hand != incoming.c.on_hand)
    moved = ["reason", "reference", "line", "sku", "location", "units"]
    connection.execute(insert(movement).from_select(moved, counts))
    verdicts.changed = _update_different(connection, stock, incoming)


def _locked(connection: Connection, incoming: Table) -> Sequence[Any]:
    """(line, counted, reserved) of every stock row of the batch, locked until the end."""
    statement = (
        select(incoming.c.line, incoming.c.on_hand, stock.c.reserved)
        .join(stock, same_row(stock, incoming))
        .order_by(*_in_lock_order(incoming, ["sku", "location"]))
        .with_for_update(of=stock)
    )
    return connection.execute(statement).all()


def _touched(table: Table) -> dict[str, ColumnElement[Any]]:
    return {"updated_at": now()} if "updated_at" in table.c else {}


def _in_lock_order(incoming: Table, keys: Sequence[str]) -> list[ColumnElement[Any]]:
    """By code point, as Python sorts: the order in which everybody locks stock."""
    return [incoming.c[name].collate("C") for name in keys]


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if told := unusable(error):
            raise told from error
        raise
