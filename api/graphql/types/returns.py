"""Returns in GraphQL."""

from datetime import datetime
from typing import Any

import strawberry

from api.graphql.types.money import Money, money
from api.graphql.types.parcel import Units
from ports.reads import ReturnRead


@strawberry.type(description="Units of a return that were inspected.")
class InspectedUnits:
    line: int = strawberry.field(description="The order line's number.")
    sku: str = strawberry.field(description="The SKU of that line.")
    quantity: int = strawberry.field(description="How many units.")
    disposition: str = strawberry.field(description="restock, quarantine, scrap or send_back.")


@strawberry.type(description="A part of a refund, by the tender that it goes back by.")
class RefundShare:
    tender: str = strawberry.field(
        description="provider, channel, bank (a transfer) or store_credit; receivable: it was "
        "owed, and is owed no more; bad_debt: it was owed, and had been written off; rounding."
    )
    amount: Money = strawberry.field(description="Of the refund.")


@strawberry.type(description="Goods that come back, and the refund for them; or a refund alone.")
class Return:
    number: str = strawberry.field(description="`<order>-R<n>`.")
    order: str = strawberry.field(description="The order's number.")
    status: str = strawberry.field(description="As `REQUESTED`, `APPROVED`, `COMPLETED`.")
    reason: str = strawberry.field(description="Why it was asked for.")
    lines: list[Units] = strawberry.field(description="What was asked for.")
    received: list[Units] = strawberry.field(description="What came.")
    inspected: list[InspectedUnits] = strawberry.field(description="What inspection found.")
    refund: Money = strawberry.field(
        description="What it would give back; after inspection, what is granted."
    )
    refunded: Money = strawberry.field(
        description="What of the refund has gone already, and not come back."
    )
    shares: list[RefundShare] = strawberry.field(
        description="How what was granted goes back; empty until then."
    )
    kind: str = strawberry.field(
        description="return; lost or returned_to_sender, of a parcel that was not delivered; or a "
        "refund without goods: goodwill, overpaid, dispute_won (what a bank gave back was no "
        "longer owed), or refund_failed (what another one had given back came back)."
    )
    requested_at: datetime = strawberry.field(description="When it was asked for.")


def return_(read: ReturnRead) -> Return:
    return Return(
        number=read.number,
        order=read.order,
        status=read.status,
        reason=read.reason,
        lines=_units(read.lines),
        received=_units(read.received),
        inspected=[
            InspectedUnits(
                line=each["line"],
                sku=each["sku"],
                quantity=each["quantity"],
                disposition=each["disposition"],
            )
            for each in read.units or []
        ],
        refund=money(read.refund, read.currency),
        refunded=money(read.refunded, read.currency),
        shares=[
            RefundShare(tender=share["tender"], amount=money(share["amount"], read.currency))
            for share in read.shares
        ],
        kind=read.kind,
        requested_at=read.requested_at,
    )


def _units(lines: list[dict[str, Any]] | None) -> list[Units]:
    return [
        Units(line=each["line"], sku=each["sku"], quantity=each["quantity"]) for each in lines or []
    ]
