"""Whose turn it is when stock comes."""

from domain.order import LineUnits
from domain.sourcing import Coming, Sources
from domain.waiting import Waiting, whose_turn


def waiting(order: str, units: int, sku: str = "A", *, told: bool = False) -> Waiting:
    return Waiting(order, (LineUnits(1, sku, units),), told)


def test_the_oldest_come_first_and_no_more_than_there_is_enough_for():
    orders = [waiting("1", 40), waiting("2", 40), waiting("3", 40), waiting("4", 10)]
    assert whose_turn(orders, Sources({"BOS": {"A": 50}, "NYC": {"A": 40}})) == ["1", "2", "4"]


def test_an_order_that_looks_already_has_its_share_and_is_not_told_again():
    orders = [waiting("1", 5, told=True), waiting("2", 5), waiting("3", 5)]
    assert whose_turn(orders, Sources({"BOS": {"A": 10}})) == ["2"]


def test_an_order_is_not_told_while_another_line_is_missing():
    both = Waiting("1", (LineUnits(1, "A", 5), LineUnits(2, "B", 1)))
    assert whose_turn([both, waiting("2", 5)], Sources({"BOS": {"A": 5}})) == ["2"]


def test_what_is_to_come_counts_and_used_up_safety_stock_takes_nothing_from_elsewhere():
    coming = (Coming(1, "A", "NYC", 3, "2026-11-30"),)
    there = Sources({"BOS": {"A": 2}, "AUS": {"A": -4}}, coming=coming)
    assert whose_turn([waiting("1", 5)], there) == ["1"]


def test_a_bundle_waits_for_its_components():
    there = Sources({"BOS": {"A": 4, "B": 1}}, {"SET": {"A": 2, "B": 1}})
    assert whose_turn([waiting("1", 2, "SET")], there) == []
    assert whose_turn([waiting("1", 1, "SET"), waiting("2", 2)], there) == ["1", "2"]
