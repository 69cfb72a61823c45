"""Acts that wait for a second person, what was done without one, and tasks that are no wait of an
order.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Identity, Index, Table

from adapters.postgres.tables.base import document, metadata, moment, now, text

# An act under four eyes: asked for by one person, decided by another.
approval = Table(
    "approval",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("command", ForeignKey("command.id"), unique=True),  # the one that asked
    text("act"),
    text("subject"),
    document("body"),
    text("reason"),
    text("why"),
    text("asked_by"),
    text("asked_roles"),
    now("asked_at"),
    moment("deadline"),
    text("status", server_default="PENDING"),
    text("decided_by", server_default=""),
    text("decided_roles", server_default=""),
    moment("decided_at", nullable=True),
    CheckConstraint("status IN ('PENDING', 'APPROVED', 'DECLINED', 'EXPIRED')", name="status"),
    CheckConstraint("decided_by <> asked_by OR status = 'DECLINED'", name="four_eyes"),
    Index("ix_approval_pending", "deadline", postgresql_where="status = 'PENDING'"),
)

# What a person did without a second one, of what is watched: the next such act adds it up. `most`
# is how much was allowed by then, this act included.
lone_act = Table(
    "lone_act",
    metadata,
    text("command", ForeignKey("command.id"), primary_key=True),
    text("person"),
    text("what"),  # domain.four_eyes.Watched
    text("subject"),
    Column("size", BigInteger, nullable=False),
    Column("most", BigInteger, nullable=False),
    now("at"),
    CheckConstraint("size > 0", name="size"),
    Index("ix_lone_act_sum", "person", "what", "subject", "at"),
)

# What staff has to look at, beside the waits of orders; `id` is derived, so that it is raised once.
task = Table(
    "task",
    metadata,
    text("id", primary_key=True),
    text("kind"),
    text("subject"),
    text("order_number", server_default=""),
    text("reason"),
    text("owner"),
    document("data"),
    now("since"),
    moment("deadline"),
    moment("closed_at", nullable=True),
    text("closed_by", server_default=""),
    text("closed_why", server_default=""),
    Index("ix_task_open", "deadline", postgresql_where="closed_at IS NULL"),
    Index("ix_task_subject", "subject"),
)
