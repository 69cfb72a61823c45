"""Loyalty points: an append-only ledger, in lots that expire."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from adapters.postgres.tables.base import metadata, now, text
from domain.points import PointsKind

# One row a customer who has any: what whoever changes their points locks.
points_account = Table("points_account", metadata, text("customer_ref", primary_key=True))

_KINDS = ", ".join(f"'{kind.value}'" for kind in PointsKind)

# `points` changes what the customer can spend, `reserved` what orders hold of it. A lot is named by
# the operation that opened it; `expires_on` is the lot's last day. A trigger (migration of the
# table) refuses every change of what is there.
points_entry = Table(
    "points_entry",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("operation"),
    Column("line", Integer, nullable=False),
    text("customer_ref", ForeignKey("points_account.customer_ref")),
    text("order_number", ForeignKey("customer_order.number"), index=True, nullable=True),
    text("kind"),
    text("lot"),
    Column("expires_on", Date, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    now("at"),
    UniqueConstraint("operation", "line"),
    CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
    CheckConstraint("points <> 0 OR reserved <> 0", name="moves"),
    CheckConstraint(
        """
        CASE kind
          WHEN 'RESERVE' THEN points < 0 AND reserved = -points
          WHEN 'SPEND' THEN points = 0 AND reserved < 0
          WHEN 'RELEASE' THEN points >= 0 AND reserved <= 0
          WHEN 'ADJUST' THEN reserved = 0
          ELSE reserved = 0 AND (points > 0) = (kind IN ('EARN', 'RESTORE'))
        END
        """,
        name="direction",
    ),
    Index("ix_points_entry_customer_ref", "customer_ref", "id"),
    Index("ix_points_entry_expires_on", "expires_on", "customer_ref"),
)
