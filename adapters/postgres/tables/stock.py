"""Stock by (SKU, location), what is to come, reservations of both, and the append-only movements
that explain the stock.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from adapters.postgres.tables.base import metadata, moment, now, text

# `reserved` is Σ active reservations of units on hand; sellable units only in `on_hand`. Alerts are
# raised by the trigger `stock_alert` when a transaction ends that has crossed a level; `crossings`
# counts them, and `…_told` says whether the last that was told of a level is that it was reached.
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
    Column("reorder_point", Integer, nullable=False, server_default="0"),
    Column("reorder_to", Integer, nullable=False, server_default="0"),
    Column("crossings", Integer, nullable=False, server_default="0"),
    Column("safety_told", Boolean, nullable=False, server_default="false"),
    Column("reorder_told", Boolean, nullable=False, server_default="false"),
    CheckConstraint("0 <= reserved AND reserved <= on_hand", name="reserved_within_on_hand"),
    CheckConstraint("safety >= 0 AND damaged >= 0 AND quarantined >= 0", name="buckets"),
    CheckConstraint("0 <= reorder_point AND 0 <= reorder_to", name="levels"),
    # Without what changes at every reservation, which an index would make dearer.
    Index("ix_stock_levels", "sku", "location", postgresql_where="safety > 0 OR reorder_point > 0"),
)

# Units that are to come: `inbound` are ordered from a supplier, `presale` is a quota that may be
# sold before there are any. What has come, or will not come after all, is in `received`;
# `expected_by` said last how much is to come, and is empty where a file did.
supply = Table(
    "supply",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("kind"),
    text("reference"),
    text("sku", ForeignKey("product.sku")),
    text("location", ForeignKey("location.id")),
    Column("available_on", Date, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("reserved", Integer, nullable=False, server_default="0"),
    now("created_at"),
    now("updated_at"),
    text("expected_by", server_default=""),
    UniqueConstraint("kind", "reference", "sku", "location"),
    CheckConstraint("kind IN ('inbound', 'presale')", name="kind"),
    CheckConstraint(
        "0 <= reserved AND 0 <= received AND reserved + received <= quantity",
        name="reserved_within_quantity",
    ),
    Index("ix_supply_open", "sku", postgresql_where="received < quantity"),
    Index("ix_supply_expected", "available_on", "id", postgresql_where="received < quantity"),
)

# State: SOFT (until `expires_at`) or HARD while active; EXPIRED, CONSUMED, RELEASED or BROKEN
# afterwards. Partial means splitting the row. `supply` is set while the units have yet to come.
# Of a bundle, a row is one component: `per_unit` of its units belong to one unit of the line.
reservation = Table(
    "reservation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("order_number", ForeignKey("customer_order.number"), index=True),
    text("fulfillment_order", ForeignKey("fulfillment_order.id"), index=True, nullable=True),
    Column("line", Integer, nullable=False),
    text("sku"),
    text("location"),
    Column("quantity", Integer, nullable=False),
    Column("per_unit", Integer, nullable=False, server_default="1"),
    Column("supply", BigInteger, ForeignKey("supply.id"), nullable=True),
    text("state"),
    moment("expires_at", nullable=True),
    now("created_at"),
    now("updated_at"),
    CheckConstraint("quantity > 0 AND per_unit > 0 AND quantity % per_unit = 0", name="quantity"),
    CheckConstraint(
        "state IN ('SOFT', 'HARD', 'EXPIRED', 'CONSUMED', 'RELEASED', 'BROKEN')", name="state"
    ),
    CheckConstraint(
        "(state = 'SOFT') <= (expires_at IS NOT NULL AND fulfillment_order IS NULL)"
        " AND (state = 'HARD') <= (fulfillment_order IS NOT NULL)",
        name="soft_or_hard",
    ),
    Index("ix_reservation_active", "sku", "location",
          postgresql_where="state IN ('SOFT', 'HARD')"),
    Index("ix_reservation_soft", "expires_at", postgresql_where="state = 'SOFT'"),
    Index("ix_reservation_supply", "supply",
          postgresql_where="supply IS NOT NULL AND state = 'HARD'"),
)  # fmt: skip

# Written by triggers: there may be more of a SKU than before. Kept until whoever waits for it was
# told; `told` are the orders that were so far.
stock_news = Table(
    "stock_news",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("sku"),
    now("at"),
    Column("told", ARRAY(Text), nullable=False, server_default="{}"),
)

# Append-only; on_hand = opening + Σ units, and each bucket is Σ its bucket_units. `reference` is
# the shipment, the return, or the act of ops that did it.
movement = Table(
    "movement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("reason"),  # ship | short_pick | restock | load | count | adjust | receive | regrade | …
    text("reference"),
    Column("line", Integer, nullable=False),
    text("sku"),
    text("location"),
    Column("units", Integer, nullable=False),  # change of on_hand; 0 where only a bucket moved
    text("bucket", server_default=""),  # damaged or quarantined, when one changed
    Column("bucket_units", Integer, nullable=False, server_default="0"),
    now("at"),
    UniqueConstraint("reason", "reference", "line", "sku", "location"),
    CheckConstraint(
        "bucket IN ('damaged', 'quarantined') OR (bucket = '' AND bucket_units = 0)",
        name="bucket",
    ),
    Index("ix_movement_sku_location", "sku", "location"),
)
