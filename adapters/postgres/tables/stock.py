"""Stock by (SKU, location), its reservations, and the append-only movements that explain it."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from adapters.postgres.tables.base import metadata, now, text

# `reserved` is Σ active reservations; sellable units only in `on_hand`.
stock = Table(
    "stock",
    metadata,
    text("sku", ForeignKey("product.sku"), primary_key=True),
    text("location", ForeignKey("location.id"), primary_key=True),
    Column("on_hand", Integer, nullable=False),
    Column("reserved", Integer, nullable=False, server_default="0"),
    Column("safety", Integer, nullable=False, server_default="0"),
    Column("damaged", Integer, nullable=False, server_default="0"),
    Column("quarantined", Integer, nullable=False, server_default="0"),
    Column("opening", Integer, nullable=False, server_default="0"),
    CheckConstraint("0 <= reserved AND reserved <= on_hand", name="reserved_within_on_hand"),
    CheckConstraint("safety >= 0 AND damaged >= 0 AND quarantined >= 0", name="buckets"),
)

# State: HARD while active; CONSUMED or RELEASED afterwards. Partial means splitting the row.
reservation = Table(
    "reservation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("order_number", ForeignKey("customer_order.number"), index=True),
    text("fulfillment_order", ForeignKey("fulfillment_order.id"), index=True),
    Column("line", Integer, nullable=False),
    text("sku"),
    text("location"),
    Column("quantity", Integer, nullable=False),
    text("state"),
    now("created_at"),
    now("updated_at"),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("state IN ('HARD', 'CONSUMED', 'RELEASED')", name="state"),
    Index("ix_reservation_active", "sku", "location", postgresql_where="state = 'HARD'"),
)

# Append-only; on_hand = opening + Σ units. `reference` is the shipment, return or count.
movement = Table(
    "movement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("reason"),  # ship | short_pick | restock | load | quarantine | scrap
    text("reference"),
    Column("line", Integer, nullable=False),
    text("sku"),
    text("location"),
    Column("units", Integer, nullable=False),  # change of on_hand; 0 where only a bucket moved
    Column("bucket_units", Integer, nullable=False, server_default="0"),
    now("at"),
    UniqueConstraint("reason", "reference", "line", "location"),
    Index("ix_movement_sku_location", "sku", "location"),
)
