"""What the contract suites share: a simulator as a child process, for the real adapters."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.http_party import HttpParty
from adapters.postgres.engine import create_engine

API_KEY = "sim_contract"
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests").decode()
NOBODY = "http://127.0.0.1:9"  # webhooks go nowhere: most suites look at answers only


class Simulator:
    """A simulator's address, and its weather."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.party = HttpParty(url, API_KEY)

    async def weather(self, **settings: Any) -> None:
        async with httpx.AsyncClient(base_url=self.url) as client:
            answer = await client.put(
                "/_control", json=settings, headers={"Authorization": f"Bearer {API_KEY}"}
            )
            answer.raise_for_status()


@contextmanager
def running(
    name: str, folder: Path, webhooks: str = NOBODY, secret: str = SECRET, **settings: Any
) -> Iterator[str]:
    ready = folder / f"{name}.url"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", f"simulators.{name}"),
            *("--journal", str(folder / f"{name}.jsonl"), "--webhooks", webhooks),
            *("--ready-file", str(ready), "--settings", json.dumps(settings)),
        ],
        env={**os.environ, "SIMULATOR_API_KEY": API_KEY, "SIMULATOR_WEBHOOK_SECRET": secret},
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while not (ready.exists() and ready.read_text()):
        assert time.monotonic() < deadline, f"{name} did not start"
        time.sleep(0.02)
    yield ready.read_text().strip()
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="session")
def simulator_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("simulators")
    with (
        running("payment", folder) as payment,
        running("warehouse", folder, accept_after=None) as warehouse,
    ):
        yield {"payment": payment, "warehouse": warehouse}


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, pool_size=20)
    yield engine
    await engine.dispose()


@pytest.fixture
def run_sql(engine: AsyncEngine) -> Callable[..., Awaitable[list[tuple[Any, ...]]]]:
    """Executes one statement, and answers its rows, if it has any."""

    async def run(statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    return run
