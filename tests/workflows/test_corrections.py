"""What people on the floor had told wrongly: the order follows what they tell afterwards."""

from datetime import timedelta
from typing import Any

from domain.facts import Fact, FactKind, Package
from domain.order import LineUnits
from domain.payments import PaymentOperation
from domain.view import ParcelStatus
from ports.front_office import RequestedLine

TEA = (RequestedLine("TEA", 3, 500),)
SOURCE = "SELECT count(*) FROM step WHERE subject = :o AND name = 'source'"


def teas(quantity: int) -> tuple[LineUnits, ...]:
    return (LineUnits(1, "TEA", quantity),)


async def test_a_correction_that_the_process_has_not_heard_of_is_told_by_the_books(
    shop: Any,
) -> None:
    """It hears of a short pick; the books know already that there was none."""
    number = await shop.place(lines=TEA)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    at = await shop.env.get_current_time()
    wrong = Fact("test:wrong", FactKind.PICKED, parcel, at, lines=teas(1))
    right = Fact("test:right", FactKind.PICKED, parcel, at + timedelta(seconds=1), lines=teas(3))
    for fact in (wrong, right):
        await shop.facts.store("test", fact.id.removeprefix("test:"), fact, {})
    await shop.desk.tell(number, wrong)

    async def heard() -> bool:
        return await shop.rows(SOURCE, o=number) == [(2,)]

    await shop.until(heard)
    await shop.ship(parcel, teas(3))
    await shop.arrive(parcel)
    view = await shop.until_status(number, "COMPLETED")
    assert list(view.parcels) == [parcel]
    assert view.parcels[parcel].lines == teas(3)
    assert await shop.stock() == {("TEA", "BOS"): (7, 0)}
    history = await shop.handle(number).fetch_history()
    markers = [e for e in history.events if e.HasField("marker_recorded_event_attributes")]
    assert len(markers) < 10


async def test_a_parcel_that_was_rejected_and_sent_before_its_units_were_given_up_is_booked(
    shop: Any,
) -> None:
    """The process hears of the rejection; the books know already that it was sent."""
    number = await shop.place(lines=TEA)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    at = await shop.env.get_current_time()
    rejected = Fact("test:rejected", FactKind.REJECTED, parcel, at)
    boxes = (Package("1", "UPS", f"1Z{parcel}", teas(3)),)
    sent = Fact("test:sent", FactKind.SHIPPED, parcel, at + timedelta(seconds=1), packages=boxes)
    for fact in (rejected, sent):
        await shop.facts.store("test", fact.id.removeprefix("test:"), fact, {})
    await shop.desk.tell(number, rejected)

    async def booked() -> bool:
        return (await shop.view(number)).parcels[parcel].booked

    await shop.until(booked)
    await shop.arrive(parcel)
    view = await shop.until_status(number, "COMPLETED")
    assert list(view.parcels) == [parcel]
    assert await shop.stock() == {("TEA", "BOS"): (7, 0)}
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1800]


async def test_a_short_pick_that_was_corrected_before_anybody_acted_upon_it_changes_nothing(
    shop: Any,
) -> None:
    """Once it was acted upon, what is found goes another way: it is counted."""
    number = await shop.place(lines=TEA)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.tell(parcel, FactKind.PICKED, lines=teas(3))
    await shop.tell(parcel, FactKind.PICKED, lines=teas(2))

    async def again() -> bool:
        return len((await shop.view(number)).parcels) == 2

    await shop.until(again)
    view = await shop.view(number)
    assert view.parcels[parcel].lines == teas(2)
    assert view.parcels[f"{number}-F2"].lines == teas(1)


async def test_a_corrected_tracking_number_is_the_one_by_which_the_parcel_arrives(
    shop: Any,
) -> None:
    number = await shop.place(lines=TEA)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.ship(parcel)
    await shop.until_status(number, "PROCESSING")

    async def booked() -> bool:
        return (await shop.view(number)).parcels[parcel].booked

    await shop.until(booked)
    [package] = (await shop.view(number)).parcels[parcel].packages
    right = (type(package)(package.package, "DHL", "JD1", package.lines),)
    await shop.tell(parcel, FactKind.SHIPPED, packages=right)
    view = await shop.view(number)
    assert view.parcels[parcel].packages == right
    assert view.parcels[parcel].status is ParcelStatus.SHIPPED
    [(event, data)] = await shop.rows(
        "SELECT subject, payload->'data' FROM outbox WHERE kind = 'parcel.relabeled'"
    )
    assert (event, data["packages"][0]["tracking_number"]) == (number, "JD1")
    await shop.tell(parcel, FactKind.DELIVERED, tracking_number="JD1")
    await shop.until_status(number, "COMPLETED")
