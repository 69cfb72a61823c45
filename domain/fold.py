"""`fold(order, journal, facts)`: the one function that says what an order is like.

The workflow, the projection and the auditor all use it. It does not depend on the order in which
facts arrived: the journal is applied by sequence, then the facts by the time they happened.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain import journal as j
from domain.facts import Fact, FactKind
from domain.order import LineUnits, PlacedOrder, by_line, subtract
from domain.payments import Payment, Unasked, unasked_key
from domain.progress import arrive, follow_carrier, give_up, reach
from domain.standing import Dispute, Escalation, Hold
from domain.transitions import transition
from domain.view import OrderView, Parcel, ParcelStatus


def fold(order: PlacedOrder, journal: Iterable[j.Entry], facts: Iterable[Fact]) -> OrderView:
    """Refuses (`StepRefused`) a journal that is no path in the declared graph."""
    view = OrderView(order)
    for entry in sorted(journal, key=lambda entry: entry.seq):
        apply(view, entry)
    told = sorted(facts, key=lambda fact: (fact.occurred_at, fact.id))
    for fact in told:
        notice(view, fact)
    for parcel in view.parcels.values():
        follow_carrier(parcel)
        parcel.surplus = _surplus(view, parcel, told)
    view.facts = tuple(sorted(view.facts))
    return view


def apply(view: OrderView, entry: j.Entry) -> None:
    """One decision or deed of ours."""
    status = transition(view.status, entry.body)
    if status is not view.status:
        view.status, view.since = status, entry.at
    view.seq, view.at = entry.seq, entry.at
    match entry.body:
        case j.Reviewed(decision="hold") as body:
            view.holds["review"] = Hold("review", body.reason, body.owner, entry.at)
        case j.Approved():
            view.holds.pop("review", None)
        case j.HoldPlaced() as body:
            before = view.holds.get(body.hold)
            view.holds[body.hold] = Hold(
                body.hold, body.reason, body.owner, before.since if before else entry.at,
                body.note, body.news,
            )  # fmt: skip
        case j.HoldReleased() as body:
            view.holds.pop(body.hold, None)
        case j.PaymentMoved() as body:
            _move_payment(view, body, entry.at)
        case j.PaymentRegistered() as body:
            view.registered, view.money_at = (view.registered or 0) + body.amount, entry.at
        case j.CreditGranted() as body:
            view.on_credit, view.terms_days, view.money_at = True, body.terms_days, entry.at
        case j.UnitsCanceled() as body:
            view.canceled_units, view.money_at = view.canceled_with(body.lines), entry.at
        case j.Escalated() as body:
            view.escalations[body.wait] = Escalation(
                body.wait, body.reason, body.owner, body.level, entry.at
            )
        case j.Rejected() | j.Canceled() | j.Expired() | j.Completed():
            view.holds.clear()
        case _:
            _apply_to_money(view, entry.body)
            _apply_to_parcels(view, entry)


def _apply_to_money(view: OrderView, body: j.Body) -> None:
    """What is to become of payments that failed, or run out."""
    match body:
        case j.RenewalDue():
            view.renewing += (body.authorization,)
        case j.CaptureRetried():
            view.recapturing += (body.fulfillment_order,)
        case j.ReceivableLeft():
            view.left_receivable += (body.fulfillment_order,)
        case j.OperationRetried():
            view.retried += (body.operation,)
        case j.OperationLeft():
            view.let_be += (body.operation,)
            view.owed_instead += body.owed
        case _:
            pass  # no word on payments


def _apply_to_parcels(view: OrderView, entry: j.Entry) -> None:
    match entry.body:
        case j.Sourced() as body:
            for plan in body.parcels:
                view.parcels[plan.fulfillment_order] = Parcel(
                    plan.fulfillment_order,
                    plan.location,
                    plan.lines,
                    entry.at,
                    replaces=body.replaces,
                    expected_on=plan.expected_on,
                )
        case j.ReservationReleased() as body:
            parcel = view.parcels[body.fulfillment_order]
            parcel.lines = subtract(parcel.lines, body.lines)
            parcel.named += body.parts
            if body.reason == j.BROKEN:
                parcel.mended += body.lines
            if not parcel.lines:
                reach(parcel, ParcelStatus.CANCELED, entry.at)
        case j.Shipped() as body:
            _ship(view, body, entry.at)
        case j.ShippedUnasked() as body:
            view.parcels[body.fulfillment_order].unasked += body.lines
        case j.PackagesArrived() as body:
            arrive(view.parcels[body.fulfillment_order], body.tracking_numbers, entry.at)
        case j.Delivered(fulfillment_order=name):
            view.parcels[name].arrival_booked = True
            reach(view.parcels[name], ParcelStatus.DELIVERED, entry.at)
        case j.Undelivered() as body:
            give_up(view.parcels[body.fulfillment_order], body, entry.at)
        case _:
            _apply_to_hand_over(view, entry)


def _apply_to_hand_over(view: OrderView, entry: j.Entry) -> None:
    """What was said between us and the warehouses."""
    match entry.body:
        case j.Submitted() as body:
            reach(view.parcels[body.fulfillment_order], ParcelStatus.SUBMITTED, entry.at)
        case j.SubmissionRefused() as body:
            reach(view.parcels[body.fulfillment_order], ParcelStatus.REJECTED, entry.at)
        case j.CancelRequested() as body:
            parcel = view.parcels[body.fulfillment_order]
            reach(parcel, ParcelStatus.SUBMITTED, entry.at)
            parcel.cancel = "requested"
            parcel.at["cancel_requested"] = entry.at
        case j.NeverReceived(fulfillment_order=name):
            view.parcels[name].cancel = "confirmed"
        case j.Withdrawn(fulfillment_order=name):
            view.parcels[name].cancel = "confirmed"
            view.parcels[name].at["withdrawn"] = entry.at
        case j.CancelWanted() as body:
            view.cancel_wanted = body.reason
        case _:
            pass  # entries that change the status only, which `transition` has done


def _ship(view: OrderView, body: j.Shipped, at: datetime) -> None:
    parcel = view.parcels[body.fulfillment_order]
    parcel.with_shipping = not any(each.booked for each in view.parcels.values())
    parcel.booked, parcel.amount = True, body.amount
    parcel.lines, parcel.packages = body.lines, body.packages
    reach(parcel, ParcelStatus.SHIPPED, at)


_PROGRESS = {
    FactKind.ACCEPTED: ParcelStatus.ACCEPTED,
    FactKind.PICKING: ParcelStatus.PICKING,
    FactKind.PICKED: ParcelStatus.PICKED,
    FactKind.PACKED: ParcelStatus.PACKED,
    FactKind.SHIPPED: ParcelStatus.SHIPPED,
}
_TROUBLE = (FactKind.EXCEPTION, FactKind.LOST, FactKind.RETURNED_TO_SENDER)


def notice(view: OrderView, fact: Fact) -> None:
    """One thing that an outside party told us. One that matches no parcel changes nothing; what is
    told of payments is looked up and journaled, never believed.
    """
    if fact.kind.is_payment or fact.id in view.facts:
        return
    view.facts += (fact.id,)
    if fact.kind.is_unasked:
        _notice_unasked(view, fact)
        return
    if fact.kind is FactKind.TRANSFER_RECEIVED:
        view.received += fact.amount
        view.money_at = max(view.money_at or fact.occurred_at, fact.occurred_at)
    elif fact.kind is FactKind.TRANSFER_WITHDRAWN:
        view.received -= fact.amount
        view.unpaid_since = max(view.unpaid_since or fact.occurred_at, fact.occurred_at)
    view.stock_news += fact.kind is FactKind.STOCK_CAME
    if fact.subject in view.parcels:
        _notice_parcel(view.parcels[fact.subject], fact)


def _notice_parcel(parcel: Parcel, fact: Fact) -> None:
    if fact.kind is FactKind.PICKED:
        parcel.picked, parcel.unfound = fact.lines, fact.parts
    if fact.kind is FactKind.SHIPPED:
        _notice_packages(parcel, fact)
    if fact.kind in _PROGRESS:
        reach(parcel, _PROGRESS[fact.kind], fact.occurred_at)
    elif fact.kind in (FactKind.IN_TRANSIT, FactKind.OUT_FOR_DELIVERY):
        parcel.at.setdefault(fact.kind.value.removeprefix("shipment."), fact.occurred_at)
    elif fact.kind is FactKind.DELIVERED:
        arrive(parcel, [fact.tracking_number], fact.occurred_at)
    elif fact.kind is FactKind.RESERVATION_BROKEN:
        parcel.broken += fact.lines
    elif fact.kind is FactKind.SUPPLY_ARRIVED:
        parcel.at["supplied"] = fact.occurred_at
    elif fact.kind is FactKind.SUPPLY_MOVED:
        _expect(parcel, fact)
    elif fact.kind is FactKind.REJECTED:
        reach(parcel, ParcelStatus.REJECTED, fact.occurred_at)
    elif fact.kind is FactKind.CANCEL_CONFIRMED:
        parcel.cancel = "confirmed"
    elif fact.kind is FactKind.CANCEL_REFUSED and parcel.cancel != "confirmed":
        parcel.cancel = "refused"
    elif fact.kind in _TROUBLE:
        parcel.trouble = fact.kind.value.removeprefix("shipment.")
        parcel.at["trouble"] = fact.occurred_at


def _notice_unasked(view: OrderView, fact: Fact) -> None:
    """Each dispute moves money once there and once back, whatever it is told by and how often."""
    if fact.kind is FactKind.REFUND_FAILED:
        view.failed_refunds += (fact.subject,)
        return
    key = unasked_key(fact.subject, Unasked.CHARGEBACK, fact.dispute)
    known = view.disputes.setdefault(key, Dispute(fact.subject))
    if fact.kind is FactKind.CHARGED_BACK:
        known.amount = known.amount or fact.amount
    else:
        known.reversed = known.reversed or fact.amount


def _expect(parcel: Parcel, fact: Fact) -> None:
    """What was told last counts, whichever came first."""
    told = (parcel.at["expected"], parcel.expected_on) if "expected" in parcel.at else None
    if told is None or (fact.occurred_at, fact.expected_on) > told:
        parcel.at["expected"], parcel.expected_on = fact.occurred_at, fact.expected_on


def _notice_packages(parcel: Parcel, fact: Fact) -> None:
    """Told again once it is booked, it corrects where the packages go, and nothing else."""
    if parcel.booked:
        told = {package.package: package for package in fact.packages}
        parcel.packages = tuple(
            replace(each, carrier=told[each.package].carrier,
                    tracking_number=told[each.package].tracking_number)
            if each.package in told else each
            for each in parcel.packages
        )  # fmt: skip
        return
    parcel.packages = fact.packages
    if parcel.picked is None:
        parcel.picked = tuple(unit for package in fact.packages for unit in package.lines)


def _surplus(view: OrderView, parcel: Parcel, told: Iterable[Fact]) -> tuple[LineUnits, ...]:
    """What was sent beyond what the parcel carries: known once it is booked, or will not be. A
    package may be told of more than once.
    """
    if parcel.lines and not (parcel.booked or view.status.stopped):
        return ()
    carried = parcel.lines if parcel.booked else ()
    packages = {
        package.package: package
        for fact in told
        if fact.kind is FactKind.SHIPPED and fact.subject == parcel.fulfillment_order
        for package in fact.packages
    }
    sent = by_line(unit for package in packages.values() for unit in package.lines)
    return subtract(sent, (*carried, *parcel.unasked))


def _move_payment(view: OrderView, body: j.PaymentMoved, at: datetime) -> None:
    payment = Payment(
        body.key,
        body.operation,
        body.ordinal,
        body.status,
        body.amount,
        at,
        body.reason,
        body.fulfillment_order,
        body.authorization,
        body.expires_at,
    )
    if payment.status.settled and not payment.undone:
        view.recapturing = tuple(fo for fo in view.recapturing if fo != body.fulfillment_order)
    view.payments[body.key] = payment
