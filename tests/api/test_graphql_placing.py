"""Orders placed through GraphQL."""

from typing import Any

import pytest

KEY = {"idempotencyKey": "key-1"}
PLACE = {
    "channelRef": "SO-1",
    "currency": "USD",
    "lines": [{"sku": "1082185", "quantity": 2, "unitPrice": 4_000_000_000}],
    "shipTo": {"name": "Ana", "line1": "1 Main St", "city": "Boston", "country": "US"},
    "payment": {"source": "tok_ok"},
    **KEY,
}


async def place(client, content: dict[str, Any], role: str) -> dict:
    query = (
        "mutation($i: OrderPlaceInput!) { orderPlace(input: $i) {"
        " order { number } userErrors { code message field } } }"
    )
    answer = await client.graphql(query, {"i": content}, role=role)
    assert "errors" not in answer
    return answer["data"]["orderPlace"]


async def test_an_order_says_what_it_is_reduced_by_how_it_is_taxed_and_what_was_charged(
    client, office
):
    priced = {"discount": 300, "taxIncluded": False, "total": 4_000_000_001}
    await place(client, {**PLACE, **priced}, role="channel")
    request, _ = office.intake.placed["key-1"]
    assert (request.discount, request.tax_included, request.total) == (300, False, 4_000_000_001)


async def test_an_order_says_what_pays_for_it_beside_money(client, office):
    await place(client, {**PLACE, "points": 7, "storeCredit": 4_000_000_002},
              role="channel")  # fmt: skip
    request, _ = office.intake.placed["key-1"]
    assert (request.points, request.store_credit) == (7, 4_000_000_002)


async def test_an_order_is_placed_like_one_from_the_intake(client, office):
    await place(client, PLACE, role="channel")
    request, number = office.intake.placed["key-1"]
    assert (request.discount, request.tax_included, request.total) == (0, None, None)
    assert (request.channel, request.channel_ref) == ("web", "SO-1")
    assert request.lines[0].unit_price == 4_000_000_000  # beyond GraphQL's own Int
    assert request.raw["payment"] == {"method": "card", "source": "tok_ok"}
    assert office.desk.started == [f"order/{number}"]
    (principal,) = office.intake.by
    assert (principal.name, principal.scope) == ("channel:web", "web")


async def test_staff_say_for_which_channel_they_place(client, office):
    answer = await place(client, PLACE, role="agent")
    assert [error["field"] for error in answer["userErrors"]] == ["channel"]
    await place(client, {**PLACE, "channel": "sales"}, role="agent")
    assert [request.channel for request, _ in office.intake.placed.values()] == ["sales"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"channel": "pos"}, "FORBIDDEN", None),
        ({"lines": []}, "MALFORMED", "lines"),
        ({"lines": [{"sku": "1082185", "quantity": 0}]}, "MALFORMED", "lines.0.quantity"),
        ({"lines": [{"sku": "nope", "quantity": 1}]}, "UNKNOWN_SKU", None),
        ({"currency": "XXX"}, "UNKNOWN_CURRENCY", None),
        ({"shipping": -1}, "MALFORMED", "shipping"),
        ({"storeCredit": -1}, "MALFORMED", "storeCredit"),
        ({"channelRef": "a\0b"}, "MALFORMED", "input"),
        ({"channelRef": ""}, "MALFORMED", "channelRef"),
        ({"lines": [{**PLACE["lines"][0], "unitPrice": -1}]}, "MALFORMED", "lines.0.unitPrice"),
        ({"shipTo": {**PLACE["shipTo"], "country": "us"}}, "MALFORMED", "shipTo.country"),
        (
            {"shipTo": {**PLACE["shipTo"], "postalCode": "1" * 201}},
            "MALFORMED",
            "shipTo.postalCode",
        ),
        ({"shipTo": {**PLACE["shipTo"], "email": "a" * 201}}, "MALFORMED", "shipTo.email"),
        ({"customerRef": "C" * 201}, "MALFORMED", "customerRef"),
        ({"payment": {"paidReference": "P" * 201}}, "MALFORMED", "payment.paidReference"),
        ({"payment": {"paidReference": ""}}, "MALFORMED", "payment.paidReference"),
        ({"payment": {"source": ""}}, "MALFORMED", "payment.source"),
        ({"payment": {}}, "MALFORMED", "payment"),
        ({"payment": {"source": "a", "paidReference": "b"}}, "MALFORMED", "payment"),
        ({"idempotencyKey": ""}, "MALFORMED", "idempotencyKey"),
    ],
)
async def test_what_is_no_order_is_refused_and_nothing_placed(client, office, change, code, field):
    answer = await place(client, {**PLACE, **change}, role="channel")
    assert answer["order"] is None
    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [(code, field)]
    assert (office.intake.placed, office.desk.started) == ({}, [])


@pytest.mark.parametrize("amount", [1.5, "5", True, 2**53])
async def test_an_amount_that_is_no_whole_number_is_an_error_of_the_request(
    client, office, bearer, amount
):
    query = "mutation($i: OrderPlaceInput!) { orderPlace(input: $i) { userErrors { code } } }"
    body = {"query": query, "variables": {"i": {**PLACE, "shipping": amount}}}
    answer = await client.http.post("/graphql", json=body, headers=bearer("channel", name="web"))
    assert "MinorUnits is a whole number" in answer.json()["errors"][0]["message"]
    assert "data" not in answer.json()
    assert office.intake.placed == {}
