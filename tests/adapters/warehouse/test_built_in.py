"""The built-in warehouse beyond the port: keys, traces, refusals, and which warehouse has what."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from fake_parties import FakeWarehouse

from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.pick_lists import PostgresPickLists
from adapters.postgres.reads_floor import PostgresFloorReads
from adapters.warehouse.built_in import BuiltInWarehouse
from adapters.warehouse.by_location import WarehouseByLocation
from domain import journal as j
from domain.acts import ActKind
from domain.errors import Forbidden, KeyConflict, LimitExceeded, Malformed, NotFound, StepRefused
from domain.ids import PrintLink
from domain.order import LineUnits
from ports.floor import FulfilledBy, PickListFilter
from tests.adapters.warehouse.conftest import LINES, Sent

KEY = b"a key of the server, 32 bytes at"
ACCEPT, PICKED = ActKind.PICK_LIST_ACCEPT, ActKind.PICK_LIST_REPORT_PICKED
CORRECT_PICKED = ActKind.PICK_LIST_CORRECT_PICKED


@pytest.fixture
def office(sent: Sent) -> PostgresBackOffice:
    return PostgresBackOffice(sent.shop.engine)


@pytest.fixture
def lists(sent: Sent) -> PostgresPickLists:
    return PostgresPickLists(sent.shop.engine)


async def test_one_key_acts_once_and_leaves_one_trace(
    sent: Sent, office: PostgresBackOffice, lists: PostgresPickLists
) -> None:
    await lists.open(sent.request)
    will = sent.shop.warehouse
    answers = await asyncio.gather(
        *(office.act(will, "k", ACCEPT, sent.parcel, {}) for _ in range(5))
    )
    assert [answer.result for answer in answers] == [{"status": "ACCEPTED"}] * 5
    assert await sent.facts() == [("accepted", "")]
    assert await sent.shop.rows("SELECT principal, act, subject, outcome FROM audit") == [
        ("will", "pick_list_accept", sent.parcel, "DONE")
    ]
    with pytest.raises(KeyConflict):
        await office.act(will, "k", ACCEPT, sent.parcel, {}, "because")
    with pytest.raises(StepRefused, match="is ACCEPTED"):
        await office.act(will, "k2", ACCEPT, sent.parcel, {})
    assert await sent.facts() == [("accepted", "")]


async def test_two_people_at_once_do_each_step_once(
    sent: Sent, office: PostgresBackOffice, lists: PostgresPickLists
) -> None:
    await lists.open(sent.request)
    people = (sent.shop.warehouse, sent.shop.supervisor)
    answers = await asyncio.gather(
        *(office.act(who, f"k{n}", ACCEPT, sent.parcel, {}) for n in range(5) for who in people),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, StepRefused) for answer in answers) == 9
    assert await sent.facts() == [("accepted", "")]


@pytest.mark.parametrize("who", ["agent", "developer", "web"])
async def test_only_people_of_the_floor_act_on_it(
    sent: Sent, office: PostgresBackOffice, lists: PostgresPickLists, who: str
) -> None:
    await lists.open(sent.request)
    with pytest.raises(Forbidden):
        await office.act(getattr(sent.shop, who), "k", ACCEPT, sent.parcel, {})
    assert await sent.facts() == []


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, Malformed),
        ({"lines": "all"}, Malformed),
        ({"lines": None}, Malformed),
        ({"lines": [{"line": "1", "quantity": 1}]}, Malformed),
        ({"lines": [{"line": 1, "quantity": 1.5}]}, Malformed),
        ({"lines": [{"line": 1, "quantity": True}]}, Malformed),
        ({"lines": [{"line": 1}]}, Malformed),
        ({"lines": [{"line": 1, "quantity": 4}]}, LimitExceeded),
        ({"lines": [{"line": 9, "quantity": 1}]}, LimitExceeded),
        ({"lines": [{"line": 10**30, "quantity": 10**30}]}, LimitExceeded),
    ],
)
async def test_what_cannot_have_been_picked_changes_nothing(
    sent: Sent, office: PostgresBackOffice, lists: PostgresPickLists, body: Any, refusal: Any
) -> None:
    await lists.open(sent.request)
    await office.act(sent.shop.warehouse, "k", ACCEPT, sent.parcel, {})
    with pytest.raises(refusal):
        await office.act(sent.shop.warehouse, "k2", PICKED, sent.parcel, body)
    assert await sent.facts() == [("accepted", "")]


@pytest.mark.parametrize("parcel", ["", "O-F1", "x" * 500])
async def test_a_pick_list_that_is_not_there_is_not_found(
    sent: Sent, office: PostgresBackOffice, parcel: str
) -> None:
    for name in (parcel, sent.parcel):  # the latter was never submitted
        with pytest.raises(NotFound):
            await office.act(sent.shop.warehouse, "k", ACCEPT, name, {})
    assert await sent.shop.count("command") == 1  # the placement


async def picked_short(sent: Sent, office: PostgresBackOffice, lists: PostgresPickLists) -> None:
    """One tea of three, and the cup."""
    await lists.open(sent.request)
    await office.act(sent.shop.warehouse, "accept", ACCEPT, sent.parcel, {})
    found = [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 1}]
    await office.act(sent.shop.warehouse, "picked", PICKED, sent.parcel, {"lines": found})
    assert (await sent.known()).missing == (LineUnits(1, "TEA", 2),)


async def test_the_order_hears_which_components_of_a_bundle_were_missing(
    sent: Sent, office: PostgresBackOffice, lists: PostgresPickLists
) -> None:
    """The parcel's teas may be sets: a pick list does not know what they are made of."""
    await lists.open(sent.request)
    await office.act(sent.shop.warehouse, "accept", ACCEPT, sent.parcel, {})
    found = [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 1}]
    lid = {"line": 1, "sku": "LID", "quantity": 2}
    told = {"lines": found, "missing": [lid]}
    for wrong in ({**lid, "line": 2}, {**lid, "quantity": "2"}, {"line": 1, "sku": "LID"}):
        body = {**told, "missing": [wrong]}
        with pytest.raises(Malformed):
            await office.act(sent.shop.warehouse, f"{wrong}", PICKED, sent.parcel, body)
    await office.act(sent.shop.warehouse, "picked", PICKED, sent.parcel, told)
    assert (await sent.known()).unfound == (LineUnits(1, "LID", 2),)

    again = {"lines": found}
    await office.act(sent.shop.warehouse, "again", CORRECT_PICKED, sent.parcel, again, "who knows")
    assert (await sent.known()).unfound == ()


