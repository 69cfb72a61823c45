"""The pages over fakes, as the composition root puts them together."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from orderloom.server import compose
from tests.api.fakes import Office


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Rendering a traceback for people takes longer than most tests."""
    with capture_logs():
        yield


@pytest.fixture
def office() -> Office:
    return Office()


@pytest_asyncio.fixture(loop_scope="session")
async def http(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(compose(office.books, office.doors))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
