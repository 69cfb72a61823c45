"""The books of orders, on a database of the test's own."""

from collections.abc import AsyncIterator

import pytest_asyncio

from adapters.postgres.engine import create_engine
from tests.activities.books import CATALOG, Books


@pytest_asyncio.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    engine = create_engine(database_url, pool_size=12)
    books = Books(engine)
    for statement in CATALOG:
        await books.rows(statement)
    yield books
    await engine.dispose()
