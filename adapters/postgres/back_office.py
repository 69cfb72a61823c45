"""Acts of staff: command, effect, outcome and audit row in one transaction; some under four eyes.

Each kind of act has one handler, here in `HANDLERS`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import settlement_acts as settlements
from adapters.postgres.approvals import approval_page, ask_second_person, decided, lock_approval
from adapters.postgres.catalog_acts import change_location, change_product
from adapters.postgres.chargeback_acts import accept_chargeback
from adapters.postgres.command_rows import wish
from adapters.postgres.cursors import check_page, read_cursor
from adapters.postgres.goodwill import grant_goodwill
from adapters.postgres.once import once
from adapters.postgres.pick_lists import pick_list_act
from adapters.postgres.points_acts import adjust_points
from adapters.postgres.settlement_tasks import LINE, MISSING
from adapters.postgres.stock import acts as stock
from adapters.postgres.stock import supply
from adapters.postgres.tasks import close_task, lock_task
from adapters.postgres.transactions import in_transaction
from adapters.postgres.transfer_acts import (
    assign_transfer,
    register_transfer,
    send_back_transfer,
    write_off_transfer,
)
from adapters.postgres.transfers import TASK as TRANSFER
from adapters.postgres.withdrawals import withdraw_transfer
from adapters.postgres.write_offs import write_off_receivable
from domain.access import STAFF, Principal, Role
from domain.acts import (
    PICK_LIST_ACTS,
    Act,
    ActKind,
    may_act,
    may_approve,
    wanted_of,
)
from domain.codec import Json
from domain.errors import Forbidden, Refusal, StepRefused
from domain.four_eyes import FourEyes, SecondPersonNeeded
from ports.back_office import ActAnswer
from ports.reads import Page

Handler = Callable[[AsyncConnection, Act], Awaitable[dict[str, Json]]]
_APPROVAL = "approval"


async def _approve(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """The act that was asked for is decided now, by the state as it is now."""
    waiting = await lock_approval(connection, act.subject)
    may_approve(waiting.act.kind, waiting.act.by.name, act.by)
    result = await HANDLERS[waiting.act.kind](
        connection, replace(waiting.act, approved_by=act.by.name)
    )
    await decided(connection, waiting.id, act.by, "APPROVED")
    return result


async def _decline(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Whoever asked may take it back."""
    waiting = await lock_approval(connection, act.subject)
    if act.by.name != waiting.act.by.name:
        may_approve(waiting.act.kind, waiting.act.by.name, act.by)
    await decided(connection, waiting.id, act.by, "DECLINED")
    return {}


async def _close_task(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Whoever has it in the queue, or a supervisor. Refuses (`StepRefused`) one that ends with what
    it is about: closed, nothing would tell of that any more.
    """
    kind, owner = await lock_task(connection, act.subject)
    act.by.require(owner, Role.SUPERVISOR)
    if kind in ENDED_BY:
        acts = ", ".join(ENDED_BY[kind])
        raise StepRefused(f"it ends with what it is about, by {acts}")
    await close_task(connection, act.subject, act.by.name, act.reason)
    return {}


ENDED_BY: Mapping[str, tuple[ActKind, ...]] = {
    TRANSFER: (
        ActKind.TRANSFER_ASSIGN, ActKind.TRANSFER_SEND_BACK, ActKind.TRANSFER_WRITE_OFF,
        ActKind.TRANSFER_WITHDRAW,
    ),
    LINE: (
        ActKind.SETTLEMENT_CONFIRM, ActKind.SETTLEMENT_ASSIGN, ActKind.SETTLEMENT_WRITE_OFF,
    ),
    MISSING: (ActKind.SETTLEMENT_GIVE_UP,),
}  # fmt: skip
HANDLERS: Mapping[ActKind, Handler] = {
    ActKind.STOCK_COUNT: stock.count,
    ActKind.STOCK_ADJUST: stock.adjust,
    ActKind.STOCK_REGRADE: stock.regrade,
    ActKind.STOCK_SET_LEVELS: stock.set_levels,
    ActKind.SUPPLY_EXPECT: supply.expect,
    ActKind.SUPPLY_RECEIVE: supply.receive,
    ActKind.SUPPLY_END: supply.end_supply,
    ActKind.SETTLEMENT_CONFIRM: settlements.confirm,
    ActKind.SETTLEMENT_ASSIGN: settlements.assign,
    ActKind.SETTLEMENT_WRITE_OFF: settlements.write_off,
    ActKind.SETTLEMENT_GIVE_UP: settlements.give_up_item,
    **dict.fromkeys(PICK_LIST_ACTS, pick_list_act),
    ActKind.TRANSFER_REGISTER: register_transfer,
    ActKind.TRANSFER_ASSIGN: assign_transfer,
    ActKind.TRANSFER_SEND_BACK: send_back_transfer,
    ActKind.TRANSFER_WRITE_OFF: write_off_transfer,
    ActKind.TRANSFER_WITHDRAW: withdraw_transfer,
    ActKind.GOODWILL_GRANT: grant_goodwill,
    ActKind.RECEIVABLE_WRITE_OFF: write_off_receivable,
    ActKind.CHARGEBACK_ACCEPT: accept_chargeback,
    ActKind.POINTS_ADJUST: adjust_points,
    ActKind.APPROVAL_APPROVE: _approve,
    ActKind.APPROVAL_DECLINE: _decline,
    ActKind.TASK_CLOSE: _close_task,
    ActKind.LOCATION_CHANGE: change_location,
    ActKind.PRODUCT_CHANGE: change_product,
}


class PostgresBackOffice:
    """See `ports.back_office.BackOffice`."""

    def __init__(self, engine: AsyncEngine, limits: FourEyes | None = None) -> None:
        self._engine = engine
        self._limits = limits or FourEyes()

    async def act(
        self,
        principal: Principal,
        key: str,
        kind: ActKind,
        subject: str,
        body: Mapping[str, Json],
        reason: str = "",
    ) -> ActAnswer:
        may_act(kind, principal, reason)
        wanted = wanted_of(kind, dict(body))
        wished = wish(principal, key, kind.value, subject, {**body, "reason": reason})
        act = Act(wished.id, kind, subject, wanted, reason, principal, self._limits)
        answer = await in_transaction(
            self._engine,
            lambda connection: once(connection, wished, partial(_do, connection, act, body)),
        )
        if isinstance(answer, Refusal):
            raise answer
        return ActAnswer(answer, answer.get(_APPROVAL, ""))

    async def approvals(
        self, principal: Principal, status: str, first: int, after: str | None
    ) -> Page:
        check_page(first)
        if not principal.may(*STAFF, Role.DEVELOPER):
            raise Forbidden("approvals are for staff")
        cursor = None if after is None else read_cursor(after)
        async with self._engine.connect() as connection:
            return await approval_page(connection, status, first, cursor)


async def _do(connection: AsyncConnection, act: Act, body: Mapping[str, Json]) -> Json:
    try:
        return await HANDLERS[act.kind](connection, act)
    except SecondPersonNeeded as needed:
        seen = {**body, **needed.seen}
        return {_APPROVAL: await ask_second_person(connection, act, seen, needed.why)}
