"""Settlement files: what is read of them, and that nothing of a bad one is."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from adapters.settlements.files import BadSettlementFile, read_settlement
from domain.settlement import Line, LineKind, PartyKind

HEADER = "kind,reference,gross,fee,net,currency,occurred_at,payout,text"
NUMBER = "7K3M-9QXT-2AVB"
CHARGE = f"charge,{NUMBER}-F1/capture/1,19.00,0.60,18.40,USD,2026-11-02T09:00:00+02:00,po-1,"


def two(word: str, other: str) -> bytes:
    return f"{HEADER}\n{CHARGE}\n{CHARGE.replace(word, other)}\n".encode()


def csv_file(folder: Path, *rows: str, header: str = HEADER, name: str = "s.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def read(path: Path, kind: PartyKind = PartyKind.PROVIDER, **more: Any) -> Any:
    return read_settlement(path, kind, "acme", **more)


def troubles(path: Path, **more: Any) -> list[str]:
    with pytest.raises(BadSettlementFile) as refused:
        read(path, **more)
    return refused.value.troubles


def test_a_file_is_read_to_the_minor_unit_and_its_text_is_searched_and_not_kept(tmp_path):
    refund = f"refund,re_9,-5.00,,,usd,2026-11-02,po-1,Ana Ruiz about {NUMBER}"
    found = read(csv_file(tmp_path, CHARGE, refund, "fee,,0,1.5,,USD,2026-11-02T23:00Z,po-1,"))
    settlement = found.settlement
    assert (settlement.kind, settlement.party) == (PartyKind.PROVIDER, "acme")
    assert (settlement.reference, settlement.currency) == ("po-1", "USD")
    midnight = datetime(2026, 11, 2, tzinfo=UTC)
    assert settlement.lines == (
        Line(2, LineKind.CHARGE, f"{NUMBER}-F1/capture/1", 1900, 60,
             datetime(2026, 11, 2, 7, tzinfo=UTC), orders=(NUMBER,)),
        Line(3, LineKind.REFUND, "re_9", -500, 0, midnight, orders=(NUMBER,)),
        Line(4, LineKind.FEE, "", 0, 150, midnight.replace(hour=23)),
    )  # fmt: skip
    assert "Ana" not in repr(found)


@pytest.mark.parametrize(
    ("currency", "told", "minor"),
    [("JPY", "1900", 1900), ("KWD", "1.905", 1905), ("USD", "7", 700)],
)
def test_a_currency_has_its_own_decimals(tmp_path, currency, told, minor):
    row = f"charge,a,{told},,,{currency},2026-11-02,,"
    assert read(csv_file(tmp_path, row)).settlement.lines[0].gross == minor


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("sale,a,1,,,USD,2026-11-02,,", "kind 'sale' is none of"),
        ("charge,a,x,,,USD,2026-11-02,,", "gross 'x' is no amount"),
        ("charge,a,nan,,,USD,2026-11-02,,", "gross 'nan' is no amount that we can hold"),
        ("charge,a,1e400,,,USD,2026-11-02,,", "gross '1e400' is no amount that we can hold"),
        ("charge,a,1.005,,,USD,2026-11-02,,", "has more decimals than USD has"),
        ("charge,a,1,0.1,1,USD,2026-11-02,,", "net 1 is not gross less fee"),
        ("charge,a,1,,,XXX,2026-11-02,,", "'XXX' is no active ISO 4217"),
        ("charge,a,1,,,USD,yesterday,,", "occurred_at 'yesterday' is no time"),
        ("charge,a,-1,,,USD,2026-11-02,,", "the gross of a charge is positive"),
        ("remittance,a,1,,,USD,2026-11-02,,", "a remittance comes from a carrier"),
        (f"charge,{'a' * 256},1,,,USD,2026-11-02,,", "reference is no text of up to 255"),
        ("charge,a,1,,,USD", "it has 6 cells, the first line has 9"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_its_reason(tmp_path, row, why):
    [trouble] = troubles(csv_file(tmp_path, CHARGE, row))
    assert trouble.startswith("line 3: ")
    assert why in trouble


def test_all_bad_rows_are_told_at_once(tmp_path):
    bad = "charge,a,x,,,USD,2026-11-02,,"
    assert [each[:7] for each in troubles(csv_file(tmp_path, bad, CHARGE, bad))] == [
        "line 2:", "line 4:"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it has no column kind, reference, gross, currency, occurred_at"),
        (HEADER.encode(), "a settlement has at least one line"),
        (f"{HEADER},fee\n".encode(), "it has the column fee twice"),
        (b"kind,\xff\n", "it is no UTF-8 text"),
        (f'{HEADER}\n"a'.encode(), "is no row of CSV"),
        (two("po-1", "po-2"), "more than one payout"),
        (two("USD", "EUR"), "more than one currency"),
    ],
)
def test_a_file_that_is_no_settlement_is_refused_whole(tmp_path, content, why):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    [trouble] = troubles(path)
    assert why in trouble


@pytest.mark.parametrize("name", ["a.xlsx", "a.pdf", "a"])
def test_what_is_no_spreadsheet_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 nonsense")
    assert len(troubles(tmp_path / name)) == 1


def test_a_spreadsheet_says_the_same_as_its_text(tmp_path):
    path = tmp_path / "s.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [name.title() for name in HEADER.split(",")])
        sheet.write_row(1, 0, ["charge", "pay_1", 19.1, 0.6, 18.5, "USD"])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, 6, date(2026, 11, 2), day)
        sheet.write_row(1, 7, ["po-1", ""])
    [line] = read(path).settlement.lines
    assert line == Line(2, LineKind.CHARGE, "pay_1", 1910, 60, datetime(2026, 11, 2, tzinfo=UTC))
    assert line.occurred_at.date() == date(2026, 11, 2)


def test_a_party_may_name_its_columns_otherwise(tmp_path):
    header = "Type,Charge ID,Amount,Currency,Created"
    path = csv_file(tmp_path, "charge,ch_1,5.00,EUR,2026-11-02", header=header, name="x.csv")
    names = {
        "kind": "type",
        "reference": "charge id",
        "gross": "Amount",
        "occurred_at": "Created",
    }
    found = read(path, names=names).settlement
    assert (found.reference, found.lines[0].reference, found.lines[0].gross) == ("x", "ch_1", 500)
    assert "it has no column kind" in troubles(path)[0]
