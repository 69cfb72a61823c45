"""What the books of stock and money do a second: through their ports, each in a unit of work, and
as bare SQL that writes the same rows, by turns on the same connections.

Bare SQL comes twice: as the one statement of a transaction, which is what a unit of work has to be
measured by; and alone, as one round trip that commits itself, given to the driver as it is.
"""

import asyncio
import itertools
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.transactions import each_alone
from domain.journal import PlannedParcel
from domain.ledger import Account, Leg, Posting
from domain.order import LineUnits

LANES = 16  # at once, each with a connection
SECONDS, WARM_UP_SECONDS = 2.0, 0.3
ORDERS = 20_000  # more than a round reserves for, so that none has a long past
BASKET, BASKET_SKUS = 10, 1_000
HOT, PLACE = "HOT", "L1"
JOBS = 7  # in a round

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
        if not await database.run(lambda uow: uow.inventory.reserve(_order(number), [parcel])):
            raise RuntimeError("the benchmark has run out of stock")

    async def post(number: int) -> None:
        legs = (Leg(Account.RECEIVABLE, 107), Leg(Account.REVENUE, -100), Leg(Account.TAX, -7))
        posting = Posting(f"bench/{number}", _order(number), "USD", legs)
        await database.run(lambda uow: uow.ledger.post(posting))

    async def bare(statement: TextClause, **values: str) -> None:
        async with engine.begin() as connection:
            await connection.execute(statement, values)

    async def lone(statement: str, **values: str) -> None:
        async with alone.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None  # noqa: S101 - of a connection that is in use
            await raw.execute(statement, values)

    def basket() -> list[str]:
        return [f"B{n}" for n in chance.sample(range(1, BASKET_SKUS + 1), BASKET)]

    def hot(number: int) -> dict[str, str]:
        return {"sku": HOT, "place": PLACE, "parcel": f"P{number}", "order": _order(number)}

    def posting(number: int) -> dict[str, str]:
        return {"operation": f"bench/{number}", "order": _order(number)}

    return {
        "hot SKU": lambda n: reserve(n, [HOT]),
        "hot SKU, bare": lambda n: bare(_named(_RESERVE), **hot(n)),
        "hot SKU, alone": lambda n: lone(_RESERVE, **hot(n)),
        "baskets": lambda n: reserve(n, basket()),
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
