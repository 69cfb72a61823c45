"""The relay process against the real database and the real engine."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest_asyncio
from sqlalchemy import text
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from adapters.postgres.engine import create_engine
from adapters.postgres.intake import PostgresIntake
from domain.access import Principal, Role
from domain.order import PaymentMethod
from domain.process import ProcessDefinition
from orderloom.relay import run
from orderloom.settings import Settings
from ports.front_office import OrderRequest, Person, RequestedLine

WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
REQUEST = OrderRequest(
    "web", "WEB-1", "USD", (RequestedLine("TEA", 1, 500),), Person("A", "1 St", "X", "US"),
    PaymentMethod.CARD, "tok_ok",
)  # fmt: skip


@pytest_asyncio.fixture
async def intake(database_url: str) -> AsyncIterator[PostgresIntake]:
    engine = create_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO product (sku, name) VALUES ('TEA', 'Tea')"))
    yield PostgresIntake(engine, b"key", ProcessDefinition())
    await engine.dispose()


def settings(database_url: str, address: str) -> Settings:
    return Settings(
        database_url=database_url,
        server_key="00",
        temporal_address=address,
        task_queue="nobody-works-here",
    )


async def until_started(client: Client, order: str, within: float) -> WorkflowExecutionStatus:
    deadline = time.monotonic() + within
    while True:
        try:
            found = await client.get_workflow_handle(f"order/{order}").describe()
        except RPCError:
            assert time.monotonic() < deadline, f"order/{order} was not started in {within} s"
            await asyncio.sleep(0.01)
        else:
            assert found.status is not None
            return found.status


async def ended(relay: asyncio.Task[None]) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(relay, 5)


async def test_an_order_whose_placer_died_is_started_promptly(
    intake: PostgresIntake, database_url: str, temporal_client: Client, temporal_address: str
) -> None:
    relay = asyncio.create_task(run(settings(database_url, temporal_address)))
    first = await intake.place(WEB, "k1", REQUEST)
    await until_started(temporal_client, first.number, within=5)  # it connects meanwhile
    second = await intake.place(WEB, "k2", replace(REQUEST, channel_ref="WEB-2"))
    status = await until_started(temporal_client, second.number, within=0.6)  # idle: 0.3
    assert status is WorkflowExecutionStatus.RUNNING
    await ended(relay)


async def test_an_order_placed_while_the_engine_was_away_is_started_afterwards(
    intake: PostgresIntake, database_url: str, temporal_client: Client, temporal_address: str
) -> None:
    relay = asyncio.create_task(run(settings(database_url, "127.0.0.1:9")))
    placed = await intake.place(WEB, "k1", REQUEST)
    await asyncio.sleep(1)
    await ended(relay)
    assert await outbox(database_url) == [(0, None, None)]
    relay = asyncio.create_task(run(settings(database_url, temporal_address)))
    await until_started(temporal_client, placed.number, within=5)
    await ended(relay)
    [(_, delivered_at, dead_at)] = await outbox(database_url)
    assert (delivered_at is not None, dead_at) == (True, None)


OVERDUE = """
INSERT INTO ledger_transaction (operation, order_number, currency)
SELECT number || '-F1/sale', number, 'USD' FROM customer_order;
INSERT INTO ledger_entry (transaction_id, leg, account, amount)
SELECT id, leg, account, amount FROM ledger_transaction,
  (VALUES (1, 'receivable', 500), (2, 'revenue', -500)) AS legs(leg, account, amount);
INSERT INTO number_series VALUES ('INV-2026', 1, now());
INSERT INTO invoice (number, series, ordinal, kind, operation, order_number, subject, currency,
                     issued_at, issued_on, due_on)
SELECT 'INV-2026-000001', 'INV-2026', 1, 'invoice', 'op', number, number || '-F1', 'USD', now(),
       now(), now() - interval '9 days'
FROM customer_order;
ALTER TABLE invoice_line DISABLE TRIGGER USER;
INSERT INTO invoice_line
VALUES ('INV-2026-000001', 1, 1, 'TEA', 0, 1, 500, 0, 0, 0, 500, 0, 500, NULL)
"""


async def test_finance_is_told_of_what_is_overdue(
    intake: PostgresIntake, database_url: str, temporal_address: str
) -> None:
    on_credit = replace(REQUEST, payment_method=PaymentMethod.CREDIT_TERMS, customer_ref="C-1")
    await intake.place(WEB, "k1", on_credit)
    await rows(database_url, *OVERDUE.split(";"))
    relay = asyncio.create_task(run(settings(database_url, temporal_address)))
    deadline = time.monotonic() + 5
    while not (found := await rows(database_url, "SELECT id, owner FROM task")):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    await ended(relay)
    assert found == [("receivable/INV-2026-000001", "finance")]


async def outbox(database_url: str) -> list[tuple[Any, ...]]:
    return await rows(database_url, "SELECT attempts, delivered_at, dead_at FROM outbox")


async def rows(database_url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Those of the last statement."""
    engine = create_engine(database_url)
    async with engine.begin() as connection:
        for statement in statements:
            result = await connection.execute(text(statement))
        found = [tuple(row) for row in result] if result.returns_rows else []
    await engine.dispose()
    return found
