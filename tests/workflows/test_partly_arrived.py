"""A parcel in two packages: one has arrived when the other is given up."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.postgres.auditing.auditor import audit_books
from domain.commands import CommandKind
from domain.errors import LimitExceeded
from domain.facts import FactKind, Package
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation, PaymentStatus

CASH, CARD = PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.CARD
LOST, RETURNED = CommandKind.PARCEL_LOST, CommandKind.PARCEL_RETURNED
RECEIVE, INSPECT = CommandKind.RETURN_RECEIVE, CommandKind.RETURN_INSPECT
CAME = (LineUnits(1, "TEA", 2),)  # 9.33, and shipping for 3.00
REST = (LineUnits(1, "TEA", 1), LineUnits(2, "CUP", 1))  # 4.67 + 9.00
SOLD = {"revenue": -1221, "tax": -12}  # of 12.33


async def test_the_carrier_owes_the_cash_for_what_arrived_and_nobody_for_what_was_lost(
    shop: Any,
) -> None:
    number, parcel = await _half_arrived(shop, CASH)
    assert await shop.command(shop.agent, LOST, number, target=parcel, reason="searched") == ""
    await shop.until_status(number, "COMPLETED")
    rma = await _returned(shop, number, "COMPLETED")

    assert await shop.balances(number) == {"cod_clearing": 1233, **SOLD}
    assert await shop.payment_status(number) == "PAID"
    assert await _asked(shop, rma) == {1: 1, 2: 1}
    told = await shop.rows("SELECT payload->'data' FROM outbox WHERE kind = 'parcel.undelivered'")
    assert told[0][0]["arrived"] == [{"line": 1, "sku": "TEA", "quantity": 2}]
    assert told[0][0]["amount"] == 1233

    await shop.tell(parcel, FactKind.DELIVERED, tracking_number="T2")  # after all
    assert await shop.balances(number) == {"cod_clearing": 1233, **SOLD}
    kinds = await shop.rows("SELECT kind FROM journal WHERE kind IN ('Delivered', 'Undelivered')")
    assert kinds == [("Undelivered",)]
    await _closes(shop, number)


async def test_what_arrived_stays_paid_and_can_come_back_like_anything_that_was_delivered(
    shop: Any,
) -> None:
    number, parcel = await _half_arrived(shop, CARD)
    assert await shop.command(shop.keeper, RETURNED, number, target=parcel, reason="refused") == ""
    await shop.until_status(number, "COMPLETED")
    first = await _returned(shop, number, "APPROVED")
    assert await shop.command(shop.keeper, RECEIVE, first, location="NYC") == ""
    back = [{"line": n, "quantity": 1, "disposition": "restock"} for n in (1, 2)]
    assert await shop.command(shop.keeper, INSPECT, first, units=back) == ""
    await _returned(shop, number, "COMPLETED")
    assert shop.provider.moved(PaymentOperation.REFUND) == [1367]
    notes = await shop.rows(
        "SELECT sum(gross)::int FROM invoice_line JOIN invoice ON number = invoice"
        " WHERE kind = 'credit_note'"
    )
    assert notes == [(1367,)]
    assert (await shop.stock())["TEA", "NYC"] == (8, 0)

    with pytest.raises(LimitExceeded, match="3 units asked, 2 can be returned"):
        await _asks(shop, number, 3)
    second = await _asks(shop, number, 2)
    await shop.desk.start_return(second)
    await _returned(shop, number, "APPROVED", 2)
    assert await shop.command(shop.keeper, RECEIVE, second, location="NYC") == ""
    back = [{"line": 1, "quantity": 2, "disposition": "restock"}]
    assert await shop.command(shop.keeper, INSPECT, second, units=back) == ""
    await _returned(shop, number, "COMPLETED", 2)
    assert shop.provider.moved(PaymentOperation.REFUND) == [1367, 933]
    assert ("TEA", "NYC") not in await shop.stock()  # as it was
    await _closes(shop, number)


async def test_a_failed_capture_leaves_owed_what_arrived_and_no_more(shop: Any) -> None:
    number, parcel = await _half_arrived(shop, CARD, "tok_capture_fails")
    assert await shop.command(shop.agent, LOST, number, target=parcel, reason="searched") == ""
    await shop.until_status(number, "COMPLETED")
    await _returned(shop, number, "COMPLETED")
    assert await shop.balances(number) == {"receivable": 1233, **SOLD}
    assert shop.provider.moved(PaymentOperation.REFUND) == []


async def test_what_a_package_holds_has_to_be_known_to_give_up_the_rest(shop: Any) -> None:
    number, parcel = await _half_arrived(shop, CARD, first=(*CAME, *REST), second=())
    refused = await shop.command(shop.agent, LOST, number, target=parcel, reason="searched")
    assert refused == "STEP_REFUSED"
    assert await shop.rows("SELECT count(*) FROM return_order") == [(0,)]
    arrived = CommandKind.PARCEL_DELIVERED
    assert await shop.command(shop.agent, arrived, number, target=parcel, reason="found") == ""
    await shop.until_status(number, "COMPLETED")


async def test_staff_says_package_by_package_what_no_carrier_tells(shop: Any) -> None:
    """T1 arrived by its carrier; of three, T2 arrived by an agent's word, and T3 is lost."""
    cup = (LineUnits(2, "CUP", 1),)
    number, parcel = await _half_arrived(
        shop, CASH, second=(LineUnits(1, "TEA", 1),), third=(Package("P3", "UPS", "T3", cup),)
    )
    early = await shop.command(
        shop.agent, LOST, number, target=parcel, packages=["T3"], reason="searched"
    )
    assert early == "STEP_REFUSED"  # T2 is under way
    arrived = CommandKind.PARCEL_DELIVERED
    said = {"target": parcel, "packages": ["P2"], "reason": "she called"}
    assert await shop.command(shop.finance, arrived, number, **said) == "FORBIDDEN"
    assert await shop.command(shop.keeper, arrived, number, **said) == ""
    assert (await shop.view(number)).parcels[parcel].arrived == ("T1", "T2")
    assert await shop.command(shop.keeper, arrived, number, **said) == "STEP_REFUSED"
    assert (await shop.view(number)).status == "PROCESSING"

    lost = {"target": parcel, "packages": ["T3"], "reason": "searched"}
    assert await shop.command(shop.agent, LOST, number, **lost) == ""
    await shop.until_status(number, "COMPLETED")
    rma = await _returned(shop, number, "COMPLETED")
    assert await _asked(shop, rma) == {2: 1}
    view = await shop.view(number)
    assert view.parcels[parcel].kept == (LineUnits(1, "TEA", 3),)
    assert (await shop.balances(number))["cod_clearing"] == view.parcels[parcel].kept_amount
    audited = await shop.rows("SELECT act, principal, outcome FROM audit ORDER BY id")
    assert audited[-3:] == [
        ("parcel_delivered", shop.keeper.name, "DONE"),
        ("parcel_delivered", shop.keeper.name, "REFUSED"),
        ("parcel_lost", shop.agent.name, "DONE"),
    ]
    await _closes(shop, number)


