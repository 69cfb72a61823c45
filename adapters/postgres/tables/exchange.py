"""What comes in and goes out: facts, commands, step results, the outbox."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Table, UniqueConstraint, func

from adapters.postgres.tables.base import document, metadata, moment, now, text

# What outside parties told us, as received. `handled_by` names the step of ours that used it.
fact = Table(
    "fact",
    metadata,
    text("id", primary_key=True),  # <source>:<event id>
    text("source"),
    text("event_id"),
    text("kind"),
    text("subject"),
    text("order_number", nullable=True),
    moment("occurred_at"),
    now("received_at"),
    document("data"),  # domain.facts.Fact
    document("raw"),
    moment("due_at", nullable=True),  # when the order is to be told (again)
    Column("told", Integer, nullable=False, server_default="0"),
    text("handled_by", nullable=True),
    text("quarantined", nullable=True),  # why it matches nothing
    UniqueConstraint("source", "event_id"),
    Index("ix_fact_order", "order_number"),
    Index("ix_fact_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    Index("ix_fact_quarantined", "received_at", postgresql_where="quarantined IS NOT NULL"),
)

# A wish that can be refused; one key, one body, one outcome. Status: ACCEPTED, DONE, REFUSED,
# EXPIRED.
command = Table(
    "command",
    metadata,
    text("id", primary_key=True),
    text("principal"),
    text("key"),
    text("body_hash"),
    text("kind"),
    text("subject", index=True),
    text("roles"),
    document("body"),
    text("status"),
    document("outcome", nullable=True),
    now("created_at"),
    moment("expires_at", nullable=True),
    moment("heard_at", nullable=True),  # the process itself has answered: it knows the outcome
    UniqueConstraint("principal", "key"),
    Index("ix_command_open", "expires_at", postgresql_where="status = 'ACCEPTED'"),
    Index(
        "ix_command_unheard",
        "created_at",
        postgresql_where="heard_at IS NULL AND status IN ('ACCEPTED', 'DONE')",
    ),
)

# The result of a step: a retry, or a second live attempt, finds it and returns it.
step = Table(
    "step",
    metadata,
    text("subject", primary_key=True),
    text("name", primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    document("result"),
    now("at"),
)

# What the world is to be told, or started; relayed with a stable id until it is heard.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("event_id", unique=True),
    text("kind"),
    text("subject"),
    document("payload"),
    now("created_at"),
    moment("due_at", nullable=True, server_default=func.now()),  # NULL: delivered or dead
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("delivered_at", nullable=True),
    moment("dead_at", nullable=True),
    text("last_error", server_default=""),
    Index("ix_outbox_due", "due_at", postgresql_where="due_at IS NOT NULL"),
)
