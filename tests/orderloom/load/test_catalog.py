"""Loading what is sold, at which price and tax, from where and to whom."""

import time
from datetime import UTC, datetime

import pytest

from orderloom.load.files import look_through
from orderloom.load.kinds import KINDS


def test_a_file_may_be_loaded_again_and_only_what_differs_is_changed(shop):
    assert shop.verdicts(shop.products) == ({"added": 2}, {})
    assert shop.verdicts(shop.products) == ({"unchanged": 2}, {})
    renamed = "sku,name,category\nA,Apple purée,Fruit\nB,Bread,\nC,Cheese,Dairy\n"
    assert shop.verdicts(renamed) == ({"added": 1, "changed": 1, "unchanged": 1}, {})
    assert shop.rows("SELECT sku, name, category FROM product ORDER BY sku") == [
        ("A", "Apple purée", "Fruit"),
        ("B", "Bread", ""),
        ("C", "Cheese", "Dairy"),
    ]


def test_files_are_loaded_in_the_order_in_which_they_need_one_another(shop):
    reports = shop.load("sku,currency,unit_price\nA,USD,249\n", shop.products)
    assert [report.file.kind.name for report in reports] == ["products", "prices"]
    assert shop.rows("SELECT * FROM price") == [("A", "USD", 249, "standard")]


def test_a_refused_row_never_stops_the_others(shop):
    shop.load(shop.products)
    counts, reasons = shop.verdicts(
        "sku,currency,unit_price\n"
        "A,USD,2.49\n"
        "Z,USD,249\n"
        "B,USD,199\n"
        "B,usd,198\n"
        "A,XXX,1\n"
        "A,EUR\n"
        ",EUR,1\n"
    )
    assert counts == {"added": 1, "refused": 6}
    assert reasons == {
        2: "unit_price '2.49' is no whole number of 0 or more",
        3: "there is no product Z",
        5: "has the same sku and currency and list as line 4",
        6: "currency 'XXX' is no active ISO 4217 currency code, such as USD",
        7: "has 2 cells, but there are 3 columns",
        8: "sku is empty",
    }
    assert shop.rows("SELECT * FROM price") == [("B", "USD", 199, "standard")]


def test_every_kind_of_file_is_loaded_with_its_defaults(shop):
    shop.load(
        shop.products,
        "name,id,country\nWarehouse One,W1,us\n",
        "ref,blocked,credit_limit,credit_currency\nC-1,yes,,\nC-2,,250000,usd\n",
        "country,region,rate_bp\nUS,MA,625\nDE,,1900\n",
        "country,region,city,latitude,longitude\nUS,MA,Boston,42.36,-71.06\n",
    )
    assert shop.rows("SELECT * FROM customer ORDER BY ref") == [
        ("C-1", "", True, 0, "", 30),
        ("C-2", "", False, 250_000, "USD", 30),
    ]
    assert shop.rows("SELECT * FROM tax_rate ORDER BY country") == [
        ("DE", "", 1900, "standard"),
        ("US", "MA", 625, "standard"),
    ]
    assert shop.rows("SELECT * FROM place") == [("US", "MA", "boston", 42.36, -71.06)]


def test_prices_go_into_the_list_that_they_name_and_else_into_the_standard_one(shop):
    reports = shop.load(
        "sku,currency,unit_price,list\nA,USD,249,gold\nA,USD,299,\nB,USD,1,none\n",
        "id,tax_included,tier,valid_from,valid_until\n"
        "gold,no,gold,2026-11-27,2026-11-30T00:00+08:00\n",
        shop.products,
    )
    assert [report.file.kind.name for report in reports] == ["products", "price lists", "prices"]
    assert [row.reason for row in reports[2].refused] == ["there is no price list none"]
    assert shop.rows("SELECT * FROM price ORDER BY list") == [
        ("A", "USD", 249, "gold"),
        ("A", "USD", 299, "standard"),
    ]
    assert shop.rows("SELECT * FROM price_list ORDER BY id") == [
        ("gold", "gold", False, datetime(2026, 11, 27, tzinfo=UTC),
         datetime(2026, 11, 29, 16, tzinfo=UTC)),
        ("standard", "", True, None, None),
    ]  # fmt: skip


