"""What a customer reads about an order: our inner reasons and roles stay inside.

Every function takes `_`, the visitor's gettext.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.transitions import OrderStatus
from domain.view import ParcelStatus
from ports.desk import LiveParcel, LiveProcess, LiveWait
from ports.reads import ReturnRead
from web.language import Gettext


@dataclass(frozen=True, slots=True)
class Headline:
    """`tone` chooses the colour: busy, moving, done, act (the customer has to), stopped."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """`until` is absent when a promise of ours has already passed."""

    text: str
    until: datetime | None


def headline(process: LiveProcess, _: Gettext) -> Headline:
    match OrderStatus(process.status):
        case OrderStatus.CANCELED:
            return Headline(_("This order was canceled"), "stopped")
        case OrderStatus.REJECTED:
            return Headline(_("We could not accept this order"), "stopped")
        case OrderStatus.EXPIRED:
            return Headline(_("This order has expired"), "stopped")
        case OrderStatus.COMPLETED | OrderStatus.CLOSED:
            return _of_parcels(shown_parcels(process), _)
        case OrderStatus.RECEIVED | OrderStatus.IN_REVIEW:
            return Headline(_("We are checking your order"), "busy")
        case OrderStatus.APPROVED | OrderStatus.PROCESSING:
            return _under_way(process, _)


def _under_way(process: LiveProcess, _: Gettext) -> Headline:
    kinds = {_kind(wait) for wait in process.waits if wait.level == 0}
    if "confirm" in kinds:
        return Headline(_("Please confirm your payment"), "act")
    if "hold/payment" in kinds:
        return Headline(_("Your payment was declined"), "act")
    if "transfer" in kinds:
        return Headline(_("We are waiting for your transfer"), "act")
    parcels = shown_parcels(process)
    if any(_trouble_left(parcel) and not _is_given_up(parcel) for parcel in parcels):
        return Headline(_("There is a problem with a parcel"), "busy")
    if "hold/stock" in kinds:
        return Headline(_("We are waiting for stock"), "busy")
    return _of_parcels(parcels, _)


def _of_parcels(parcels: list[LiveParcel], _: Gettext) -> Headline:
    given_up = [parcel for parcel in parcels if _is_given_up(parcel)]
    statuses = [ParcelStatus(parcel.status) for parcel in parcels if not _is_given_up(parcel)]
    statuses += [ParcelStatus.DELIVERED for parcel in given_up if parcel.kept]
    if given_up and not statuses:
        return Headline(_("Your order was not delivered"), "stopped")
    shipped = [status for status in statuses if status.progress >= ParcelStatus.SHIPPED.progress]
    if not statuses or max(status.progress for status in statuses) < ParcelStatus.ACCEPTED.progress:
        return Headline(_("We are preparing your order"), "busy")
    if not shipped:
        return Headline(_("We are packing your order"), "busy")
    if all(status is ParcelStatus.DELIVERED for status in statuses):
        if given_up:
            return Headline(_("A part of your order was not delivered"), "done")
        return Headline(_("Everything has arrived"), "done")
    if ParcelStatus.OUT_FOR_DELIVERY in statuses:
        return Headline(_("A parcel is out for delivery"), "moving")
    if len(shipped) < len(statuses):
        return Headline(_("A part of your order is on its way"), "moving")
    return Headline(_("Your order is on its way"), "moving")


def shown_parcels(process: LiveProcess) -> list[LiveParcel]:
    """Without those that were given up: their units travel in others."""
    return [parcel for parcel in process.parcels if ParcelStatus(parcel.status).active]


def _trouble_left(parcel: LiveParcel) -> str:
    """Empty once it has arrived after all; what is told after that stands."""
    arrived, told = parcel.at.get("delivered"), parcel.at.get("trouble")
    over = parcel.status == ParcelStatus.DELIVERED and arrived and told and told <= arrived
    return "" if over else parcel.trouble


def _is_astray(parcel: LiveParcel) -> bool:
    """The carrier will not deliver it; staff has not given it up yet."""
    return _trouble_left(parcel) in ("lost", "returned_to_sender")


def _is_given_up(parcel: LiveParcel) -> bool:
    return ParcelStatus(parcel.status).undelivered


_CUSTOMER_PAYS = ("confirm", "hold/payment", "transfer")  # until then no warehouse does anything


def waiting(process: LiveProcess, _: Gettext, without: Sequence[str] = ()) -> list[Waiting]:
    """What the order waits for, each once, with the latest time that we name for it; `without`
    names kinds of waits that mean nothing to the customer now.
    """
    found: dict[str, datetime | None] = {}
    astray = {
        f"parcel/{each.fulfillment_order}/deliver" for each in process.parcels if _is_astray(each)
    }
    unpaid = any(_kind(wait) in _CUSTOMER_PAYS for wait in process.waits)
    for wait in process.waits:
        text = _wait_text(wait, _)
        kind = _kind(wait)
        if not text or kind in without or wait.key in astray or (unpaid and kind == "submit"):
            continue
        until = wait.deadline if wait.level == 0 else None
        before = found.get(text, until)
        found[text] = max(before, until) if before and until else None
    return [Waiting(text, until) for text, until in found.items()]


def _wait_text(wait: LiveWait, _: Gettext) -> str:
    if wait.level > 0:
        return _("This takes longer than planned; we are looking into it.")
    match _kind(wait):
        case "checks":
            return _("We check the order and reserve the goods.")
        case "hold/review":
            return _("One of us takes a look at the order.")
        case "hold/stock":
            return _("Goods have to come in before we can send them.")
        case "hold/payment":
            return _("We need another means of payment. Please contact the shop.")
        case "hold/credit":
            return _("We check the terms of payment.")
        case "transfer":
            return _("Please transfer the money, with your order number as the reference.")
        case "confirm":
            return _("Your bank asks you to confirm the payment.")
        case "submit" | "accept" | "ship":
            return _("The warehouse packs your goods and hands them to the carrier.")
        case "transit":
            return _("The carrier takes the parcel over.")
        case "deliver":
            return _("The carrier delivers the parcel.")
        case "cancel":
            return _("The warehouse takes the parcel back.")
        case "return_window":
            return _("You can send goods back.")
        case _:
            return ""  # between us and the payment provider


def _kind(wait: LiveWait) -> str:
    """The last part of a parcel's wait, the first of the others."""
    if wait.key.startswith("payment/"):
        return "confirm" if wait.owner == "customer" else "settlement"
    return wait.key.rpartition("/")[2] if wait.key.startswith("parcel/") else wait.key


