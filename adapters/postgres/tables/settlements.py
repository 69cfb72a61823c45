"""Settlements of outside parties, line by line as imported, and what became of each line."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
)
from sqlalchemy import UniqueConstraint as Unique

from adapters.postgres.tables.base import document, metadata, moment, now, text

settlement = Table(
    "settlement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("kind"),  # domain.settlement.PartyKind
    text("party"),
    text("reference"),  # the party's own name for the payout
    text("currency"),
    moment("period_from"),
    moment("period_to"),
    text("sha256", unique=True),  # of the file
    text("file"),
    now("imported_at"),
    Unique("kind", "party", "reference"),
)

# Minor units of the settlement's currency. What a line says never changes; what became of it does,
# until it is resolved.
settlement_line = Table(
    "settlement_line",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("settlement_id", BigInteger, ForeignKey("settlement.id"), nullable=False),
    Column("line", Integer, nullable=False),
    text("kind"),
    text("reference"),
    Column("gross", BigInteger, nullable=False),
    Column("fee", BigInteger, nullable=False),
    Column("original_amount", BigInteger, nullable=False),
    text("original_currency"),
    moment("occurred_at"),
    document("orders"),  # order numbers that its text names
    text("verdict", server_default="UNMATCHED"),
    text("item", server_default=""),  # the open item's operation
    document("reasons", server_default="[]"),
    Column("score", Integer, nullable=False, server_default="0"),
    moment("resolved_at", nullable=True),
    text("resolved_by", server_default=""),
    Unique("settlement_id", "line"),
    CheckConstraint(
        "verdict IN ('MATCHED', 'DIFFERING', 'PROPOSED', 'UNMATCHED', 'WRITTEN_OFF')",
        name="verdict",
    ),
    CheckConstraint(
        "(verdict IN ('MATCHED', 'WRITTEN_OFF')) = (resolved_at IS NOT NULL)", name="resolved"
    ),
    # An open item is settled once.
    Index(
        "uq_settlement_line_settled",
        "item",
        unique=True,
        postgresql_where="resolved_at IS NOT NULL AND item <> ''",
    ),
    Index("ix_settlement_line_open", "id", postgresql_where="resolved_at IS NULL"),
    Index("ix_settlement_line_occurred_at", "occurred_at"),
)
