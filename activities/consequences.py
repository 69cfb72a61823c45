"""What each journal entry does to stock, ledger, points and invoices: the one place for it."""

from activities.disputes import settle_deposit
from activities.invoicing import issue_documents
from activities.loyalty import move_points
from activities.store_credit import release_credit
from domain import journal as j
from domain import ledger, refunds
from domain.amounts import refund_amount, refund_tenders, shipment_amount, shipment_tenders
from domain.coming_back import units_back
from domain.journal import SHORT_PICK
from domain.ledger import Account
from domain.methods import TERMS
from domain.order import PaymentMethod, PlacedOrder
from domain.payments import PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.return_request import undelivered
from domain.returns import ReturnView, refunded_lines
from domain.tenders import Tender
from domain.view import OrderView
from ports.unit_of_work import UnitOfWork

View = OrderView | ReturnView


async def enact(
    uow: UnitOfWork,
    order: PlacedOrder,
    process: ProcessDefinition,
    view: View,
    body: j.Body,
    by: str,
) -> None:
    """Of what `by` (a principal, or `system`) decided."""
    await issue_documents(uow, order, process, view, body)
    if isinstance(view, OrderView):
        await _enact_for_order(uow, process, view, body, by)
        await release_credit(uow, view, body)
    else:
        await _enact_for_return(uow, order, view, body)
    await move_points(uow, order, process, view, body)  # locks the customer: after the stock


async def _enact_for_order(
    uow: UnitOfWork, process: ProcessDefinition, view: OrderView, body: j.Body, by: str
) -> None:
    order = view.order
    match body:
        case j.Sourced():
            await uow.inventory.reserve(order.number, body.parcels)
        case j.ReservationReleased():
            await _release(uow, body)
        case j.Shipped():
            await _ship(uow, view, body)
        case j.ShippedUnasked():
            await uow.inventory.ship_unasked(order.number, body.fulfillment_order, body.lines)
        case j.Delivered(fulfillment_order=parcel):
            await _collect_cash(uow, order, parcel, view.parcels[parcel].amount)
        case j.Undelivered():
            in_return = await uow.orders.returned_units(order.number)
            await uow.orders.open_return(order, process, undelivered(view, in_return, body), by)
            await _collect_cash(uow, order, body.fulfillment_order, body.amount)
        case j.PaymentRegistered(amount=amount):
            operation = f"{order.number}/register"
            await uow.ledger.post(ledger.registered(order, operation, amount))
        case j.PaymentMoved(status=PaymentStatus.SUCCEEDED):
            await _book_payment(uow, order, body)
        case j.OperationLeft(operation=key, owed=owed) if owed:
            await _owe_by_bank(uow, process, view, f"{key}/left", owed, by)
        case j.Rejected() | j.Canceled() | j.Expired() | j.Reviewed(decision="reject"):
            await uow.inventory.release_all(order.number)
            await _give_deposit_back(uow, process, view)
        case j.Completed():
            await _give_deposit_back(uow, process, view)
        case _:
            pass  # an entry without consequences in stock or ledger


async def _enact_for_return(
    uow: UnitOfWork, order: PlacedOrder, view: ReturnView, body: j.Body
) -> None:
    match body:
        case j.ReturnInspected():
            await _take_back(uow, order, view, body)
        case j.RefundApproved(plan=plan):
            await _execute_here(uow, order, view, plan)
        case j.RefundRetried(plan=plan) if plan:
            await uow.ledger.post(*refunds.newly_in_our_books(order, view, plan))
        case j.RefundTransferred():
            await _transfer(uow, order, view, body)
        case j.PaymentMoved(status=PaymentStatus.SUCCEEDED):
            posting = refunds.executed(order, body.key, Tender.PROVIDER, body.amount)
            await uow.ledger.post(posting)
        case j.ReturnCompleted():
            await _refund_at_channel(uow, order, view)
        case j.ReturnCanceled() if view.refund:
            await uow.ledger.post(refunds.canceled(order, view.number, view.refund))
        case _:
            pass  # as above


async def _release(uow: UnitOfWork, body: j.ReservationReleased) -> None:
    if body.reason == SHORT_PICK:
        await uow.inventory.write_off_missing(body.fulfillment_order, body.lines, body.parts)
    else:
        await uow.inventory.release(body.fulfillment_order, body.lines)


async def _ship(uow: UnitOfWork, view: OrderView, body: j.Shipped) -> None:
    await uow.inventory.consume(body.fulfillment_order, body.lines)
    amount, tax = shipment_amount(view, body.lines)
    operation = f"{body.fulfillment_order}/sale"
    deposit = min(amount, await _deposit(uow, view))
    beside = shipment_tenders(view, body.lines)
    posting = ledger.sale(
        view.order,
        operation,
        amount,
        tax,
        deposit=deposit,
        points=beside.points_worth,
        credit=beside.store_credit,
    )
    await uow.ledger.post(posting)


