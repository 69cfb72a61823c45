"""Facts: stored once, projected, told, handled or visibly quarantined."""

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import journal as j
from domain.errors import Malformed
from domain.facts import Fact, FactKind, Package
from domain.order import LineUnits

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def fact(kind: FactKind, subject: str, event: str = "e1", **more: Any) -> Fact:
    source = "payment" if kind.is_payment else "warehouse"
    return Fact(f"{source}:{event}", kind, subject, NOON, **more)


async def store(shop: Any, told: Fact, raw: Any = None) -> Any:
    source, event = told.id.split(":")
    return await shop.facts.store(source, event, told, raw or {"id": event})


async def make_due(shop: Any) -> None:
    await shop.run("UPDATE fact SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")


async def pay(shop: Any, status: str, operation: str = "authorize") -> str:
    order = (await shop.place()).number
    key = f"{order}/{operation}/1"
    await shop.run(
        "INSERT INTO payment_transaction (key, subject, order_number, operation, ordinal, status,"
        " amount, currency, fulfillment_order, provider_payment, reason, action_url)"
        " VALUES (:key, :order, :order, :operation, 1, :status, 100, 'USD', '', '', '', '')",
        key=key,
        order=order,
        operation=operation,
        status=status,
    )
    return key


async def standing(shop: Any) -> tuple[Any, ...]:
    rows = await shop.rows(
        "SELECT handled_by, quarantined IS NOT NULL, told, due_at IS NOT NULL FROM fact"
    )
    assert len(rows) == 1
    found: tuple[Any, ...] = rows[0]
    return found


async def test_a_fact_is_stored_with_its_raw_body_and_projected(shop: Any) -> None:
    order = (await shop.place()).number
    parcel = await shop.source(order)
    told = fact(FactKind.ACCEPTED, parcel)
    stored = await store(shop, told, {"id": "e1", "extra": [1]})
    assert (stored.fact, stored.order, stored.repeated, stored.signal) == (told, order, False, True)
    detail = await shop.reads.order(shop.agent, order)
    assert detail.view.parcels[parcel].status == "ACCEPTED"
    assert detail.view.facts == ("warehouse:e1",)
    assert [wait.key for wait in detail.last_known.waits] == [f"parcel/{parcel}/ship"]
    assert await shop.rows("SELECT source, event_id, order_number, raw FROM fact") == [
        ("warehouse", "e1", order, {"id": "e1", "extra": [1]})
    ]


async def test_the_same_fact_is_stored_once(shop: Any) -> None:
    parcel = await shop.source((await shop.place()).number)
    told = fact(FactKind.ACCEPTED, parcel)
    await store(shop, told)
    again = await store(shop, told)
    assert (again.repeated, again.signal) == (True, True)
    await shop.facts.told([told.id])
    again = await store(shop, told)
    assert (again.repeated, again.signal) == (True, False)
    assert await shop.count("fact") == 1


async def test_a_fact_stored_twenty_times_at_once_is_stored_once(shop: Any) -> None:
    parcel = await shop.source((await shop.place()).number)
    told = fact(FactKind.ACCEPTED, parcel)
    answers = await asyncio.gather(*(store(shop, told) for _ in range(20)))
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 19
    assert await shop.count("fact") == 1


async def test_facts_of_one_order_at_once_are_all_in_its_projection(shop: Any) -> None:
    order = (await shop.place()).number
    parcel = await shop.source(order)
    await asyncio.gather(
        *(store(shop, fact(FactKind.EXCEPTION, parcel, f"e{n}")) for n in range(10))
    )
    detail = await shop.reads.order(shop.agent, order)
    assert detail.view.facts == tuple(sorted(f"warehouse:e{n}" for n in range(10)))


async def test_a_fact_that_matches_nothing_is_quarantined(shop: Any) -> None:
    for kind in (FactKind.SHIPPED, FactKind.PAYMENT_CAPTURED):
        stored = await store(shop, fact(kind, "unknown"))
        assert (stored.order, stored.signal) == ("", False)
    assert (
        await shop.rows("SELECT quarantined, order_number, due_at FROM fact")
        == [("nothing of ours is called unknown", None, None)] * 2
    )


async def test_a_fact_that_was_stored_and_never_told_is_due(shop: Any) -> None:
    order = (await shop.place()).number
    told = fact(FactKind.ACCEPTED, await shop.source(order))
    await store(shop, told)
    assert await shop.facts.untold(10) == []  # whoever stored it tells it first
    await make_due(shop)
    assert [(due.fact, due.order) for due in await shop.facts.untold(10)] == [(told, order)]
    assert await shop.facts.untold(10) == []  # claimed for a while


async def test_a_told_fact_is_told_again_after_growing_days_until_it_is_handled(shop: Any) -> None:
    told = fact(FactKind.ACCEPTED, await shop.source((await shop.place()).number))
    await store(shop, told)
    days = []
    for _ in range(6):
        await shop.facts.told([told.id])
        [(due,)] = await shop.rows("SELECT due_at - clock_timestamp() FROM fact")
        days.append(due and round(due / timedelta(days=1)))
    assert days == [1, 2, 4, 8, 16, None]


async def test_a_handled_fact_is_never_due_again(shop: Any) -> None:
    told = fact(FactKind.ACCEPTED, await shop.source((await shop.place()).number))
    await store(shop, told)
    await shop.run("UPDATE fact SET handled_by = 'step', due_at = NULL")
    await shop.facts.told([told.id])
    assert await standing(shop) == ("step", False, 1, False)


