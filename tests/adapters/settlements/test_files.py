"""Settlement files: what is read of them, and that nothing of a bad one is."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from adapters.settlements.files import BadSettlementFile, read_settlement
from domain.settlement import LINES_MAX, Line, LineKind, PartyKind

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
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
    return read_settlement(path, kind, "acme", **{"now": NOW, **more})


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
        (
            "sale,a,1,,,USD,2026-11-02,,",
            "kind is charge, refund, chargeback, chargeback_reversal, refund_failure, fee,",
        ),
        ("Total,,1,,,,,,", "not 'total'; a row of totals has to be taken out"),
        (",,1,,,,,,", "not ''; a row of totals has to be taken out"),
        ("Total;1", "a row of totals has to be taken out"),
        ("charge,a,x,,,USD,2026-11-02,,", "gross 'x' is no amount: write 1900.50 or -19"),
        ('charge,a,"19,00",,,USD,2026-11-02,,', "with a point before the decimals"),
        ('charge,a,"1,900.00",,,USD,2026-11-02,,', "and nothing between the thousands"),
        ("charge,a,1_900.00,,,USD,2026-11-02,,", "gross '1_900.00' is no amount"),
        ("charge,a,１９,,,USD,2026-11-02,,", "gross '１９' is no amount"),
        ("charge,a,nan,,,USD,2026-11-02,,", "gross 'nan' is no amount"),
        ("charge,a,1e3,,,USD,2026-11-02,,", "gross '1e3' is no amount"),
        ("charge,a,99999999999999999,,,USD,2026-11-02,,", "is more than we can hold"),
        ("charge,a,1.005,,,USD,2026-11-02,,", "has more decimals than USD has, which is 2"),
        ("charge,a,1,0.1,1,USD,2026-11-02,,", "net 1 is not gross 1 less fee 0.1"),
        ("charge,a,1,,,XXX,2026-11-02,,", "'XXX' is no active ISO 4217"),
        ("charge,a,1,,,USD,yesterday,,", "occurred_at 'yesterday' is no time: write year, month"),
        ("charge,a,1,,,USD,02.11.2026,,", "write year, month and day as 2026-11-02"),
        ("charge,a,1,,,USD,11/02/2026,,", "write year, month and day as 2026-11-02"),
        ("charge,a,1,,,USD,2026-12-02,,", "in the future (2026-12-02): are month and day in"),
        ("charge,a,1,,,USD,0001-01-01T00:00+14:00,,", "it is before 2000-01-01"),
        ("charge,a,-1,,,USD,2026-11-02,,", "the gross of a charge is positive"),
        ("remittance,a,1,,,USD,2026-11-02,,", "what a provider pays out is a charge"),
        (f"charge,{'a' * 256},1,,,USD,2026-11-02,,", "reference is no text of up to 255"),
        ("charge,a,1,,,USD", "it has 6 cells, the first line has 9"),
        (f"{CHARGE},x", "it has 10 cells, the first line has 9"),
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
        (b"", "it is empty: its first line has to name the columns kind, reference, gross, curr"),
        (b"\xef\xbb\xbf \n", "it is empty"),
        (b"Report of acme\n", "and says 'Report of acme'; take out what stands above them"),
        (HEADER.encode(), "it has no line below the names of its columns"),
        (f"{HEADER},fee\n".encode(), "it has the column fee twice: rename or take out one"),
        (b"kind,\xff\n", "it is no UTF-8 text: save it as CSV UTF-8"),
        (two("po-1", "po-1").decode().encode("utf-16"), "save it as CSV UTF-8"),
        (f'{HEADER}\n"a'.encode(), "line 2 is no row of CSV (unexpected end of data): a quote"),
        (two("po-1", "po-2"), "more than one payout: po-1, po-2; one file is one payout: split it"),
        (two("USD", "EUR"), "more than one currency: EUR, USD; a payout is in one currency"),
        (two("po-1", "po-1").replace(b"po-1", b"p\0"), "payout is no text of up to 255 printable"),
    ],
)
def test_a_file_that_is_no_settlement_is_refused_whole(tmp_path, content, why):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    [trouble] = troubles(path)
    assert why in trouble


@pytest.mark.parametrize("name", ["a.xlsx", "a.pdf", "a"])
def test_what_is_no_spreadsheet_is_refused_and_said_how_to_save_it(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 nonsense")
    [trouble] = troubles(tmp_path / name)
    assert "save it as" in trouble


@pytest.mark.parametrize("more", ["{}\n", "sep={}\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_whatever_a_spreadsheet_puts_between_the_cells_is_read(tmp_path, separator, more):
    path = tmp_path / "s.csv"
    heading = more.format(separator) if "sep" in more else ""
    rows = [row.replace(",", separator) for row in (HEADER, CHARGE, "", ",,,,,,,,")]
    rows.append(f'"charge"{separator}"a; ""b"", c"{separator}' + separator.join(
        ["19.00", "", "", "USD", "2026-11-02", "po-1", ""]
    ))  # fmt: skip
    path.write_bytes(("\ufeff" + heading + "\r\n".join(rows)).encode())
    first, second = read(path).settlement.lines
    assert (first.gross, first.fee, first.line) == (1900, 60, 2 + bool(heading))
    assert (second.reference, second.gross) == ('a; "b", c', 1900)


def test_more_lines_than_a_file_may_have_are_refused_and_as_many_are_taken(tmp_path):
    rows = [f"charge,a{n},1,,,USD,2026-11-02,," for n in range(LINES_MAX + 1)]
    assert troubles(csv_file(tmp_path, *rows)) == [
        "it has more than 50,000 lines: split it into several payouts"
    ]
    assert len(read(csv_file(tmp_path, *rows[1:])).settlement.lines) == LINES_MAX


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


def sheet(folder: Path, *cells: Any, formula: str = "") -> Path:
    """A line of it; `formula` is the fee."""
    path = folder / "s.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER.split(","))
        page.write_row(1, 0, cells)
        if formula:
            page.write_formula(1, 3, formula, None, "#DIV/0!")
    return path


def test_what_a_spreadsheet_has_added_up_is_the_amount_that_it_shows(tmp_path):
    path = sheet(
        tmp_path, "charge", 12345678, 1234.560000000001, 0.1 + 0.2, "", "USD", "2026-11-02"
    )
    [line] = read(path).settlement.lines
    assert (line.reference, line.gross, line.fee) == ("12345678", 123_456, 30)


@pytest.mark.parametrize(
    ("cells", "formula", "why"),
    [
        (("charge", 1234567890123456789, 1), "", "format the column as text, and enter it again"),
        (("charge", "a", "19,10"), "", "with a point before the decimals"),
        (("charge", "a", True), "", "gross 'True' is no amount"),
        (("Total", None, 19.1), "", "a row of totals has to be taken out"),
        (("charge", "a", 19.1), "=1/0", "a formula in it fails, as #DIV/0!: mend it"),
    ],
)
def test_what_a_spreadsheet_cannot_say_is_refused(tmp_path, cells, formula, why):
    rest = (None,) * (5 - len(cells))
    [trouble] = troubles(sheet(tmp_path, *cells, *rest, "USD", "2026-11-02", formula=formula))
    assert why in trouble


def test_days_of_a_spreadsheet_that_are_numbers_are_refused(tmp_path):
    row = ("charge", "a", 1, None, None, "USD", 46328)
    [trouble] = troubles(sheet(tmp_path, *row))
    assert "occurred_at '46328' is no time: write year, month and day" in trouble


def test_the_same_content_is_the_same_however_it_was_saved(tmp_path):
    plain = read(csv_file(tmp_path, "charge,a,19.00,0.60,,USD,2026-11-02,,")).sha256
    same = "charge;a;19;0.6;;usd;2026-11-02T01:00+01:00;;"
    path = csv_file(tmp_path, same, header=HEADER.replace(",", ";"), name="copy.csv")
    assert read(path).sha256 == plain
    book = sheet(tmp_path, "charge", "a", 19.0, 0.6, "", "USD", "2026-11-02")
    assert read(book).sha256 == plain
    for other in ("charge,b,19,0.6", "charge,a,19,0.7", "refund,a,-19,0.6"):
        row = f"{other},,USD,2026-11-02,,"
        assert read(csv_file(tmp_path, row)).sha256 != plain
    named = csv_file(tmp_path, "charge,a,19,0.6,,USD,2026-11-02,po-1,")
    assert read(named).sha256 != plain


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
