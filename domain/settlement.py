"""Settlements: what a provider, carrier, channel or bank says that it paid out, line by line, and
what is booked when a line settles an open item of the ledger.

An open item is what an order has in a clearing account: the posting that put it there. Settling it
moves it to the bank, less the fee. What a party other than a bank pays out is an item too: of the
bank, whose statement confirms it and moves nothing again.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.currency import exponent
from domain.errors import LimitExceeded, Malformed
from domain.ledger import Account, Leg, Posting
from domain.payments import Unasked

LINES_MAX = 50_000  # of one file
ORDER_NUMBER = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}\b")


PAYOUT = "payout/"  # begins the operation of `Item`s that a bank has from another party
PAYOUT_WITHIN = timedelta(days=5)  # after its last line the bank has it, weekends counted


class PartyKind(StrEnum):
    PROVIDER = "provider"
    CARRIER = "carrier"
    CHANNEL = "channel"
    BANK = "bank"


class LineKind(StrEnum):
    CHARGE = "charge"  # what a customer paid: a capture, a sale at the channel, a transfer
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSAL = "chargeback_reversal"  # the dispute was won
    REFUND_FAILURE = "refund_failure"  # after it had succeeded
    FEE = "fee"  # of the party itself, for no single order
    REMITTANCE = "remittance"  # cash on delivery that the carrier collected
    ADJUSTMENT = "adjustment"  # whatever else the party adds or takes; a person looks at it


class Verdict(StrEnum):
    """What became of a line; each has exactly one."""

    MATCHED = "MATCHED"
    DIFFERING = "DIFFERING"  # the reference is known; amount or currency are not, or it came twice
    PROPOSED = "PROPOSED"  # no reference, but evidence
    UNMATCHED = "UNMATCHED"
    WRITTEN_OFF = "WRITTEN_OFF"  # a person gave up on it, or on its difference


CLEARING = {
    PartyKind.PROVIDER: Account.PROVIDER_CLEARING,
    PartyKind.CARRIER: Account.COD_CLEARING,
    PartyKind.CHANNEL: Account.CHANNEL_CLEARING,
    PartyKind.BANK: Account.BANK,
}
_SIGN = {
    LineKind.CHARGE: 1,
    LineKind.REMITTANCE: 1,
    LineKind.REFUND: -1,
    LineKind.CHARGEBACK: -1,
    LineKind.CHARGEBACK_REVERSAL: 1,
    LineKind.REFUND_FAILURE: 1,
}
_UNASKED = {LineKind(what.value): what for what in Unasked}


@dataclass(frozen=True, slots=True)
class Line:
    """Minor units of the settlement's currency: `gross` is positive for us, `fee` what is kept of
    it. `original_*` say what it was before it was exchanged. `orders` are order numbers that its
    text names; the text itself may hold personal data, and is not kept.

    Refuses (`Malformed`) a charge that is negative, a refund that is positive, a fee with a gross.
    """

    line: int
    kind: LineKind
    reference: str
    gross: int
    fee: int
    occurred_at: datetime
    original_amount: int = 0
    original_currency: str = ""
    orders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        sign = _SIGN.get(self.kind)
        if sign is not None and self.gross * sign <= 0:
            wanted = "positive" if sign > 0 else "negative"
            raise Malformed(f"the gross of a {self.kind} is {wanted}, not {self.gross}")
        if self.kind is LineKind.FEE and self.gross:
            raise Malformed("a fee has no gross: what is kept stands in fee")
        if self.original_currency:
            exponent(self.original_currency)

    @property
    def net(self) -> int:
        return self.gross - self.fee


@dataclass(frozen=True, slots=True)
class Settlement:
    """`reference` is the party's own name for the payout."""

    kind: PartyKind
    party: str
    reference: str
    currency: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if not self.lines:
            raise Malformed("a settlement has at least one line")
        exponent(self.currency)
        if len(self.lines) > LINES_MAX:
            raise Malformed(f"a settlement has at most {LINES_MAX:,} lines")

    @property
    def period(self) -> tuple[datetime, datetime]:
        """From its earliest line to its latest."""
        times = [line.occurred_at for line in self.lines]
        return min(times), max(times)


