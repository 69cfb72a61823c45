"""What the books of stock and money do a second: through their ports, each in a unit of work, and
as bare SQL that writes the same rows.

All of them by turns, in one process, in as many lanes, on the same connections to the same server,
which is as durable as in production; for the same SKUs, in the same tables, which grow by the same
rows; with prepared statements. Bare SQL comes twice: as the one statement of a transaction, through
SQLAlchemy; and alone, as one round trip that commits itself, given to the driver as it is. It knows
beforehand what the port has to find out: that the SKU is no bundle, that the order has reserved
nothing softly, that all units are on hand.

For the hot SKU there is also the conditional UPDATE by itself. That is the least that keeps it from
being sold twice, and tells nobody who has bought it.
"""

import asyncio
import itertools
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import LiteralString

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.transactions import driver_of, each_alone
from domain.journal import PlannedParcel
from domain.ledger import Account, Leg, Posting
from domain.order import LineUnits

LANES = 16  # at once, each with a connection
SECONDS, WARM_UP_SECONDS = 2.0, 0.3
ORDERS = 20_000  # more than a round reserves for, so that none has a long past
BASKET, BASKET_SKUS = 10, 1_000
HOT, PLACE = "HOT", "L1"
JOBS = 10  # in a round

_SHOP = (
    (
        "INSERT INTO product (sku, name) SELECT 'B' || n, 'thing' FROM generate_series(1, :skus) n"
        " UNION ALL SELECT :hot, 'wanted by all'"
    ),
    (
        "INSERT INTO stock (sku, location, on_hand, opening)"
        " SELECT sku, :place, 100000000, 100000000 FROM product WHERE sku = :hot OR sku LIKE 'B%'"
    ),
    (
        "INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)"
        " VALUES ('Ana', '', '', '', '', '', '', '', '')"
    ),
    (
        "INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total,"
        " placed, process, person_id, tracking_hash, placed_at)"
        " SELECT 'O' || n, 'bench', 'O' || n, '', 'USD', 0, '{}', '{}', max(id), 'O' || n, now()"
        " FROM person, generate_series(1, :orders) n GROUP BY n"
    ),
)
_RESERVE = """
    WITH taken AS (
        UPDATE stock SET reserved = reserved + 1
        WHERE sku = %(sku)s AND location = %(place)s AND on_hand - reserved - safety >= 1
        RETURNING 1
    ), parcel AS (
        INSERT INTO fulfillment_order (id, order_number, location)
        SELECT %(parcel)s, %(order)s, %(place)s FROM taken
    )
    INSERT INTO reservation (order_number, fulfillment_order, line, sku, location, quantity, state)
    SELECT %(order)s, %(parcel)s, 1, %(sku)s, %(place)s, 1, 'HARD' FROM taken
    """
_UPDATE = """
    UPDATE stock SET reserved = reserved + 1
    WHERE sku = %(sku)s AND location = %(place)s AND on_hand - reserved - safety >= 1
    """
_RESERVE_BASKET = """
    WITH wanted AS (
        SELECT * FROM unnest(CAST(%(skus)s AS text[])) WITH ORDINALITY AS w(sku, line)
    ), locked AS (
        SELECT sku, location FROM stock JOIN wanted USING (sku)
        WHERE location = %(place)s AND on_hand - reserved - safety >= 1
        ORDER BY sku COLLATE "C" FOR UPDATE OF stock
    ), complete AS (
        SELECT count(*) = cardinality(CAST(%(skus)s AS text[])) AS so FROM locked
    ), taken AS (
        UPDATE stock SET reserved = reserved + 1 FROM locked, complete
        WHERE stock.sku = locked.sku AND stock.location = locked.location AND so
    ), parcel AS (
        INSERT INTO fulfillment_order (id, order_number, location)
        SELECT %(parcel)s, %(order)s, %(place)s FROM complete WHERE so
    )
    INSERT INTO reservation (order_number, fulfillment_order, line, sku, location, quantity, state)
    SELECT %(order)s, %(parcel)s, line, sku, %(place)s, 1, 'HARD' FROM wanted, complete WHERE so
    """
_POST = """
    WITH posted AS (
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES (%(operation)s, %(order)s, 'USD') RETURNING id
    )
    INSERT INTO ledger_entry (transaction_id, leg, account, amount, party)
    SELECT id, leg, account, amount, '' FROM posted,
    (VALUES (1, 'receivable', 107), (2, 'revenue', -100), (3, 'tax', -7)) AS l(leg, account, amount)
    """

