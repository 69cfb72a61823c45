"""Everything behind the edge, faked: small, in memory, and it remembers what was asked of it."""

from datetime import UTC, datetime

from adapters.payments.stripe_amounts import from_stripe
from api.auth import TokenReader
from api.background import Background
from api.books import Books, Doors
from api.process_cache import ProcessCache
from orderloom.tokens import AUDIENCE, ISSUER, signing_key
from tests.api.fake_money import FakeAccounts, FakePoints, FakeReceivables, FakeSettlements
from tests.api.fake_reads import (
    FakeAvailability,
    FakeFloor,
    FakeInventoryReads,
    FakeInvoiceReads,
    FakePrices,
    FakeReads,
)
from tests.api.fake_writes import (
    FakeBackOffice,
    FakeCommandBook,
    FakeDesk,
    FakeFactInbox,
    FakeIntake,
    FakeOutbox,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SERVER_KEY = "test-server-key-of-some-length"
STRIPE_SECRET = "whsec_stripe"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Monotonic:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Office:
    """Everything behind the edge, and the edge's own books and doors over it."""

    def __init__(self) -> None:
        self.intake = FakeIntake()
        self.commands = FakeCommandBook()
        self.facts = FakeFactInbox()
        self.outbox = FakeOutbox()
        self.reads = FakeReads()
        self.accounts = FakeAccounts()
        self.invoices = FakeInvoiceReads()
        self.receivables = FakeReceivables()
        self.back_office = FakeBackOffice()
        self.floor = FakeFloor()
        self.inventory = FakeInventoryReads()
        self.availability = FakeAvailability()
        self.prices = FakePrices()
        self.settlements = FakeSettlements()
        self.points = FakePoints()
        self.desk = FakeDesk()
        self.monotonic = Monotonic()
        self.now = NOW
        self.database: Exception | None = None
        self.engine: Exception | None = None
        self.background = Background()
        self.books = Books(
            intake=self.intake,
            commands=self.commands,  # type: ignore[arg-type]  # what the sweeper asks is not faked
            facts=self.facts,  # type: ignore[arg-type]
            outbox=self.outbox,  # type: ignore[arg-type]
            reads=self.reads,
            accounts=self.accounts,
            invoices=self.invoices,
            receivables=self.receivables,
            office=self.back_office,
            floor=self.floor,
            inventory=self.inventory,
            availability=self.availability,
            prices=self.prices,
            settlements=self.settlements,  # type: ignore[arg-type]  # only what is read is faked
            points=self.points,
            desk=self.desk,
            processes=ProcessCache(self.desk, self.monotonic),
            background=self.background,
            public_url="https://shop.example",
        )
        self.doors = Doors(
            tokens=TokenReader(
                signing_key(SERVER_KEY), issuer=ISSUER, audience=AUDIENCE, clock=lambda: self.now
            ),
            clock=lambda: self.now,
            database_answers=self._database_answers,
            engine_answers=self._engine_answers,
            channel_secrets={"web": SECRET},
            webhook_secrets={
                **dict.fromkeys(("payment", "warehouse", "carrier"), SECRET),
                "stripe": STRIPE_SECRET,
            },
            minor_units=from_stripe,
        )

    async def _database_answers(self) -> None:
        if self.database:
            raise self.database

    async def _engine_answers(self) -> None:
        if self.engine:
            raise self.engine
