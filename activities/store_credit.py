"""Store credit that an order has reserved at its placement, and does not need after all."""

from domain import journal as j
from domain.amounts import tenders_to_come
from domain.ledger import Account, credit_released
from domain.view import OrderView
from ports.unit_of_work import UnitOfWork


async def release_credit(uow: UnitOfWork, view: OrderView, body: j.Body) -> None:
    """`view` is as it was before `body`."""
    order = view.order
    if not order.store_credit:
        return
    match body:
        case j.UnitsCanceled():
            canceled = view.canceled_with(body.lines)
            needed = tenders_to_come(view, canceled).store_credit
            operation = f"{order.number}/store-credit-released/{sum(canceled.values())}"
        case (
            j.Rejected() | j.Canceled() | j.Expired() | j.Completed()
            | j.Reviewed(decision="reject")
        ):  # fmt: skip
            needed, operation = 0, f"{order.number}/store-credit-released"
        case _:
            return
    held = -(await uow.ledger.balances(order.number)).get(Account.CREDIT_HELD, 0)
    if held > needed:
        await uow.ledger.post(credit_released(order, operation, held - needed))
