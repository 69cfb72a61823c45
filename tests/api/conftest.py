"""The whole edge over fakes of its ports, in one process and without a network."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from api.app import create_app
from orderloom.roles import Role
from orderloom.tokens import issue
from tests.api.client import Client
from tests.api.fakes import NOW, SERVER_KEY, Office


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Rendering a traceback for people takes longer than most tests."""
    with capture_logs():
        yield


@pytest.fixture
def office() -> Office:
    return Office()


@pytest_asyncio.fixture(loop_scope="session")
async def client(office: Office) -> AsyncIterator[Client]:
    app = create_app(office.books, office.doors)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Client(http, office)


@pytest.fixture
def bearer() -> Callable[..., dict[str, str]]:
    """The header of a token."""

    def make(
        *roles: str, name: str = "ana", at: datetime = NOW, key: str = SERVER_KEY, **more: Any
    ) -> dict[str, str]:
        valid_for = more.get("valid_for", timedelta(hours=1))
        held = [Role(role) for role in roles]
        token = issue(key, name=name, roles=held, at=at, valid_for=valid_for)
        return {"Authorization": f"Bearer {token}"}

    return make
