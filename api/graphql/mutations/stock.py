"""Acts on stock: what is there, what it is worth for sale, and what is to come."""

from dataclasses import fields
from enum import Enum
from typing import Any

import strawberry

from api.graphql.context import Ask
from api.graphql.mutations import ask
from api.graphql.mutations.acts import ActPayload, act_payload
from api.graphql.resolved import mutation
from api.graphql.types import supplies as _supplies  # noqa: F401 - it makes SupplyKind an enum
from domain.acts import ActKind as Kind
from domain.stock_acts import Bucket, SupplyKind

strawberry.enum(
    Bucket, name="StockBucket", description="Where units stand; only those on hand are for sale."
)

_BESIDE_THE_BODY = ("sku", "idempotency_key", "reason")


def _sku() -> Any:
    return strawberry.field(description="The SKU.")


def _location() -> Any:
    return strawberry.field(description="The location's id.")


def _reference() -> Any:
    return strawberry.field(description="The purchase order, or the name of the presale.")


@strawberry.input(description="So many sellable units are there, whatever the books say.")
class StockCountInput:
    sku: strawberry.ID = _sku()
    location: strawberry.ID = _location()
    counted: int = strawberry.field(description="Fewer than are reserved breaks promises.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.input(description="So many units more, or fewer, than the books say.")
class StockAdjustInput:
    sku: strawberry.ID = _sku()
    location: strawberry.ID = _location()
    units: int = strawberry.field(description="Negative when there are fewer.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.input(description="Units move from one bucket to another.")
class StockRegradeInput:
    sku: strawberry.ID = _sku()
    location: strawberry.ID = _location()
    units: int = strawberry.field(description="How many.")
    before: Bucket = strawberry.field(description="Where they stood.")
    after: Bucket = strawberry.field(description="Where they stand now; scrap is gone for good.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.input(description="What is kept back, and when to reorder.")
class StockSetLevelsInput:
    sku: strawberry.ID = _sku()
    location: strawberry.ID = _location()
    safety: int = strawberry.field(description="Units that are never promised.")
    reorder_point: int = strawberry.field(
        default=0, description="At so many free units or fewer it is to be reordered; 0: never."
    )
    reorder_to: int = strawberry.field(default=0, description="Up to how many.")
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Units that are to come; said again, it is changed.")
class SupplyExpectInput:
    sku: strawberry.ID = _sku()
    location: strawberry.ID = _location()
    reference: str = _reference()
    quantity: int = strawberry.field(description="In all, with those that have come already.")
    available_on: str = strawberry.field(description="The day, as `2026-11-30`.")
    kind: SupplyKind = strawberry.field(
        default=SupplyKind.INBOUND, description="Ordered, or a quota for presale."
    )
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Inbound units have come.")
class SupplyReceiveInput:
    sku: strawberry.ID = _sku()
    location: strawberry.ID = _location()
    reference: str = _reference()
    units: int = strawberry.field(description="How many are sellable.")
    last: bool = strawberry.field(default=False, description="Nothing more will come of it.")
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Nothing more will come: what was promised of it is broken.")
class SupplyEndInput:
    sku: strawberry.ID = _sku()
    location: strawberry.ID = _location()
    reference: str = _reference()
    kind: SupplyKind = strawberry.field(
        default=SupplyKind.INBOUND, description="Ordered, or a quota for presale."
    )
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.type
class StockMutations:
    @mutation(
        "Counts stock. Warehouse and supervisors; a large difference, or many small ones within a "
        "day, need a second person."
    )
    async def stock_count(self, info: Ask, input: StockCountInput) -> ActPayload:  # noqa: A002 - the schema's word, here and below
        return await _act(info, Kind.STOCK_COUNT, input)

    @mutation("Adjusts stock. As `stockCount`.")
    async def stock_adjust(self, info: Ask, input: StockAdjustInput) -> ActPayload:  # noqa: A002
        return await _act(info, Kind.STOCK_ADJUST, input)

    @mutation("Moves units between buckets. As `stockCount`.")
    async def stock_regrade(self, info: Ask, input: StockRegradeInput) -> ActPayload:  # noqa: A002
        return await _act(info, Kind.STOCK_REGRADE, input)

    @mutation("Sets safety stock and reorder levels. Warehouse and supervisors.")
    async def stock_set_levels(self, info: Ask, input: StockSetLevelsInput) -> ActPayload:  # noqa: A002
        return await _act(info, Kind.STOCK_SET_LEVELS, input)

    @mutation("Says what is to come. Warehouse and supervisors.")
    async def supply_expect(self, info: Ask, input: SupplyExpectInput) -> ActPayload:  # noqa: A002
        return await _act(info, Kind.SUPPLY_EXPECT, input)

    @mutation(
        "Books in what has come. Warehouse and supervisors; many more units than were expected "
        "need a second person."
    )
    async def supply_receive(self, info: Ask, input: SupplyReceiveInput) -> ActPayload:  # noqa: A002
        return await _act(info, Kind.SUPPLY_RECEIVE, input)

    @mutation("Gives up on what was to come. Warehouse and supervisors.")
    async def supply_end(self, info: Ask, input: SupplyEndInput) -> ActPayload:  # noqa: A002
        return await _act(info, Kind.SUPPLY_END, input)


async def _act(info: Ask, kind: Kind, wanted: Any) -> ActPayload:
    """What is asked goes by the names that it has in `domain.stock_acts`."""
    body = {
        field.name: _plain(getattr(wanted, field.name))
        for field in fields(wanted)
        if field.name not in _BESIDE_THE_BODY
    }
    return await act_payload(info, kind, wanted.sku, wanted, body)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
