"""`orderloom locations`, `products`, `stock`, `movements`, as people and programs meet them."""

import json
from typing import Any

import pytest
from command_line import command, prepared

SHOP = """
INSERT INTO product (sku, name, weight_g, length_mm) VALUES
    ('TEA', 'Tea [green]', 180, 70), ('CUP', 'Cup', NULL, NULL), ('SET', 'Tea set', NULL, NULL);
INSERT INTO bundle_component VALUES ('SET', 'CUP', 4), ('SET', 'TEA', 1);
INSERT INTO location (id, name, country, kind, capacity, cutoff, weekdays) VALUES
    ('BOS', 'Boston', 'US', 'store', 250, '16:30', '{1,2}'),
    ('NYC', 'New York', 'US', 'warehouse', NULL, NULL, '{1,2,3,4,5,6,7}');
UPDATE location SET active = false WHERE id = 'NYC';
INSERT INTO stock (sku, location, on_hand, reserved, safety, damaged, quarantined) VALUES
    ('TEA', 'BOS', 40, 20, 10, 1, 3), ('TEA', 'NYC', 20, 18, 5, 0, 0);
INSERT INTO supply (kind, reference, sku, location, available_on, quantity, received, reserved)
VALUES ('inbound', 'PO-1', 'TEA', 'BOS', '2199-12-01', 20, 5, 5),
       ('presale', 'LAUNCH', 'TEA', 'BOS', '2199-12-09', 5, 0, 0);
INSERT INTO movement (reason, reference, line, sku, location, units, at)
    SELECT 'ship', 'O-F' || n, 1, 'TEA', 'BOS', -n, '2026-11-22 10:00:00Z'
    FROM generate_series(1, 250) n;
"""


@pytest.fixture
def shown(database_url: str, tmp_path: Any) -> Any:
    return command(prepared(database_url, SHOP), tmp_path, columns=200)


def lines(done: Any) -> list[list[str]]:
    assert (done.returncode, done.stderr) == (0, "")
    return [line.split() for line in done.stdout.splitlines()]


def test_stock_is_drawn_location_by_location_and_summed_up(shown: Any) -> None:
    found = lines(shown("stock", "TEA"))
    assert ["BOS", "█" * 10 + "▒" * 10 + "▓" * 20, *"40 10 10 20 1 3 15 5 0 0".split(),
            "2199-12-01"] in found  # fmt: skip
    assert ["NYC", "▒▒" + "▓" * 18, *"20 -3 5 18 0 0 0 0 0 0".split(), "low"] in found
    assert ["together", *"60 10 15 38 1 3 15 5 0 0".split()] in found


def test_what_is_low_is_found_without_naming_it(shown: Any) -> None:
    [row] = json.loads(shown("stock", "--low", "--json").stdout)
    assert (row["sku"], row["location"], row["available"]) == ("TEA", "NYC", -3)
    assert [line[0] for line in lines(shown("stock", "--low"))] == ["TEA", "location", "NYC"]


def test_what_is_to_come_is_listed_by_day(shown: Any) -> None:
    found = lines(shown("supplies"))
    assert found[1:] == [
        ["2199-12-01", "inbound", "PO-1", "TEA", "BOS", "20", "5", "5"],
        ["2199-12-09", "presale", "LAUNCH", "TEA", "BOS", "5", "0", "0"],
    ]
    told = json.loads(shown("supplies", "TEA", "--location", "NYC", "--json").stdout)
    assert told == []


def test_of_a_bundle_the_components_are_drawn(shown: Any) -> None:
    done = shown("stock", "SET")
    assert done.stdout.startswith("SET is a bundle of 4 x CUP, 1 x TEA.\nCUP")
    assert ["nowhere", *"0" * 10] in lines(done)
    found = json.loads(shown("stock", "SET", "--json").stdout)
    assert [(row["sku"], row["location"], row["available"]) for row in found] == [
        ("TEA", "BOS", 10),
        ("TEA", "NYC", -3),
    ]


