"""Bank transfers that came in: which order one is about, and what of it pays for what."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import Malformed
from domain.ledger import Account, Leg, Posting
from domain.methods import TERMS, Security
from domain.money import Money
from domain.order import PlacedOrder
from domain.receivables import against_debts
from domain.securing import order_value
from domain.view import OrderView

REFERENCE_MAX = 100
_NUMBER = re.compile(r"(?<![0-9A-Z])([0-9A-HJKMNP-TV-Z]{4})[- ]?([0-9A-HJKMNP-TV-Z]{4})[- ]?"
                     r"([0-9A-HJKMNP-TV-Z]{4})(?![0-9A-Z])")  # fmt: skip


@dataclass(frozen=True, slots=True)
class RegisterTransfer:
    """The act's subject is the bank's reference; `order` may be empty, when nobody knows."""

    amount: int
    currency: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class AssignTransfer:
    """As above, for a transfer that stands unmatched."""

    order: str


@dataclass(frozen=True, slots=True)
class SendBackTransfer:
    """As above: it has gone back to whoever sent it; `reference` is the bank's for that."""

    reference: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What of a transfer is for goods that were sent, for goods that will be, and for nothing;
    `recovered` is for goods whose price was written off before.
    """

    receivable: int
    recovered: int
    deposit: int
    surplus: int


def bank_reference(text: str) -> str:
    """Refuses (`Malformed`) what is no reference of a bank's."""
    reference = text.strip()
    if not 1 <= len(reference) <= REFERENCE_MAX or not reference.isprintable():
        raise Malformed(f"a bank reference is 1 to {REFERENCE_MAX} printable characters")
    return reference


def order_number_in(remittance: str) -> str:
    """The order number that stands in what the customer wrote, empty when there is not exactly
    one; people leave hyphens out and write small.
    """
    found = {"-".join(groups) for groups in _NUMBER.findall(remittance.upper())}
    return found.pop() if len(found) == 1 else ""


def receipt(view: OrderView, balances: Mapping[Account, int], amount: int) -> Receipt:
    debts = against_debts(view, balances, amount)
    deposit = min(debts.rest, _ahead(view, balances))
    return Receipt(debts.owed, debts.lost, deposit, debts.rest - deposit)


def _ahead(view: OrderView, balances: Mapping[Account, int]) -> int:
    """What is still to be sent and not paid for yet."""
    direct = TERMS[view.order.payment_method].security in (Security.MONEY, Security.CREDIT)
    if not direct or view.status.final:
        return 0
    sent = sum(parcel.amount for parcel in view.parcels.values())
    return max(0, order_value(view) - sent + balances.get(Account.DEPOSITS, 0))


def received(order: PlacedOrder, operation: str, found: Receipt, *, out_of: Account) -> Posting:
    """`out_of` is the bank, or what stood there unmatched."""
    whole = found.receivable + found.recovered + found.deposit + found.surplus
    legs = (
        Leg(out_of, whole),
        Leg(Account.RECEIVABLE, -found.receivable),
        Leg(Account.BAD_DEBT, -found.recovered),
        Leg(Account.DEPOSITS, -found.deposit),
        Leg(Account.REFUNDS_PAYABLE, -found.surplus),
    )
    return Posting(operation, order.number, order.currency, legs)


def numbered(what: str, ordinal: int) -> str:
    """`what`, the first time; a reference that has become free again is registered under the next
    ordinal. It stands before the reference, which may be anything.
    """
    return what if ordinal == 1 else f"{what}-{ordinal}"


def booked(reference: str, order: str = "", ordinal: int = 1) -> str:
    """The operation of a transfer; without an order it stands unmatched, or has gone back. What
    follows the last slash tells the two apart, whatever the bank's reference is.
    """
    return f"{numbered('bank', ordinal)}/{reference}/{order}"


def unmatched(reference: str, ordinal: int = 1) -> str:
    """The operation that ends what stood unmatched and is about no order."""
    return f"{numbered('unmatched', ordinal)}/{reference}"


def sent_back(ending: str, out: str, amount: Money) -> tuple[Posting, ...]:
    """Owed to whoever sent it, by the operation `ending`, and paid by the transfer booked `out`."""
    owed = Account.REFUNDS_PAYABLE
    return (
        of_no_order(ending, amount, Account.UNMATCHED, owed),
        of_no_order(out, amount, owed, Account.BANK),
    )


def kept(ending: str, amount: Money) -> Posting:
    return of_no_order(ending, amount, Account.UNMATCHED, Account.WRITTEN_OFF)


def of_no_order(operation: str, amount: Money, debit: Account, credit: Account) -> Posting:
    legs = (Leg(debit, amount.amount), Leg(credit, -amount.amount))
    return Posting(operation, "", amount.currency, legs)
