"""One suite for both warehouses behind the port: what is asked of them, and what they tell."""

from contextlib import suppress
from itertools import permutations

import pytest
from fake_parties import FakeWarehouse
from warehouse_floors import FOUND, Floor

from adapters.http_party import HttpParty
from adapters.postgres.orders import PostgresOrders
from adapters.warehouse.http_warehouse import HttpWarehouse
from domain import journal as j
from domain.codec import from_json
from domain.facts import Fact
from domain.fold import fold
from domain.order import LineUnits
from domain.remedies import SHORT_PICK, remedies
from domain.view import ParcelStatus
from ports.outside import OutcomeUnknown, ParcelRequest
from tests.adapters.warehouse.conftest import LINES, SHIP_TO, Sent

ASKED = [
    {"line": 1, "sku": "TEA", "quantity": 3},
    {"line": 2, "sku": "CUP", "quantity": 1},
]


async def hand_over(floor: Floor, sent: Sent) -> str:
    await floor.warehouse.submit(sent.request)
    return sent.parcel


async def pick(floor: Floor, sent: Sent) -> str:
    parcel = await hand_over(floor, sent)
    await floor.accept(parcel)
    await floor.start_picking(parcel)
    await floor.report_picked(parcel, FOUND)
    return parcel


async def ship(floor: Floor, sent: Sent) -> str:
    parcel = await pick(floor, sent)
    await floor.pack(parcel, [FOUND])
    await floor.ship(parcel)
    return parcel


PICKED = [("accepted", ""), ("picking", ""), ("picked", "")]
SHIPPED = [*PICKED, ("packed", ""), ("shipped", "")]


async def test_a_parcel_is_held_once_however_often_it_is_submitted(
    floor: Floor, sent: Sent
) -> None:
    for _ in range(3):
        await floor.warehouse.submit(sent.request)
    await floor.hear()
    assert await floor.holds(sent.parcel) == ASKED
    assert await sent.facts() == []


async def test_another_content_under_the_same_name_is_not_taken(floor: Floor, sent: Sent) -> None:
    await floor.warehouse.submit(sent.request)
    other = ParcelRequest(
        sent.parcel, sent.order, "BOS", (LineUnits(1, "TEA", 9),), sent.request.ship_to
    )
    with pytest.raises(OutcomeUnknown):
        await floor.warehouse.submit(other)
    assert await floor.holds(sent.parcel) == ASKED


async def test_every_step_on_the_floor_is_told(floor: Floor, sent: Sent) -> None:
    await ship(floor, sent)
    await floor.hear()
    assert await sent.facts() == SHIPPED
    parcel = await sent.known()
    assert (parcel.status, parcel.picked) == (ParcelStatus.SHIPPED, LINES)
    [package] = parcel.packages
    assert (package.package, package.lines) == ("P1", LINES)
    assert package.carrier
    assert package.tracking_number


async def test_a_parcel_may_leave_in_several_packages(floor: Floor, sent: Sent) -> None:
    parcel = await pick(floor, sent)
    two = [
        [{"line": 1, "quantity": 2}],
        [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 1}],
    ]
    await floor.pack(parcel, two)
    await floor.ship(parcel)
    await floor.hear()
    packages = (await sent.known()).packages
    assert [(each.package, each.lines) for each in packages] == [
        ("P1", (LineUnits(1, "TEA", 2),)),
        ("P2", (LineUnits(1, "TEA", 1), LineUnits(2, "CUP", 1))),
    ]
    assert len({each.tracking_number for each in packages}) == 2


async def test_a_warehouse_rejects_with_its_reason(floor: Floor, sent: Sent) -> None:
    parcel = await hand_over(floor, sent)
    await floor.reject(parcel, "location_closed")
    await floor.hear()
    assert await sent.facts() == [("rejected", "location_closed")]
    [release] = remedies(await sent.view())
    assert (release.lines, release.reason) == (LINES, "rejected by the warehouse")


async def test_a_short_pick_tells_what_was_found_and_ships_no_more(
    floor: Floor, sent: Sent
) -> None:
    parcel = await hand_over(floor, sent)
    await floor.accept(parcel)
    found = [{"line": 1, "quantity": 2}, {"line": 2, "quantity": 1}]
    await floor.report_picked(parcel, found)
    await floor.hear()
    [release] = remedies(await sent.view())
    assert (release.lines, release.reason) == ((LineUnits(1, "TEA", 1),), SHORT_PICK)
    await floor.pack(parcel, [found])
    await floor.ship(parcel)
    await floor.hear()
    [package] = (await sent.known()).packages
    assert package.lines == (LineUnits(1, "TEA", 2), LineUnits(2, "CUP", 1))


async def test_when_nothing_is_found_everything_is_missing(floor: Floor, sent: Sent) -> None:
    parcel = await hand_over(floor, sent)
    await floor.accept(parcel)
    await floor.report_picked(parcel, [])
    await floor.hear()
    assert (await sent.known()).picked == ()
    [release] = remedies(await sent.view())
    assert (release.lines, release.reason) == (LINES, SHORT_PICK)


