"""`POST /intake/{channel}`: what is an order, what is none, and what happens then."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from api.middleware import BODY_MAX_BYTES
from domain.errors import BadTime
from domain.order import PaymentMethod
from ports.desk import DeskUnavailable
from ports.front_office import Person, RequestedLine
from tests.api.fakes import NOW, SECRET

ORDER: dict[str, Any] = {
    "order": "WEB-10045",
    "placed_at": "2026-11-22T10:00:00Z",
    "currency": "USD",
    "customer": {
        "ref": "C-17",
        "name": "Ana Ruiz",
        "email": "ana@example.com",
        "phone": "+1 212 555 0100",
    },
    "ship_to": {
        "name": "Ana Ruiz",
        "line1": "1 Main St",
        "city": "Boston",
        "region": "MA",
        "postal_code": "02108",
        "country": "US",
    },
    "lines": [{"sku": "1082185", "quantity": 2, "unit_price": 199, "discount": 20}],
    "shipping": 0,
    "payment": {"method": "card", "source": "tok_ok"},
    "gift_note": "for Leo",
}
LINE = ORDER["lines"][0]


def nothing_happened(office) -> bool:
    return office.intake.placed == {} and office.desk.started == []


async def test_a_signed_order_is_placed_and_its_process_started(client, office):
    answer = await client.signed("/intake/web", ORDER)
    assert answer.status_code == 201
    assert answer.json() == {
        "order": "WEB-10045",
        "number": "ORDR-0000-0001",
        "tracking_url": "https://shop.example/t/token-of-ORDR-0000-0001",
    }
    request, _ = office.intake.placed["msg_1"]
    assert request.channel == "web"
    assert request.lines == [RequestedLine("1082185", 2, 199, 20)]
    assert request.ship_to == Person(
        name="Ana Ruiz",
        line1="1 Main St",
        city="Boston",
        region="MA",
        postal_code="02108",
        country="US",
        email="ana@example.com",
        phone="+1 212 555 0100",
    )
    assert (request.payment_method, request.payment_source) == (PaymentMethod.CARD, "tok_ok")
    assert request.placed_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert request.raw == ORDER  # with the key that nobody knows
    assert [(who.name, who.scope) for who in office.intake.by] == [("channel:web", "web")]
    assert office.desk.started == ["order/ORDR-0000-0001"]
    assert office.outbox.begun == ["order/ORDR-0000-0001/start"]


async def test_the_same_message_again_gets_the_same_answer_and_starts_nothing(client, office):
    first = await client.signed("/intake/web", ORDER)
    again = await client.signed("/intake/web", ORDER)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert office.desk.started == ["order/ORDR-0000-0001"]


async def test_the_same_message_with_another_body_is_a_conflict(client, office):
    await client.signed("/intake/web", ORDER)
    answer = await client.signed("/intake/web", {**ORDER, "shipping": 5})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/key-conflict"
    assert len(office.intake.placed) == 1


async def test_an_order_says_what_pays_for_it_beside_money(client, office):
    await client.signed("/intake/web", {**ORDER, "points": 7, "store_credit": 250})
    request, _ = office.intake.placed["msg_1"]
    assert (request.points, request.store_credit) == (7, 250)


async def test_placing_works_while_the_engine_is_down(client, office):
    office.desk.down = DeskUnavailable("nobody there")
    answer = await client.signed("/intake/web", ORDER)
    assert answer.status_code == 201
    assert office.outbox.begun == []  # so the relay will start it


async def test_an_order_paid_at_the_channel_carries_the_channels_own_reference(client, office):
    paid = {**ORDER, "payment": {"method": "paid_at_channel", "reference": "PAY-7"}}
    assert (await client.signed("/intake/web", paid)).status_code == 201
    request, _ = office.intake.placed["msg_1"]
    assert request.payment_method is PaymentMethod.PAID_AT_CHANNEL
    assert request.payment_source == "PAY-7"


async def test_an_odd_address_and_a_missing_price_are_for_review_to_judge(client):
    odd = {"name": "", "line1": "", "city": "", "country": "US"}
    body = {**ORDER, "ship_to": odd, "lines": [{"sku": "1082185", "quantity": 1}]}
    assert (await client.signed("/intake/web", body)).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": [{**LINE, "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": 10**9}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": -1}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": True}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": 2.0}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": "2"}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": None}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "unit_price": -1}]}, "lines.0.unit_price"),
        ({"lines": [{**LINE, "unit_price": 2**53}]}, "lines.0.unit_price"),
        ({"lines": [{**LINE, "unit_price": 1.99}]}, "lines.0.unit_price"),
        ({"lines": [{**LINE, "discount": -1}]}, "lines.0.discount"),
        ({"lines": [{**LINE, "sku": 1082185}]}, "lines.0.sku"),
        ({"lines": [{**LINE, "sku": ""}]}, "lines.0.sku"),
        ({"lines": [LINE, "x"]}, "lines.1"),
        ({"lines": []}, "lines"),
        ({"lines": [LINE] * 201}, "lines"),
        ({"lines": {}}, "lines"),
        ({"order": ""}, "order"),
        ({"order": None}, "order"),
        ({"currency": "usdollar"}, "currency"),
        ({"shipping": -1}, "shipping"),
        ({"discount": -1}, "discount"),
        ({"total": "19.00"}, "total"),
        ({"points": -1}, "points"),
        ({"store_credit": -1}, "store_credit"),
        ({"store_credit": "5.00"}, "store_credit"),
        ({"tax_included": 1}, "tax_included"),
        ({"placed_at": 1700000000}, "placed_at"),
        ({"placed_at": "yesterday"}, "placed_at"),
        ({"placed_at": "2026-11-22T10:00:00"}, "placed_at"),
        ({"ship_to": {**ORDER["ship_to"], "country": "United States"}}, "ship_to.country"),
        ({"ship_to": {"name": "x" * 201}}, "ship_to.name"),
        ({"payment": {"method": "card"}}, "payment"),
        ({"payment": {"method": "paid_at_channel", "source": "tok_ok"}}, "payment"),
        ({"payment": {"method": "barter"}}, "payment.method"),
        ({"customer": "C-17"}, "customer"),
    ],
)
async def test_a_wrong_shape_is_refused_by_the_name_of_its_field(client, office, change, field):
    answer = await client.signed("/intake/web", {**ORDER, **change})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/malformed"
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert all(error["message"] for error in answer.json()["errors"])
    assert nothing_happened(office)


async def test_an_unknown_sku_is_named(client, office):
    lines = [{**LINE, "sku": "nope"}, LINE, {**LINE, "sku": "also-not"}]
    answer = await client.signed("/intake/web", {**ORDER, "lines": lines})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/unknown-sku"
    assert answer.json()["skus"] == ["also-not", "nope"]
    assert nothing_happened(office)


async def test_an_unknown_currency_is_refused(client, office):
    answer = await client.signed("/intake/web", {**ORDER, "currency": "XXX"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/unknown-currency"
    assert nothing_happened(office)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '"order"',
        '{"order": NaN}',
        '{"order": 1e999}',
        '{"order": "\\u0000"}',
        '{"\\ud800": 1}',
        "[" * 100_000,
        '{"order": ' + "9" * 5_000 + "}",
    ],
    ids=range(10),
)
async def test_malformed_json_is_400(client, office, body):
    answer = await client.signed("/intake/web", body)
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/malformed-json"
    assert nothing_happened(office)


@pytest.mark.parametrize(
    ("once", "twice", "key"),
    [
        ('"quantity": 2', '"quantity": 1, "quantity": 3', "quantity"),
        ('"shipping": 0', '"shipping": 0, "shipping": 0', "shipping"),
        ('"gift_note"', '"b": 1, "\\u0062": 2, "gift_note"', "b"),
    ],
)
async def test_a_key_that_stands_twice_is_400_and_named(client, office, once, twice, key):
    answer = await client.signed("/intake/web", json.dumps(ORDER).replace(once, twice))
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-json")
    why = f"The body is not JSON: the key '{key}' stands twice in one object"
    assert answer.json()["detail"] == why
    assert nothing_happened(office)


@pytest.mark.parametrize("message", ["\xfc", "a\tb"])
async def test_a_message_id_that_is_no_key_is_422_by_its_header(client, office, message):
    sent = {"webhook-id": message.encode("latin-1")}
    answer = await client.signed("/intake/web", ORDER, message=message, **sent)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/malformed")
    assert [error["field"] for error in answer.json()["errors"]] == ["webhook-id"]
    assert nothing_happened(office)


async def test_a_time_that_cannot_be_is_422_by_its_field(client, office):
    office.intake.fails = BadTime("placed_at", "it is before 2000-01-01")
    answer = await client.signed("/intake/web", ORDER)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-time")
    message = "placed_at: it is before 2000-01-01"
    assert answer.json()["errors"] == [{"field": "placed_at", "message": message}]
    assert nothing_happened(office)


async def test_a_wrong_signature_is_401(client, office):
    other = "whsec_" + "A" * 32
    answer = await client.signed("/intake/web", ORDER, secret=other)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/bad-signature")
    assert nothing_happened(office)


@pytest.mark.parametrize("change", [{"webhook-id": "other"}, {"webhook-signature": "v1,x,y v2"}])
async def test_a_changed_header_breaks_the_signature(client, office, change):
    answer = await client.signed("/intake/web", ORDER, **change)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/bad-signature")
    assert nothing_happened(office)


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "1e9", "9" * 40])
async def test_a_timestamp_that_is_none_is_a_bad_signature(client, office, stamp):
    answer = await client.signed("/intake/web", ORDER, **{"webhook-timestamp": stamp})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/bad-signature")
    assert nothing_happened(office)


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_stale_or_early_timestamp_has_a_problem_type_of_its_own(client, office, minutes):
    answer = await client.signed("/intake/web", ORDER, at=NOW + timedelta(minutes=minutes))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/stale-timestamp")
    assert nothing_happened(office)


async def test_an_unknown_channel_is_404_before_its_body_is_read(client, office):
    answer = await client.signed("/intake/nobody", "{")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-channel")
    assert nothing_happened(office)


async def test_a_large_body_is_413_by_its_announced_length(client, office):
    answer = await client.signed("/intake/web", " " * (BODY_MAX_BYTES + 1))
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
    assert nothing_happened(office)


async def test_a_large_body_without_a_length_is_413_before_it_is_read(client, office):
    read = 0

    async def ten_megabytes():
        nonlocal read
        for _ in range(160):
            read += 65_536
            yield b" " * 65_536

    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": "v1,x",
    }
    answer = await client.http.post("/intake/web", content=ten_megabytes(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
    assert read <= BODY_MAX_BYTES + 2 * 65_536
    assert nothing_happened(office)


async def test_an_exception_leaves_no_text_and_the_same_order_can_be_sent_again(client, office):
    office.intake.fails = RuntimeError("postgresql://user:secret@db/orders is gone")
    answer = await client.signed("/intake/web", ORDER)
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal-error"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text
    office.intake.fails = None
    assert (await client.signed("/intake/web", ORDER)).status_code == 201


async def test_many_copies_at_once_place_one_order(client, office):
    answers = await asyncio.gather(*(client.signed("/intake/web", ORDER) for _ in range(10)))
    assert sorted(a.status_code for a in answers) == [200] * 9 + [201]
    assert len({a.json()["number"] for a in answers}) == 1
    assert office.desk.started == ["order/ORDR-0000-0001"]


async def test_a_signature_covers_the_bytes_as_they_were_sent(client):
    text = json.dumps(ORDER, indent=3, ensure_ascii=False)
    signature = Webhook(SECRET).sign("msg_9", NOW, text)
    answer = await client.signed(
        "/intake/web", text, message="msg_9", **{"webhook-signature": f"v2,abc {signature}"}
    )
    assert answer.status_code == 201
