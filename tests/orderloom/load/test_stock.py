"""Stock: the first load opens, a later one is a count, and every change is a movement."""

import pytest

STOCK = "SELECT sku, on_hand, reserved, safety, opening FROM stock ORDER BY sku"
MOVEMENTS = "SELECT reason, line, sku, location, units FROM movement ORDER BY id"
UNEXPLAINED = """
    SELECT sku, location FROM stock
    WHERE on_hand <> opening + (
        SELECT coalesce(sum(units), 0) FROM movement
        WHERE movement.sku = stock.sku AND movement.location = stock.location
    )
"""


@pytest.fixture(autouse=True)
def every_unit_is_explained(shop):
    """Invariant S3."""
    yield
    assert shop.rows(UNEXPLAINED) == []


def test_the_first_load_opens_the_stock_and_moves_nothing(stocked):
    assert stocked.rows(STOCK) == [("A", 10, 0, 2, 10), ("B", 4, 0, 0, 4)]
    assert stocked.rows(MOVEMENTS) == []


def test_a_later_load_is_a_count_and_moves_the_difference(stocked):
    assert stocked.verdicts("sku,location,on_hand,safety\nB,L1,4,0\nA,L1,7,2\n") == (
        {"changed": 1, "unchanged": 1},
        {},
    )
    assert stocked.rows(STOCK) == [("A", 7, 0, 2, 10), ("B", 4, 0, 0, 4)]
    assert stocked.rows(MOVEMENTS) == [("load", 3, "A", "L1", -3)]


def test_the_same_file_loaded_after_a_change_is_a_count_of_its_own(stocked):
    count = "sku,location,on_hand,safety\nA,L1,7,2\n"
    stocked.load(count)
    stocked.load("sku,location,on_hand,safety\nA,L1,9,2\n")
    stocked.load(count)
    assert stocked.rows(MOVEMENTS) == [
        ("load", 2, "A", "L1", -3),
        ("load", 2, "A", "L1", 2),
        ("load", 2, "A", "L1", -2),
    ]
    assert stocked.rows("SELECT count(DISTINCT reference) FROM movement") == [(3,)]


def test_another_safety_stock_is_a_change_that_moves_nothing(stocked):
    assert stocked.verdicts("sku,location,on_hand,safety\nA,L1,10,5\n") == ({"changed": 1}, {})
    assert stocked.rows(STOCK)[0] == ("A", 10, 0, 5, 10)
    assert stocked.rows(MOVEMENTS) == []


def test_a_count_below_what_is_reserved_is_refused_and_changes_nothing(stocked):
    stocked.execute("UPDATE stock SET reserved = 6 WHERE sku = 'A'")
    assert stocked.verdicts("sku,location,on_hand,safety\nA,L1,5,0\nB,L1,3,0\n") == (
        {"changed": 1, "refused": 1},
        {2: "6 units are reserved for orders, more than the 5 counted"},
    )
    assert stocked.rows(STOCK) == [("A", 10, 6, 2, 10), ("B", 3, 0, 0, 4)]
    assert stocked.rows(MOVEMENTS) == [("load", 3, "B", "L1", -1)]


def test_stock_of_an_unknown_product_or_location_is_refused(stocked):
    assert stocked.verdicts("sku,location,on_hand\nZ,L1,1\nA,L9,1\nZ,L9,1\n") == (
        {"refused": 3},
        {
            2: "there is no product Z",
            3: "there is no location L9",
            4: "there is no location L9",
        },
    )
    assert stocked.rows("SELECT count(*) FROM stock") == [(2,)]


ALERTS = """
    SELECT outbox.event_id, task.id, task.closed_at IS NULL
    FROM outbox FULL JOIN task ON task.id = outbox.event_id ORDER BY 1
"""


def test_stock_that_is_opened_at_its_level_is_told_once_however_often_it_is_loaded(stocked):
    opened = "sku,location,on_hand,safety\nA,L1,10,2\nB,L1,3,0\n"
    at_level = "sku,location,on_hand,safety,reorder_point,reorder_to\nC,L1,2,2,5,20\n"
    stocked.load("sku,name\nC,Cream\n")
    assert stocked.verdicts(at_level) == ({"added": 1}, {})
    told = [("stock/C@L1/1", "stock/C@L1/1", True), ("stock/C@L1/2", "stock/C@L1/2", True)]
    assert stocked.rows(ALERTS) == told
    assert stocked.verdicts(at_level) == ({"unchanged": 1}, {})
    assert stocked.verdicts(opened) == ({"changed": 1, "unchanged": 1}, {})
    assert stocked.rows(ALERTS) == told


def test_a_refused_count_tells_nobody_and_the_crossing_that_comes_later_is_told(stocked):
    stocked.execute("UPDATE stock SET reserved = 4 WHERE sku = 'A'")
    assert stocked.verdicts("sku,location,on_hand,safety\nA,L1,2,2\n") == (
        {"refused": 1},
        {2: "4 units are reserved for orders, more than the 2 counted"},
    )
    assert stocked.rows(ALERTS) == []
    assert stocked.rows("SELECT crossings FROM stock WHERE sku = 'A'") == [(0,)]
    stocked.execute("UPDATE stock SET reserved = 8 WHERE sku = 'A'")
    assert stocked.rows(ALERTS) == [("stock/A@L1/1", "stock/A@L1/1", True)]
    stocked.execute("UPDATE stock SET reserved = 4 WHERE sku = 'A'")
    stocked.execute("UPDATE stock SET reserved = 8 WHERE sku = 'A'")
    assert stocked.rows(ALERTS) == [
        ("stock/A@L1/1", "stock/A@L1/1", False),
        ("stock/A@L1/2", "stock/A@L1/2", True),
    ]
