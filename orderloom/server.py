"""The API process: intake, webhooks, GraphQL and pages over the books and the order desk."""

import asyncio
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from adapters.payments.stripe_amounts import from_stripe
from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.availability import PostgresAvailability
from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.command_book import PostgresCommandBook
from adapters.postgres.engine import Engine, create_engine
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.inventory_reads import PostgresInventoryReads
from adapters.postgres.outbox_queue import PostgresOutboxQueue
from adapters.postgres.reads import PostgresReads
from adapters.postgres.reads_floor import PostgresFloorReads
from adapters.postgres.reads_invoices import PostgresInvoiceReads
from adapters.postgres.reads_points import PostgresPointsReads
from adapters.postgres.reads_prices import PostgresPriceReads
from adapters.postgres.receivables import PostgresReceivables
from adapters.postgres.settlements import PostgresSettlements
from adapters.temporal.connect import connect
from adapters.temporal.desk import TemporalOrderDesk
from api.app import create_app
from api.auth import TokenReader
from api.background import Background
from api.books import Books, Check, Doors
from api.commands import carry_out, request_return
from api.process_cache import ProcessCache
from api.refusals import all_problems
from orderloom.failing.points import API_COMMANDS, API_DESK, API_INTAKE, API_OFFICE, API_WEBHOOKS
from orderloom.failing.wrapping import guarded
from orderloom.parts_runtime import ready, until_stopped
from orderloom.payment import stamped
from orderloom.process_file import process_of
from orderloom.settings import Settings
from orderloom.tokens import AUDIENCE, ISSUER, signing_key
from ports.desk import OrderDesk
from web.invoices.routes import InvoiceNeeds
from web.invoices.seller import NOBODY, Seller
from web.language import Language
from web.routes import page_routes
from web.site.pages import ProblemPage
from web.tracking.needs import TrackingNeeds

BACKLOG = 2_048  # connections that wait to be accepted
REQUESTS_DRAIN_SECONDS = 1  # with `api.app.DRAIN_SECONDS` within the 2.5 s that `up` allows


async def serve(settings: Settings) -> None:
    """Listens until SIGTERM or SIGINT; then requests under way are finished."""
    engine = create_engine(settings.database_url, settings.database_pool_size)
    # Lazily: orders are placed while Temporal is down.
    client = await connect(settings.temporal_address, settings.temporal_namespace, lazy=True)

    async def database_answers() -> None:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("SELECT 1")

    async def engine_answers() -> None:
        await client.service_client.check_health()

    desk = guarded(settings, TemporalOrderDesk(client, settings.task_queue), API_DESK)
    books = _books(settings, engine, desk)
    doors = _doors(settings, database_answers, engine_answers)
    try:
        await _listen(_app(settings, books, doors), settings.api_host, settings.api_port)
    finally:
        await engine.dispose()


def _books(settings: Settings, engine: Engine, desk: OrderDesk) -> Books:
    server_key = settings.server_key.get_secret_value().encode()
    process = stamped(process_of(settings.process_definition), settings)
    intake = PostgresIntake(engine, server_key, process)
    office = PostgresBackOffice(engine, settings.four_eyes)
    return Books(
        intake=guarded(settings, intake, API_INTAKE),
        commands=guarded(settings, PostgresCommandBook(engine), API_COMMANDS),
        facts=guarded(settings, PostgresFactInbox(engine), API_WEBHOOKS),
        outbox=PostgresOutboxQueue(engine),
        reads=PostgresReads(engine, server_key),
        accounts=PostgresAccounts(engine),
        invoices=PostgresInvoiceReads(engine),
        receivables=PostgresReceivables(engine),
        office=guarded(settings, office, API_OFFICE),
        inventory=PostgresInventoryReads(engine),
        availability=PostgresAvailability(engine, process),
        floor=PostgresFloorReads(engine, server_key),
        prices=PostgresPriceReads(engine),
        settlements=PostgresSettlements(engine),
        points=PostgresPointsReads(engine),
        desk=desk,
        processes=ProcessCache(desk, time.monotonic),
        background=Background(),
        public_url=settings.public_url.rstrip("/"),
    )


def _app(settings: Settings, books: Books, doors: Doors) -> FastAPI:
    return compose(books, doors, seller(settings), Language(settings.invoice_language))


def compose(
    books: Books,
    doors: Doors,
    sold_by: Seller = NOBODY,
    language: Language = Language.ENGLISH,
) -> FastAPI:
    """API and pages as one application; `web` is given what it needs of `api` here."""
    needs = TrackingNeeds(
        reads=books.reads,
        live=books.processes.of,
        carry_out=partial(carry_out, books),
        request_return=partial(request_return, books),
        invoices=books.invoices,
    )
    invoices = InvoiceNeeds(books.invoices, books.reads, doors.tokens.principal, sold_by, language)
    problems = [
        ProblemPage(kind.slug, kind.status, kind.title, kind.advice) for kind in all_problems()
    ]
    return create_app(books, doors, page_routes(needs, invoices, books.floor, problems, utc_now))


def seller(settings: Settings) -> Seller:
    return Seller(
        settings.seller_name,
        tuple(settings.seller_address),
        settings.seller_tax_id,
        tuple(settings.seller_bank),
    )


def _doors(settings: Settings, database_answers: Check, engine_answers: Check) -> Doors:
    key = signing_key(settings.server_key.get_secret_value())
    return Doors(
        tokens=TokenReader(key, issuer=ISSUER, audience=AUDIENCE, clock=utc_now),
        clock=utc_now,
        database_answers=database_answers,
        engine_answers=engine_answers,
        channel_secrets=_revealed(settings.channel_secrets),
        webhook_secrets=_revealed(settings.webhook_secrets),
        minor_units=from_stripe,
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


async def _listen(app: FastAPI, host: str, port: int) -> None:
    config = uvicorn.Config(
        app,
        access_log=False,  # paths hold tracking links, which are secrets
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_DRAIN_SECONDS,
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=BACKLOG) as listening:
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        await _until_started(server, serving)
        ready()
        stopping = asyncio.create_task(until_stopped())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        stopping.cancel()
        await serving


async def _until_started(server: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None: `until_stopped` hears them."""
        yield


def _revealed(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    return {party: secret.get_secret_value() for party, secret in secrets.items()}
