"""Reads: from the projection, and only what the asker may see."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import journal as j
from domain.errors import Forbidden, Malformed, NotFound
from domain.facts import Fact, FactKind
from domain.order import LineUnits
from ports.reads import PAGE_MAX, OrderFilter

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL = OrderFilter()
HELD = j.Reviewed("hold", "v1", "r2", "price deviates", "agent", {"total": "100"})


async def some(shop: Any, count: int) -> list[str]:
    """Placed one minute apart, oldest first."""
    return [
        (await shop.place(f"WEB-{n}", placed_at=NOON + timedelta(minutes=n))).number
        for n in range(count)
    ]


async def test_an_order_is_read_with_its_last_known_process(shop: Any) -> None:
    order = (await shop.place()).number
    parcel = await shop.source(order)
    detail = await shop.reads.order(shop.agent, order)
    assert (detail.summary.number, detail.summary.channel_ref, detail.summary.total) == (
        order, "WEB-1", 2550)  # fmt: skip
    known = detail.last_known
    assert (known.live, known.status, known.seq, known.doing) == (
        False, "PROCESSING", 4, "The parcel is handed to the warehouse.")  # fmt: skip
    assert [(p.fulfillment_order, p.status, p.units) for p in known.parcels] == [
        (parcel, "SUBMITTED", 4)
    ]
    assert [(w.key, w.owner, w.queued) for w in known.waits] == [
        (f"parcel/{parcel}/accept", "warehouse", False)
    ]
    assert "override_source" in known.possible
    assert detail.process == shop.process


async def test_payments_and_returns_are_part_of_an_order(shop: Any) -> None:
    order = (await shop.place()).number
    await shop.deliver(order)
    await shop.run(
        "INSERT INTO payment_transaction (key, subject, order_number, operation, ordinal, status,"
        " amount, currency, fulfillment_order, provider_payment, reason, action_url) VALUES"
        " (:key, :order, :order, 'capture', 1, 'SUCCEEDED', 2550, 'USD', 'F', 'pay_1', '', '')",
        key=f"{order}/capture/1",
        order=order,
    )
    await shop.commands.request_return(shop.agent, "k", order, [LineUnits(2, "CUP", 1)], "broken")
    detail = await shop.reads.order(shop.agent, order)
    assert [(p.key, p.operation, p.status, p.amount) for p in detail.payments] == [
        (f"{order}/capture/1", "capture", "SUCCEEDED", 2550)
    ]
    assert [(r.number, r.order, r.status, r.refund, r.currency) for r in detail.returns] == [
        (f"{order}-R1", order, "REQUESTED", 750, "USD")
    ]


@pytest.mark.parametrize(
    ("refunded", "state"), [(0, None), (1, "PARTIALLY_REFUNDED"), (2550, "REFUNDED")]
)
async def test_the_payment_status_knows_what_returns_have_refunded(
    shop: Any, refunded: int, state: str | None
) -> None:
    order = (await shop.place()).number
    before = (await shop.reads.order(shop.agent, order)).summary.payment_status
    row = (
        "INSERT INTO payment_transaction (key, subject, order_number, operation, ordinal, status,"
        " amount, currency, fulfillment_order, provider_payment, reason, action_url) VALUES"
        " (:key, :key, :order, :operation, 1, :status, :amount, 'USD', '', 'pay_1', '', '')"
    )
    for operation, status, amount in (
        ("capture", "SUCCEEDED", 2550),
        ("refund", "SUCCEEDED", refunded),
        ("refund", "FAILED", 2550),
    ):
        if amount:
            key = f"{order}/{operation}/{status}"
            await shop.run(
                row, key=key, order=order, operation=operation, status=status, amount=amount
            )
    page = await shop.reads.orders(shop.agent, OrderFilter(), 10, None)
    detail = await shop.reads.order(shop.agent, order)
    assert [summary.payment_status for summary in page.items] == [state or before]
    assert detail.summary.payment_status == (state or before)


async def test_each_principal_reads_its_own_orders_only(shop: Any) -> None:
    order = (await shop.place()).number
    for principal in (shop.agent, shop.warehouse, shop.developer, shop.web, shop.customer(order)):
        assert (await shop.reads.order(principal, order)).summary.number == order
    for principal in (shop.pos, shop.customer("7K3M-9QXT-2AVB")):
        with pytest.raises(NotFound):
            await shop.reads.order(principal, order)
        with pytest.raises(NotFound):
            await shop.reads.timeline(principal, order)
        assert (await shop.reads.orders(principal, ALL, 10, None)).items == []
        assert await shop.reads.counts(principal) == {}


@pytest.mark.parametrize("number", ["", "7K3M-9QXT-2AVB", "a\0b", "\ud800", "订单"])
async def test_what_is_no_order_is_not_found(shop: Any, number: str) -> None:
    with pytest.raises(NotFound):
        await shop.reads.order(shop.agent, number)
    with pytest.raises(NotFound):
        await shop.reads.timeline(shop.agent, number)
    with pytest.raises(NotFound):
        await shop.reads.order_by_token(number)
    assert (
        await shop.reads.orders(shop.agent, OrderFilter(search=number or "-"), 1, None)
    ).items == []


async def test_a_developer_sees_no_person_and_gets_no_link(shop: Any) -> None:
    placed = await shop.place()
    detail = await shop.reads.order(shop.developer, placed.number)
    assert (detail.person, detail.tracking_token) == (None, "")
    for principal in (shop.agent, shop.web, shop.customer(placed.number)):
        detail = await shop.reads.order(principal, placed.number)
        assert detail.person == shop.request.ship_to
        assert detail.tracking_token == placed.tracking_token


async def test_who_may_not_act_for_the_customer_gets_no_link(shop: Any) -> None:
    placed = await shop.place()
    detail = await shop.reads.order(shop.warehouse, placed.number)
    assert (detail.person, detail.tracking_token) == (shop.request.ship_to, "")


async def test_a_tracking_link_makes_the_customer_of_one_order(shop: Any) -> None:
    placed = await shop.place()
    customer, detail = await shop.reads.order_by_token(placed.tracking_token.upper())
    assert customer == shop.customer(placed.number)
    assert detail.summary.number == placed.number


async def test_a_revoked_link_leads_nowhere(shop: Any) -> None:
    placed = await shop.place()
    await shop.run("UPDATE customer_order SET tracking_version = 2, tracking_hash = 'other'")
    with pytest.raises(NotFound):
        await shop.reads.order_by_token(placed.tracking_token)


async def test_a_link_expires_half_a_year_after_the_order_has_ended(shop: Any) -> None:
    placed = await shop.place()
    await shop.journal(placed.number, j.Canceled("asked"))
    assert await shop.reads.order_by_token(placed.tracking_token)
    await shop.run("UPDATE journal SET at = at - interval '181 days'")
    await shop.refold(placed.number)
    with pytest.raises(NotFound, match="expired"):
        await shop.reads.order_by_token(placed.tracking_token)


async def test_orders_come_newest_first_page_by_page(shop: Any) -> None:
    numbers = await some(shop, 5)
    found, cursor = [], None
    for expected in (2, 2, 1):
        page = await shop.reads.orders(shop.agent, ALL, 2, cursor)
        assert len(page.items) == expected
        found += [item.number for item in page.items]
        cursor = page.cursors[-1]
        assert page.more is (expected == 2)
    assert found == numbers[::-1]


async def test_orders_of_one_moment_are_neither_lost_nor_doubled_between_pages(shop: Any) -> None:
    numbers = [(await shop.place(f"WEB-{n}", placed_at=NOON)).number for n in range(5)]
    found, cursor = [], None
    for _ in range(3):
        page = await shop.reads.orders(shop.agent, ALL, 2, cursor)
        found += [item.number for item in page.items]
        cursor = page.cursors[-1]
    assert found == sorted(numbers, reverse=True)


async def test_orders_are_filtered_and_searched(shop: Any) -> None:
    first, second = await some(shop, 2)
    await shop.journal(first, HELD)

    async def found(**wanted: str) -> list[str]:
        page = await shop.reads.orders(shop.agent, OrderFilter(**wanted), 10, None)
        return [item.number for item in page.items]

    assert await found(status="IN_REVIEW") == [first]
    assert await found(channel="web") == [second, first]
    assert await found(channel="pos") == []
    assert await found(customer_ref="C-17") == [second, first]
    assert await found(search=f" {second.lower()}") == [second]
    assert await found(search="WEB-0") == [first]
    assert await found(search="WEB") == []


async def test_orders_are_counted_by_status(shop: Any) -> None:
    first, _ = await some(shop, 2)
    await shop.journal(first, HELD)
    assert await shop.reads.counts(shop.agent) == {"IN_REVIEW": 1, "RECEIVED": 1}


@pytest.mark.parametrize("first", [0, -1, PAGE_MAX + 1])
async def test_a_page_has_a_limit(shop: Any, first: int) -> None:
    with pytest.raises(Malformed):
        await shop.reads.orders(shop.agent, ALL, first, None)
    with pytest.raises(Malformed):
        await shop.reads.tasks(shop.agent, "", first, None)


@pytest.mark.parametrize(
    "plain", ['["2026-11-22T12:00:00", "x"]', '["now", "x"]', "[1, 2]", "{}", '"x"',
              '["2026-11-22T12:00:00Z", "\\u0000"]', "[" * 100_000],
    ids=range(7),
)  # fmt: skip
async def test_a_cursor_that_was_never_written_is_malformed(shop: Any, plain: str) -> None:
    for cursor in (plain, base64.urlsafe_b64encode(plain.encode()).decode()):
        with pytest.raises(Malformed):
            await shop.reads.orders(shop.agent, ALL, 1, cursor)


async def test_the_timeline_tells_what_happened_and_why(shop: Any) -> None:
    order = (await shop.place()).number
    parcel = await shop.source(order)
    at = datetime.now(UTC) + timedelta(hours=1)
    await shop.facts.store(
        "warehouse", "e1", Fact("warehouse:e1", FactKind.ACCEPTED, parcel, at), {}
    )
    told = await shop.reads.timeline(shop.agent, order)
    assert [(e.source, e.kind, e.by, e.subject, e.seq) for e in told] == [
        ("journal", "Reviewed", "system", order, 1),
        ("journal", "Sourced", "system", order, 2),
        ("journal", "PaymentMoved", "system", order, 3),
        ("journal", "Submitted", "system", order, 4),
        ("warehouse", "fulfillment.accepted", "warehouse", parcel, None),
    ]
    assert told[0].data["rule"] == "r1"


async def test_the_timeline_includes_returns(shop: Any) -> None:
    order = (await shop.place()).number
    await shop.deliver(order)
    await shop.commands.request_return(shop.agent, "k", order, [LineUnits(2, "CUP", 1)], "broken")
    told = await shop.reads.timeline(shop.agent, order)
    assert [(e.kind, e.subject, e.by) for e in told][-1] == (
        "ReturnRequested",
        f"{order}-R1",
        "ana",
    )


async def test_outsiders_learn_what_happened_but_neither_who_nor_why(shop: Any) -> None:
    order = (await shop.place()).number
    await shop.journal(order, HELD)
    await shop.journal(order, j.Approved("a friend of mine"), by="ana")
    for principal in (shop.customer(order), shop.web):
        told = await shop.reads.timeline(principal, order)
        assert [(e.kind, e.by, e.data) for e in told] == [
            ("Reviewed", "system", {}),
            ("Approved", "staff", {}),
        ]
    assert (await shop.reads.timeline(shop.agent, order))[1].by == "ana"


async def test_outsiders_read_neither_the_words_of_our_warehouse_nor_the_names_of_staff_s_acts(
    shop: Any,
) -> None:
    order = (await shop.place()).number
    parcel = await shop.source(order)
    at, units = datetime.now(UTC) + timedelta(hours=1), (LineUnits(1, "TEA", 1),)
    why, act = "customer is on our fraud watch list", f"cmd_4711/{parcel}/broken"
    for source, event, kind, lines, code in (
        ("stock", act, FactKind.RESERVATION_BROKEN, units, ""),
        ("warehouse", f"built-in/{parcel}/rejected", FactKind.REJECTED, (), why),
        ("warehouse", "e1", FactKind.REJECTED, (), "no_such_shelf"),
    ):
        fact = Fact(f"{source}:{event}", kind, parcel, at, lines, code=code)
        await shop.facts.store(source, event, fact, {})
        at += timedelta(seconds=1)
    for principal in (shop.customer(order), shop.web):
        told = (await shop.reads.timeline(principal, order))[-3:]
        assert [(e.kind, e.subject, e.data["id"], e.data["code"]) for e in told] == [
            ("reservation.broken", parcel, "", ""),
            ("fulfillment.rejected", parcel, "", ""),
            ("fulfillment.rejected", parcel, "warehouse:e1", "no_such_shelf"),
        ]
        assert [unit["quantity"] for unit in told[0].data["lines"]] == [1]
    told = (await shop.reads.timeline(shop.agent, order))[-3:]
    assert [(e.data["id"], e.data["code"]) for e in told[:2]] == [
        (f"stock:{act}", ""),
        (f"warehouse:built-in/{parcel}/rejected", why),
    ]


async def test_the_ops_queue_has_the_waits_that_staff_owns_by_deadline(shop: Any) -> None:
    first, second, third = await some(shop, 3)
    await shop.journal(first, HELD)
    await shop.journal(second, j.Reviewed("hold", "v1", "r", "odd", "supervisor"))
    await shop.deliver(third)
    await shop.commands.request_return(shop.agent, "k", third, [LineUnits(1, "TEA", 3)], "why")
    await shop.run(
        "UPDATE return_order SET queued = 1, waits = jsonb_set(waits, '{0,queued}', 'true')"
    )
    page = await shop.reads.tasks(shop.agent, "", 10, None)
    assert [(t.id, t.subject, t.order, t.owner, t.reason, t.level) for t in page.items] == [
        (f"{first}/hold/review", first, first, "agent", "price deviates", 0),
        (f"{second}/hold/review", second, second, "supervisor", "odd", 0),
        (f"{third}-R1/decide", f"{third}-R1", third, "agent",
         "an agent has to decide the return", 0),
    ]  # fmt: skip
    assert not page.more
    agents = await shop.reads.tasks(shop.agent, "agent", 1, None)
    assert [task.subject for task in agents.items] == [first]
    rest = await shop.reads.tasks(shop.agent, "agent", 1, agents.cursors[-1])
    assert [task.subject for task in rest.items] == [f"{third}-R1"]
    assert not rest.more


async def test_the_ops_queue_is_for_staff_and_developers(shop: Any) -> None:
    for principal in (shop.web, shop.customer("O")):
        with pytest.raises(Forbidden):
            await shop.reads.tasks(principal, "", 10, None)
    assert (await shop.reads.tasks(shop.developer, "", 10, None)).items == []
