"""The pages over fakes, as the composition root puts them together."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from orderloom.server import compose
from tests.api.fakes import Office


@pytest.fixture
def office() -> Office:
    return Office()


@pytest_asyncio.fixture(loop_scope="session")
async def http(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(compose(office.books, office.doors))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
