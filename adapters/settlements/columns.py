"""What a settlement file says in which column, and what the cells of a row mean.

  kind        charge, refund, chargeback, fee, remittance, adjustment
  reference   our name for the deed, the party's own, a tracking number, or the channel's order
  gross       positive for what customers paid, negative for what went back; 0 for a fee
  fee         what the party keeps, positive; may be missing
  net         gross − fee; may be missing, is checked when it is there
  currency    the same in the whole file
  occurred_at ISO 8601; a day alone, or a time without a zone, is UTC
  payout      the party's name for the payout, the same in the whole file; may be missing
  original_amount, original_currency   what it was before it was exchanged; may be missing
  text        free text, in which order numbers are looked for; it is not kept

Amounts are in major units with a point (`19.00`), with as many decimals as the currency has. A
party that names its columns otherwise is told of in a table of names, see `renamed`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from domain.currency import exponent
from domain.errors import Malformed
from domain.money import AMOUNT_MAX
from domain.settlement import Line, LineKind, PartyKind, orders_named

REQUIRED = ("kind", "reference", "gross", "currency", "occurred_at")
OPTIONAL = ("fee", "net", "payout", "original_amount", "original_currency", "text")
COLUMNS = REQUIRED + OPTIONAL
REFERENCE_MAX = 255  # characters

Cells = Mapping[str, object]


def renamed(header: list[str], names: Mapping[str, str]) -> list[str]:
    """The header in our words. `names` says by our word what the party calls it; what it does not
    name is called as here. Refuses (`Malformed`) what lacks a required column or has one twice.
    """
    ours = {theirs.strip().lower(): word for word, theirs in names.items()}
    words = [ours.get(name.strip().lower(), name.strip().lower()) for name in header]
    missing = [name for name in REQUIRED if name not in words]
    if missing:
        raise Malformed(
            f"it has no column {', '.join(missing)}; its first line names {', '.join(header)}"
        )
    twice = [name for name in COLUMNS if words.count(name) > 1]
    if twice:
        raise Malformed(f"it has the column {twice[0]} twice")
    return words


def read_line(number: int, cells: Cells, party: PartyKind) -> Line:
    """Refuses (`Malformed`), saying which cell and why."""
    currency = _text(cells, "currency").upper()
    exponent(currency)
    gross, fee = _amount(cells, "gross", currency), _amount(cells, "fee", currency)
    if _text(cells, "net") and _amount(cells, "net", currency) != gross - fee:
        raise Malformed(f"net {_text(cells, 'net')} is not gross less fee")
    original = _text(cells, "original_currency").upper()
    return Line(
        number,
        _kind(cells, party),
        _reference(cells),
        gross,
        fee,
        _moment(cells),
        _amount(cells, "original_amount", original) if original else 0,
        original,
        orders_named(f"{_text(cells, 'text')} {_text(cells, 'reference')}"),
    )


def _kind(cells: Cells, party: PartyKind) -> LineKind:
    told = _text(cells, "kind").lower()
    if told not in set(LineKind):
        raise Malformed(f"kind {told!r} is none of {', '.join(LineKind)}")
    kind = LineKind(told)
    if kind is LineKind.REMITTANCE and party is not PartyKind.CARRIER:
        raise Malformed("a remittance comes from a carrier")
    return kind


def _reference(cells: Cells) -> str:
    reference = _text(cells, "reference")
    if len(reference) > REFERENCE_MAX or not reference.isprintable():
        raise Malformed(f"reference is no text of up to {REFERENCE_MAX} characters")
    return reference


def _amount(cells: Cells, name: str, currency: str) -> int:
    """Minor units; 0 when the cell is empty."""
    told = _text(cells, name)
    if not told:
        return 0
    try:
        minor = Decimal(told).scaleb(exponent(currency))
    except InvalidOperation:
        raise Malformed(f"{name} {told!r} is no amount, such as 19.00") from None
    if not minor.is_finite() or abs(minor) > AMOUNT_MAX:
        raise Malformed(f"{name} {told!r} is no amount that we can hold")
    if minor != int(minor):
        raise Malformed(f"{name} {told!r} has more decimals than {currency} has")
    return int(minor)


def _moment(cells: Cells) -> datetime:
    told = cells.get("occurred_at")
    if not isinstance(told, datetime):
        try:
            told = datetime.fromisoformat(_text(cells, "occurred_at"))
        except ValueError:
            raise Malformed(f"occurred_at {told!r} is no time, such as 2026-11-02T09:00Z") from None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _text(cells: Cells, name: str) -> str:
    value = cells.get(name)
    if isinstance(value, float):  # of a spreadsheet: 19.0 is 19.00
        return repr(value).removesuffix(".0")
    return "" if value is None else str(value).strip()