async def test_the_last_package_completes_a_parcel_whoever_tells_of_it(shop: Any) -> None:
    number, parcel = await _half_arrived(shop, CARD)
    said = {"target": parcel, "packages": ["T2"], "reason": "she called"}
    assert await shop.command(shop.agent, CommandKind.PARCEL_DELIVERED, number, **said) == ""
    await shop.until_status(number, "COMPLETED")
    kinds = await shop.rows(
        "SELECT kind, data->>'reason' FROM journal WHERE kind IN ('Delivered', 'PackagesArrived')"
    )
    assert kinds == [("Delivered", "she called")]
    await shop.tell(parcel, FactKind.DELIVERED, tracking_number="T2")
    told = await shop.rows("SELECT count(*) FROM outbox WHERE kind = 'parcel.delivered'")
    assert told == [(1,)]
    assert await shop.rows("SELECT count(*) FROM return_order") == [(0,)]


async def test_a_carrier_that_tells_of_the_last_package_completes_what_staff_had_begun(
    shop: Any,
) -> None:
    cup = (LineUnits(2, "CUP", 1),)
    number, parcel = await _half_arrived(
        shop, CARD, second=(LineUnits(1, "TEA", 1),), third=(Package("P3", "UPS", "T3", cup),)
    )
    said = {"target": parcel, "packages": ["T2"], "reason": "she called"}
    assert await shop.command(shop.agent, CommandKind.PARCEL_DELIVERED, number, **said) == ""
    await shop.tell(parcel, FactKind.DELIVERED, tracking_number="T3")
    await shop.until_status(number, "COMPLETED")
    kinds = await shop.rows(
        "SELECT kind, data->>'reason' FROM journal WHERE kind IN ('Delivered', 'PackagesArrived')"
        " ORDER BY seq"
    )
    assert kinds == [("PackagesArrived", "she called"), ("Delivered", "")]


async def _half_arrived(
    shop: Any,
    method: PaymentMethod,
    source: str = "tok_ok",
    first: tuple[LineUnits, ...] = CAME,
    second: tuple[LineUnits, ...] = REST,
    third: tuple[Package, ...] = (),
) -> tuple[str, str]:
    """Of its packages, T1 was delivered; the payment is taken, or is asked of finance."""
    number = await shop.place(
        payment_method=method, payment_source=source if method is CARD else ""
    )
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    packages = (Package("P1", "UPS", "T1", first), Package("P2", "UPS", "T2", second))
    packages += third
    await shop.tell(parcel, FactKind.SHIPPED, packages=packages)
    await shop.tell(parcel, FactKind.DELIVERED, tracking_number="T1")

    async def settled() -> bool:
        view = await shop.view(number)
        taken = view.last_payment(PaymentOperation.CAPTURE, parcel)
        ended = (PaymentStatus.SUCCEEDED, PaymentStatus.FAILED)
        done = taken is not None and taken.status in ended
        told = view.parcels[parcel].arrived == ("T1",)
        return view.parcels[parcel].booked and told and (done or method is CASH)

    await shop.until(settled)
    return number, parcel


async def _asks(shop: Any, number: str, units: int) -> str:
    lines = [LineUnits(1, "TEA", units)]
    rma: str = await shop.commands.request_return(shop.agent, f"r-{units}", number, lines, "worn")
    return rma


async def _asked(shop: Any, rma: str) -> dict[int, int]:
    [(lines,)] = await shop.rows("SELECT view->'lines' FROM return_order WHERE number = :n", n=rma)
    return {each["line"]: each["quantity"] for each in lines}


async def _returned(shop: Any, number: str, status: str, n: int = 1) -> str:
    rma = f"{number}-R{n}"

    async def reached() -> bool:
        await shop.desk.start_return(rma)
        rows = await shop.rows("SELECT status FROM return_order WHERE number = :n", n=rma)
        return [(status,)] == rows

    await shop.until(reached)
    return rma


async def _closes(shop: Any, number: str) -> None:
    """After its return window; nothing that the auditor knows of is wrong."""
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    found = await audit_books(shop.engine)
    assert {f.id: f.violations for f in found if f.id[0] in "MLSO" and f.violations} == {}
