"""`orderloom prices`, as its user meets it."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import command, prepared, words

LISTS = """
INSERT INTO product (sku, name) VALUES ('TEA', 'Tea'), ('CUP', 'Cup');
INSERT INTO price_list (id, tier, tax_included, valid_from) VALUES
  ('gold', 'gold', true, '2026-01-01Z');
INSERT INTO price (list, sku, currency, unit_price) VALUES
  ('standard', 'TEA', 'USD', 500), ('gold', 'TEA', 'USD', 450)
"""


@pytest.fixture
def prices(database_url: str, tmp_path: Path) -> Any:
    return command(prepared(database_url, LISTS), tmp_path, "prices")


def test_a_customer_s_price_is_shown_with_the_list_that_says_so(prices: Any) -> None:
    _, *rows = words(prices("TEA", "CUP", "TEA"))
    assert rows == [["TEA", "5.00", "USD", "standard"], ["CUP", "-", "none"]]
    _, *rows = words(prices("TEA", "--tier", "gold"))
    assert rows == [["TEA", "4.50", "USD", "gold"]]
    _, *rows = words(prices("TEA", "--tier", "gold", "--at", "2025-12-31"))
    assert rows == [["TEA", "5.00", "USD", "standard"]]
    [told] = json.loads(prices("TEA", "--json").stdout)
    assert (told["unit_price"], told["price_list"]) == (500, "standard")


def test_without_a_product_the_lists_are_shown(prices: Any) -> None:
    _, *rows = words(prices())
    assert rows == [
        ["gold", "gold", "with", "tax", "2026-01-01", "00:00", "-", "1"],
        ["standard", "everybody", "with", "tax", "-", "-", "1"],
    ]


def test_a_currency_that_there_is_not_is_refused(prices: Any) -> None:
    refused = prices("TEA", "--currency", "DOLLAR")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "currency" in refused.stderr
