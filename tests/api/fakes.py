"""Hand-written fakes of the ports: small, in memory, and they remember what was asked of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from adapters.payments.stripe_amounts import from_stripe
from api.auth import TokenReader
from api.background import Background
from api.books import Books, Doors
from api.process_cache import ProcessCache
from domain.access import STAFF, Principal, Role
from domain.acts import ActKind, may_act
from domain.aging import OpenItem
from domain.availability import Availability
from domain.codec import Json
from domain.commands import Command, CommandKind, authorize
from domain.currency import exponent
from domain.errors import Forbidden, KeyConflict, NotFound, Refusal, UnknownSku
from domain.facts import Fact
from domain.order import LineUnits
from domain.prices import ListPrice, Prices, choose_prices
from orderloom.tokens import AUDIENCE, ISSUER, signing_key
from ports.accounts import READERS as LEDGER_READERS
from ports.accounts import OrderAccount, TrialBalance
from ports.availability import AvailabilityQuestion
from ports.back_office import ActAnswer, ApprovalRead
from ports.desk import LiveProcess
from ports.floor import PickListFilter, PickListRead, PrintedPickList
from ports.front_office import AcceptedCommand, OrderRequest, PlacedAnswer, StoredFact
from ports.inventory_reads import READERS, ProductFilter, StockFilter
from ports.invoice_reads import InvoiceDetail, InvoiceFilter, InvoiceSummary
from ports.points_reads import READERS as POINTS_READERS
from ports.points_reads import CustomerPoints, OrderPoints, PointsEntryRead
from ports.price_reads import PriceListRead, PriceQuestion
from ports.reads import OrderDetail, OrderFilter, Page, TimelineEntry
from ports.receivables import READERS as RECEIVABLE_READERS
from ports.receivables import CustomerReceivables
from ports.settlements import READERS as SETTLEMENT_READERS
from ports.settlements import DayReport, LineRead

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SERVER_KEY = "test-server-key-of-some-length"
STRIPE_SECRET = "whsec_stripe"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CATALOG = {"1082185", "995242"}


@dataclass
class FakeIntake:
    placed: dict[str, tuple[OrderRequest, str]] = field(default_factory=dict)  # by key
    by: list[Principal] = field(default_factory=list)
    fails: Exception | None = None

    async def place(self, principal: Principal, key: str, request: OrderRequest) -> PlacedAnswer:
        if self.fails:
            raise self.fails
        unknown = [line.sku for line in request.lines if line.sku not in CATALOG]
        if unknown:
            raise UnknownSku(unknown)
        if principal.scope != request.channel and not principal.may(Role.AGENT):
            raise Forbidden(f"{principal.name} may not place orders of channel {request.channel}")
        if key in self.placed:
            before, number = self.placed[key]
            if before != request:
                raise KeyConflict(key)
            return PlacedAnswer(number, f"token-of-{number}", repeated=True)
        number = f"ORDR-0000-{len(self.placed) + 1:04}"
        self.placed[key] = (request, number)
        self.by.append(principal)
        return PlacedAnswer(number, f"token-of-{number}", repeated=False)


@dataclass
class FakeBackOffice:
    """`done` by (principal, key); `second_person` is the approval that acts wait for, if any."""

    done: dict[tuple[str, str], tuple[ActKind, str, Json, str]] = field(default_factory=dict)
    second_person: str = ""
    waiting: list[ApprovalRead] = field(default_factory=list)
    fails: Exception | None = None

    async def act(
        self,
        principal: Principal,
        key: str,
        kind: ActKind,
        subject: str,
        body: Mapping[str, Json],
        reason: str = "",
    ) -> ActAnswer:
        if self.fails:
            raise self.fails
        may_act(kind, principal, reason)
        self.done[(principal.name, key)] = (kind, subject, dict(body), reason)
        if self.second_person:
            return ActAnswer({}, self.second_person)
        return ActAnswer({"did": kind.value})

    async def approvals(
        self, principal: Principal, status: str, first: int, after: str | None
    ) -> Page:
        principal.require(*STAFF, Role.DEVELOPER)
        items = [each for each in self.waiting if status in ("", each.status)]
        return Page(items[:first], [each.id for each in items[:first]], more=len(items) > first)


@dataclass
class FakeFloor:
    """`lists` by fulfillment order; `papers` by (fulfillment order, until, signature)."""

    lists: dict[str, PickListRead] = field(default_factory=dict)
    papers: dict[tuple[str, str, str], PrintedPickList] = field(default_factory=dict)
    asked: list[PickListFilter] = field(default_factory=list)

    async def pick_lists(
        self, principal: Principal, wanted: PickListFilter, first: int, after: str | None
    ) -> Page:
        principal.require(*STAFF, Role.DEVELOPER)
        self.asked.append(wanted)
        items = list(self.lists.values())
        return Page(items[:first], list(self.lists)[:first], more=len(items) > first)

    async def pick_list(self, principal: Principal, fulfillment_order: str) -> PickListRead:
        principal.require(*STAFF, Role.DEVELOPER)
        if fulfillment_order not in self.lists:
            raise NotFound(f"there is no pick list {fulfillment_order}")
        return self.lists[fulfillment_order]

    async def printed(self, fulfillment_order: str, until: str, signature: str) -> PrintedPickList:
        if (fulfillment_order, until, signature) not in self.papers:
            raise NotFound("this link leads to no pick list")
        return self.papers[fulfillment_order, until, signature]


@dataclass
class FakeSettlements:
    days: list[DayReport] = field(default_factory=list)
    all_lines: list[LineRead] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)

    async def report(
        self, principal: Principal, since: date | None, until: date | None
    ) -> list[DayReport]:
        principal.require(*SETTLEMENT_READERS)
        self.asked.append((since, until))
        return self.days

    async def lines(
        self, principal: Principal, verdict: str, first: int, after: str | None
    ) -> Page:
        principal.require(*SETTLEMENT_READERS)
        self.asked.append((verdict, first, after))
        items = self.all_lines
        return Page(items[:first], [item.id for item in items[:first]], more=len(items) > first)


@dataclass
class FakePrices:
    """`valid` are all that there are, whatever is asked."""

    valid: list[ListPrice] = field(default_factory=list)
    lists: list[PriceListRead] = field(default_factory=list)
    asked: list[PriceQuestion] = field(default_factory=list)

    async def prices(self, principal: Principal, question: PriceQuestion) -> Prices:
        principal.require(*STAFF, Role.DEVELOPER, Role.CHANNEL)
        exponent(question.currency)
        self.asked.append(question)
        return choose_prices(self.valid, tax_included=question.tax_included)

    async def price_lists(self, principal: Principal, first: int, after: str | None) -> Page:
        principal.require(*STAFF, Role.DEVELOPER, Role.CHANNEL)
        names = [each.id for each in self.lists]
        return Page(self.lists[:first], names[:first], more=len(names) > first)


@dataclass
class FakeAvailability:
    """`found` is all that there is, whatever is asked."""

    found: list[Availability] = field(default_factory=list)
    asked: list[AvailabilityQuestion] = field(default_factory=list)

    async def availability(
        self, principal: Principal, question: AvailabilityQuestion
    ) -> list[Availability]:
        principal.require(*STAFF, Role.DEVELOPER, Role.CHANNEL)
        self.asked.append(question)
        return self.found


@dataclass
class FakeCommandBook:
    """`stored` by (principal, key)."""

    stored: dict[tuple[str, str], AcceptedCommand] = field(default_factory=dict)
    bodies: dict[tuple[str, str], Json] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    heard_of: list[str] = field(default_factory=list)
    returns: list[tuple[str, str, list[LineUnits], str]] = field(default_factory=list)
    fails: Exception | None = None

    async def accept(
        self, principal: Principal, key: str, kind: CommandKind, subject: str, body: Json
    ) -> AcceptedCommand:
        if self.fails:
            raise self.fails
        authorize(kind, principal, body["reason"])
        content = (kind, subject, body)
        known = (principal.name, key)
        if self.bodies.setdefault(known, content) != content:
            raise KeyConflict(key)
        if known not in self.stored:
            command = Command(
                f"cmd-{len(self.stored) + 1}",
                kind,
                principal.name,
                body["reason"],
                body.get("target", ""),
                body.get("location", ""),
            )
            self.stored[known] = AcceptedCommand(command, subject)
        return self.stored[known]

    async def request_return(
        self, principal: Principal, key: str, order: str, lines: Sequence[LineUnits], reason: str
    ) -> str:
        if self.fails:
            raise self.fails
        self.returns.append((key, order, list(lines), reason))
        return f"{order}-R1"

    async def refuse(self, command: str, code: str, message: str) -> None:
        self.refused.append((command, code, message))

    async def heard(self, command: str) -> None:
        self.heard_of.append(command)


@dataclass
class FakeFactInbox:
    """Knows the orders of `subjects`; every other fact is quarantined."""

    subjects: dict[str, str] = field(default_factory=dict)
    stored: dict[str, tuple[Fact, Json]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    fails: Exception | None = None

    async def store(self, source: str, event_id: str, fact: Fact, raw: Json) -> StoredFact:
        if self.fails:
            raise self.fails
        assert fact.id == f"{source}:{event_id}"
        repeated = fact.id in self.stored
        self.stored.setdefault(fact.id, (fact, raw))
        order = self.subjects.get(fact.subject, "")
        return StoredFact(fact, order, repeated, signal=bool(order) and not repeated)

    async def told(self, facts: Sequence[str]) -> None:
        self.heard += facts


@dataclass
class FakeOutbox:
    begun: list[str] = field(default_factory=list)

    async def started(self, event_id: str) -> None:
        self.begun.append(event_id)


@dataclass
class FakeReads:
    details: dict[str, OrderDetail] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    page: Page = field(default_factory=lambda: Page([], [], more=False))
    entries: list[TimelineEntry] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    fails: Exception | None = None

    def add(self, detail: OrderDetail) -> None:
        self.details[detail.summary.number] = detail
        self.tokens[detail.tracking_token] = detail.summary.number

    async def order(self, principal: Principal, number: str) -> OrderDetail:
        if self.fails:
            raise self.fails
        detail = self.details.get(number)
        if detail is None or not principal.reads(number, detail.summary.channel):
            raise NotFound(f"there is no order {number}")
        return detail

    async def order_by_token(self, token: str) -> tuple[Principal, OrderDetail]:
        if token not in self.tokens:
            raise NotFound("there is no such order")
        number = self.tokens[token]
        customer = Principal(f"customer:{number}", frozenset({Role.CUSTOMER}), number)
        return customer, await self.order(customer, number)

    async def orders(
        self, principal: Principal, wanted: OrderFilter, first: int, after: str | None
    ) -> Page:
        self.asked.append((principal.name, wanted, first, after))
        return self.page

    async def timeline(self, principal: Principal, number: str) -> list[TimelineEntry]:
        await self.order(principal, number)
        return self.entries

    async def counts(self, principal: Principal) -> dict[str, int]:
        return {"RECEIVED": 2, "CLOSED": 40}

    async def tasks(self, principal: Principal, owner: str, first: int, after: str | None) -> Page:
        if principal.may(Role.CHANNEL):
            raise Forbidden("this needs the role agent")
        self.asked.append((principal.name, owner, first, after))
        return self.page


@dataclass
class FakeInventoryReads:
    """`asked` is the list that was asked for, and with what; each answers `page`."""

    page: Page = field(default_factory=lambda: Page([], [], more=False))
    asked: list[tuple[object, ...]] = field(default_factory=list)

    async def locations(self, principal: Principal, first: int, after: str | None) -> Page:
        return self._answer(principal, "locations", first, after)

    async def products(
        self, principal: Principal, wanted: ProductFilter, first: int, after: str | None
    ) -> Page:
        return self._answer(principal, "products", wanted, first, after)

    async def stock(
        self, principal: Principal, wanted: StockFilter, first: int, after: str | None
    ) -> Page:
        return self._answer(principal, "stock", wanted, first, after)

    async def supplies(
        self, principal: Principal, sku: str, location: str, first: int, after: str | None
    ) -> Page:
        return self._answer(principal, "supplies", sku, location, first, after)

    async def movements(
        self, principal: Principal, sku: str, location: str, first: int, after: str | None
    ) -> Page:
        return self._answer(principal, "movements", sku, location, first, after)

    def _answer(self, principal: Principal, *asked: object) -> Page:
        principal.require(*READERS)
        self.asked.append(asked)
        return self.page


@dataclass
class FakeInvoiceReads:
    """All documents are of orders of channel web."""

    details: dict[str, InvoiceDetail] = field(default_factory=dict)
    page: Page = field(default_factory=lambda: Page([], [], more=False))
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def add(self, *details: InvoiceDetail) -> None:
        self.details |= {detail.summary.number: detail for detail in details}

    async def of_order(self, principal: Principal, order: str) -> list[InvoiceSummary]:
        found = [each.summary for each in self.details.values() if each.summary.order == order]
        return found if principal.reads(order, "web") else []

    async def invoice(self, principal: Principal, number: str) -> InvoiceDetail:
        detail = self.details.get(number)
        if detail is None or not principal.reads(detail.summary.order, "web"):
            raise NotFound(f"there is no invoice {number}")
        return detail

    async def invoices(
        self, principal: Principal, wanted: InvoiceFilter, first: int, after: str | None
    ) -> Page:
        principal.require(Role.FINANCE)
        self.asked.append((wanted, first, after))
        return self.page


@dataclass
class FakeAccounts:
    balances: list[TrialBalance] = field(default_factory=list)
    orders: dict[str, OrderAccount] = field(default_factory=dict)
    asked: list[date | None] = field(default_factory=list)

    async def trial_balance(self, principal: Principal, as_of: date | None) -> list[TrialBalance]:
        principal.require(*LEDGER_READERS)
        self.asked.append(as_of)
        return self.balances

    async def store_credit(self, principal: Principal, customer: str) -> dict[str, int]:
        principal.require(*LEDGER_READERS, Role.AGENT)
        return {"USD": 500} if customer == "C-17" else {}

    async def order_account(self, principal: Principal, order: str) -> OrderAccount:
        principal.require(*LEDGER_READERS)
        if order not in self.orders:
            raise NotFound(f"there is no order {order}")
        return self.orders[order]


@dataclass
class FakeDesk:
    """`outcome` is what every command answers; `down` what everything raises."""

    outcome: Json | Exception = field(default_factory=lambda: {"done": True})
    answer: LiveProcess | None = None
    down: Exception | None = None
    started: list[str] = field(default_factory=list)
    commands: list[tuple[str, Command]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    queries: int = 0

    async def start_order(self, order: str, channel: str) -> None:
        assert channel == "web"
        self._answer()
        self.started.append(f"order/{order}")

    async def start_return(self, rma: str) -> None:
        self._answer()
        self.started.append(f"return/{rma}")

    async def command(self, subject: str, command: Command) -> Json:
        self._answer()
        self.commands.append((subject, command))
        if isinstance(self.outcome, Refusal):
            raise self.outcome
        return self.outcome

    async def tell(self, order: str, fact: Fact) -> None:
        self._answer()
        self.facts.append((order, fact.id))

    async def process(self, order: str) -> LiveProcess:
        self.queries += 1
        await asyncio.sleep(0)
        self._answer()
        assert self.answer is not None, "the test has to say what the workflow answers"
        return self.answer

    def _answer(self) -> None:
        if self.down:
            raise self.down


@dataclass
class FakePoints:
    """`found` are customers by reference, `orders` by number."""

    found: dict[str, CustomerPoints] = field(default_factory=dict)
    written: list[PointsEntryRead] = field(default_factory=list)
    orders: dict[str, OrderPoints] = field(default_factory=dict)

    async def customer(self, principal: Principal, customer: str) -> CustomerPoints:
        principal.require(*POINTS_READERS)
        if customer not in self.found:
            raise NotFound("there is no such customer")
        return self.found[customer]

    async def entries(
        self, principal: Principal, customer: str, first: int, after: str | None
    ) -> Page:
        await self.customer(principal, customer)
        begin = int(after or 0)
        items = self.written[begin : begin + first]
        cursors = [str(begin + n) for n in range(1, len(items) + 1)]
        return Page(items, cursors, more=begin + first < len(self.written))

    async def of_order(self, _principal: Principal, order: str) -> OrderPoints:
        return self.orders.get(order, OrderPoints())


@dataclass
class FakeReceivables:
    """`open_items` are by customer."""

    sums: list[CustomerReceivables] = field(default_factory=list)
    open_items: dict[str, list[OpenItem]] = field(default_factory=dict)

    async def customers(self, principal: Principal, first: int, after: str | None) -> Page:
        principal.require(*RECEIVABLE_READERS)
        return _page(self.sums, first, after)

    async def items(
        self, principal: Principal, customer: str, first: int, after: str | None
    ) -> Page:
        principal.require(*RECEIVABLE_READERS)
        return _page(self.open_items.get(customer, []), first, after)


def _page(items: Sequence[object], first: int, after: str | None) -> Page:
    begin = int(after or 0)
    found = items[begin : begin + first]
    cursors = [str(begin + n) for n in range(1, len(found) + 1)]
    return Page(found, cursors, more=begin + first < len(items))


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
