"""Which journal entries the world is told of, as outbox events with stable ids."""

from collections.abc import Iterator, Sequence

from domain import journal as j
from domain.codec import Json, to_json

_OF_ORDERS: dict[type[j.Body], str] = {
    j.Approved: "order.approved",
    j.Rejected: "order.rejected",
    j.Canceled: "order.canceled",
    j.Expired: "order.expired",
    j.Shipped: "parcel.shipped",
    j.Delivered: "parcel.delivered",
    j.Undelivered: "parcel.undelivered",
    j.Closed: "order.closed",
    j.Escalated: "wait.escalated",
}
_OF_RETURNS: dict[type[j.Body], str] = {
    j.ReturnApproved: "return.approved",
    j.ReturnDeclined: "return.declined",
    j.ReturnCanceled: "return.canceled",
    j.Expired: "return.expired",
    j.ReturnCompleted: "return.completed",
    j.Escalated: "wait.escalated",
}
PUBLISHED = {kind: body for of in (_OF_ORDERS, _OF_RETURNS) for body, kind in of.items()}


def events_of(
    subject: str, order: str, entries: Sequence[j.Entry]
) -> Iterator[tuple[str, str, str, Json]]:
    """(event id, kind, subject, payload) of each entry that is published."""
    kinds = _OF_ORDERS if subject == order else _OF_RETURNS
    for entry in entries:
        news = _as_told(entry.body)
        kind = kinds.get(type(news))
        if kind:
            payload = {"order": order, "at": to_json(entry.at), "data": to_json(news)}
            yield f"{subject}/{entry.seq}", kind, subject, payload


def _as_told(body: j.Body) -> j.Body:
    """A rejection is one, whether an agent or a rule decided it."""
    if isinstance(body, j.Reviewed) and body.decision == "reject":
        return j.Rejected(body.reason)
    return body
