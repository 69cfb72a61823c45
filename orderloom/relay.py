"""The relay process: whatever is committed and not yet delivered gets delivered."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from adapters.postgres.approvals import PostgresApprovalExpiry
from adapters.postgres.command_book import PostgresCommandBook
from adapters.postgres.engine import Engine, create_engine
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.postgres.outbox_queue import PostgresOutboxQueue
from adapters.postgres.overdue import PostgresOverdue
from adapters.postgres.points import PostgresPointsExpiry
from adapters.postgres.stock.soft import PostgresSoftReservations
from adapters.postgres.stock.waiting import PostgresStockNews
from adapters.temporal.connect import connect
from adapters.temporal.desk import TemporalOrderDesk
from orderloom.failing.points import RELAY_DESK, RELAY_OUTBOX
from orderloom.failing.wrapping import guarded
from orderloom.parts_runtime import ready, until_stopped
from orderloom.relaying.commands import CommandSweeper
from orderloom.relaying.facts import FactRelay
from orderloom.relaying.loop import Loop, keep_relaying
from orderloom.relaying.news import publishing
from orderloom.relaying.outbox import Deliver, OutboxRelay
from orderloom.relaying.starts import ProcessStarter
from orderloom.relaying.sweeping import ExpirySweeper, OverdueSweeper, StockNewsSweeper
from orderloom.settings import Settings
from ports.desk import OrderDesk
from ports.front_office import CommandBook, FactInbox, OutboxQueue

POOL_SIZE = 8
STARTS_IDLE_SECONDS = 0.1  # an order whose placer died starts within 0.3 s
NEWS_IDLE_SECONDS = 0.5
FACTS_IDLE_SECONDS = 0.5
COMMANDS_IDLE_SECONDS = 1.0
RESERVATIONS_IDLE_SECONDS = 1.0
STOCK_NEWS_IDLE_SECONDS = 1.0
APPROVALS_IDLE_SECONDS = 5.0  # who comes too late is refused, swept or not
POINTS_IDLE_SECONDS = 900.0  # nobody can spend what has expired, written off or not
OVERDUE_IDLE_SECONDS = 300.0  # invoices become overdue by the day
GRACE_SECONDS_MAX = 2.0  # `up` allows the relay 2.5 s, and a subscriber may keep a batch for 5 s


async def run(settings: Settings) -> None:
    engine = create_engine(settings.database_url, POOL_SIZE)
    try:
        # Lazy: orders are placed while the engine is down, and are started when it is back.
        client = await connect(settings.temporal_address, settings.temporal_namespace, lazy=True)
        desk = guarded(settings, TemporalOrderDesk(client, settings.task_queue), RELAY_DESK)
        outbox = guarded(settings, PostgresOutboxQueue(engine), RELAY_OUTBOX)
        inbox = PostgresFactInbox(engine)
        book = PostgresCommandBook(engine)
        grace = min(settings.graceful_shutdown_seconds, GRACE_SECONDS_MAX)
        async with (
            publishing(settings) as publish,
            relaying(desk, outbox, inbox, book, _sweeps(engine), publish, grace),
        ):
            ready()
            await until_stopped()
    finally:
        await engine.dispose()


def _sweeps(engine: Engine) -> tuple[Loop, ...]:
    reservations = ExpirySweeper(PostgresSoftReservations(engine))
    points = ExpirySweeper(PostgresPointsExpiry(engine))
    approvals = ExpirySweeper(PostgresApprovalExpiry(engine))
    stock = StockNewsSweeper(PostgresStockNews(engine))
    overdue = OverdueSweeper(PostgresOverdue(engine))
    return (
        Loop("reservations", reservations.batch, RESERVATIONS_IDLE_SECONDS),
        Loop("points", points.batch, POINTS_IDLE_SECONDS),
        Loop("approvals", approvals.batch, APPROVALS_IDLE_SECONDS),
        Loop("stock", stock.batch, STOCK_NEWS_IDLE_SECONDS),
        Loop("overdue", overdue.batch, OVERDUE_IDLE_SECONDS),
    )


@asynccontextmanager
async def relaying(
    desk: OrderDesk,
    outbox: OutboxQueue,
    inbox: FactInbox,
    book: CommandBook,
    sweeps: Sequence[Loop],
    publish: Deliver,
    grace_seconds: float,
) -> AsyncIterator[None]:
    """While inside, everything due is carried. At the end each loop finishes its batch; what has
    not come to an end within the grace is cut off, and is due again by itself.
    """
    stopping = asyncio.Event()
    starts = OutboxRelay(outbox, ProcessStarter(desk).start, starts=True)
    news = OutboxRelay(outbox, publish, starts=False)
    loops = (
        Loop("starts", starts.batch, STARTS_IDLE_SECONDS),
        Loop("news", news.batch, NEWS_IDLE_SECONDS),
        Loop("facts", FactRelay(inbox, desk).batch, FACTS_IDLE_SECONDS),
        Loop("commands", CommandSweeper(book, desk).batch, COMMANDS_IDLE_SECONDS),
        *sweeps,
    )
    tasks = [
        asyncio.create_task(
            keep_relaying(name, batch, idle_seconds=idle, stopping=stopping), name=name
        )
        for name, batch, idle in loops
    ]
    try:
        yield
    finally:
        stopping.set()
        _, late = await asyncio.wait(tasks, timeout=grace_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