def trouble(parcel: LiveParcel, _: Gettext) -> str:
    if parcel.kept:
        return _("A part of this parcel has arrived; the rest was not delivered.")
    kind = _trouble_left(parcel)
    words = {
        "exception": _("The carrier reports a delay."),
        "lost": _("The carrier has lost the parcel. We are taking care of it."),
        "returned_to_sender": _("The parcel is on its way back to us. We are taking care of it."),
    }
    return words.get(kind, _("There is a problem. We are taking care of it.")) if kind else ""


def return_status(read: ReturnRead, _: Gettext) -> str:
    if read.undelivered and read.status in ("APPROVED", "RECEIVED"):
        return _("It was not delivered; your refund follows")
    if read.came_back:
        return _("Your bank did not take the refund; you get it once more")
    words = {
        "REQUESTED": _("Requested; we will decide soon"),
        "APPROVED": _("Approved; please send the goods back"),
        "DECLINED": _("Declined"),
        "RECEIVED": _("We have received the goods"),
        "INSPECTED": _("Your refund is under way"),
        "GRANTED": _("Your refund is under way"),
        "COMPLETED": _("Refunded") if read.in_money else _("Settled"),
        "CANCELED": _("Canceled"),
        "EXPIRED": _("Expired: the goods did not come"),
    }
    return words[read.status]


def return_reasons(_: Gettext) -> dict[str, str]:
    """Codes, not texts of the customer's own: those could be personal data."""
    return {
        "changed_mind": _("I no longer want it"),
        "wrong_size": _("It does not fit"),
        "not_as_described": _("It is not as described"),
        "damaged": _("It is damaged or does not work"),
        "wrong_item": _("It is not what I ordered"),
    }


def result(code: str, _: Gettext) -> str:
    """What came of something the customer asked for; empty for a code that is none."""
    words = {
        "canceled": _("Your order was canceled."),
        "returned": _("Your return was requested."),
        "stored": _("We have your request and will deal with it in a moment."),
    }
    return words.get(code, "")


def refusal(code: str, _: Gettext) -> str:
    words = {
        "LIMIT_EXCEEDED": _("That is more than can be returned."),
        "MALFORMED": _("Please choose at least one unit and a reason."),
        "STEP_REFUSED": _("This is no longer possible: the order has moved on."),
        "KEY_CONFLICT": _("This form was sent before. Please fill it in again."),
    }
    return words.get(code, _("This is not possible."))
