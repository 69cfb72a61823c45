"""Reading a settlement file: all of it is looked at first, and nothing of a bad one is taken."""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from adapters.settlements.columns import read_line, renamed
from domain.errors import Malformed, Refusal
from domain.settlement import LINES_MAX, Line, PartyKind, Settlement

FILE_BYTES_MAX = 50 * 2**20
TROUBLES_MAX = 100  # that are told of one file
SUFFIXES = (".csv", ".xlsx")
Cells = dict[str, object]
NO_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class SettlementFile:
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
) -> SettlementFile:
    """`reference` is the payout's name where the file has none of its own, else the file's own name
    is; `names` are the party's names of columns. Refuses `BadSettlementFile`; raises OSError.
    """
    if path.stat().st_size > FILE_BYTES_MAX:
        raise BadSettlementFile(path.name, [f"it is larger than {FILE_BYTES_MAX:,} bytes"])
    content = path.read_bytes()
    reading = _Reading(kind)
    try:
        reading.read(_rows(path, content), names)
        named = reading.one("payout") or reference or path.stem
        lines = tuple(reading.lines)
        settlement = Settlement(kind, party, named, reading.one("currency"), lines)
    except Refusal as refusal:
        reading.troubles.append(refusal.message)
    if reading.troubles:
        raise BadSettlementFile(path.name, reading.troubles)
    return SettlementFile(settlement, path.name, hashlib.sha256(content).hexdigest())


class _Reading:
    """The rows so far; what is wrong with them is collected, so that it is told at once."""

    def __init__(self, kind: PartyKind) -> None:
        self._kind = kind
        self._said: dict[str, set[str]] = {"payout": set(), "currency": set()}
        self.lines: list[Line] = []
        self.troubles: list[str] = []

    def read(self, rows: Iterator[tuple[int, list[object]]], names: Mapping[str, str]) -> None:
        _, header = next(rows, (1, []))
        words = renamed([str(cell) for cell in header], names)
        for number, cells in rows:
            if all(cell in ("", None) for cell in cells):
                continue
            if len(cells) != len(words):
                told = f"it has {len(cells)} cells, the first line has {len(words)}"
                self.troubles.append(f"line {number}: {told}")
                continue
            self._take(number, dict(zip(words, cells, strict=True)))
            if len(self.lines) > LINES_MAX:
                raise Malformed(f"it has more than {LINES_MAX:,} lines")

    def _take(self, number: int, cells: Cells) -> None:
        try:
            self.lines.append(read_line(number, cells, self._kind))
        except Refusal as refusal:
            self.troubles.append(f"line {number}: {refusal.message}")
            return
        for name, values in self._said.items():
            if value := str(cells.get(name) or "").strip():
                values.add(value.upper() if name == "currency" else value)

    def one(self, name: str) -> str:
        """What the file says of itself in every line. Refuses more than one."""
        values = self._said[name]
        if len(values) > 1:
            raise Malformed(f"it has more than one {name}: {', '.join(sorted(values)[:5])}")
        return next(iter(values), "")


def _rows(path: Path, content: bytes) -> Iterator[tuple[int, list[object]]]:
    """(line in the file, its cells)."""
    match path.suffix.lower():
        case ".csv":
            return _csv_rows(content)
        case ".xlsx":
            return _sheet_rows(content)
        case other:
            raise Malformed(f"{other or 'no ending'} is none of {', '.join(SUFFIXES)}")


def _csv_rows(content: bytes) -> Iterator[tuple[int, list[object]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed("it is no UTF-8 text: save it as CSV UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Malformed(f"line {number} is no row of CSV: {error}") from error
        if cells is None:
            return
        yield number, list(cells)


def _sheet_rows(content: bytes) -> Iterator[tuple[int, list[object]]]:
    """Of the first sheet."""
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, IndexError, ValueError) as error:
        raise Malformed(f"it is no XLSX file: {error}") from error
    for number, cells in enumerate(rows, 1):
        yield number, [_moment(cell) for cell in cells]


def _moment(cell: object) -> object:
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime.combine(cell, time())
    return cell
