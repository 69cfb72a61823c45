"""What an order has reserved at its placement, points or store credit, and does not need any more
after a journal entry: for both alike.
"""

from typing import NamedTuple

from domain import journal as j
from domain.amounts import TenderParts, tenders_to_come
from domain.view import OrderView


class Needed(NamedTuple):
    """`parts` are all that the order may keep; `suffix` makes the operation that sets the rest free
    unique in the order.
    """

    suffix: str
    parts: TenderParts


def needed_after(view: OrderView, body: j.Body) -> Needed | None:
    """None when nothing has changed; `view` is as it was before `body`."""
    match body:
        case j.UnitsCanceled():
            canceled = view.canceled_with(body.lines)
            return Needed(f"/{sum(canceled.values())}", tenders_to_come(view, canceled))
        case (
            j.Rejected() | j.Canceled() | j.Expired() | j.Completed()
            | j.Reviewed(decision="reject")
        ):  # fmt: skip
            return Needed("", TenderParts())
        case _:
            return None
