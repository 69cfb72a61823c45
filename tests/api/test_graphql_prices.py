"""Prices in GraphQL: what a customer would pay, from which list, and the lists themselves."""

from datetime import UTC, datetime

import pytest

from domain.prices import ListPrice
from ports.price_reads import PriceListRead, PriceQuestion

AT = datetime(2026, 11, 22, 11, tzinfo=UTC)
PRICES = """query($skus: [String!]!, $currency: String! = "USD", $at: DateTime) {
  prices(skus: $skus, currency: $currency, tier: "gold", at: $at) {
    taxIncluded prices { sku unitPrice { text } priceList tier validFrom } } }"""
LISTS = """query($first: Int! = 20) { priceLists(first: $first) {
  nodes { id tier taxIncluded validFrom validUntil prices } edges { cursor }
  pageInfo { hasNextPage } } }"""


async def test_prices_are_told_with_their_lists_in_the_order_asked(client, office):
    office.prices.valid = [
        ListPrice("TEA", 500, "standard", "", True),
        ListPrice("TEA", 450, "gold", "gold", True, AT),
        ListPrice("CUP", 900, "standard", "", True),
    ]
    asked = {"skus": ["CUP", "NIX", "TEA"], "at": AT.isoformat()}
    answer = await client.graphql(PRICES, asked, role="agent")
    assert answer["data"]["prices"] == {
        "taxIncluded": True,
        "prices": [
            {"sku": "CUP", "unitPrice": {"text": "9.00 USD"}, "priceList": "standard",
             "tier": "", "validFrom": None},
            {"sku": "TEA", "unitPrice": {"text": "4.50 USD"}, "priceList": "gold",
             "tier": "gold", "validFrom": AT.isoformat()},
        ],
    }  # fmt: skip
    assert office.prices.asked == [PriceQuestion(["CUP", "NIX", "TEA"], "USD", "gold", AT)]


async def test_an_unknown_currency_is_refused_by_its_code(client, office):
    answer = await client.graphql(PRICES, {"skus": ["TEA"], "currency": "XXX"}, role="agent")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNKNOWN_CURRENCY"]
    assert office.prices.asked == []


async def test_price_lists_are_pages(client, office):
    office.prices.lists = [
        PriceListRead("gold", "gold", False, AT, None, 2),
        PriceListRead("standard", "", True, None, None, 9),
    ]
    answer = await client.graphql(LISTS, {"first": 1}, role="finance")
    assert answer["data"]["priceLists"] == {
        "nodes": [
            {"id": "gold", "tier": "gold", "taxIncluded": False, "validFrom": AT.isoformat(),
             "validUntil": None, "prices": 2}
        ],
        "edges": [{"cursor": "gold"}],
        "pageInfo": {"hasNextPage": True},
    }  # fmt: skip


@pytest.mark.parametrize("first", [0, 101])
async def test_a_page_has_1_to_100_price_lists(client, first):
    answer = await client.graphql(LISTS, {"first": first}, role="agent")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["MALFORMED"]
