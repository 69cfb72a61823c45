"""Units that are to come: expected by a load, but none that are promised are expected away."""

import pytest

HEADER = "kind,reference,sku,location,available_on,quantity\n"
SUPPLY = """
    SELECT kind, reference, sku, location, available_on::text, quantity, received, reserved
    FROM supply ORDER BY reference, sku
"""


def test_supply_is_expected_and_changed_by_a_later_load(stocked):
    assert stocked.verdicts(
        HEADER + "inbound,PO-1,A,L1,2026-11-30,5\npresale,LAUNCH,B,L1,2026-12-24,9\n"
    ) == ({"added": 2}, {})
    ((before,),) = stocked.rows("SELECT clock_timestamp()")
    assert stocked.verdicts(
        HEADER + "inbound,PO-1,A,L1,2026-12-01,6\npresale,LAUNCH,B,L1,2026-12-24,9\n"
    ) == ({"changed": 1, "unchanged": 1}, {})
    assert stocked.rows(SUPPLY) == [
        ("presale", "LAUNCH", "B", "L1", "2026-12-24", 9, 0, 0),
        ("inbound", "PO-1", "A", "L1", "2026-12-01", 6, 0, 0),
    ]
    rows = stocked.rows("SELECT reference, updated_at FROM supply")
    assert [reference for reference, touched in rows if touched > before] == ["PO-1"]


def test_what_has_come_or_is_promised_is_not_expected_away(stocked):
    stocked.load(HEADER + "inbound,PO-1,A,L1,2026-11-30,5\ninbound,PO-1,B,L1,2026-11-30,5\n")
    stocked.execute("UPDATE supply SET received = 2, reserved = 1 WHERE sku = 'A'")
    assert stocked.verdicts(
        HEADER + "inbound,PO-1,A,L1,2026-12-01,2\ninbound,PO-1,B,L1,2026-11-30,2\n"
    ) == (
        {"changed": 1, "refused": 1},
        {2: "3 units have come or are promised to orders"},
    )
    assert stocked.verdicts(HEADER + "inbound,PO-1,A,L1,2026-11-30,3\n") == ({"changed": 1}, {})
    assert [row[5] for row in stocked.rows(SUPPLY)] == [3, 2]


def test_units_that_are_promised_are_not_moved_to_another_day_without_a_word(stocked):
    stocked.load(HEADER + "inbound,PO-1,A,L1,2026-11-30,5\n")
    stocked.execute("UPDATE supply SET reserved = 1")
    assert stocked.verdicts(HEADER + "inbound,PO-1,A,L1,2026-12-01,5\n") == (
        {"refused": 1},
        {2: "units are promised to orders for another day than 2026-12-01"},
    )
    assert stocked.verdicts(HEADER + "inbound,PO-1,A,L1,2026-11-30,9\n") == ({"changed": 1}, {})
    assert [row[4:6] for row in stocked.rows(SUPPLY)] == [("2026-11-30", 9)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("gift,PO-1,A,L1,2026-11-30,5", "kind 'gift' is no kind of supply"),
        ("inbound,,A,L1,2026-11-30,5", "reference is empty"),
        ("inbound,PO-1,Z,L1,2026-11-30,5", "there is no product Z"),
        ("inbound,PO-1,A,L9,2026-11-30,5", "there is no location L9"),
        ("inbound,PO-1,A,L1,30.11.2026,5", "available_on '30.11.2026' is no day"),
        ("inbound,PO-1,A,L1,1026-11-30,5", "available_on '1026-11-30' is not from 2000 to 2199"),
        ("inbound,PO-1,A,L1,2026-11-30,0", "quantity is 0"),
        ("inbound,PO-1,SET,L1,2026-11-30,5", "SET is a bundle, which has no stock of its own"),
    ],
)
def test_supply_that_makes_no_sense_is_refused(stocked, row, reason):
    stocked.load("sku,name\nSET,Set\n", "bundle,component,quantity\nSET,A,2\n")
    assert stocked.verdicts(f"{HEADER}{row}\n") == ({"refused": 1}, {2: reason})
    assert stocked.rows(SUPPLY) == []


def test_levels_come_with_the_stock_and_stay_when_they_are_left_out(stocked):
    stocked.load("sku,location,on_hand,reorder_point,reorder_to\nA,L1,10,4,20\n")
    stocked.load("sku,location,on_hand\nA,L1,9\n")
    assert stocked.rows(
        "SELECT on_hand, safety, reorder_point, reorder_to FROM stock WHERE sku = 'A'"
    ) == [(9, 2, 4, 20)]
