"""Read views of invoices and credit notes: for the order's own page, for finance, for rendering."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from domain.access import Principal
from domain.invoices import DocumentKind, DocumentLine, InvoiceStatus
from domain.order import PaymentMethod
from ports.front_office import Person
from ports.reads import Page


@dataclass(frozen=True, slots=True)
class InvoiceSummary:
    """Amounts in minor units of `currency`, never negative. `paid`, `written_off` and `credited`
    are of invoices; `credits` is the invoice that a credit note corrects, else empty.
    """

    number: str
    series: str
    kind: DocumentKind
    status: InvoiceStatus
    order: str
    subject: str
    credits: str
    currency: str
    issued_at: datetime
    issued_on: date
    due_on: date
    net: int
    tax: int
    gross: int
    credited: int
    paid: int
    written_off: int = 0

    @property
    def open(self) -> int:
        """What is still owed."""
        if self.kind is DocumentKind.CREDIT_NOTE:
            return 0
        return max(0, self.gross - self.credited - self.paid - self.written_off)


@dataclass(frozen=True, slots=True)
class InvoiceDetail:
    """`buyer` only for those who may see personal data; product `names` by SKU; `tax_included`
    when unit prices and discounts contain the tax; of what was paid, `by_points` and
    `by_store_credit` were not paid in money.
    """

    summary: InvoiceSummary
    lines: tuple[DocumentLine, ...]
    credit_notes: tuple[str, ...]
    payment_method: PaymentMethod
    tax_included: bool
    placed_at: datetime
    names: dict[str, str]
    by_points: int = 0
    by_store_credit: int = 0
    buyer: Person | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Everything given must hold. `status` is of invoices only; days by their own calendar."""

    series: str = ""  # as INV-2026
    status: InvoiceStatus | None = None
    issued_from: date | None = None
    issued_to: date | None = None  # the day itself included


class InvoiceReads(Protocol):
    async def of_order(self, principal: Principal, order: str) -> list[InvoiceSummary]:
        """Oldest first, each credit note after its invoice. Refuses `NotFound`."""

    async def invoice(self, principal: Principal, number: str) -> InvoiceDetail:
        """Numbers can be guessed from one another: one of an order that the principal may not read
        is `NotFound`, like one that is not there.
        """

    async def invoices(
        self, principal: Principal, wanted: InvoiceFilter, first: int, after: str | None
    ) -> Page:
        """Newest first, of `InvoiceSummary`. Refuses (`Forbidden`) all but finance, supervisors and
        developers, and `Malformed` cursors.
        """
