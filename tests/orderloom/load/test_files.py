"""What is no usable file is refused whole, before anything is written."""

import csv
import json
import subprocess
import sys

import pytest

from orderloom.errors import Refused
from orderloom.load.files import CHUNK_BYTES, look_through
from orderloom.load.loading import RefusedFiles


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty. Its first line has to name the columns."),
        (b"\xef\xbb\xbf\n", "is empty. Its first line has to name the columns."),
        (b"sku,name\nA,Pur\xe9e\n", "is no UTF-8 text: byte 0xe9 in line 2. Save it as CSV UTF-8."),
        ("sku,name\n".encode("utf-16"), "is UTF-16 text. Save it as CSV UTF-8."),
        (b"PK\x03\x04\x00\x00", "is no CSV text. Export it as CSV UTF-8."),
        (b"x" * (CHUNK_BYTES + 2), "is no CSV text. Export it as CSV UTF-8."),
        (b"sku;name\n", "has the columns sku;name, which are of no known kind of file."),
        (b"sku,name,sku\n", "has the columns sku, name, sku, which are of no known kind of file."),
        (b'"sku,name\n', "its first line is no line of CSV: unexpected end of data."),
    ],
)
def test_what_is_no_file_of_a_known_kind_is_refused(shop, content, reason):
    with pytest.raises(Refused) as refusal:
        look_through(shop.file(content))
    assert reason in str(refusal.value)


def test_a_bad_byte_far_down_is_found_before_anything_is_written(shop):
    rows = b"".join(b"S%d,Product\n" % number for number in range(200_000))
    with pytest.raises(Refused, match="byte 0xff in line 200002"):
        shop.load(b"sku,name\n" + rows + b"X,\xff\n")
    assert shop.rows("SELECT count(*) FROM product") == [(0,)]


def test_one_bad_file_stops_all_of_them(shop):
    with pytest.raises(Refused, match=r"(?s)is empty.*Nothing was loaded"):
        shop.load(shop.products, "")
    assert shop.rows("SELECT count(*) FROM product") == [(0,)]


def test_refused_rows_can_be_corrected_and_loaded_again(shop):
    shop.load(shop.products)
    path = shop.folder / "refused.csv"
    with RefusedFiles(path) as refused:
        shop.load(
            "sku,currency,unit_price\nA,USD,1.99\nB,USD,99\n",
            "ref\n\n\nC-1\nC-1\n",
            refused=refused,
        )
    assert refused.written == [path, path.with_name("refused.customer.csv")]
    (row,) = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    assert row == {
        "sku": "A",
        "currency": "USD",
        "unit_price": "1.99",
        "list": "",
        "line": "2",
        "reason": "unit_price '1.99' is no whole number of 0 or more",
        "advice": "write minor units: 249 for 2.49 USD",
    }
    assert shop.verdicts(path.read_text().replace("A,USD,1.99", "A,USD,199")) == ({"added": 1}, {})


def load(shop, home, *arguments, database_url=None):
    return subprocess.run(
        [sys.executable, "-m", "orderloom", "load", "--home", str(home), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "", "DATABASE_URL": database_url or shop.database_url},
        check=False,
    )


def test_the_command_tells_programs_what_became_of_each_file_and_ends_with_1(shop, tmp_path):
    path = shop.file("sku,name\nA,Apple sauce\nB,\n")
    ended = load(shop, tmp_path, path, "--json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout) == [
        {
            "file": str(path),
            "kind": "products",
            "added": 1,
            "changed": 0,
            "unchanged": 0,
            "refused": 1,
            "refused_rows": [{"line": 3, "reason": "name is empty", "advice": "fill it in"}],
        }
    ]


def test_the_command_shows_people_a_table_and_the_refused_lines(shop, tmp_path):
    path = shop.file("sku,name\nA,Apple sauce\nB,\n", "goods.csv")
    refused = tmp_path / "refused.csv"
    ended = load(shop, tmp_path, path, "--refused", refused)
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert "refused goods.csv, line 3: name is empty; fill it in".split() in lines
    assert ["goods.csv", "products", "1", "0", "0", "1"] in lines
    assert refused.read_text().splitlines()[1] == "B,,3,name is empty,fill it in"


def test_refused_rows_have_the_columns_of_their_file_since_an_empty_cell_is_no_missing_one(shop):
    path = shop.folder / "refused.csv"
    with RefusedFiles(path) as refused:
        shop.load("sku,name\nA,\n", "sku,name,weight_g\nB,,180\n", refused=refused)
    assert refused.written == [path, path.with_name("refused.product2.csv")]
    assert [file.read_text() for file in refused.written] == [
        "sku,name,line,reason,advice\nA,,2,name is empty,fill it in\n",
        "sku,name,weight_g,line,reason,advice\nB,,180,2,name is empty,fill it in\n",
    ]


@pytest.mark.parametrize("place", ["nowhere/refused.csv", "products.csv/refused.csv", "."])
def test_the_command_loads_nothing_when_refused_rows_cannot_be_written(shop, tmp_path, place):
    file = shop.file(shop.products, "products.csv")
    ended = load(shop, tmp_path, file, "--refused", shop.folder / place)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"orderloom: Refused rows cannot be written into {shop.folder / place}. "
        "Nothing was loaded.\n"
    )
    assert shop.rows("SELECT * FROM product") == []
    assert list(shop.folder.iterdir()) == [file]


def test_the_command_never_writes_refused_rows_of_a_further_kind_over_a_file(shop, tmp_path):
    file = shop.file(shop.products, "refused.product.csv")
    ended = load(shop, tmp_path, file, "--refused", shop.folder / "refused.csv")
    assert ended.returncode == 1
    assert f"{file} is one of the files to load" in ended.stderr
    assert file.read_text() == shop.products


def test_the_command_never_writes_refused_rows_over_a_file_toload(shop, tmp_path):
    path = shop.file("sku,name\nA,Apple sauce\n")
    ended = load(shop, tmp_path, path, "--refused", path)
    assert ended.returncode == 1
    assert "is one of the files to load" in ended.stderr
    assert path.read_text() == "sku,name\nA,Apple sauce\n"


def test_the_command_says_when_the_database_cannot_be_reached(shop, tmp_path):
    path = shop.file("sku,name\nA,Apple sauce\n")
    nobody = "postgresql://postgres@127.0.0.1:1/nothing"
    ended = load(shop, tmp_path, path, database_url=nobody)
    assert ended.returncode == 1
    assert ended.stderr == (
        "orderloom: The database cannot be reached. Is `orderloom up` running on this home?\n"
    )


def test_the_command_says_when_the_database_has_no_tables(shop, tmp_path):
    shop.execute("DROP TABLE price, stock, product CASCADE")
    path = shop.file("sku,name\nA,Apple sauce\n")
    ended = load(shop, tmp_path, path)
    assert ended.returncode == 1
    assert ended.stderr == (
        "orderloom: The database has no tables. Run `orderloom migrate` first.\n"
    )
