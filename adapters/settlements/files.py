"""Reading a settlement file: all of it is looked at first, and nothing of a bad one is taken."""

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from adapters.settlements.columns import as_text, plain_name, read_line, renamed
from domain.errors import Malformed, Refusal
from domain.settlement import LINES_MAX, Line, PartyKind, Settlement

FILE_BYTES_MAX = 50 * 2**20
TROUBLES_MAX = 100  # that are told of one file
SUFFIXES = (".csv", ".xlsx")
SEPARATORS = ",;\t"  # spreadsheets write by country what is between the cells
SAID_SO = re.compile(r"sep=(.)")  # a first line that says what it is
Cells = dict[str, object]
NO_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class SettlementFile:
    """`sha256` is of what the file says, not of how: saved again or renamed, it is the same."""

    settlement: Settlement
    name: str
    sha256: str


class BadSettlementFile(Malformed):
    """`troubles` says, line by line, what is wrong; nothing of it was taken."""

    def __init__(self, name: str, troubles: list[str]) -> None:
        super().__init__("\n".join([f"{name} was not taken in.", *troubles[:TROUBLES_MAX]]))
        self.troubles = troubles


def read_settlement(
    path: Path,
    kind: PartyKind,
    party: str,
    reference: str = "",
    names: Mapping[str, str] = NO_NAMES,
    now: datetime | None = None,
) -> SettlementFile:
    """`reference` is the payout's name where the file has none of its own, else the file's own name
    is; `names` are the party's names of columns; `now` is by our clock. Refuses
    `BadSettlementFile`; raises OSError.
    """
    if path.stat().st_size > FILE_BYTES_MAX:
        raise BadSettlementFile(
            path.name,
            [f"it is larger than {FILE_BYTES_MAX:,} bytes: split it into several payouts"],
        )
    content = path.read_bytes()
    reading = _Reading(kind, now or datetime.now(UTC))
    try:
        reading.read(_rows(path, content), names)
        told = reading.one("payout", "one file is one payout: split it")
        named = plain_name(told or reference or path.stem, "payout")
        lines = tuple(reading.lines)
        currency = reading.one("currency", "a payout is in one currency: split it")
        if not (lines or reading.troubles):
            raise Malformed("it has no line below the names of its columns: nothing was paid out?")
        if not reading.troubles:
            found = Settlement(kind, party, named, currency, lines)
            return SettlementFile(found, path.name, _hash(found, told))
    except Refusal as refusal:
        reading.troubles.append(refusal.message)
    raise BadSettlementFile(path.name, reading.troubles)


def _hash(settlement: Settlement, payout: str) -> str:
    """Of what the file itself says: its name, its format and empty rows say nothing."""
    said = hashlib.sha256()
    heading = (settlement.kind, settlement.party, payout, settlement.currency)
    said.update("\0".join(heading).encode())
    for line in settlement.lines:
        names = (line.kind, line.reference, line.original_currency, *line.orders)
        amounts = (line.gross, line.fee, line.original_amount)
        at = line.occurred_at.astimezone(UTC).isoformat()
        said.update("\0".join(("", *names, at, *map(str, amounts))).encode())
    return said.hexdigest()


class _Reading:
    """The rows so far; what is wrong with them is collected, so that it is told at once."""

    def __init__(self, kind: PartyKind, now: datetime) -> None:
        self._kind, self._now = kind, now
        self._said: dict[str, set[str]] = {"payout": set(), "currency": set()}
        self.lines: list[Line] = []
        self.troubles: list[str] = []

    def read(self, rows: Iterator[tuple[int, list[object]]], names: Mapping[str, str]) -> None:
        _, header = next(rows, (1, []))
        words = renamed([str(cell) for cell in header], names)
        for number, cells in rows:
            if not any(map(_says, cells)):
                continue
            if len(cells) < len(words) or any(map(_says, cells[len(words) :])):
                told = f"it has {len(cells)} cells, the first line has {len(words)}"
                self.troubles.append(
                    f"line {number}: {told}; a text with a separator in it needs quotes, and a row "
                    "of totals has to be taken out"
                )
                continue
            self._take(number, dict(zip(words, cells, strict=False)))
            if len(self.lines) > LINES_MAX:
                raise Malformed(
                    f"it has more than {LINES_MAX:,} lines: split it into several payouts"
                )

    def _take(self, number: int, cells: Cells) -> None:
        try:
            self.lines.append(read_line(number, cells, self._kind, self._now))
        except Refusal as refusal:
            self.troubles.append(f"line {number}: {refusal.message}")
            return
        for name, values in self._said.items():
            if value := as_text(cells.get(name)):
                values.add(value.upper() if name == "currency" else value)

    def one(self, name: str, advice: str) -> str:
        """What the file says of itself in every line. Refuses more than one."""
        values = self._said[name]
        if len(values) > 1:
            named = ", ".join(sorted(values)[:5])
            raise Malformed(f"it has more than one {name}: {named}; {advice}")
        return next(iter(values), "")


def _says(cell: object) -> bool:
    return bool(as_text(cell))


def _rows(path: Path, content: bytes) -> Iterator[tuple[int, list[object]]]:
    """(line in the file, its cells)."""
    match path.suffix.lower():
        case ".csv":
            return _csv_rows(content)
        case ".xlsx":
            return _sheet_rows(content)
        case other:
            wanted = " or ".join(SUFFIXES)
            raise Malformed(
                f"{other or 'a name without an ending'} is not read: save it as {wanted}"
            )


def _csv_rows(content: bytes) -> Iterator[tuple[int, list[object]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed("it is no UTF-8 text: save it as CSV UTF-8") from error
    first, _, rest = text.partition("\n")
    said = SAID_SO.fullmatch(first.strip("\r\n"))
    above = 1 if said else 0
    separator = said[1] if said else max(SEPARATORS, key=first.count)
    reader = csv.reader(
        io.StringIO(rest if said else text, newline=""), strict=True, delimiter=separator
    )
    while True:
        number = above + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Malformed(
                f"line {number} is no row of CSV ({error}): a quote that opens has to be closed, "
                "and one within a text is doubled"
            ) from error
        if cells is None:
            return
        yield number, list(cells)


def _sheet_rows(content: bytes) -> Iterator[tuple[int, list[object]]]:
    """Of the first sheet."""
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
        failed = _formula_failed(content)
    except (CalamineError, IndexError, ValueError, zipfile.BadZipFile) as error:
        raise Malformed(
            f"it is no XLSX file ({error}): save it as one, without a password"
        ) from error
    if failed:  # such cells read as empty
        raise Malformed("a formula in it fails, as #DIV/0!: mend it, or save the values alone")
    for number, cells in enumerate(rows, 1):
        yield number, [_moment(cell) for cell in cells]


def _formula_failed(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        return any(b' t="e"' in parts.read(name) for name in sheets)


def _moment(cell: object) -> object:
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime.combine(cell, time())
    return cell
