"""Pick lists of the built-in warehouse. What people do with one, and what the order hears of it, is
one transaction; the order's row, locked first, is the lock of its pick lists too.
"""

from functools import partial

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.clock import now
from adapters.postgres.facts.after_the_end import take_in
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.tables import fulfillment_order, journal, location, pick_list
from adapters.postgres.transactions import each_alone, in_transaction
from domain.acts import Act
from domain.codec import Json, from_json, to_json
from domain.errors import NotFound
from domain.facts import BUILT_IN, Fact
from domain.journal import CancelRequested
from domain.pick_acts import AskBack, FloorAct, perform
from domain.pick_list import PickList
from ports.floor import FulfilledBy
from ports.outside import ParcelRequest

SOURCE = "warehouse"

_LIST = select(pick_list.c.list).where(pick_list.c.fulfillment_order == bindparam("parcel"))
_NEW = ("fulfillment_order", "location", "status", "list")
_ASKED_BACK = exists().where(  # by its order: an attempt to open it that comes late does nothing
    journal.c.subject == bindparam("order"),
    journal.c.kind == CancelRequested.__name__,
    journal.c.data["fulfillment_order"].astext == bindparam("fulfillment_order"),
)
_OPEN = (
    insert(pick_list)
    .from_select(
        _NEW,
        select(*(bindparam(name, type_=pick_list.c[name].type) for name in _NEW)).where(
            ~_ASKED_BACK
        ),
    )
    .on_conflict_do_nothing()
    .returning(pick_list.c.fulfillment_order)
)
_SAVE = update(pick_list).where(pick_list.c.fulfillment_order == bindparam("parcel"))
_BY_LOCATION = select(func.nullif(location.c.fulfilled_by, "")).where(
    location.c.id == fulfillment_order.c.location
)
_FULFILLED_BY = (
    update(fulfillment_order)
    .where(fulfillment_order.c.id == bindparam("parcel"))
    .values(
        fulfilled_by=func.coalesce(
            fulfillment_order.c.fulfilled_by,
            _BY_LOCATION.scalar_subquery(),
            bindparam("otherwise"),
        )
    )
    .returning(fulfillment_order.c.fulfilled_by)
)


class PostgresPickLists:
    """See `ports.floor.PickLists` and `LocationRegister`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._alone = each_alone(engine)

    async def open(self, parcel: ParcelRequest) -> bool:
        pick = PickList(parcel.fulfillment_order, parcel.order, parcel.location, parcel.lines)
        async with self._alone.connect() as connection:
            row = {"fulfillment_order": pick.fulfillment_order, "order": pick.order}
            row |= _values(pick)
            if (await connection.execute(_OPEN, row)).one_or_none():
                return True
            there = await connection.scalar(_LIST, {"parcel": pick.fulfillment_order})
        if there is None:
            return False
        known = from_json(PickList, there)
        return (known.order, known.location, known.lines) == (
            pick.order,
            pick.location,
            pick.lines,
        )

    async def ask_back(self, fulfillment_order: str) -> bool:
        work = partial(_do, parcel=fulfillment_order, wanted=AskBack(), raw={})
        try:
            await in_transaction(self._engine, work)
        except NotFound:
            return False
        return True

    async def fulfilled_by(self, fulfillment_order: str, otherwise: FulfilledBy) -> FulfilledBy:
        async with self._alone.connect() as connection:
            found = await connection.scalar(
                _FULFILLED_BY, {"parcel": fulfillment_order, "otherwise": otherwise.value}
            )
        if found is None:
            raise NotFound(f"there is no fulfillment order {fulfillment_order}")
        return FulfilledBy(found)


async def pick_list_act(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """An act of people on the floor. Refuses `NotFound`, and what the pick list's state refuses."""
    raw = {"command": act.id}
    pick = await _do(connection, act.subject, act.wanted, raw=raw, reason=act.reason)
    told = {"status": pick.status.value, "cancel": pick.cancel.value}
    return {name: value for name, value in told.items() if value}


async def _do(
    connection: AsyncConnection,
    parcel: str,
    wanted: FloorAct | AskBack,
    *,
    raw: Json,
    reason: str = "",
) -> PickList:
    locked = await PostgresOrders(connection).lock_by_parcel(parcel)
    data = locked and await connection.scalar(_LIST, {"parcel": parcel})
    if locked is None or data is None:
        raise NotFound(f"there is no pick list {parcel}")
    before = from_json(PickList, data)
    view = locked.view()
    after, told = perform(before, wanted, reason, view.parcels[parcel].lines)
    if after != before:
        await connection.execute(
            _SAVE.values(**_values(after), updated_at=now()), {"parcel": parcel}
        )
    at = (await connection.execute(select(now()))).scalar_one()
    for each in told:
        event = f"{BUILT_IN}{each.event}"
        fact = Fact(
            f"{SOURCE}:{event}",
            each.kind,
            parcel,
            at,
            lines=each.lines,
            packages=each.packages,
            tracking_number=each.tracking_number,
            code=each.code,
            parts=each.parts,
        )
        await take_in(connection, SOURCE, event, fact, raw, grace_seconds=0)
    return after


def _values(pick: PickList) -> dict[str, Json]:
    return {"location": pick.location, "status": pick.status.value, "list": to_json(pick)}
