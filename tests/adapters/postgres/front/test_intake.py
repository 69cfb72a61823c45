"""Placing orders."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import (
    BadQuantity,
    BadTime,
    Forbidden,
    KeyConflict,
    Malformed,
    TooManyLines,
    UnknownCurrency,
    UnknownSku,
)
from domain.ids import TrackingToken
from domain.order import Destination
from ports.front_office import Person, PlacedAnswer, RequestedLine
from ports.reads import OrderFilter

ROWS = ("command", "channel_order", "person", "customer_order", "payment_source", "order_view",
        "outbox")  # fmt: skip


async def test_a_placed_order_is_written_whole_in_one_transaction(shop: Any) -> None:
    placed = await shop.place()
    assert placed.repeated is False
    assert {table: await shop.count(table) for table in ROWS} == dict.fromkeys(ROWS, 1)
    detail = await shop.reads.order(shop.web, placed.number)
    assert detail.order.total == 3 * 500 + (800 - 50) + 300
    assert detail.summary.status == "RECEIVED"
    assert detail.view.seq == 0
    assert await shop.rows("SELECT order_number, raw FROM channel_order") == [
        (placed.number, {"order": "WEB-1"})
    ]
    assert await shop.rows("SELECT event_id, kind, subject FROM outbox") == [
        (f"order/{placed.number}/start", "order.start", placed.number)
    ]
    assert await shop.rows("SELECT status, outcome, principal, subject FROM command") == [
        ("DONE", {"result": {"number": placed.number}}, "channel:web", placed.number)
    ]
    assert await shop.rows("SELECT source FROM payment_source") == [("tok_ok",)]


async def test_the_tracking_token_is_derived_and_only_its_hash_is_kept(shop: Any) -> None:
    placed = await shop.place()
    from_key = TrackingToken.derive(shop.reads._server_key, placed.number, 1)
    assert placed.tracking_token == from_key.text
    assert await shop.rows("SELECT tracking_hash FROM customer_order") == [(from_key.hash,)]


async def test_the_same_key_and_body_answer_the_same_order_again(shop: Any) -> None:
    first = await shop.place()
    assert await shop.place() == PlacedAnswer(first.number, first.tracking_token, repeated=True)
    assert {table: await shop.count(table) for table in ROWS} == dict.fromkeys(ROWS, 1)


async def test_a_repeated_placement_is_answered_though_the_catalog_has_changed(shop: Any) -> None:
    first = await shop.place()
    await shop.run("DELETE FROM price")
    await shop.run("DELETE FROM product")
    assert (await shop.place()).number == first.number


async def test_the_same_key_with_another_body_is_a_conflict(shop: Any) -> None:
    await shop.place()
    with pytest.raises(KeyConflict) as refused:
        await shop.place(shipping=301)
    assert refused.value.message == (
        "idempotency key 'message-WEB-1' was used before with another body; use a new key"
    )
    assert await shop.count("customer_order") == 1


async def test_a_reference_placed_before_under_another_key_is_the_same_order(shop: Any) -> None:
    first = await shop.place()
    again = await shop.intake.place(shop.web, "another-key", shop.request)
    assert again == PlacedAnswer(first.number, first.tracking_token, repeated=True)
    assert await shop.intake.place(shop.web, "another-key", shop.request) == again
    assert await shop.count("customer_order") == 1
    assert await shop.count("outbox") == 1
    assert await shop.rows("SELECT key, subject FROM command ORDER BY created_at") == [
        ("message-WEB-1", first.number),
        ("another-key", first.number),
    ]


async def test_a_reference_placed_before_with_other_content_is_a_conflict(shop: Any) -> None:
    await shop.place()
    with pytest.raises(KeyConflict) as refused:
        await shop.intake.place(shop.web, "another-key", replace(shop.request, shipping=1))
    assert refused.value.message == (
        "the channel has placed an order 'WEB-1' before, with other content; a new order needs a "
        "new reference"
    )
    assert await shop.count("command") == 1


async def test_one_key_of_two_principals_makes_two_orders(shop: Any) -> None:
    web = await shop.intake.place(shop.web, "1", shop.request)
    pos = await shop.intake.place(shop.pos, "1", replace(shop.request, channel="pos"))
    assert web.number != pos.number
    assert await shop.count("customer_order") == 2


async def test_twenty_identical_placements_at_once_make_one_order(shop: Any) -> None:
    answers = await asyncio.gather(*(shop.place() for _ in range(20)))
    assert len({answer.number for answer in answers}) == 1
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 19
    assert {table: await shop.count(table) for table in ROWS} == dict.fromkeys(ROWS, 1)


async def test_twenty_keys_for_one_reference_at_once_make_one_order(shop: Any) -> None:
    answers = await asyncio.gather(
        *(shop.intake.place(shop.web, f"key-{n}", shop.request) for n in range(20))
    )
    assert len({answer.number for answer in answers}) == 1
    assert sum(not answer.repeated for answer in answers) == 1
    assert await shop.count("customer_order") == 1
    assert await shop.count("person") == 1
    assert await shop.count("command") == 20


async def test_a_number_drawn_before_is_drawn_again(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = iter([b"aaaaaaaa", b"aaaaaaaa", b"bbbbbbbb"])
    monkeypatch.setattr("adapters.postgres.intake.secrets.token_bytes", lambda _: next(draws))
    first, second = await shop.place("WEB-1"), await shop.place("WEB-2")
    assert first.number != second.number
    assert await shop.count("customer_order") == 2


async def test_a_line_without_a_price_takes_the_list_price_of_its_currency(shop: Any) -> None:
    placed = await shop.place(lines=(RequestedLine("TEA", 1),), currency="EUR")
    detail = await shop.reads.order(shop.web, placed.number)
    assert [line.unit_price for line in detail.order.lines] == [450]


async def test_a_line_that_has_no_list_price_in_its_currency_is_refused(shop: Any) -> None:
    with pytest.raises(Malformed, match="CUP has no list price in EUR"):
        await shop.place(lines=(RequestedLine("CUP", 1),), currency="EUR")
    assert await shop.count("command") == 0


async def test_an_unlisted_price_that_the_channel_names_is_taken_for_review(shop: Any) -> None:
    placed = await shop.place(lines=(RequestedLine("POT", 1, 4_000),))
    detail = await shop.reads.order(shop.web, placed.number)
    assert detail.order.lines[0].unit_price == 4_000


async def test_every_unknown_sku_is_named_and_nothing_is_written(shop: Any) -> None:
    lines = (RequestedLine("NIX", 1), RequestedLine("TEA", 1), RequestedLine("NADA", 1))
    with pytest.raises(UnknownSku) as refused:
        await shop.place(lines=lines)
    assert refused.value.skus == ["NADA", "NIX"]
    assert {table: await shop.count(table) for table in ROWS} == dict.fromkeys(ROWS, 0)


@pytest.mark.parametrize(
    ("country", "region", "rate_bp"),
    [("US", "MA", 625), ("US", "TX", 100), ("DE", "BY", 1900), ("FR", "", 0)],
)
async def test_the_tax_of_the_destination_is_stamped_on_the_lines(
    shop: Any, country: str, region: str, rate_bp: int
) -> None:
    placed = await shop.place(ship_to=Person("A", "1 St", "X", country, region))
    detail = await shop.reads.order(shop.web, placed.number)
    assert [line.tax_rate_bp for line in detail.order.lines] == [rate_bp, rate_bp]


@pytest.mark.parametrize(
    ("city", "region", "latitude", "longitude"),
    [
        (" Boston", "MA", 42.4, -71.1),
        ("AUSTIN", "MA", 30.3, -97.7),
        ("Nowhere", "MA", None, None),
    ],
)
async def test_the_destination_gets_the_coordinates_of_its_city(
    shop: Any, city: str, region: str, latitude: float | None, longitude: float | None
) -> None:
    placed = await shop.place(ship_to=Person("A", "1 St", city, "US", region))
    detail = await shop.reads.order(shop.web, placed.number)
    assert detail.order.destination == Destination("US", region, latitude, longitude)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"lines": ()}, TooManyLines),
        ({"lines": (RequestedLine("TEA", 0),)}, BadQuantity),
        ({"currency": "XYZ"}, UnknownCurrency),
        ({"channel_ref": ""}, Malformed),
        ({"raw": {"note": "a\0b"}}, Malformed),
        ({"customer_ref": "\ud800"}, Malformed),
    ],
)
async def test_what_is_no_order_is_refused_and_leaves_nothing(
    shop: Any, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await shop.intake.place(shop.web, "key", replace(shop.request, **changes))
    assert {table: await shop.count(table) for table in ROWS} == dict.fromkeys(ROWS, 0)


@pytest.mark.parametrize(
    "told",
    ["0001-01-01T00:00:00+14:00", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"],
)
async def test_a_time_that_nobody_could_read_back_is_refused_and_the_list_stays_readable(
    shop: Any, told: str
) -> None:
    placed = await shop.place()
    with pytest.raises(BadTime) as refused:
        await shop.place("WEB-2", placed_at=datetime.fromisoformat(told))
    assert refused.value.field == "placed_at"
    assert {table: await shop.count(table) for table in ROWS} == dict.fromkeys(ROWS, 1)
    page = await shop.reads.orders(shop.web, OrderFilter(), 20, None)
    assert [order.number for order in page.items] == [placed.number]


async def test_an_order_may_come_late_or_from_a_clock_in_another_zone(shop: Any) -> None:
    for reference, told in (
        ("OLD", datetime(2000, 1, 1, tzinfo=UTC)),
        ("AHEAD", datetime.now(UTC) + timedelta(hours=23)),
    ):
        placed = await shop.place(reference, placed_at=told)
        assert (await shop.reads.order(shop.web, placed.number)).order.placed_at == told


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_a_key_has_a_limit(shop: Any, key: str) -> None:
    with pytest.raises(Malformed):
        await shop.intake.place(shop.web, key, shop.request)


async def test_a_channel_places_for_itself_only_and_an_agent_for_sales(shop: Any) -> None:
    sales = replace(shop.request, channel="sales")
    for principal, request in ((shop.pos, shop.request), (shop.agent, shop.request),
                               (shop.web, sales), (shop.developer, sales)):  # fmt: skip
        with pytest.raises(Forbidden):
            await shop.intake.place(principal, "key", request)
    placed = await shop.intake.place(shop.agent, "key", sales)
    assert await shop.rows("SELECT principal, act, subject, outcome FROM audit") == [
        ("ana", "place", placed.number, "DONE")
    ]


async def test_what_a_channel_places_is_no_act_of_a_person(shop: Any) -> None:
    await shop.place()
    assert await shop.count("audit") == 0


async def test_personal_data_stands_in_rows_of_its_own(shop: Any) -> None:
    await shop.place()
    everything = await shop.rows(
        "SELECT command::text FROM command"
        " UNION ALL SELECT customer_order::text FROM customer_order"
        " UNION ALL SELECT order_view::text FROM order_view"
        " UNION ALL SELECT outbox::text FROM outbox"
    )
    assert not [
        row for (row,) in everything if "Ruiz" in row or "Main St" in row or "+1 212" in row
    ]