@pytest.mark.parametrize("accepted", [False, True])
async def test_what_was_not_touched_is_given_back_however_often_it_is_asked(
    floor: Floor, sent: Sent, accepted: bool
) -> None:
    parcel = await hand_over(floor, sent)
    if accepted:
        await floor.accept(parcel)
    for _ in range(3):
        await floor.warehouse.request_cancel(parcel)
    await floor.hear()
    assert (await sent.facts())[accepted:] == [("canceled", "")]
    assert (await sent.known()).cancel == "confirmed"


async def test_what_was_picked_is_given_back_when_the_floor_confirms(
    floor: Floor, sent: Sent
) -> None:
    parcel = await pick(floor, sent)
    await floor.ask_back(parcel)
    await floor.hear()
    assert await sent.facts() == [*PICKED, ("canceled", "")]
    assert (await sent.known()).cancel == "confirmed"


async def test_a_refused_cancel_lets_the_parcel_go_its_way(floor: Floor, sent: Sent) -> None:
    parcel = await pick(floor, sent)
    await floor.ask_back(parcel, refusing=True)
    await floor.pack(parcel, [FOUND])
    await floor.ship(parcel)
    await floor.hear()
    refused = ("cancel_refused", "not_possible")
    assert await sent.facts() == [*PICKED, refused, ("packed", ""), ("shipped", "")]
    known = await sent.known()
    assert (known.status, known.cancel) == (ParcelStatus.SHIPPED, "refused")


async def test_a_cancel_after_shipping_is_too_late(floor: Floor, sent: Sent) -> None:
    parcel = await ship(floor, sent)
    for _ in range(2):
        await floor.warehouse.request_cancel(parcel)
    await floor.hear()
    assert await sent.facts() == [*SHIPPED, ("cancel_refused", "already_shipped")]
    known = await sent.known()
    assert (known.status, known.cancel) == (ParcelStatus.SHIPPED, "refused")
    assert remedies(await sent.view()) == []


async def test_a_rejected_parcel_cannot_be_asked_back(floor: Floor, sent: Sent) -> None:
    parcel = await hand_over(floor, sent)
    await floor.reject(parcel, "location_closed")
    await floor.warehouse.request_cancel(parcel)
    await floor.hear()
    told = [("rejected", "location_closed"), ("cancel_refused", "already_rejected")]
    assert await sent.facts() == told
    assert (await sent.known()).status is ParcelStatus.REJECTED


async def test_what_a_warehouse_never_saw_cannot_be_asked_back(floor: Floor, sent: Sent) -> None:
    assert [await floor.warehouse.request_cancel(sent.parcel) for _ in range(2)] == [False, False]
    await floor.hear()
    assert await sent.facts() == []


async def test_what_was_asked_back_before_it_came_is_not_taken_when_it_comes_late(
    floor: Floor, sent: Sent
) -> None:
    await sent.shop.journal(sent.order, j.CancelRequested(sent.parcel))
    assert not await floor.warehouse.request_cancel(sent.parcel)
    with suppress(OutcomeUnknown):
        assert await floor.warehouse.submit(sent.request) == "already_canceled"
    assert not await floor.warehouse.request_cancel(sent.parcel)
    assert not await floor.has(sent.parcel)
    await floor.hear()
    assert await sent.facts() == []


async def test_the_end_is_the_same_in_whatever_order_and_however_often_it_is_told(
    floor: Floor, sent: Sent
) -> None:
    parcel = await ship(floor, sent)
    await floor.warehouse.request_cancel(parcel)
    await floor.hear()
    told = [from_json(Fact, data) for (data,) in await sent.shop.rows("SELECT data FROM fact")]
    assert len(told) == 6
    before = await sent.view()
    for fact in reversed(told):
        source, _, event = fact.id.partition(":")
        again = await sent.shop.facts.store(source, event, fact, {})
        assert again.repeated
    async with sent.shop.engine.connect() as connection:
        locked = await PostgresOrders(connection).lock(sent.order)
    for order in permutations(told):
        assert fold(locked.order, locked.journal, order + order[:2]) == before


async def test_a_warehouse_that_is_down_leaves_the_outcome_unknown() -> None:
    party = HttpParty("http://127.0.0.1:9", "k")
    request = ParcelRequest("O-F1", "O", "BOS", LINES, SHIP_TO)
    with pytest.raises(OutcomeUnknown):
        await HttpWarehouse(party).submit(request)
    await party.close()


async def test_the_fake_of_other_tests_takes_what_the_port_takes() -> None:
    fake = FakeWarehouse()
    request = ParcelRequest("O-F1", "O", "BOS", LINES, SHIP_TO)
    for _ in range(2):
        assert await fake.submit(request) == ""
        assert await fake.request_cancel("O-F1")
    assert (fake.parcels, fake.cancel_requests) == ({"O-F1": request}, ["O-F1"] * 2)
