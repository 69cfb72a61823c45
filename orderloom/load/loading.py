"""From files to the database, batch by batch, with a report for each file."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from orderloom.errors import Refused
from orderloom.load.files import CsvFile, GoodRow, RefusedRow, look_through, read_rows
from orderloom.load.kinds import KINDS, VERDICT_COLUMNS, Kind

if TYPE_CHECKING:
    from adapters.postgres.loading import Loader, Verdicts

BATCH_ROWS = 5_000
REFUSED_SHOWN_MAX = 1_000  # of each file, in the report; `--refused` writes every one
VERDICTS = ("added", "changed", "unchanged", "refused")

Progress = Callable[[CsvFile, int], None]  # rows read since the last call


@dataclass
class Report:
    """What became of the rows of one file."""

    file: CsvFile
    counts: Counter[str] = field(default_factory=Counter)
    refused: list[RefusedRow] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "file": str(self.file.path),
            "kind": self.file.kind.name,
            **{verdict: self.counts[verdict] for verdict in VERDICTS},
            "refused_rows": [
                {"line": row.line, "reason": row.reason, "advice": row.advice}
                for row in self.refused
            ],
        }


def look_through_all(paths: Sequence[Path]) -> list[CsvFile]:
    """In the order in which they need one another. Refuses them all if one is unreadable, so that
    nothing is written by half.
    """
    found, troubles = [], []
    for path in paths:
        try:
            found.append(look_through(path))
        except Refused as refusal:
            troubles.append(str(refusal))
    if troubles:
        raise Refused("\n".join([*troubles, "Nothing was loaded."]))
    return sorted(found, key=lambda file: KINDS.index(file.kind))


def load_files(
    files: Sequence[CsvFile],
    database_url: str,
    *,
    at: datetime,
    refused: "RefusedFiles | None" = None,
    progress: Progress = lambda _file, _rows: None,
) -> list[Report]:
    """Loads `files` in their order; `at` tells this run from others. Refuses when the database
    cannot be used; what was loaded by then stays, and loading again is safe.
    """
    from adapters.postgres.loading import loader
    from adapters.postgres.unusable import DatabaseUnusable

    reports = []
    try:
        with loader(database_url) as open_loader:
            for file in files:
                loading = _Loading(Report(file), open_loader, at)
                reports.append(loading.load(refused, progress))
    except DatabaseUnusable as unusable:
        raise Refused(str(unusable)) from unusable
    return reports


class _Loading:
    """One file on its way."""

    def __init__(self, report: Report, loader: "Loader", at: datetime) -> None:
        self._report = report
        self._file = report.file
        self._loader = loader
        self._run = f"{report.file.sha256[:12]}@{at.isoformat(timespec='microseconds')}"

    def load(self, refused: "RefusedFiles | None", progress: Progress) -> Report:
        rows = read_rows(self._file)
        while batch := list(islice(rows, BATCH_ROWS)):
            good = [row for row in batch if isinstance(row, GoodRow)]
            bad = [row for row in batch if isinstance(row, RefusedRow)]
            bad += self._load_batch(good)
            bad.sort(key=lambda row: row.line)
            self._report.counts["refused"] += len(bad)
            self._report.refused += bad[: REFUSED_SHOWN_MAX - len(self._report.refused)]
            if refused is not None:
                refused.write(self._file, bad)
            progress(self._file, len(batch))
        return self._report

    def _load_batch(self, rows: Sequence[GoodRow]) -> list[RefusedRow]:
        verdicts = self._verdicts(rows)
        counts = self._report.counts
        counts["added"] += len(verdicts.added)
        counts["changed"] += len(verdicts.changed)
        settled = len(verdicts.added) + len(verdicts.changed) + len(verdicts.refused)
        counts["unchanged"] += len(rows) - settled
        cells = {row.line: row.cells for row in rows}
        return [
            RefusedRow(line, reason, advice, cells[line])
            for line, (reason, advice) in verdicts.refused.items()
        ]

    def _verdicts(self, rows: Sequence[GoodRow]) -> "Verdicts":
        from adapters.postgres.loading import Batch

        kind, named = self._file.kind, self._file.columns
        lines = [
            (row.line, *(v for c, v in zip(kind.columns, row.row, strict=True) if c in named))
            for row in rows
        ]
        return self._loader.load(Batch(kind.table, named, lines, self._run))


class RefusedFiles:
    """Refused rows as CSV that can be corrected and loaded again: the columns of their file, then
    line, reason and advice. `path` for the first that has any; rows of a further kind, or with
    other columns, go into a file beside it, named by the kind.
    """

    def __init__(self, path: Path, *, keep_off: Sequence[Path] = ()) -> None:
        """Writes nothing yet. Refuses a path that no file can be written to, and one by which a
        file of `keep_off` could be overwritten.
        """
        self._path = path
        if not _can_be_written(path):
            raise Refused(f"Refused rows cannot be written into {path}. Nothing was loaded.")
        taken = {file.resolve() for file in keep_off}
        for mine in (path, *map(self._beside, KINDS)):
            if mine.resolve() in taken:
                raise Refused(f"{mine} is one of the files to load. Choose another for --refused.")
        self._writers: dict[tuple[str, tuple[str, ...]], csv.DictWriter[str]] = {}
        self._files = ExitStack()
        self.written: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def write(self, file: CsvFile, rows: Sequence[RefusedRow]) -> None:
        if not rows:
            return
        writer = self._writer(file)
        for row in rows:
            verdict = {"line": row.line, "reason": row.reason, "advice": row.advice}
            writer.writerow({**row.cells, **verdict})

    def _writer(self, file: CsvFile) -> "csv.DictWriter[str]":
        key = (file.kind.table, file.columns)
        if key not in self._writers:
            before = sum(table == file.kind.table for table, _ in self._writers)
            path = self._beside(file.kind, before) if self._writers else self._path
            opened = self._files.enter_context(path.open("w", encoding="utf-8", newline=""))
            columns = [*file.columns, *VERDICT_COLUMNS]
            writer = csv.DictWriter(opened, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            self._writers[key] = writer
            self.written.append(path)
        return self._writers[key]

    def _beside(self, kind: Kind, before: int = 0) -> Path:
        number = before + 1 if before else ""
        return self._path.with_name(f"{self._path.stem}.{kind.table}{number}{self._path.suffix}")


def _can_be_written(path: Path) -> bool:
    if os.access(path, os.F_OK):
        return os.access(path, os.W_OK) and not path.is_dir()
    return os.access(path.parent, os.W_OK) and path.parent.is_dir()