async def test_two_relays_never_get_the_same_fact(shop: Any) -> None:
    parcel = await shop.source((await shop.place()).number)
    for n in range(10):
        await store(shop, fact(FactKind.EXCEPTION, parcel, f"e{n}"))
    await make_due(shop)
    batches = await asyncio.gather(*(shop.facts.untold(5) for _ in range(4)))
    assert sorted(due.fact.id for batch in batches for due in batch) == [
        f"warehouse:e{n}" for n in range(10)
    ]


async def test_a_late_fact_of_an_ended_order_changes_nothing(shop: Any) -> None:
    order = (await shop.place()).number
    parcel = await shop.source(order)
    await shop.deliver_parcel(order, parcel)
    await shop.journal(order, j.Closed())
    stored = await store(shop, fact(FactKind.IN_TRANSIT, parcel))
    assert (stored.order, stored.signal) == (order, False)
    assert await standing(shop) == ("closed", False, 0, False)
    detail = await shop.reads.order(shop.agent, order)
    assert (detail.summary.status, detail.view.parcels[parcel].status) == ("CLOSED", "DELIVERED")


@pytest.mark.parametrize(
    ("kind", "status"),
    [(FactKind.PAYMENT_AUTHORIZED, "SUCCEEDED"), (FactKind.PAYMENT_DECLINED, "FAILED")],
)
async def test_a_payment_fact_that_the_books_know_is_handled_by_them(
    shop: Any, kind: FactKind, status: str
) -> None:
    stored = await store(shop, fact(kind, await pay(shop, status)))
    assert (stored.signal, await standing(shop)) == (False, ("books", False, 0, False))


async def test_a_payment_fact_that_contradicts_the_books_is_quarantined(shop: Any) -> None:
    stored = await store(shop, fact(FactKind.PAYMENT_AUTHORIZED, await pay(shop, "FAILED")))
    assert stored.signal is False
    assert await shop.rows("SELECT quarantined FROM fact") == [("our books say FAILED",)]


async def test_what_the_cardholder_did_is_told_at_once(shop: Any) -> None:
    told = fact(FactKind.PAYMENT_AUTHORIZED, await pay(shop, "REQUIRES_ACTION"))
    assert (await store(shop, told)).signal is True
    assert (await store(shop, told)).signal is True


async def test_a_payment_under_way_is_looked_at_again_before_anybody_is_told(shop: Any) -> None:
    key = await pay(shop, "REQUESTED", "capture")
    told = fact(FactKind.PAYMENT_CAPTURED, key)
    assert (await store(shop, told)).signal is False
    assert await standing(shop) == (None, False, 0, True)
    await shop.run("UPDATE payment_transaction SET status = 'SUCCEEDED'")
    await make_due(shop)
    assert await shop.facts.untold(10) == []
    assert await standing(shop) == ("books", False, 0, False)


async def test_a_payment_that_stays_under_way_is_told(shop: Any) -> None:
    told = fact(FactKind.PAYMENT_CAPTURED, await pay(shop, "UNKNOWN", "capture"))
    await store(shop, told)
    await make_due(shop)
    assert [due.fact for due in await shop.facts.untold(10)] == [told]


async def test_a_fact_nobody_takes_is_done_with_when_the_order_has_ended(shop: Any) -> None:
    order = (await shop.place()).number
    told = fact(FactKind.ACCEPTED, await shop.source(order))
    await store(shop, told)
    await shop.facts.nobody_there(told.id)
    assert await standing(shop) == (None, False, 0, True)
    await shop.journal(order, j.Canceled("asked"))
    await shop.facts.nobody_there(told.id)
    assert await standing(shop) == ("closed", False, 0, False)


async def test_a_due_fact_of_an_order_that_has_ended_is_done_with(shop: Any) -> None:
    order = (await shop.place()).number
    await store(shop, fact(FactKind.ACCEPTED, await shop.source(order)))
    await shop.journal(order, j.Canceled("asked"))
    await make_due(shop)
    assert await shop.facts.untold(10) == []
    assert await standing(shop) == ("closed", False, 0, False)


async def test_what_the_database_cannot_hold_is_malformed(shop: Any) -> None:
    with pytest.raises(Malformed):
        await store(shop, fact(FactKind.SHIPPED, "x"), {"id": "a\0b"})


async def test_facts_in_any_order_of_arrival_end_in_the_same_projection(shop: Any) -> None:
    lines = (LineUnits(1, "TEA", 3), LineUnits(2, "CUP", 1))
    packages = (Package("1", "UPS", "1Z1", lines),)
    story: list[tuple[FactKind, dict[str, Any]]] = [
        (FactKind.ACCEPTED, {}),
        (FactKind.PICKED, {"lines": lines}),
        (FactKind.SHIPPED, {"packages": packages}),
        (FactKind.IN_TRANSIT, {"tracking_number": "1Z1"}),
        (FactKind.DELIVERED, {"tracking_number": "1Z1"}),
    ]
    ends = []
    for n, order in enumerate(itertools.islice(itertools.permutations(range(5)), 0, 120, 17)):
        number = (await shop.place(f"WEB-{n}")).number
        parcel = await shop.source(number)
        for i in order:
            kind, more = story[i]
            at = NOON + timedelta(hours=i)
            await store(shop, Fact(f"warehouse:{n}-{i}", kind, parcel, at, **more))
        view = (await shop.reads.order(shop.agent, number)).view
        ends.append(replace(view.parcels[parcel], fulfillment_order="", since=NOON))
        ends[-1].at.pop("submitted")
    assert ends == ends[:1] * len(ends)