async def test_a_mistyped_pick_is_corrected_with_a_trace_and_the_order_hears_of_it(
    sent: Sent, office: PostgresBackOffice, lists: PostgresPickLists
) -> None:
    await picked_short(sent, office, lists)
    right = {"lines": [{"line": 1, "quantity": 3}, {"line": 2, "quantity": 1}]}
    with pytest.raises(StepRefused, match="needs a reason"):
        await office.act(sent.shop.warehouse, "c", CORRECT_PICKED, sent.parcel, right)
    for _ in range(2):
        answer = await office.act(
            sent.shop.warehouse, "c", CORRECT_PICKED, sent.parcel, right, "mistyped"
        )
        assert answer.result == {"status": "PICKED"}
    known = await sent.known()
    assert (known.missing, known.picked) == ((), LINES)
    assert await sent.facts() == [("accepted", ""), ("picked", ""), ("picked", "mistyped")]
    assert await sent.shop.rows("SELECT act, reason FROM audit ORDER BY id") == [
        ("pick_list_accept", ""),
        ("pick_list_report_picked", ""),
        ("pick_list_correct_picked", "mistyped"),
    ]


async def test_what_was_acted_upon_is_not_corrected_but_counted(
    sent: Sent, office: PostgresBackOffice, lists: PostgresPickLists
) -> None:
    await picked_short(sent, office, lists)
    released = j.ReservationReleased(sent.parcel, (LineUnits(1, "TEA", 2),), j.SHORT_PICK)
    await sent.shop.journal(sent.order, released)
    right = {"lines": [{"line": 1, "quantity": 3}, {"line": 2, "quantity": 1}]}
    with pytest.raises(StepRefused, match=r"line 1: the order has given up 2 units .* count"):
        await office.act(sent.shop.warehouse, "c", CORRECT_PICKED, sent.parcel, right, "mistyped")
    assert (await sent.known()).lines == (LineUnits(1, "TEA", 1), LINES[1])
    assert await sent.facts() == [("accepted", ""), ("picked", "")]
    fewer = {"lines": [{"line": 2, "quantity": 1}]}
    await office.act(sent.shop.warehouse, "d", CORRECT_PICKED, sent.parcel, fewer, "none at all")
    assert (await sent.known()).missing == (LineUnits(1, "TEA", 1),)


