"""CSV files: looked through before anything is written, then read row by row.

A file that cannot be read whole is refused whole, so that nothing of it is loaded by half.
"""

import codecs
import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from orderloom.errors import Refused
from orderloom.load.fields import BadCell
from orderloom.load.kinds import Kind, Row, known_kinds, recognise

CHUNK_BYTES = 1 << 20
LINE_BYTES_MAX = 1 << 20  # one line, or a file without line breaks, is not read into memory
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class CsvFile:
    """A readable file of a known kind. `sha256` is of its content, `header` its columns; `lines`
    counts those below the header.
    """

    path: Path
    kind: Kind
    header: tuple[str, ...]
    sha256: str
    lines: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the kind that the file has, and its key. What a file does not name stays as it
        is, and begins as the table says.
        """
        named = {*self.header, *self.kind.key}
        return tuple(name for name in self.kind.columns if name in named)


@dataclass(frozen=True)
class GoodRow:
    line: int
    row: Row
    cells: dict[str, str]


@dataclass(frozen=True)
class RefusedRow:
    """`cells` as far as they could be read, by column."""

    line: int
    reason: str
    advice: str
    cells: dict[str, str]


def look_through(path: Path) -> CsvFile:
    """Refuses, saying what to do, what is empty, no UTF-8 text, or of no known kind."""
    try:
        sha256, lines = _checked_text(path)
        with _open(path) as file:
            header = tuple(name.strip().lower() for name in next(_reader(file), []))
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except csv.Error as error:
        raise Refused(f"{path}: its first line is no line of CSV: {error}.") from error
    if not any(header):
        raise Refused(f"{path} is empty. Its first line has to name the columns.")
    kind = recognise(header)
    if kind is None or len(set(header)) < len(header):
        raise Refused(
            f"{path} has the columns {', '.join(header)}, which are of no known kind of file. "
            f"Its first line has to name, separated by commas, the columns of one of these: "
            f"{known_kinds()}."
        )
    return CsvFile(path, kind, header, sha256, lines - 1)


def read_rows(file: CsvFile) -> Iterator[GoodRow | RefusedRow]:
    """Every row but blank ones; a second row for the same thing is refused."""
    first_lines: dict[Row, int] = {}
    for line, cells in _cells(file):
        if isinstance(cells, RefusedRow):
            yield cells
            continue
        try:
            row = file.kind.parse(cells)
        except BadCell as bad:
            yield RefusedRow(line, bad.reason, bad.advice, cells)
            continue
        first = first_lines.setdefault(file.kind.key_of(row), line)
        if first == line:
            yield GoodRow(line, row, cells)
        else:
            same = " and ".join(file.kind.key)
            yield RefusedRow(
                line, f"has the same {same} as line {first}", "keep one of them", cells
            )


def _cells(file: CsvFile) -> Iterator[tuple[int, dict[str, str] | RefusedRow]]:
    """(line on which the row begins, its cells by column)."""
    with _open(file.path) as text:
        reader = _reader(text)
        next(reader)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield line, RefusedRow(line, f"is no row of CSV: {error}", "mend its quotes", {})
                continue
            if cells is None:
                return
            if not cells:
                continue
            by_column = dict(zip(file.header, cells, strict=False))
            if len(cells) == len(file.header):
                yield line, by_column
            else:
                counts = f"has {len(cells)} cells, but there are {len(file.header)} columns"
                yield line, RefusedRow(line, counts, "check its commas and quotes", by_column)


def _open(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", newline="")


def _reader(file: IO[str]) -> Any:  # csv has no public name for the type
    return csv.reader(file, strict=True)


def _checked_text(path: Path) -> tuple[str, int]:
    """(SHA-256, lines) of a text file. Refuses what is no UTF-8 or has no lines to speak of."""
    digest = hashlib.sha256()
    text = _Text(path)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            text.check(chunk)
    text.check(b"", final=True)
    return digest.hexdigest(), text.lines


class _Text:
    """Follows a file chunk by chunk and refuses it at the first byte that is no CSV text."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.lines = 0  # so far; the last one may lack its line break
        self._open_bytes = 0  # of the line that the chunk before left open
        self._first = True

    def check(self, chunk: bytes, *, final: bool = False) -> None:
        if self._first and chunk.startswith(UTF_16):
            raise Refused(f"{self._path} is UTF-16 text. Save it as CSV UTF-8.")
        self._first = False
        head, newline, _ = chunk.partition(b"\n")
        if b"\0" in chunk or self._open_bytes + len(head) > LINE_BYTES_MAX:
            raise Refused(f"{self._path} is no CSV text. Export it as CSV UTF-8.")
        self._decode(chunk, final)
        self.lines += chunk.count(b"\n") + (final and self._open_bytes > 0)
        open_bytes = len(chunk) - chunk.rfind(b"\n") - 1
        self._open_bytes = open_bytes if newline else self._open_bytes + len(chunk)

    def _decode(self, chunk: bytes, final: bool) -> None:
        try:
            self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            line = self.lines + 1 + error.object[: error.start].count(b"\n")
            raise Refused(
                f"{self._path} is no UTF-8 text: byte 0x{error.object[error.start]:02x} in line "
                f"{line}. Save it as CSV UTF-8."
            ) from error
