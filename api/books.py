"""What the API is given: the books and the desk behind it, and what its doors have to know."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from api.auth import TokenReader
from api.background import Background
from api.process_cache import ProcessCache
from ports.accounts import Accounts
from ports.availability import AvailabilityReads
from ports.back_office import BackOffice
from ports.desk import OrderDesk
from ports.floor import FloorReads
from ports.front_office import CommandBook, FactInbox, Intake, OutboxQueue
from ports.inventory_reads import InventoryReads
from ports.invoice_reads import InvoiceReads
from ports.points_reads import PointsReads
from ports.price_reads import PriceReads
from ports.reads import Reads
from ports.receivables import Receivables
from ports.settlements import Settlements

Clock = Callable[[], datetime]
Check = Callable[[], Awaitable[None]]  # raises when what it asks does not answer


@dataclass(frozen=True, slots=True)
class Books:
    intake: Intake
    commands: CommandBook
    facts: FactInbox
    outbox: OutboxQueue
    reads: Reads
    accounts: Accounts
    invoices: InvoiceReads
    receivables: Receivables
    office: BackOffice
    floor: FloorReads
    inventory: InventoryReads
    availability: AvailabilityReads
    prices: PriceReads
    settlements: Settlements
    points: PointsReads
    desk: OrderDesk
    processes: ProcessCache
    background: Background
    public_url: str  # what tracking links start with, without a slash at the end

    def print_url(self, path: str) -> str:
        return f"{self.public_url}{path}"

    def tracking_url(self, token: str) -> str:
        return f"{self.public_url}/t/{token}"


@dataclass(frozen=True, slots=True)
class Doors:
    """Secrets are in the form of Standard Webhooks, by channel and by source; `minor_units` says
    what an amount is that a provider counts in its own way.
    """

    tokens: TokenReader
    clock: Clock
    database_answers: Check
    engine_answers: Check
    channel_secrets: Mapping[str, str] = field(repr=False)
    webhook_secrets: Mapping[str, str] = field(repr=False)
    minor_units: Callable[[int, str], int]
