"""A process that begins anew, or an attempt of a lost one that comes late: what a warehouse may
have is known to the books, and is asked back before the order is canceled, or its units come from
elsewhere.
"""

from datetime import timedelta
from typing import Any

import pytest

from domain.commands import CommandKind
from domain.facts import FactKind
from domain.payments import PaymentOperation
from ports.front_office import RequestedLine

CUPS = (RequestedLine("CUP", 12, 900),)


async def _lost_while_submitting(shop: Any) -> str:
    """New York may have the first parcel; Austin rejects the second, so that the order waits for
    stock. Its process is lost, and the new one waits before it hands anything over.
    """
    shop.warehouse.unheard = {"NYC"}
    number = await shop.place(lines=CUPS)
    await shop.until_submitted(f"{number}-F2")
    await shop.tell(f"{number}-F2", FactKind.REJECTED)
    await shop.until_held(number, "stock")
    assert sorted(shop.warehouse.parcels) == [f"{number}-F1", f"{number}-F2"]
    await shop.handle(number).terminate()
    await shop.desk.start_order(number, "web")
    return str(number)


@pytest.mark.parametrize("sent", [False, True])
async def test_what_a_lost_process_was_submitting_is_asked_back_before_its_order_is_canceled(
    shop: Any, sent: bool
) -> None:
    number = await _lost_while_submitting(shop)
    first = f"{number}-F1"
    assert await shop.command(shop.agent, CommandKind.CANCEL, number, reason="changed") == ""
    await shop.until_asked_back(first)
    assert (await shop.view(number)).status == "PROCESSING"

    if sent:
        await shop.ship(first)
        await shop.until_payment(number, f"{first}/capture/1")
    else:
        await shop.tell(first, FactKind.CANCEL_CONFIRMED)
        assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert shop.provider.moved(PaymentOperation.CAPTURE) == ([9300] if sent else [])
    assert (await shop.stock()).get(("CUP", "NYC")) == ((0, 0) if sent else None)
    assert await _kinds(shop, "ShippedUnasked") == []


async def test_what_a_lost_process_was_submitting_is_asked_back_before_it_comes_from_elsewhere(
    shop: Any,
) -> None:
    number = await _lost_while_submitting(shop)
    first, third = f"{number}-F1", f"{number}-F3"
    await shop.run("UPDATE stock SET on_hand = 20, opening = 20 WHERE location = 'AUS'")
    shop.warehouse.attempts.clear()
    wish = {"target": first, "location": "AUS", "reason": "nearer"}
    assert await shop.command(shop.supervisor, CommandKind.OVERRIDE_SOURCE, number, **wish) == ""
    await shop.until_asked_back(first)
    parcels = (await shop.view(number)).parcels
    assert (parcels[first].status, parcels[third].status) == ("SUBMITTED", "OPEN")
    assert shop.warehouse.attempts == []


async def test_what_was_begun_after_a_process_was_opened_is_asked_back_all_the_same(
    shop: Any,
) -> None:
    """By an attempt of the one before, under the order's lock: the process has not heard of it."""
    number = await shop.place(payment_source="tok_declined")
    await shop.until_held(number, "payment")
    await shop.begin_submission(f"{number}-F1")
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert shop.warehouse.cancel_requests == [f"{number}-F1"]
    assert await _kinds(shop, "CancelRequested", "NeverReceived", "Canceled", "Expired") == [
        "CancelRequested",
        "NeverReceived",
        "Canceled",
    ]


async def test_an_order_whose_parcel_a_warehouse_may_have_does_not_expire(shop: Any) -> None:
    """Though its process knows nothing of it when the deadline passes."""
    number = await shop.place(payment_source="tok_declined")
    await shop.until_held(number, "payment")
    await shop.begin_submission(f"{number}-F1")
    await shop.env.sleep(timedelta(days=1, hours=1))
    assert (await shop.view(number)).status == "PROCESSING"
    assert await _kinds(shop, "Expired", "Escalated") == ["Escalated"]
    assert [owner for _, owner in await shop.tasks()] == ["agent"]


async def test_a_parcel_is_marked_before_its_warehouse_hears_of_it(shop: Any) -> None:
    submit, marked = shop.warehouse.submit, []

    async def looks(parcel: Any) -> Any:
        found = "SELECT id FROM fulfillment_order WHERE begun_at IS NOT NULL"
        marked.append((parcel.fulfillment_order, await shop.rows(found)))
        return await submit(parcel)

    shop.warehouse.submit = looks
    number = await shop.place()
    await shop.until_submitted(f"{number}-F1")
    assert marked == [(f"{number}-F1", [(f"{number}-F1",)])]


async def _kinds(shop: Any, *kinds: str) -> list[str]:
    found = await shop.rows("SELECT kind FROM journal ORDER BY at, seq")
    return [kind for (kind,) in found if kind in kinds]
