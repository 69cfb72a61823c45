"""The API as its own process, on a real database and with no Temporal at all."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from orderloom.roles import Role
from orderloom.tokens import issue
from tests.api.fakes import SECRET, SERVER_KEY
from tests.api.test_intake import ORDER

START_SECONDS = 60
NOBODY = "127.0.0.1:9"  # the discard port: nothing listens there


@pytest.fixture
def catalog(database_url: str) -> str:
    """The database's URL; it knows the SKU of `ORDER`."""
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute("INSERT INTO product (sku, name) VALUES ('1082185', 'soap')")
    return database_url


@pytest_asyncio.fixture(loop_scope="session")
async def api(catalog: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ready = tmp_path / "ready"
    env = {
        **os.environ,
        "ORDERLOOM_HOME": str(tmp_path / "home"),
        "DATABASE_URL": catalog,
        "ORDERLOOM_TEMPORAL_ADDRESS": NOBODY,
        "ORDERLOOM_SERVER_KEY": SERVER_KEY,
        "ORDERLOOM_CHANNEL_SECRETS": json.dumps({"web": SECRET}),
        "ORDERLOOM_WEBHOOK_SECRETS": json.dumps({"warehouse": SECRET}),
        "ORDERLOOM_API_PORT": str(port),
        "ORDERLOOM_READY_FILE": str(ready),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "orderloom", "api", env=env, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            while not ready.exists():
                assert process.returncode is None
                await asyncio.sleep(0.02)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(2.5):  # what `orderloom up` allows
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def signed(api: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
    text, at = json.dumps(body), datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", at, text),
    }
    return await api.post(path, content=text, headers=headers)


async def test_orders_are_placed_read_and_tracked_while_temporal_is_down(api):
    ready = await api.get("/readyz")
    assert (ready.status_code, ready.json()["temporal"]) == (200, "does not answer")

    placed = await signed(api, "/intake/web", ORDER)
    assert placed.status_code == 201, placed.text
    number = placed.json()["number"]
    again = await signed(api, "/intake/web", ORDER)
    assert (again.status_code, again.json()) == (200, placed.json())

    valid_for = timedelta(minutes=5)
    token = issue(
        SERVER_KEY, name="ana", roles=[Role.AGENT], at=datetime.now(UTC), valid_for=valid_for
    )
    query = """query($n: ID!) { order(number: $n) {
        status trackingUrl total { text } process { live status } customer { city }
        timeline { kind }
    } orders { nodes { number } } }"""
    asked = await api.post(
        "/graphql",
        json={"query": query, "variables": {"n": number}},
        headers={"Authorization": f"Bearer {token}"},
    )
    data = asked.json()["data"]
    assert data["order"]["process"] == {"live": False, "status": "RECEIVED"}
    assert data["order"]["trackingUrl"] == placed.json()["tracking_url"]
    assert data["order"]["total"] == {"text": "3.78 USD"}
    assert data["order"]["customer"] == {"city": "Boston"}
    assert [node["number"] for node in data["orders"]["nodes"]] == [number]

    page = await api.get(httpx.URL(placed.json()["tracking_url"]).path)
    assert page.status_code == 200
    assert "We are checking your order" in page.text
    assert "This is what we last knew." in page.text


async def test_a_fact_is_stored_while_temporal_is_down(api, catalog):
    data = {"reference": "nobody-F1"}
    body = {
        "id": "evt_1",
        "type": "fulfillment.accepted",
        "occurred_at": "2026-11-22T10:00:00Z",
        "data": data,
    }
    assert (await signed(api, "/webhooks/warehouse", body)).json() == {
        "id": "evt_1",
        "repeated": False,
    }
    assert (await signed(api, "/webhooks/warehouse", body)).json()["repeated"]
    with psycopg.connect(catalog.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT id, kind, quarantined IS NULL FROM fact").fetchall()
    assert rows == [("warehouse:evt_1", "fulfillment.accepted", False)]