async def test_packing_and_labels_are_corrected_as_long_as_they_can_be(
    sent: Sent, office: PostgresBackOffice, lists: PostgresPickLists
) -> None:
    async def act(kind: str, key: str, **body: Any) -> None:
        who, act = sent.shop.supervisor, ActKind(f"pick_list_{kind}")
        await office.act(who, key, act, sent.parcel, body, "as it is")

    everything = [{"line": 1, "quantity": 3}, {"line": 2, "quantity": 1}]
    await lists.open(sent.request)
    await act("accept", "1")
    await act("report_picked", "2", lines=everything)
    await act("pack", "3", packages=[everything[:1], everything[1:]])
    await act("correct_packing", "4", packages=[everything])
    await act("ship", "5", labels=[{"package": "P1", "carrier": "ups", "tracking_number": "1Z8"}])
    label = {"package": "P1", "carrier": "dhl", "tracking_number": "JD1"}
    await act("correct_labels", "6", labels=[label])
    [package] = (await sent.known()).packages
    assert (package.carrier, package.tracking_number, package.lines) == ("dhl", "JD1", LINES)
    await act("report_shipment", "7", stage="delivered")
    assert (await sent.known()).arrived == ("JD1",)
    for kind, body in (
        ("correct_labels", {"labels": [label]}),
        ("correct_packing", {"packages": []}),
    ):
        with pytest.raises(StepRefused, match="is not possible now"):
            await act(kind, f"late-{kind}", **body)
    assert [kind for kind, _ in await sent.facts()] == [
        "accepted", "picked", "packed", "packed", "shipped", "shipped", "shipment.delivered",
    ]  # fmt: skip


def by_location(lists: PostgresPickLists, http: FakeWarehouse, otherwise: FulfilledBy) -> Any:
    warehouses = {FulfilledBy.BUILT_IN: BuiltInWarehouse(lists), FulfilledBy.HTTP: http}
    return WarehouseByLocation(lists, warehouses, otherwise)


@pytest.mark.parametrize(
    ("says", "otherwise", "goes_to"),
    [
        ("", "http", "http"),
        ("", "built_in", "built_in"),
        ("http", "built_in", "http"),
        ("built_in", "http", "built_in"),
    ],
)
async def test_the_location_says_which_warehouse_has_it(
    sent: Sent, lists: PostgresPickLists, says: str, otherwise: str, goes_to: str
) -> None:
    await sent.shop.run("UPDATE location SET fulfilled_by = :by", by=says)
    http = FakeWarehouse()
    warehouse = by_location(lists, http, FulfilledBy(otherwise))
    await warehouse.submit(sent.request)
    await warehouse.request_cancel(sent.parcel)
    assert [*http.parcels, *http.cancel_requests] == [sent.parcel] * 2 * (goes_to == "http")
    assert await sent.shop.count("pick_list") == (goes_to == "built_in")


