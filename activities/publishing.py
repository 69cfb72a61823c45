"""Which journal entries the world is told of, as outbox events with stable ids."""

from collections.abc import Iterator, Sequence

from domain import journal as j
from domain.codec import Json, to_json

_PUBLISHED: dict[type[j.Body], str] = {
    j.Approved: "order.approved",
    j.Rejected: "order.rejected",
    j.Canceled: "order.canceled",
    j.Expired: "order.expired",
    j.Shipped: "parcel.shipped",
    j.Delivered: "parcel.delivered",
    j.Closed: "order.closed",
    j.Escalated: "wait.escalated",
    j.ReturnApproved: "return.approved",
    j.ReturnDeclined: "return.declined",
    j.ReturnCompleted: "return.completed",
}


def events_of(
    subject: str, order: str, entries: Sequence[j.Entry]
) -> Iterator[tuple[str, str, str, Json]]:
    """(event id, kind, subject, payload) of each entry that is published."""
    for entry in entries:
        kind = _PUBLISHED.get(type(entry.body))
        if kind:
            payload = {"order": order, "at": to_json(entry.at), "data": to_json(entry.body)}
            yield f"{subject}/{entry.seq}", kind, subject, payload
