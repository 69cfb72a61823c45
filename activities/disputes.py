"""What the end of an order does to money that was paid in advance and then disputed."""

from domain.chargebacks import deposit_settled, owed_back
from domain.journal import SYSTEM
from domain.process import ProcessDefinition
from domain.view import OrderView
from ports.unit_of_work import UnitOfWork


async def settle_deposit(uow: UnitOfWork, process: ProcessDefinition, view: OrderView) -> None:
    """What was charged back of a deposit for goods that will not come is owed no more; what the
    bank gave back again is a refund. The rest the order itself has the provider refund.
    """
    order = view.order
    balances = await uow.ledger.balances(order.number)
    posting, owed = deposit_settled(view, f"{order.number}/deposit-disputed", balances)
    if posting is not None:
        await uow.ledger.post(posting)
    if owed:
        balances = await uow.ledger.balances(order.number)
        await uow.orders.open_return(
            order, process, owed_back(view, process, balances, owed), SYSTEM
        )
