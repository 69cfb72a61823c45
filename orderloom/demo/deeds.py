"""What people do for each story, one look at the order at a time."""

from collections.abc import Awaitable, Callable
from typing import Any

from orderloom.demo.people import FINAL, Errand, Outcome, People, View
from orderloom.demo.stories import Story

OTHER_CARD = "tok_ok"
OVERRIDABLE = ("OPEN", "SUBMITTED", "ACCEPTED")
RETURN_ENDS = ("COMPLETED", "DECLINED", "CANCELED", "EXPIRED")
FINDINGS = ("RESTOCK", "QUARANTINE", "SCRAP", "RESTOCK")  # of inspections, by turns


async def _in_review(
    people: People, errand: Errand, view: View, mutation: str, reason: str
) -> None:
    """Done in review, or never, when the order has gone past it."""
    if view["status"] == "IN_REVIEW":
        agent, number = people.staff.agent, errand.number
        outcome = await people.act(agent, mutation, order=number, reason=reason)
        errand.done = outcome.settled
    else:
        errand.done = view["status"] != "RECEIVED"


async def approve(people: People, errand: Errand, view: View) -> None:
    await _in_review(people, errand, view, "orderApprove", "the customer agrees to the price")


async def reject(people: People, errand: Errand, view: View) -> None:
    await _in_review(people, errand, view, "orderReject", "the price is a mistake of the channel")


async def cancel_in_review(people: People, errand: Errand, view: View) -> None:
    await _in_review(people, errand, view, "orderCancel", "the customer does not want to wait")


async def pay_otherwise(people: People, errand: Errand, view: View) -> None:
    await _after_decline(
        people, errand, view, "orderRetryPayment", source=OTHER_CARD, reason="another card"
    )


async def give_up(people: People, errand: Errand, view: View) -> None:
    await _after_decline(people, errand, view, "orderCancel", reason="no other card")


async def _after_decline(
    people: People, errand: Errand, view: View, mutation: str, **content: str
) -> None:
    if view["paymentStatus"] == "DECLINED" and view["status"] not in FINAL:
        agent = people.staff.agent
        outcome = await people.act(agent, mutation, order=errand.number, **content)
        errand.done = outcome.settled
    else:
        errand.done = view["status"] in FINAL


async def override(people: People, errand: Errand, view: View) -> None:
    """The first parcel is to come from the next location of the list."""
    if not view["parcels"]:
        errand.done = view["status"] in FINAL
        return
    parcel = view["parcels"][0]
    if parcel["status"] not in OVERRIDABLE:
        errand.done = True
        return
    place = people.locations.index(parcel["location"])
    outcome = await people.act(
        people.staff.supervisor,
        "orderOverrideSource",
        order=errand.number,
        fulfillmentOrder=parcel["fulfillmentOrder"],
        location=people.locations[(place + 1) % len(people.locations)],
        reason="the location closes early today",
    )
    errand.done = outcome.settled


async def send_back(people: People, errand: Errand, view: View) -> None:
    """One unit of the first delivered line comes back."""
    if view["returns"]:
        await _see_through(people, errand, view["returns"][0])
        return
    delivered = [line["line"] for line in view["lines"] if line["delivered"]]
    if view["status"] == "COMPLETED" and delivered:
        outcome = await people.act(
            people.staff.agent,
            "returnRequest",
            order=errand.number,
            lines=[{"line": delivered[0], "quantity": 1}],
            reason="not as hoped",
        )
        errand.done = outcome is Outcome.REFUSED
    else:
        errand.done = view["status"] in FINAL


async def _see_through(people: People, errand: Errand, found: View) -> None:
    """A return, from its request to the refund."""
    staff, named = people.staff, {"return": found["number"]}
    match found["status"]:
        case "REQUESTED":
            await people.act(staff.agent, "returnApprove", reason="within the window", **named)
        case "APPROVED":
            came: dict[str, Any] = {"lines": found["lines"], "location": people.locations[0]}
            await people.act(staff.warehouse, "returnReceive", **came, **named)
        case "RECEIVED":
            finding = FINDINGS[sum(map(ord, errand.number)) % len(FINDINGS)]
            units = [{**line, "disposition": finding} for line in found["lines"]]
            await people.act(staff.warehouse, "returnInspect", units=units, **named)
        case status:
            errand.done = status in RETURN_ENDS
            errand.returned = status == "COMPLETED"


DEEDS: dict[Story, Callable[[People, Errand, View], Awaitable[None]]] = {
    Story.HELD_APPROVED: approve,
    Story.HELD_REJECTED: reject,
    Story.HELD_CANCELED: cancel_in_review,
    Story.DECLINED_RETRIED: pay_otherwise,
    Story.DECLINED_CANCELED: give_up,
    Story.OVERRIDDEN: override,
    Story.RETURNED: send_back,
}
