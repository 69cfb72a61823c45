"""The outbox: claimed by one, tried again ever later, dead in the end, sent again by ops."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import NotFound
from ports.front_office import DeadLetter, OutboxCounts


async def put(shop: Any, *events: str, kind: str = "parcel.shipped") -> None:
    for event in events:
        await shop.run(
            "INSERT INTO outbox (event_id, kind, subject, payload)"
            " VALUES (:event, :kind, 'O', '{\"n\": 1}')",
            event=event,
            kind=kind,
        )


async def test_a_due_event_is_claimed_once_until_its_claim_runs_out(shop: Any) -> None:
    await put(shop, "a")
    [event] = await shop.outbox.claim(10, starts=False)
    assert (event.event_id, event.kind, event.subject, event.payload, event.attempts) == (
        "a", "parcel.shipped", "O", {"n": 1}, 0)  # fmt: skip
    assert await shop.outbox.claim(10, starts=False) == []
    await shop.run("UPDATE outbox SET due_at = due_at - interval '11 seconds'")
    assert await shop.outbox.claim(10, starts=False) == [event]


async def test_two_relays_never_get_the_same_event(shop: Any) -> None:
    await put(shop, *"abcdefghij")
    batches = await asyncio.gather(*(shop.outbox.claim(4, starts=False) for _ in range(4)))
    assert sorted(event.event_id for batch in batches for event in batch) == list("abcdefghij")


async def test_a_delivered_event_is_done(shop: Any) -> None:
    await put(shop, "a")
    [event] = await shop.outbox.claim(1, starts=False)
    await shop.outbox.delivered(event.id)
    assert await shop.outbox.failed(event.id, "too late to fail") is False
    assert await shop.rows(
        "SELECT due_at, delivered_at IS NOT NULL, dead_at, attempts FROM outbox"
    ) == [(None, True, None, 0)]


async def test_what_fails_waits_longer_each_time_and_is_dead_after_the_last(shop: Any) -> None:
    await put(shop, "a")
    [event] = await shop.outbox.claim(1, starts=False)
    delays = []
    deaths = []
    for _ in range(12):
        deaths.append(await shop.outbox.failed(event.id, "connection refused"))
        [(due,)] = await shop.rows("SELECT due_at - clock_timestamp() FROM outbox")
        delays.append(due and round(due / timedelta(seconds=1)))
    assert deaths == [False] * 11 + [True]
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, None]
    assert await shop.rows("SELECT dead_at IS NOT NULL, attempts, last_error FROM outbox") == [
        (True, 12, "connection refused")
    ]


async def test_a_dead_letter_is_sent_again_when_ops_says_so(shop: Any) -> None:
    await put(shop, "a")
    with pytest.raises(NotFound):
        await shop.dead_letters.redeliver("a")
    await shop.run("UPDATE outbox SET dead_at = now(), due_at = NULL, attempts = 12")
    await shop.dead_letters.redeliver("a")
    assert [event.attempts for event in await shop.outbox.claim(1, starts=False)] == [0]


async def test_dead_letters_are_listed_oldest_first_with_what_was_heard_last(shop: Any) -> None:
    await put(shop, *"abcd")
    for event, day in (("c", 2), ("a", 3), ("b", 1)):
        await shop.run(
            "UPDATE outbox SET dead_at = make_timestamptz(2026, 1, :day, 10, 0, 0, 'UTC'),"
            " due_at = NULL, attempts = 12, last_error = 'answered 503' WHERE event_id = :event",
            event=event,
            day=day,
        )
    assert await shop.dead_letters.letters(2) == [
        DeadLetter(
            event, "parcel.shipped", "O", 12, "answered 503", datetime(2026, 1, day, 10, tzinfo=UTC)
        )
        for event, day in (("b", 1), ("c", 2))
    ]


async def test_the_outbox_is_counted_by_what_becomes_of_its_events(shop: Any) -> None:
    await put(shop, *"abcdefghij")
    await shop.outbox.claim(4, starts=False)
    [failed, *delivered] = await shop.outbox.claim(4, starts=False)
    await shop.outbox.failed(failed.id, "answered 503")
    for event in delivered:
        await shop.outbox.delivered(event.id)
    await shop.run("UPDATE outbox SET dead_at = now(), due_at = NULL WHERE event_id = 'j'")
    assert await shop.dead_letters.counts() == OutboxCounts(due=1, waiting=5, delivered=3, dead=1)


async def test_a_start_that_was_given_up_and_then_made_is_no_dead_letter(shop: Any) -> None:
    await put(shop, "a", kind="order.start")
    await shop.run("UPDATE outbox SET dead_at = now(), due_at = NULL, attempts = 12")
    await shop.outbox.started("a")
    assert await shop.dead_letters.letters(10) == []
    assert await shop.dead_letters.counts() == OutboxCounts(due=0, waiting=0, delivered=1, dead=0)
    with pytest.raises(NotFound):
        await shop.dead_letters.redeliver("a")
    assert await shop.outbox.claim(1, starts=True) == []


async def test_an_outage_is_no_attempt(shop: Any) -> None:
    await put(shop, "a")
    [event] = await shop.outbox.claim(1, starts=False)
    await shop.outbox.postponed(event.id)
    assert await shop.outbox.claim(1, starts=False) == []
    assert await shop.rows("SELECT attempts, dead_at FROM outbox") == [(0, None)]


async def test_starts_and_news_are_claimed_apart(shop: Any) -> None:
    await put(shop, "a")
    await put(shop, "b", kind="order.start")
    await put(shop, "c", kind="return.start")
    assert [event.event_id for event in await shop.outbox.claim(10, starts=True)] == ["b", "c"]
    assert [event.event_id for event in await shop.outbox.claim(10, starts=False)] == ["a"]


async def test_many_due_news_leave_room_for_a_start(shop: Any) -> None:
    await put(shop, *"abcdefghij")
    await put(shop, "start", kind="order.start")
    assert [event.event_id for event in await shop.outbox.claim(1, starts=True)] == ["start"]


async def test_an_order_started_by_who_placed_it_is_not_started_by_a_relay(shop: Any) -> None:
    order = (await shop.place()).number
    assert await shop.outbox.claim(1, starts=True) == []  # not yet due
    await shop.outbox.started(f"order/{order}/start")
    await asyncio.sleep(0.2)
    assert await shop.outbox.claim(1, starts=True) == []


async def test_an_order_that_nobody_started_is_due_at_once(shop: Any) -> None:
    order = (await shop.place()).number
    await asyncio.sleep(0.2)
    assert [event.subject for event in await shop.outbox.claim(1, starts=True)] == [order]
