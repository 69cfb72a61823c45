"""What the tracking page shows: a pure function of the order, its process and the language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from domain.invoices import DocumentKind
from domain.order import OrderLine
from domain.points_program import points_for
from domain.returns import Disposition, ReturnStatus
from domain.transitions import OrderStatus
from ports.desk import LiveProcess
from ports.invoice_reads import InvoiceSummary
from ports.reads import OrderDetail, ReturnRead
from web.language import Gettext
from web.tracking.parcels import Item, ParcelCard, item, parcel_cards
from web.tracking.words import Headline, Waiting, headline, return_status, waiting


@dataclass(frozen=True, slots=True)
class LineRow:
    """`returnable` units have arrived and are in no return; minor units: `saved` is the line's own
    discount, which `amount` is after; the order's discount is not in it.
    """

    line: int
    sku: str
    name: str
    quantity: int
    canceled: int
    saved: int
    amount: int
    returnable: int


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """`items` is empty where only money goes back; minor units."""

    number: str
    status: str
    items: list[Item]
    refund: int  # in money
    store_credit: int
    owed_no_more: int  # what the customer had not paid


@dataclass(frozen=True, slots=True)
class PaperRow:
    """An invoice, or a credit note with its amount below zero."""

    number: str
    title: str
    amount: int


@dataclass(frozen=True, slots=True)
class TrackingPage:
    number: str
    placed_at: datetime
    currency: str
    live: bool
    headline: Headline
    waiting: list[Waiting]
    parcels: list[ParcelCard]
    lines: list[LineRow]
    discount: int  # of the order as a whole
    shipping: int
    tax: int
    tax_included: bool  # in the amounts above; else it comes on top of them
    total: int
    points: int  # that pay for a part of the total …
    points_worth: int
    store_credit: int  # that pays for another
    points_earned: int  # by what has arrived and was not returned
    returns: list[ReturnRow]
    papers: list[PaperRow]
    pay_url: str
    may_cancel: bool
    ended: bool  # nothing more will happen: no need to ask again

    @property
    def may_return(self) -> bool:
        return any(line.returnable for line in self.lines)

    @property
    def acts(self) -> str:
        """Which forms the page has: when this changes, it is loaded anew."""
        acts = {"cancel": self.may_cancel, "return": self.may_return}
        states = [f"{row.number}:{row.status}" for row in self.returns]
        states += [paper.number for paper in self.papers]
        return ",".join([name for name, possible in acts.items() if possible] + states)


def tracking_page(
    detail: OrderDetail,
    process: LiveProcess,
    invoices: Sequence[InvoiceSummary],
    at: datetime,
    _: Gettext,
) -> TrackingPage:
    order = detail.order
    in_return = _units_in_returns(detail.returns)
    open_for_returns = _open_for_returns(detail, at)
    lines = [
        _line(line, detail, in_return.get(line.line, 0) if open_for_returns else None)
        for line in order.lines
    ]
    nothing_left = not any(line.returnable for line in lines)
    return TrackingPage(
        number=order.number,
        placed_at=order.placed_at,
        currency=order.currency,
        live=process.live,
        headline=headline(process, _),
        waiting=waiting(process, _, without=["return_window"] if nothing_left else []),
        parcels=parcel_cards(detail, process, _),
        lines=lines,
        discount=sum(line.order_discount for line in order.lines),
        shipping=order.shipping,
        tax=order.charged.tax,
        tax_included=order.tax_included,
        total=order.total,
        points=order.points,
        points_worth=order.points_worth,
        store_credit=order.store_credit,
        points_earned=_points_earned(detail),
        returns=[_return(read, detail, _) for read in detail.returns],
        papers=[_paper(each, _) for each in invoices],
        pay_url=_pay_url(detail, process),
        may_cancel="cancel" in process.possible,
        ended=OrderStatus(process.status).final and not _open_returns(detail.returns),
    )


def _line(line: OrderLine, detail: OrderDetail, in_return: int | None) -> LineRow:
    """`in_return` is None when nothing can be returned."""
    sent = detail.view.delivered_units(line.line) + detail.view.undelivered_units(line.line)
    return LineRow(
        line=line.line,
        sku=line.sku,
        name=detail.names.get(line.sku, line.sku),
        quantity=line.quantity,
        canceled=detail.view.canceled(line.line),
        saved=line.discount,
        amount=line.discounted,
        returnable=0 if in_return is None else max(0, sent - in_return),
    )


def _open_for_returns(detail: OrderDetail, at: datetime) -> bool:
    view = detail.view
    if view.status is OrderStatus.COMPLETED and view.since is not None:
        return at < view.since + timedelta(seconds=detail.process.return_window)
    return view.status is OrderStatus.PROCESSING


_NOT_RETURNED = (ReturnStatus.DECLINED, ReturnStatus.CANCELED, ReturnStatus.EXPIRED)


def _units_in_returns(returns: Iterable[ReturnRead]) -> dict[int, int]:
    """By line; what was declined or never came can be asked for again."""
    units: dict[int, int] = {}
    for read in returns:
        if ReturnStatus(read.status) not in _NOT_RETURNED:
            for each in read.lines:
                units[each["line"]] = units.get(each["line"], 0) + each["quantity"]
    return units


def _points_earned(detail: OrderDetail) -> int:
    order, program = detail.order, detail.process.points
    if not order.customer_ref:
        return 0
    arrived = {line.line: detail.view.delivered_units(line.line) for line in order.lines}
    back: dict[int, int] = {}
    delivered = [read for read in detail.returns if not read.undelivered]
    for unit in (unit for read in delivered for unit in read.units):
        if Disposition(unit["disposition"]).refunded:
            back[unit["line"]] = back.get(unit["line"], 0) + unit["quantity"]
    return max(0, points_for(order, program, arrived) - points_for(order, program, back))


def _open_returns(returns: Iterable[ReturnRead]) -> bool:
    return any(not ReturnStatus(read.status).final for read in returns)


def _return(read: ReturnRead, detail: OrderDetail, _: Gettext) -> ReturnRow:
    items = [item(detail, each["sku"], each["quantity"]) for each in read.lines]
    return ReturnRow(
        number=read.number,
        status=return_status(read, _),
        items=items,
        refund=read.in_money,
        store_credit=read.as_credit,
        owed_no_more=read.refund - read.in_money - read.as_credit,
    )


def _paper(read: InvoiceSummary, _: Gettext) -> PaperRow:
    match read.kind:
        case DocumentKind.INVOICE:
            return PaperRow(read.number, _("Invoice"), read.gross)
        case DocumentKind.CREDIT_NOTE:
            return PaperRow(read.number, _("Credit note"), -read.gross)


def _pay_url(detail: OrderDetail, process: LiveProcess) -> str:
    """Where the cardholder confirms; only a web address is ever linked."""
    if OrderStatus(process.status).final:
        return ""
    urls = [each.action_url for each in detail.payments if each.status == "REQUIRES_ACTION"]
    return next((url for url in urls if urlsplit(url).scheme in ("https", "http")), "")
