"""Whether the money of an order is promised: what is not is not handed to a warehouse."""

from domain.amounts import order_charges, tender_parts, total
from domain.methods import TERMS, Security
from domain.payments import PaymentOperation
from domain.view import OrderView, ParcelStatus


def order_value(view: OrderView) -> int:
    """Minor units of money: every unit that is not canceled, and shipping, less what is not
    paid in money.
    """
    kept = total(order_charges(view.order, view.canceled_units)).gross
    return kept - tender_parts(view.order, 0, kept).worth


def missing_money(view: OrderView) -> int:
    """What has still to be transferred before anything is sent."""
    return max(0, order_value(view) - view.received)


def awaits_transfer(view: OrderView) -> bool:
    """Of an order that is paid before anything is sent: whether what is still to be sent waits for
    its money. What was sent before its transfer was withdrawn is owed, and waits for nothing.
    """
    first = TERMS[view.order.payment_method].security is Security.MONEY
    here = any(p.status.progress < ParcelStatus.SHIPPED.progress for p in view.active_parcels)
    return first and missing_money(view) > 0 and (here or bool(view.unallocated))


def secured(view: OrderView) -> bool:
    if not order_value(view):
        return True
    match TERMS[view.order.payment_method].security:
        case Security.AUTHORIZATION:
            return bool(view.paid(PaymentOperation.AUTHORIZE))
        case Security.REGISTRATION:
            return bool(view.registered)
        case Security.MONEY:
            return missing_money(view) == 0
        case Security.CREDIT:
            return view.on_credit
        case Security.NOTHING:
            return True


def committed_credit(view: OrderView) -> int:
    """Minor units granted on credit and not sent yet: what is sent is a receivable instead."""
    if not view.on_credit or view.status.final:
        return 0
    return max(0, order_value(view) - sum(parcel.amount for parcel in view.parcels.values()))
