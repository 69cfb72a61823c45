"""Hand-written fakes of the ports that are read: they answer what a test gave them, and remember
what was asked.
"""

from dataclasses import dataclass, field

from domain.access import STAFF, Principal, Role
from domain.availability import Availability
from domain.currency import exponent
from domain.errors import Forbidden, NotFound
from domain.prices import ListPrice, Prices, choose_prices
from ports.availability import AvailabilityQuestion
from ports.floor import PickListFilter, PickListRead, PrintedPickList
from ports.inventory_reads import READERS, ProductFilter, StockFilter
from ports.invoice_reads import InvoiceDetail, InvoiceFilter, InvoiceSummary
from ports.price_reads import PriceListRead, PriceQuestion
from ports.reads import OrderDetail, OrderFilter, Page, TimelineEntry


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
