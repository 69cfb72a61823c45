"""Placing orders: one transaction, after which an order cannot be lost, forgotten or doubled."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta

from psycopg import errors
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.keys import body_hash, command_id, storable
from adapters.postgres.outcomes import Trace, append_audit, audited
from adapters.postgres.placement import Before, Known, look_up, placed_order
from adapters.postgres.placing import PlaceCommand, adopt, write
from adapters.postgres.points import PostgresPoints
from adapters.postgres.projections import SAVE_VIEW, order_values
from adapters.postgres.stock.reserving import refusing_shortage, reserve
from adapters.postgres.stock.soft import soft_claims
from adapters.postgres.store_credit import reserve_credit
from adapters.postgres.transactions import committing, driver_of, in_transaction
from domain.access import Principal, Role
from domain.codec import to_json
from domain.currency import exponent
from domain.errors import Forbidden, KeyConflict, Malformed, OutOfStock
from domain.fold import fold
from domain.ids import NUMBER_ENTROPY_BYTES, TrackingToken, order_number
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from domain.waits import waits
from ports.front_office import OrderRequest, PlacedAnswer

STAFF_CHANNEL = "sales"  # what agents place by hand
REFERENCE_MAX = 200  # characters
TRIES = 8  # the key, the reference and the number are each taken once; the goods, now and then


class _Taken(Exception):
    """Somebody was faster with the key, the reference, the number or the goods: roll back and look
    again.
    """


class PostgresIntake:
    """See `ports.front_office.Intake`. `server_key` makes the tracking tokens."""

    def __init__(self, engine: AsyncEngine, server_key: bytes, process: ProcessDefinition) -> None:
        self._engine = engine
        self._server_key = server_key
        self._process = process

    async def place(self, principal: Principal, key: str, request: OrderRequest) -> PlacedAnswer:
        _check_channel(principal, request.channel)
        _check_request(request)
        wish = PlaceCommand(
            id=command_id(principal.name, key),
            principal=principal.name,
            roles=",".join(sorted(principal.roles)),
            key=key,
            body_hash=body_hash(to_json(replace(request, raw=None))),
        )
        for _ in range(TRIES):
            try:
                return await in_transaction(
                    self._engine, lambda connection: self._place(connection, wish, request)
                )
            except _Taken:
                continue
        raise OutOfStock("others are taking the last units just now; try again")

    async def _place(
        self, connection: AsyncConnection, wish: PlaceCommand, request: OrderRequest
    ) -> PlacedAnswer:
        known = await look_up(connection, wish.principal, wish.key, request)
        if known.by_key:
            return self._again(known.by_key, wish, KeyConflict(wish.key))
        if known.by_reference:
            conflict = KeyConflict(request.channel_ref, is_reference=True)
            answer = self._again(known.by_reference, wish, conflict)
            if not await adopt(connection, wish, request, answer.number):
                raise _Taken
        else:
            answer = await self._write(connection, wish, request, known)
        if audited(wish.roles):
            trace = Trace(wish.principal, "place", answer.number, "", wish.id, "DONE")
            await append_audit(connection, trace)
        return answer

    async def _write(
        self,
        connection: AsyncConnection,
        wish: PlaceCommand,
        request: OrderRequest,
        known: Known,
    ) -> PlacedAnswer:
        number = order_number(secrets.token_bytes(NUMBER_ENTROPY_BYTES))
        token = TrackingToken.derive(self._server_key, number, 1)
        order = placed_order(number, request, known, self._process)
        claims = await soft_claims(connection, order) if request.only_if_in_stock else []
        with _whoever_is_first():
            if not await write(connection, wish, request, order, self._process, token.hash):
                raise _Taken
            await self._project(connection, order)
            if claims:
                until = known.at + timedelta(seconds=self._process.soft_reservation)
                # What the customer pays with and the audit are locked after the stock.
                last = not (order.points or order.store_credit or audited(wish.roles))
                end = committing(connection) if last else nullcontext(driver_of(connection))
                async with end as driver:
                    await reserve(driver, number, claims, until)
        if order.points:
            await _reserve_points(connection, order)
        if order.store_credit:
            await reserve_credit(connection, order)
        return PlacedAnswer(number, token.text, repeated=False)

    async def _project(self, connection: AsyncConnection, order: PlacedOrder) -> None:
        view = fold(order, (), ())
        await connection.execute(SAVE_VIEW, order_values(view, waits(view, self._process)))

    def _again(self, before: Before, wish: PlaceCommand, conflict: KeyConflict) -> PlacedAnswer:
        if before.body_hash != wish.body_hash:
            raise conflict
        token = TrackingToken.derive(self._server_key, before.number, before.tracking_version)
        return PlacedAnswer(before.number, token.text, repeated=True)


@contextmanager
def _whoever_is_first() -> Iterator[None]:
    try:
        with refusing_shortage():
            yield
    except OutOfStock as error:
        raise _Taken from error
    except IntegrityError as error:
        if not isinstance(error.orig, errors.UniqueViolation):
            raise
        raise _Taken from error


async def _reserve_points(connection: AsyncConnection, order: PlacedOrder) -> None:
    """Refuses (`LimitExceeded`) when there are too few: then nothing is placed."""
    operation = f"{order.number}/points-reserved"
    points = PostgresPoints(connection)
    await points.change(
        order.customer_ref, order.number, operation, lambda account: account.reserve(order.points)
    )


def _check_channel(principal: Principal, channel: str) -> None:
    """A channel places its own orders, an agent those of the sales staff."""
    own = principal.may(Role.CHANNEL) and principal.scope == channel
    by_hand = channel == STAFF_CHANNEL and principal.may(Role.AGENT, Role.SUPERVISOR)
    if not own and not by_hand:
        raise Forbidden(f"{principal.name} may not place orders of channel {channel}")


def _check_request(request: OrderRequest) -> None:
    """What would fail as a whole, before anything is looked up."""
    exponent(request.currency)
    if not 1 <= len(request.channel_ref) <= REFERENCE_MAX:
        raise Malformed(f"the channel's order reference has 1 to {REFERENCE_MAX} characters")
    storable(request.raw)