def test_what_could_be_promised_is_drawn_from_now_on(shown: Any) -> None:
    found = lines(shown("availability", "TEA", "CUP"))
    assert found == [
        ["TEA"],
        ["location", "from", "█", "to", "promise", "▒", "presale", "for", "that", "day", "units"],
        ["BOS", "now", "█" * 40, "10"],  # what comes in 2199 is beyond the horizon
        ["2199-12-09", "▒" * 20, "5"],
        ["CUP"],
        ["location", "from", "█", "to", "promise", "▒", "presale", "for", "that", "day", "units"],
        ["together", "now", "0"],
    ]
    [told] = json.loads(shown("availability", "TEA", "--until", "2199-12-01", "--json").stdout)
    assert told["total"] == {
        "location": "", "immediate": 10, "steps": [], "presale": [],
    }  # fmt: skip


def test_availability_of_what_is_not_there_is_refused(shown: Any) -> None:
    done = shown("availability", "TEA", "TE")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("orderloom: There is no product 'TE'.")
    done = shown("availability", "TEA", "--location", "MARS")
    assert (done.returncode, done.stderr) == (1, "orderloom: there is no location MARS.\n")
    done = shown("availability", "TEA", "--until", "2020-01-01")
    assert done.stderr.startswith("orderloom: 2020-01-01 has passed; today is ")


@pytest.mark.parametrize("sku", ["TE", "tea", "Tea [green]", "", "%"])
def test_a_product_that_is_not_there_is_refused(shown: Any, sku: str) -> None:
    done = shown("stock", sku)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"orderloom: There is no product {sku!r}.")


def test_locations_are_listed_with_when_they_work(shown: Any) -> None:
    found = lines(shown("locations"))
    assert ["BOS", "Boston", "store", "yes", "250", "0", "16:30", "UTC", "mon", "tue"] in [
        line[:10] for line in found
    ]
    nyc = next(line for line in found if line[:1] == ["NYC"])
    assert nyc[3:8] == ["warehouse", "no", "-", "-", "-"]
    told = json.loads(shown("locations", "--json").stdout)
    assert [(row["id"], row["cutoff"], row["weekdays"]) for row in told] == [
        ("BOS", "16:30:00", [1, 2]),
        ("NYC", None, [1, 2, 3, 4, 5, 6, 7]),
    ]


def test_products_are_listed_with_what_they_are_made_of(shown: Any) -> None:
    found = lines(shown("products", "tea"))
    assert ["SET", "Tea", "set", "-", "-", "x", "-", "x", "-", "4", "x", "CUP,", "1", "x",
            "TEA"] in found  # fmt: skip
    assert ["TEA", "Tea", "[green]", "180", "70", "x", "-", "x", "-"] in found
    assert len(found) == 3


def test_movements_are_listed_newest_first_and_it_is_said_that_there_are_more(shown: Any) -> None:
    done = shown("movements", "TEA", "--limit", "2")
    assert lines(done)[1:] == [
        ["2026-11-22", "10:00:00", "UTC", "BOS", "-250", "ship", "O-F250,", "line", "1"],
        ["2026-11-22", "10:00:00", "UTC", "BOS", "-249", "ship", "O-F249,", "line", "1"],
        ["There", "are", "more:", "ask", "with", "a", "higher", "--limit."],
    ]
    every = json.loads(shown("movements", "TEA", "--limit", "1000", "--json").stdout)
    assert [row["units"] for row in every] == list(range(-250, 0))
    assert json.loads(shown("movements", "TEA", "--location", "NYC", "--json").stdout) == []


def test_a_location_is_deactivated_from_the_command_line_with_its_reason(shown: Any) -> None:
    done = shown("act", "location_change", "BOS", "active=false", "capacity=0", "--reason", "flood")
    assert done.stdout.startswith("Done. ")
    [bos, _] = json.loads(shown("locations", "--json").stdout)
    assert (bos["active"], bos["capacity"]) == (False, None)
    refused = shown("act", "location_change", "BOS", "weekdays=[]", "--reason", "flood")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "MALFORMED: a location works on one weekday at least" in refused.stderr
