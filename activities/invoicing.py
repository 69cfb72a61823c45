"""Which journal entries put something on paper: an invoice for what shipped, a credit note for a
refund that was granted. By the process definition that the order was placed under.
"""

from domain import journal as j
from domain.invoices import Draft, credit_notes, order_invoice, shipment_invoice
from domain.order import PlacedOrder
from domain.process import InvoicePolicy, ProcessDefinition
from domain.returns import ReturnView, refunded_lines
from domain.view import OrderView
from ports.unit_of_work import UnitOfWork


async def issue_documents(
    uow: UnitOfWork,
    order: PlacedOrder,
    process: ProcessDefinition,
    view: OrderView | ReturnView,
    body: j.Body,
) -> None:
    """`view` is as it was before `body`."""
    drafts: list[Draft | None]
    match process.invoice, view, body:
        case InvoicePolicy.NONE, _, _:
            return
        case InvoicePolicy.PER_SHIPMENT, OrderView(), j.Shipped():
            drafts = [shipment_invoice(view, body.fulfillment_order, body.lines)]
        case InvoicePolicy.PER_ORDER, OrderView(), j.Completed():
            refunded = await uow.orders.refunded_units(order.number)
            drafts = [order_invoice(view, refunded)]
        case _, ReturnView(), j.ReturnInspected():
            refunded = await uow.orders.refunded_units(order.number)
            issued = await uow.invoices.issued(order.number)
            back = refunded_lines(body.units)
            drafts = [*credit_notes(order, view.number, refunded, back, issued)]
        case _:
            return
    for draft in filter(None, drafts):
        await uow.invoices.issue(draft, process)
