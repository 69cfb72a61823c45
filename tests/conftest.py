"""What many tests share: a real PostgreSQL and a real Temporal server, one of each per test worker.

`database_url` is a fresh, migrated database for each test, a copy of a template that is migrated
once; `temporal_client` is connected to a dev server with the flags that `orderloom up` gives it.
Servers live in a short folder in /tmp and are ended by a guardian, even when pytest is killed.
"""

import gc
import importlib.util
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from temporalio.client import Client

from orderloom.embedded.guardian import start_guardian
from orderloom.embedded.postgres import EmbeddedPostgres
from orderloom.embedded.temporal import EmbeddedTemporal

TEMPLATE = "template_orderloom"
LONG = ("journeys", "models")
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes comes first: no worker begins it when the others have nothing left."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


@pytest.fixture(scope="module", autouse=True)
def _garbage_of_other_modules() -> None:
    """What lives on from earlier modules (five thousand tests, a sandbox's imports) is not gone
    through again: collections of a whole worker's life stood still for longer than a workflow may.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A short path: nothing in it runs any more after the session, and it is removed."""
    folder = Path(tempfile.mkdtemp(prefix="olm-", dir="/tmp"))
    guardian = start_guardian(folder)
    yield folder
    guardian.communicate(timeout=30)
    assert guardian.returncode == 0


@pytest.fixture(scope="session")
def postgres(servers_folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(servers_folder / "postgres", password="test", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres: EmbeddedPostgres) -> str:
    """SQLAlchemy URL of a server with the migrated template database, which nobody connects to."""
    _execute(postgres, f"CREATE DATABASE {TEMPLATE}")
    if importlib.util.find_spec("adapters.postgres.migrate"):
        from adapters.postgres.migrate import upgrade

        upgrade(postgres.url(TEMPLATE))
    return postgres.url()


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, postgres_url: str) -> Iterator[str]:
    """SQLAlchemy URL of a database of the test's own, with all tables, empty."""
    yield from _database(postgres)


@pytest.fixture(scope="module")
def module_database_url(postgres: EmbeddedPostgres, postgres_url: str) -> Iterator[str]:
    """As `database_url`, shared by the tests of a module."""
    yield from _database(postgres)


@pytest.fixture(scope="session")
def temporal_server(servers_folder: Path) -> Iterator[EmbeddedTemporal]:
    server = EmbeddedTemporal(servers_folder / "temporal", ui=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def temporal_address(temporal_server: EmbeddedTemporal) -> str:
    """host:port; namespace `default`. Tests share it: give each its own task queue and ids."""
    return temporal_server.address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_client(temporal_address: str) -> AsyncIterator[Client]:
    yield await Client.connect(temporal_address)


def _database(postgres: EmbeddedPostgres) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    yield postgres.url(name)
    _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(postgres: EmbeddedPostgres, statement: str) -> None:
    address = postgres.url().replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