async def test_a_location_that_moves_to_another_warehouse_leaves_it_what_it_has(
    sent: Sent, lists: PostgresPickLists
) -> None:
    http = FakeWarehouse()
    warehouse = by_location(lists, http, FulfilledBy.HTTP)
    await warehouse.submit(sent.request)
    await sent.shop.run("UPDATE location SET fulfilled_by = 'built_in'")
    await warehouse.submit(sent.request)
    await warehouse.request_cancel(sent.parcel)
    assert (list(http.parcels), http.cancel_requests) == ([sent.parcel], [sent.parcel])
    assert await sent.shop.count("pick_list") == 0


async def test_nobody_has_what_is_no_fulfillment_order(
    sent: Sent, lists: PostgresPickLists
) -> None:
    with pytest.raises(NotFound):
        await by_location(lists, FakeWarehouse(), FulfilledBy.HTTP).request_cancel("O-F9")


async def test_pick_lists_are_read_page_by_page_by_those_who_may(
    sent: Sent, lists: PostgresPickLists
) -> None:
    floor = PostgresFloorReads(sent.shop.engine, KEY)
    names = [f"{sent.order}-F{n}" for n in (1, 2, 3)]
    add = "INSERT INTO fulfillment_order (id, order_number, location) VALUES (:id, :order, 'BOS')"
    for name in names[1:]:
        await sent.shop.run(add, id=name, order=sent.order)
    for name in names:
        await lists.open(replace(sent.request, fulfillment_order=name))
    will = sent.shop.warehouse

    async def page(first: int, after: str | None = None, **wanted: str) -> tuple[list[str], Any]:
        found = await floor.pick_lists(will, PickListFilter(**wanted), first, after)
        return [each.pick.fulfillment_order for each in found.items], found

    shown, first = await page(2)
    assert (shown, first.more) == (names[:2], True)
    shown, last = await page(2, first.cursors[-1])
    assert (shown, last.more) == (names[2:], False)
    assert (await page(9, location="BOS", status="SUBMITTED"))[0] == names
    for nothing in ({"location": "NYC"}, {"status": "PACKED"}, {"location": "\0"}):
        assert (await page(9, **nothing))[0] == []
    with pytest.raises(Malformed):
        await page(9, "no cursor")
    for outsider in (sent.shop.web, sent.shop.customer(sent.order)):
        with pytest.raises(Forbidden):
            await floor.pick_lists(outsider, PickListFilter(), 9, None)
        with pytest.raises(Forbidden):
            await floor.pick_list(outsider, sent.parcel)
    for name in ("O-F1", "", "\0", "x" * 500):
        with pytest.raises(NotFound):
            await floor.pick_list(will, name)


async def test_a_print_link_opens_one_pick_list_for_some_hours(
    sent: Sent, lists: PostgresPickLists
) -> None:
    await lists.open(sent.request)
    floor = PostgresFloorReads(sent.shop.engine, KEY)
    read = await floor.pick_list(sent.shop.warehouse, sent.parcel)
    assert read.possible == ["pick_list_accept", "pick_list_reject"]
    _, _, parcel, until, signature = read.print_path.split("/")
    paper = await floor.printed(parcel, until, signature)
    assert (paper.pick, paper.location_name) == (read.pick, "Boston")
    assert paper.names == {"TEA": "Tea", "CUP": "Cup"}
    assert paper.ship_to["line1"] == "1 Main St"
    assert "Main" not in repr(paper)
    expired = PrintLink.derive(KEY, parcel, 1_700_000_000)
    for wrong in (
        (parcel, until, signature[:-1] + "g"),
        (parcel, str(int(until) + 1), signature),
        (f"{sent.order}-F2", until, signature),
        (parcel, "1_0", signature),
        (parcel, "٣", signature),
        (parcel, "9" * 20, signature),
        (parcel, until, "é"),
        (parcel, str(expired.until), expired.signature),
    ):
        with pytest.raises(NotFound):
            await floor.printed(*wrong)
    agents = await floor.pick_list(sent.shop.agent, sent.parcel)
    assert (agents.pick, agents.print_path) == (read.pick, "")
