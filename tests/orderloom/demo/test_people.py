"""What people do for each story."""

import pytest

from orderloom.demo.stories import Story
from orderloom.graphql_client import Refusal

LATER = Refusal("TRY_AGAIN", "ask again")
NO = Refusal("STEP_REFUSED", "too late")


async def test_most_stories_need_nobody(office):
    office.people.take_on("N", Story.STRAIGHT)
    office.people.take_on("M", Story.CHALLENGED)
    assert not office.people.busy


@pytest.mark.parametrize(
    ("story", "mutation"),
    [
        (Story.HELD_APPROVED, "orderApprove"),
        (Story.HELD_REJECTED, "orderReject"),
        (Story.HELD_CANCELED, "orderCancel"),
    ],
)
async def test_a_held_order_is_handled_once_it_is_in_review(office, story, mutation):
    office.people.take_on("N", story)
    office.shows("N", "RECEIVED")
    await office.people.work()
    assert office.deeds() == []
    office.shows("N", "IN_REVIEW")
    await office.people.work()
    assert office.deeds() == [("agent", mutation)]
    assert not office.people.busy


async def test_an_order_that_no_story_speaks_of_is_approved(office):
    office.people.take_on("N", Story.HELD_REJECTED)
    office.shows("N", "IN_REVIEW")
    office.shows("M", "IN_REVIEW")
    await office.people.clear_review()
    ((who, mutation, key, content),) = office.log
    assert (who, mutation, key) == ("agent", "orderApprove", "demo/M/orderApprove")
    assert content == {"order": "M", "reason": "looks right"}


async def test_what_is_not_decided_yet_is_asked_again_with_the_same_key(office):
    office.people.take_on("N", Story.HELD_APPROVED)
    office.shows("N", "IN_REVIEW")
    office.refusals["orderApprove"] = LATER
    await office.people.work()
    assert office.people.busy
    office.refusals.clear()
    await office.people.work()
    assert not office.people.busy
    assert len({key for _, _, key, _ in office.log}) == 1
    assert office.people.refusals == []


async def test_a_refusal_settles_an_errand_and_is_remembered(office):
    office.people.take_on("N", Story.HELD_APPROVED)
    office.shows("N", "IN_REVIEW")
    office.refusals["orderApprove"] = NO
    await office.people.work()
    assert not office.people.busy
    assert office.people.refusals == [("orderApprove N", NO)]


@pytest.mark.parametrize(
    ("story", "mutation", "source"),
    [
        (Story.DECLINED_RETRIED, "orderRetryPayment", "tok_ok"),
        (Story.DECLINED_CANCELED, "orderCancel", None),
    ],
)
async def test_a_decline_is_answered_when_it_is_seen(office, story, mutation, source):
    office.people.take_on("N", story)
    office.shows("N", "PROCESSING")
    await office.people.work()
    office.shows("N", "PROCESSING", paymentStatus="DECLINED")
    await office.people.work()
    ((_, done, _, content),) = office.log
    assert (done, content.get("source")) == (mutation, source)


async def test_a_supervisor_sends_the_first_parcel_from_the_next_location(office):
    office.people.take_on("N", Story.OVERRIDDEN)
    office.shows("N", "APPROVED")
    await office.people.work()
    parcel = {"fulfillmentOrder": "N-F1", "location": "L2", "status": "SUBMITTED"}
    office.shows("N", "PROCESSING", parcels=[parcel])
    await office.people.work()
    ((who, mutation, _, content),) = office.log
    assert (who, mutation) == ("supervisor", "orderOverrideSource")
    assert (content["fulfillmentOrder"], content["location"]) == ("N-F1", "L1")


async def test_a_parcel_that_is_picked_is_not_overridden(office):
    office.people.take_on("N", Story.OVERRIDDEN)
    parcel = {"fulfillmentOrder": "N-F1", "location": "L2", "status": "PICKED"}
    office.shows("N", "PROCESSING", parcels=[parcel])
    await office.people.work()
    assert office.log == []
    assert not office.people.busy


async def test_a_return_is_seen_through_to_its_end(office):
    office.people.take_on("N", Story.RETURNED)
    lines = [{"line": 1, "delivered": 0}, {"line": 2, "delivered": 3}]
    office.shows("N", "PROCESSING", lines=lines)
    await office.people.work()
    office.shows("N", "COMPLETED", lines=lines)
    await office.people.work()
    for status in ("REQUESTED", "APPROVED", "RECEIVED", "INSPECTED", "COMPLETED"):
        units = [{"line": 2, "quantity": 1}]
        rma = {"number": "N-R1", "status": status, "lines": units}
        office.shows("N", "CLOSED", lines=lines, returns=[rma])
        await office.people.work()
    assert office.deeds() == [
        ("agent", "returnRequest"),
        ("agent", "returnApprove"),
        ("warehouse", "returnReceive"),
        ("warehouse", "returnInspect"),
    ]
    assert office.log[0][3]["lines"] == [{"line": 2, "quantity": 1}]
    assert office.log[2][3]["location"] == "L1"
    assert [unit["quantity"] for unit in office.log[3][3]["units"]] == [1]
    assert not office.people.busy
    assert office.people.returned == 1


async def test_an_order_that_is_never_delivered_is_not_returned(office):
    office.people.take_on("N", Story.RETURNED)
    office.shows("N", "EXPIRED", lines=[{"line": 1, "delivered": 0}])
    await office.people.work()
    assert office.log == []
    assert not office.people.busy
    assert office.people.returned == 0