Job = Callable[[int], Awaitable[object]]  # told which it is
OnRound = Callable[[], None]


@dataclass(frozen=True)
class BookFigures:
    """How many a second in each round, by name of the job; a ratio is taken within a round."""

    per_second: dict[str, list[float]]

    def ratios(self, ours: str, bare: str) -> list[float]:
        pairs = zip(self.per_second[ours], self.per_second[bare], strict=True)
        return [mine / theirs for mine, theirs in pairs]


async def book_figures(url: str, rounds: int, on_round: OnRound = lambda: None) -> BookFigures:
    engine = create_engine(url, pool_size=LANES)
    try:
        await _open_shop(engine)
        return await _measure(_jobs(engine), rounds, on_round)
    finally:
        await engine.dispose()


async def _measure(jobs: dict[str, Job], rounds: int, on_round: OnRound) -> BookFigures:
    figures = BookFigures({name: [] for name in jobs})
    numbers = itertools.count(1)
    for _ in range(rounds):
        for name, job in jobs.items():
            await _pace(job, numbers, WARM_UP_SECONDS)
            figures.per_second[name].append(await _pace(job, numbers, SECONDS))
            on_round()
    return figures


async def _pace(job: Job, numbers: "itertools.count[int]", seconds: float) -> float:
    """How many a second, with all lanes busy."""
    begun = time.monotonic()
    done = 0

    async def lane() -> None:
        nonlocal done
        while time.monotonic() < begun + seconds:
            await job(next(numbers))
            done += 1

    async with asyncio.TaskGroup() as lanes:
        for _ in range(LANES):
            lanes.create_task(lane())
    return done / (time.monotonic() - begun)


def _jobs(engine: AsyncEngine) -> dict[str, Job]:
    database, alone = PostgresDatabase(engine), each_alone(engine)
    chance = random.Random(1)

    async def reserve(number: int, skus: list[str]) -> None:
        lines = tuple(LineUnits(line, sku, 1) for line, sku in enumerate(skus, start=1))
        parcel = PlannedParcel(f"P{number}", PLACE, lines)
        await database.run(lambda uow: uow.inventory.reserve(_order(number), [parcel]))

    async def post(number: int) -> None:
        legs = (Leg(Account.RECEIVABLE, 107), Leg(Account.REVENUE, -100), Leg(Account.TAX, -7))
        posting = Posting(f"bench/{number}", _order(number), "USD", legs)
        await database.run(lambda uow: uow.ledger.post(posting))

    async def bare(statement: TextClause, **values: object) -> None:
        async with engine.begin() as connection:
            await connection.execute(statement, values)

    async def lone(statement: LiteralString, **values: object) -> None:
        async with alone.connect() as connection:
            await driver_of(connection).execute(statement, values)

    def basket() -> list[str]:
        return [f"B{n}" for n in chance.sample(range(1, BASKET_SKUS + 1), BASKET)]

    def hot(number: int) -> dict[str, str]:
        return {"sku": HOT, "place": PLACE, "parcel": f"P{number}", "order": _order(number)}

    def any_basket(number: int) -> dict[str, object]:
        return {**hot(number), "skus": basket()}

    def posting(number: int) -> dict[str, str]:
        return {"operation": f"bench/{number}", "order": _order(number)}

    return {
        "hot SKU": lambda n: reserve(n, [HOT]),
        "hot SKU, bare": lambda n: bare(_named(_RESERVE), **hot(n)),
        "hot SKU, alone": lambda n: lone(_RESERVE, **hot(n)),
        "hot SKU, update": lambda _: lone(_UPDATE, sku=HOT, place=PLACE),
        "baskets": lambda n: reserve(n, basket()),
        "baskets, bare": lambda n: bare(_named(_RESERVE_BASKET), **any_basket(n)),
        "baskets, alone": lambda n: lone(_RESERVE_BASKET, **any_basket(n)),
        "postings": post,
        "postings, bare": lambda n: bare(_named(_POST), **posting(n)),
        "postings, alone": lambda n: lone(_POST, **posting(n)),
    }


@cache
def _named(statement: str) -> TextClause:
    """As SQLAlchemy writes parameters."""
    return text(re.sub(r"%\((\w+)\)s", r":\1", statement))


def _order(number: int) -> str:
    return f"O{number % ORDERS + 1}"


async def _open_shop(engine: AsyncEngine) -> None:
    values = {"skus": BASKET_SKUS, "hot": HOT, "place": PLACE, "orders": ORDERS}
    async with engine.begin() as connection:
        for statement in _SHOP:
            await connection.execute(text(statement), values)
