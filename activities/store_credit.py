"""Store credit that an order has reserved at its placement, and does not need after all."""

from activities.reserved import needed_after
from domain import journal as j
from domain.ledger import Account, credit_released
from domain.view import OrderView
from ports.unit_of_work import UnitOfWork


async def release_credit(uow: UnitOfWork, view: OrderView, body: j.Body) -> None:
    """`view` is as it was before `body`."""
    order, needed = view.order, needed_after(view, body)
    if not order.store_credit or needed is None:
        return
    held = -(await uow.ledger.balances(order.number)).get(Account.CREDIT_HELD, 0)
    free = held - needed.parts.store_credit
    if free > 0:
        operation = f"{order.number}/store-credit-released{needed.suffix}"
        await uow.ledger.post(credit_released(order, operation, free))