async def _deposit(uow: UnitOfWork, view: OrderView) -> int:
    """What the customer has paid for goods that were not sent yet."""
    if not (TERMS[view.order.payment_method].prepaid or view.prepaid):
        return 0
    return -(await uow.ledger.balances(view.order.number)).get(Account.DEPOSITS, 0)


async def _collect_cash(uow: UnitOfWork, order: PlacedOrder, parcel: str, amount: int) -> None:
    """Cash on delivery: from now on the carrier owes it, not the customer. For what is refused or
    lost nothing was collected.
    """
    if order.payment_method is not PaymentMethod.CASH_ON_DELIVERY:
        return
    operation = f"{parcel}/cash"
    await uow.ledger.post(
        ledger.moved(
            order, operation, amount, debit=Account.COD_CLEARING, credit=Account.RECEIVABLE
        )
    )


async def _book_payment(uow: UnitOfWork, order: PlacedOrder, body: j.PaymentMoved) -> None:
    match body.operation:
        case PaymentOperation.CAPTURE:
            owed = body.fulfillment_order  # else it is paid in advance
            posting = ledger.captured if owed else ledger.captured_in_advance
            await uow.ledger.post(posting(order, body.key, body.amount))
        case PaymentOperation.REFUND:
            await uow.ledger.post(ledger.deposit_refunded(order, body.key, body.amount))
        case PaymentOperation.AUTHORIZE | PaymentOperation.VOID:
            return  # money is promised or set free, not moved


async def _owe_by_bank(
    uow: UnitOfWork,
    process: ProcessDefinition,
    view: OrderView,
    operation: str,
    amount: int,
    by: str,
) -> None:
    """A deposit that goes back from our bank is a refund."""
    order, owed, payable = view.order, Account.DEPOSITS, Account.REFUNDS_PAYABLE
    await uow.ledger.post(ledger.moved(order, operation, amount, debit=owed, credit=payable))
    returns = await uow.orders.returns(order.number)
    refund = refunds.overpaid(view, process, amount, returns)
    await uow.orders.open_return(order, process, refund, by)


async def _give_deposit_back(uow: UnitOfWork, process: ProcessDefinition, view: OrderView) -> None:
    """What was paid for goods that will not come: the channel gives its part back itself, the
    provider is asked to by the order, and what came to our bank is a refund.
    """
    order = view.order
    if order.payment_method is PaymentMethod.CARD:
        if view.disputes:
            await settle_deposit(uow, process, view)
        return
    left = await _deposit(uow, view)
    if left <= 0:
        return
    operation = f"{order.number}/deposit-back"
    if order.payment_method is PaymentMethod.PAID_AT_CHANNEL:
        await uow.ledger.post(ledger.deposit_owed_back(order, operation, left))
        return
    await _owe_by_bank(uow, process, view, operation, left, j.SYSTEM)


async def _take_back(
    uow: UnitOfWork, order: PlacedOrder, view: ReturnView, body: j.ReturnInspected
) -> None:
    sent = (await uow.orders.lock(order.number)).view()  # the return's turn has it locked already
    earlier = await uow.orders.inspected_units(order.number)
    await uow.inventory.take_back(
        view.number, view.location, units_back(sent, view, earlier, body.units)
    )
    before = await uow.orders.refunded_units(order.number)
    back = refunded_lines(body.units)
    amount, tax = refund_amount(order, before, back)
    points = refund_tenders(order, before, back).points_worth
    operation, given = f"{view.number}/refund-granted", amount - body.refund
    await uow.ledger.post(
        ledger.refund_granted(order, operation, amount, tax, goodwill=given, points=points)
    )
    await _execute_here(uow, order, view, body.plan)


async def _execute_here(
    uow: UnitOfWork, order: PlacedOrder, view: ReturnView, plan: tuple[j.Share, ...]
) -> None:
    for posting in refunds.in_our_books(order, view.number, plan):
        await uow.ledger.post(posting)


async def _transfer(
    uow: UnitOfWork, order: PlacedOrder, view: ReturnView, body: j.RefundTransferred
) -> None:
    await uow.transfers.sent(body.reference, order, body.amount)
    operation = f"{view.number}/refund/bank/{body.reference}"
    await uow.ledger.post(refunds.executed(order, operation, Tender.BANK, body.amount))


async def _refund_at_channel(uow: UnitOfWork, order: PlacedOrder, view: ReturnView) -> None:
    """The channel that took the money pays it back; we only book it."""
    amount = sum(share.amount for share in view.plan if share.tender is Tender.CHANNEL)
    operation = f"{view.number}/refund-at-channel"
    if amount:
        await uow.ledger.post(refunds.executed(order, operation, Tender.CHANNEL, amount))
