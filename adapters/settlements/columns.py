"""What a settlement file says in which column, and what the cells of a row mean.

  kind        charge, refund, refund_failure, chargeback, chargeback_reversal, fee,
              remittance, adjustment
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
party that names its columns otherwise is told of in a table of names, see `renamed`. Whatever is
refused says what to do about it: people read it who have to mend the file.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from domain.currency import exponent
from domain.errors import BadTime, Malformed
from domain.facts import believable
from domain.money import AMOUNT_MAX
from domain.settlement import Line, LineKind, PartyKind, orders_named

REQUIRED = ("kind", "reference", "gross", "currency", "occurred_at")
OPTIONAL = ("fee", "net", "payout", "original_amount", "original_currency", "text")
COLUMNS = REQUIRED + OPTIONAL
NAME_MAX = 255  # characters of a reference, or of a payout's name
DIGITS_KEPT = 15  # of a number in a spreadsheet
AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_KINDS = f"{', '.join(list(LineKind)[:-1])} or {list(LineKind)[-1]}"

Cells = Mapping[str, object]


def renamed(header: list[str], names: Mapping[str, str]) -> list[str]:
    """The header in our words. `names` says by our word what the party calls it; what it does not
    name is called as here. Refuses (`Malformed`) what lacks a required column or has one twice.
    """
    ours = {theirs.strip().lower(): word for word, theirs in names.items()}
    words = [ours.get(name.strip().lower(), name.strip().lower()) for name in header]
    missing = [name for name in REQUIRED if name not in words]
    if not any(words):
        raise Malformed(f"it is empty: its first line has to name the columns {listed(REQUIRED)}")
    if missing:
        named = ", ".join(filter(None, header))[:NAME_MAX]
        raise Malformed(
            f"it has no column {', '.join(missing)}: its first line has to name the columns, and "
            f"says {named!r}; take out what stands above them, or rename them"
        )
    twice = [name for name in COLUMNS if words.count(name) > 1]
    if twice:
        raise Malformed(f"it has the column {twice[0]} twice: rename or take out one of them")
    return words


def listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def read_line(number: int, cells: Cells, party: PartyKind, now: datetime) -> Line:
    """Refuses (`Malformed`), saying which cell and why."""
    kind = _kind(cells, party)
    currency = _text(cells, "currency").upper()
    exponent(currency)
    gross, fee = _amount(cells, "gross", currency), _amount(cells, "fee", currency)
    net = _amount(cells, "net", currency)
    if _text(cells, "net") and net != gross - fee:
        raise Malformed(
            f"net {_text(cells, 'net')} is not gross {_text(cells, 'gross') or 0} less fee "
            f"{_text(cells, 'fee') or 0}: what a party keeps is a positive fee"
        )
    original = _text(cells, "original_currency").upper()
    return Line(
        number,
        kind,
        plain_name(cells.get("reference"), "reference"),
        gross,
        fee,
        _moment(cells, now),
        _amount(cells, "original_amount", original) if original else 0,
        original,
        orders_named(f"{_text(cells, 'text')} {_text(cells, 'reference')}"),
    )


def _kind(cells: Cells, party: PartyKind) -> LineKind:
    told = _text(cells, "kind").lower()
    if told not in set(LineKind):
        raise Malformed(f"kind is {_KINDS}, not {told!r}; a row of totals has to be taken out")
    kind = LineKind(told)
    if kind is LineKind.REMITTANCE and party is not PartyKind.CARRIER:
        raise Malformed(f"a remittance comes from a carrier; what a {party} pays out is a charge")
    return kind


def plain_name(told: object, what: str) -> str:
    """A reference, or a payout's name. Refuses (`Malformed`) a number of more digits than a
    spreadsheet keeps: it is another one than was meant.
    """
    name = as_text(told)
    if isinstance(told, float) and abs(told) >= 10**DIGITS_KEPT:
        raise Malformed(
            f"{what} {told:.0f} is a number, of which spreadsheets keep {DIGITS_KEPT} digits: "
            "format the column as text, and enter it again"
        )
    if len(name) > NAME_MAX or not name.isprintable():
        raise Malformed(f"{what} is no text of up to {NAME_MAX} printable characters: mend it")
    return name


def _amount(cells: Cells, name: str, currency: str) -> int:
    """Minor units; 0 when the cell is empty."""
    told = _text(cells, name)
    if not told:
        return 0
    if not AMOUNT.fullmatch(told):
        raise Malformed(
            f"{name} {told!r} is no amount: write 1900.50 or -19, with a point before the decimals "
            "and nothing between the thousands"
        )
    minor = Decimal(told).scaleb(exponent(currency))
    if abs(minor) > AMOUNT_MAX:
        raise Malformed(f"{name} {told!r} is more than we can hold: is it an amount?")
    if minor != int(minor):
        raise Malformed(
            f"{name} {told!r} has more decimals than {currency} has, which is {exponent(currency)}"
        )
    return int(minor)


def _moment(cells: Cells, now: datetime) -> datetime:
    told = cells.get("occurred_at")
    if not isinstance(told, datetime):
        try:
            told = datetime.fromisoformat(_text(cells, "occurred_at"))
        except ValueError:
            raise Malformed(
                f"occurred_at {_text(cells, 'occurred_at')!r} is no time: write year, month and "
                "day as 2026-11-02, or with the time as 2026-11-02T09:00Z"
            ) from None
    moment = told if told.tzinfo else told.replace(tzinfo=UTC)
    try:
        return believable("occurred_at", moment, now)
    except BadTime as refusal:
        named = f"{refusal.message} ({_text(cells, 'occurred_at')})"
        raise Malformed(f"{named}: are month and day in order?") from refusal


def _text(cells: Cells, name: str) -> str:
    return as_text(cells.get(name))


def as_text(value: object) -> str:
    """A number of a spreadsheet as the spreadsheet shows it: 19.0 is 19, 0.30000000000000004 is
    0.3.
    """
    if isinstance(value, bool) or not isinstance(value, float):
        return "" if value is None else str(value).strip()
    shown = format(Decimal(f"{value:.{DIGITS_KEPT}g}"), "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
