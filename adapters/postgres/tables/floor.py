"""The built-in warehouse's own book: what its people are asked to pick, and how far they are."""

from sqlalchemy import ForeignKey, Index, Table

from adapters.postgres.tables.base import document, metadata, now, text

pick_list = Table(
    "pick_list",
    metadata,
    text("fulfillment_order", ForeignKey("fulfillment_order.id"), primary_key=True),
    text("location"),
    text("status"),
    document("list"),  # domain.pick_list.PickList
    now("created_at"),
    now("updated_at"),
    Index("ix_pick_list_oldest", "created_at", "fulfillment_order"),
    Index("ix_pick_list_status_oldest", "status", "created_at", "fulfillment_order"),
)