def test_a_price_list_that_cannot_be_is_refused_by_its_row(shop):
    counts, reasons = shop.verdicts(
        "id,tax_included,valid_from,valid_until\n"
        "a,maybe,,\n"
        "b,yes,tomorrow,\n"
        "c,yes,0001-01-01T00:00+14:00,\n"
        "d,yes,2026-11-27,2026-11-27\n"
        "e,yes,,2026-11-27\n"
    )
    assert counts == {"added": 1, "refused": 4}
    assert reasons == {
        2: "tax_included 'maybe' is neither yes nor no",
        3: "valid_from 'tomorrow' is no time",
        4: "valid_from '0001-01-01T00:00+14:00' is not from 2000 to 2199",
        5: "d ends before it begins",
    }


def test_a_bound_that_is_not_in_the_file_stays_and_the_other_has_to_agree_with_it(shop):
    shop.load("id,tax_included,valid_from\na,yes,2026-11-27\n")
    header = "id,tax_included,valid_until\n"
    assert shop.verdicts(f"{header}a,yes,2026-11-26\n") == (
        {"refused": 1},
        {2: "a ends before it begins"},
    )
    assert shop.verdicts(f"{header}a,yes,2026-11-28\n") == ({"changed": 1}, {})
    assert shop.rows("SELECT valid_from, valid_until FROM price_list WHERE id = 'a'") == [
        (datetime(2026, 11, 27, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC))
    ]


def test_the_standard_list_can_be_made_one_without_tax(shop):
    assert shop.verdicts("id,tax_included\nstandard,no\n") == ({"changed": 1}, {})
    assert shop.rows("SELECT id, tax_included FROM price_list") == [("standard", False)]


def test_a_product_and_a_rate_have_their_tax_category(shop):
    shop.load(
        "sku,name,tax_category\nA,Apple sauce,reduced\n",
        "country,rate_bp,category\nDE,1900,\nDE,700,reduced\n",
    )
    assert shop.rows("SELECT sku, tax_category FROM product") == [("A", "reduced")]
    assert shop.rows("SELECT category, rate_bp FROM tax_rate ORDER BY rate_bp") == [
        ("reduced", 700),
        ("standard", 1900),
    ]


def test_a_location_says_which_warehouse_fulfills_from_it(shop):
    header = "id,name,country,fulfilled_by\n"
    counts, reasons = shop.verdicts(
        header + "W1,One,US,built_in\nW2,Two,US,http\nW3,Three,US,wms\n"
    )
    assert (counts, reasons) == (
        {"added": 2, "refused": 1},
        {4: "fulfilled_by 'wms' is no kind of warehouse"},
    )
    assert shop.rows("SELECT id, fulfilled_by FROM location ORDER BY id") == [
        ("W1", "built_in"),
        ("W2", "http"),
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_is_recognised_by_its_columns_in_any_order(shop, kind):
    path = shop.file("\ufeff" + ", ".join(reversed(kind.columns)).title() + "\n")
    assert look_through(path).kind is kind


def test_a_row_may_span_lines_and_is_named_by_its_first(shop):
    counts, reasons = shop.verdicts('sku,name\nA,"Apple\nsauce"\n\nB,\n"C\n')
    assert counts == {"refused": 3}
    assert reasons == {
        2: "name contains a line break or another control character",
        5: "name is empty",
        6: "is no row of CSV: unexpected end of data",
    }


def test_a_hundred_thousand_rows_take_less_than_twenty_seconds(shop):
    rows = "".join(f"S{number},Product {number},Group\n" for number in range(100_000))
    begun = time.monotonic()
    assert shop.verdicts("sku,name,category\n" + rows) == ({"added": 100_000}, {})
    assert time.monotonic() - begun < 20
