"""Bad input gets an answer that says what is wrong, and changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from orderloom.graphql_client import Misunderstood
from orderloom.keys import generate_keys
from tests.journeys.shop import Shop, order_body

# Written by the doors alone: what other orders do meanwhile does not show here.
DOOR_TABLES = (
    *("command", "customer_order", "channel_order", "person", "payment_source", "return_order"),
    "audit",
)
WRONG_SECRET = generate_keys(simulated=False)["channel_secrets"]["web"]
TOO_MUCH = 10 * 1024 * 1024


def line(**changes: Any) -> list[dict[str, Any]]:
    return [{"sku": "TEA", "quantity": 1, "unit_price": 500, **changes}]


@pytest.fixture
def unchanged(shop: Shop) -> Iterator[None]:
    """The same rows afterwards as before."""
    before = _counts(shop)
    yield
    assert _counts(shop) == before


def _counts(shop: Shop) -> list[tuple[Any, ...]]:
    counts = [f"(SELECT count(*) FROM {table})" for table in DOOR_TABLES]  # noqa: S608 - constants
    told = "(SELECT count(*) FROM fact WHERE event_id LIKE 'bad-%%')"
    return shop.stack.rows(f"SELECT {', '.join([*counts, told])}")


@pytest.mark.parametrize(
    ("lines", "slug", "field"),
    [
        (line(sku="COFFEE"), "unknown-sku", None),
        (line(quantity=0), "malformed", "lines.0.quantity"),
        (line(quantity=1_000_000_000), "malformed", "lines.0.quantity"),
        (line(unit_price=-1), "malformed", "lines.0.unit_price"),
        (line(quantity="2"), "malformed", "lines.0.quantity"),
        (line(discount=501), "bad-amount", None),
    ],
)
async def test_an_order_that_is_none_is_refused(shop, unchanged, lines, slug, field):
    answer = await shop.send("/intake/web", order_body("BAD-1", lines=lines), message="bad-1")
    problem = _problem(answer, 422, slug)
    assert [error["field"] for error in problem.get("errors", [])] == ([field] if field else [])
    if slug == "unknown-sku":
        assert problem["skus"] == ["COFFEE"]


@pytest.mark.parametrize("body", ["{", "[]", '{"order": NaN}', '{"order": "\\u0000"}', ""])
async def test_malformed_json_is_refused(shop, unchanged, body):
    _problem(await shop.send("/intake/web", body, message="bad-2"), 400, "malformed-json")


async def test_ten_megabytes_are_not_read(shop, unchanged):
    answer = await shop.send("/intake/web", "x" * TOO_MUCH, message="bad-3")
    _problem(answer, 413, "body-too-large")


@pytest.mark.parametrize("path", ["/intake/web", "/webhooks/carrier"])
async def test_a_wrong_signature_is_refused(shop, unchanged, path):
    answer = await shop.send(path, _body(path), message="bad-4", secret=WRONG_SECRET)
    _problem(answer, 401, "bad-signature")


@pytest.mark.parametrize("path", ["/intake/web", "/webhooks/carrier"])
@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_message_signed_long_ago_or_in_the_future_is_refused(
    shop, unchanged, path, minutes
):
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    answer = await shop.send(path, _body(path), message="bad-5", at=at)
    _problem(answer, 401, "stale-timestamp")


async def test_a_door_that_is_none_is_refused(shop, unchanged):
    secret = shop.settings.channel_secrets["web"].get_secret_value()
    answer = await shop.send("/intake/flea-market", order_body("BAD-6"), message="6", secret=secret)
    _problem(answer, 404, "unknown-channel")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def held(shop: Shop) -> str:
    """The number of an order that stays in review."""
    placed = await shop.place("OTHER-1", lines=line(unit_price=900))
    await shop.until_status(placed.number, "IN_REVIEW")
    return placed.number


async def test_a_key_that_was_used_with_another_body_is_refused(shop: Shop):
    placed = await shop.place("KEY-1")
    before = _counts(shop)
    other = order_body("KEY-1", lines=line(quantity=9))
    answer = await shop.send("/intake/web", other, message="msg-KEY-1")
    _problem(answer, 409, "key-conflict")
    under_another = await shop.send("/intake/web", other, message="another-key")
    _problem(under_another, 409, "key-conflict")
    assert _counts(shop) == before
    view = await shop.view(placed.number)
    assert view["total"]["amount"] == 1900


@pytest.mark.parametrize("path", ["{number}", "{tail}", "../orders/{number}", "%00"])
async def test_an_order_cannot_be_reached_by_guessing(shop: Shop, held, path):
    guess = path.format(number=held, tail=held.lower().replace("-", "").ljust(32, "0"))
    answer = await shop.http.get(f"{shop.url}/t/{guess}")
    assert answer.status_code == 404
    assert held not in answer.text


async def test_another_channel_s_token_sees_and_does_nothing(
    shop: Shop, held: str, unchanged: None
):
    number, stranger = held, shop.other_channel
    assert await stranger.ask(f'{{ order(number: "{number}") {{ status }} }}') == {"order": None}
    refusal = await stranger.do("orderCancel", "stranger-1", order=number)
    assert refusal is not None
    assert refusal.code == "NOT_FOUND"
    asked = {"order": number, "lines": [{"line": 1, "quantity": 1}], "reason": "mine now"}
    refusal = await stranger.do("returnRequest", "stranger-2", **asked)
    assert refusal is not None
    assert refusal.code == "NOT_FOUND"
    assert (await shop.view(number))["status"] == "IN_REVIEW"


async def test_another_customer_s_link_shows_another_order(shop: Shop, held: str):
    mine = await shop.place("MINE-1", lines=line(unit_price=900))
    await shop.until_status(mine.number, "IN_REVIEW")
    page = await shop.page(mine)
    assert mine.number in page.text
    assert held not in page.text
    canceled = await shop.http.post(f"{mine.tracking_url}/cancel", data={"key": "mine-1"})
    assert canceled.status_code == 303
    await shop.until_status(mine.number, "CANCELED")
    assert (await shop.view(held))["status"] == "IN_REVIEW"


async def test_without_a_token_nothing_is_said(shop: Shop, held: str, unchanged: None):
    query = {"query": f'{{ order(number: "{held}") {{ status }} }}'}
    for headers in ({}, {"authorization": "Bearer none"}):
        answer = await shop.http.post(f"{shop.url}/graphql", json=query, headers=headers)
        _problem(answer, 401, "unauthenticated")


async def test_a_query_that_is_none_is_refused(shop: Shop, unchanged: None):
    with pytest.raises(Misunderstood, match="passwords"):
        await shop.agent.ask("{ passwords }")


def _body(path: str) -> dict[str, Any]:
    if path.startswith("/intake"):
        return order_body("BAD-4")
    data = {"reference": "BAD", "tracking_number": "1Z"}
    at = datetime.now(UTC).isoformat()
    return {"id": "bad", "type": "shipment.delivered", "occurred_at": at, "data": data}


def _problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    problem: dict[str, Any] = answer.json()
    assert (problem["type"], problem["status"]) == (f"/problems/{slug}", status)
    assert problem["detail"]
    return problem
