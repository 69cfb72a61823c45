"""Orders and returns: as placed, their journals, their projections, their people."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, Table
from sqlalchemy import UniqueConstraint as Unique

from adapters.postgres.tables.base import document, metadata, moment, now, text

# Personal data: nothing else holds any, and nothing but these rows must go to erase it.
person = Table(
    "person",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("name"),
    text("line1"),
    text("line2"),
    text("city"),
    text("region"),
    text("postal_code"),
    text("country"),
    text("email"),
    text("phone"),
    now("created_at"),
)

customer_order = Table(
    "customer_order",
    metadata,
    text("number", primary_key=True),
    text("channel"),
    text("channel_ref"),
    text("customer_ref"),
    text("currency"),
    Column("total", BigInteger, nullable=False),
    document("placed"),  # domain.order.PlacedOrder
    document("process"),  # domain.process.ProcessDefinition: the promises it was placed under
    Column("person_id", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("tracking_version", Integer, nullable=False, server_default="1"),
    text("tracking_hash", unique=True),
    moment("placed_at"),
    now("created_at"),
    Unique("channel", "channel_ref"),
)

# The order exactly as the channel sent it.
channel_order = Table(
    "channel_order",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("order_number", ForeignKey("customer_order.number"), index=True),
    text("channel"),
    text("message_id"),
    document("raw", nullable=True),
    now("received_at"),
)

payment_source = Table(
    "payment_source",
    metadata,
    text("order_number", ForeignKey("customer_order.number"), primary_key=True),
    text("source"),  # a provider's token, or the channel's own payment reference
    now("updated_at"),
)

fulfillment_order = Table(
    "fulfillment_order",
    metadata,
    text("id", primary_key=True),
    text("order_number", ForeignKey("customer_order.number"), index=True),
    text("location"),
    text("fulfilled_by", nullable=True),  # which warehouse adapter has it, once it is handed over
    moment("begun_at", nullable=True),  # since when a warehouse may have it
    now("created_at"),
    Index("ix_fulfillment_order_taken", "location", "created_at"),
)

return_order = Table(
    "return_order",
    metadata,
    text("number", primary_key=True),
    text("order_number", ForeignKey("customer_order.number"), index=True),
    Column("seq", Integer, nullable=False),
    text("status", index=True),
    document("view"),  # domain.returns.ReturnView
    document("waits"),
    moment("deadline", nullable=True),
    Column("queued", Integer, nullable=False),
    now("created_at"),
    now("updated_at"),
    Index("ix_return_order_queued", "deadline", postgresql_where="queued > 0"),
)

# Append-only: what we decided and did, gapless per order or return.
journal = Table(
    "journal",
    metadata,
    text("subject", primary_key=True),
    Column("seq", Integer, primary_key=True),
    text("order_number", ForeignKey("customer_order.number"), index=True),
    now("at"),
    text("by"),
    text("kind"),
    document("data"),
)

# The projection: fold(journal, facts), with the sequence it was folded at.
order_view = Table(
    "order_view",
    metadata,
    text("number", ForeignKey("customer_order.number"), primary_key=True),
    Column("seq", Integer, nullable=False),
    text("channel"),
    text("customer_ref"),
    text("status"),
    text("payment_status"),
    text("currency"),
    Column("total", BigInteger, nullable=False),
    Column("parcels", Integer, nullable=False),
    # granted on credit and not sent yet, minor units
    Column("committed", BigInteger, nullable=False, server_default="0"),
    document("view"),  # domain.view.OrderView, without the order as placed
    document("waits"),
    moment("deadline", nullable=True),  # the earliest of its waits
    Column("queued", Integer, nullable=False),  # how many of its waits stand in the ops queue
    moment("placed_at"),
    now("updated_at"),
    Index("ix_order_view_queued", "deadline", postgresql_where="queued > 0"),
    Index("ix_order_view_newest", "placed_at", "number"),
    Index("ix_order_view_status_newest", "status", "placed_at", "number"),
    Index("ix_order_view_customer", "customer_ref", "placed_at"),
    Index("ix_order_view_committed", "customer_ref", postgresql_where="committed > 0"),
)

# Every act of a person, in the transaction of its effect; each row's hash covers the one before.
audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    now("at"),
    text("principal"),
    text("act"),
    text("subject", index=True),
    text("reason"),
    text("command", unique=True),
    text("outcome"),
    text("hash"),
)