@dataclass(frozen=True, slots=True)
class Item:
    """Something in a clearing account: a debit (we are owed) is positive. `operation` is the
    posting that put it there, or the payout `payout/<kind>/<party>/<its name>`; `references` all
    names that a party may give it. `party` is whom it has to come from, empty when any of the kind
    may bring it.
    """

    operation: str
    order: str
    account: Account
    amount: int
    currency: str
    at: datetime
    references: tuple[str, ...] = ()
    party: str = ""
    settled: bool = False

    @property
    def expected_by(self) -> datetime:
        """A settlement that reaches beyond it should have it."""
        return self.at + PAYOUT_WITHIN if self.operation.startswith(PAYOUT) else self.at

    def may_be(self, line: Line) -> bool:
        """Whether a line of that kind may settle it."""
        if line.kind in (LineKind.FEE, LineKind.ADJUSTMENT):
            return False
        found = (what for what in Unasked if f"/{what}/" in f"{self.operation}/")
        same_sign = (self.amount > 0) == (line.gross > 0)
        return same_sign and next(found, None) is _UNASKED.get(line.kind)


@dataclass(frozen=True, slots=True)
class Policy:
    """`rounding_max`: a difference up to it, in minor units, is rounding and nobody is asked."""

    rounding_max: int = 1


def settling(item: str) -> str:
    """The operation that settles an open item; the ledger takes it once."""
    return f"settle/{item}"


def received(line: Line, currency: str, item: Item) -> tuple[int, str]:
    """What the party says that the item was, in the item's currency where it says so."""
    if currency != item.currency and line.original_currency == item.currency:
        return line.original_amount, item.currency
    return line.gross, currency


def settle(
    item: Item, line: Line, currency: str, policy: Policy, *, write_off: bool = False
) -> tuple[Posting, ...]:
    """The item leaves its clearing account for the bank, less the fee. Refuses (`LimitExceeded`) a
    difference that is more than rounding, or that nobody can tell, unless it is written off.
    """
    operation = settling(item.operation)
    amount, told = received(line, currency, item)
    if currency != item.currency:
        if (amount, told) != (item.amount, item.currency) and not write_off:
            whole = f"{item.amount} {item.currency}"
            raise LimitExceeded(f"it says {amount} {told}, the open item is of {whole}")
        known = told == item.currency and amount * item.amount > 0
        came = amount if known else item.amount
        return _exchanged(item, came, line, currency, operation)
    difference = item.amount - amount
    rounding = abs(difference) <= policy.rounding_max
    if not rounding and not write_off:
        raise LimitExceeded(f"{amount} is {-difference:+} against {item.amount}: it is no rounding")
    rest = Account.ROUNDING if rounding else Account.WRITTEN_OFF
    if item.account is Account.BANK:
        return _confirmed(item, line, Leg(rest, difference))
    legs = (
        Leg(Account.BANK, line.net),
        Leg(Account.FEES, line.fee),
        Leg(rest, difference),
        Leg(item.account, -item.amount),
    )
    return (Posting(operation, item.order, item.currency, legs),)


def _exchanged(
    item: Item, came: int, line: Line, currency: str, operation: str
) -> tuple[Posting, ...]:
    """A posting in each currency, both against the exchange account: gain and loss show there.
    `came` of the item was exchanged; what lacks was given up before.
    """
    gone = (
        Leg(Account.EXCHANGE, came),
        Leg(Account.WRITTEN_OFF, item.amount - came),
        Leg(item.account, -item.amount),
    )
    paid_out = (
        Leg(Account.BANK, line.net),
        Leg(Account.FEES, line.fee),
        Leg(Account.EXCHANGE, -line.gross),
    )
    return (
        Posting(operation, item.order, item.currency, gone),
        Posting(f"{operation}/exchange", "", currency, paid_out),
    )


def _confirmed(item: Item, line: Line, rest: Leg) -> tuple[Posting, ...]:
    """It is at the bank already: the statement only says how much of it."""
    legs = (rest, Leg(Account.FEES, line.fee), Leg(Account.BANK, line.net - item.amount))
    return (Posting(settling(item.operation), item.order, item.currency, legs),)


def book_alone(line: Line, currency: str, name: str) -> Posting:
    """A line that settles no open item: a fee, or what a person gave up on finding. `name` is the
    line's own.
    """
    legs = (
        Leg(Account.BANK, line.net),
        Leg(Account.FEES, line.fee),
        Leg(Account.WRITTEN_OFF, -line.gross),
    )
    return Posting(settling(name), "", currency, legs)


def give_up(item: Item) -> Posting:
    """An open item for which nothing will come."""
    legs = (Leg(Account.WRITTEN_OFF, item.amount), Leg(item.account, -item.amount))
    return Posting(settling(item.operation), item.order, item.currency, legs)


def orders_named(text: str) -> tuple[str, ...]:
    """The order numbers that stand in a text, each once."""
    return tuple(dict.fromkeys(ORDER_NUMBER.findall(text.upper())))
