"""settlements: what outside parties say that they paid out"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "settlement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column(
            "imported_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint(
            "kind", "party", "reference", name=op.f("uq_settlement_kind_party_reference")
        ),
        sa.UniqueConstraint("sha256", name=op.f("uq_settlement_sha256")),
    )
    op.create_table(
        "settlement_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("original_amount", sa.BigInteger(), nullable=False),
        sa.Column("original_currency", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "orders", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("verdict", sa.Text(), server_default="UNMATCHED", nullable=False),
        sa.Column("item", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "reasons",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("score", sa.Integer(), server_default="0", nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(verdict IN ('MATCHED', 'WRITTEN_OFF')) = (resolved_at IS NOT NULL)",
            name=op.f("ck_settlement_line_resolved"),
        ),
        sa.CheckConstraint(
            "verdict IN ('MATCHED', 'DIFFERING', 'PROPOSED', 'UNMATCHED', 'WRITTEN_OFF')",
            name=op.f("ck_settlement_line_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement.id"], name=op.f("fk_settlement_line_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_line")),
        sa.UniqueConstraint(
            "settlement_id", "line", name=op.f("uq_settlement_line_settlement_id_line")
        ),
    )
    op.create_index(
        "ix_settlement_line_occurred_at", "settlement_line", ["occurred_at"], unique=False
    )
    op.create_index(
        "ix_settlement_line_open",
        "settlement_line",
        ["id"],
        unique=False,
        postgresql_where="resolved_at IS NULL",
    )
    op.create_index(
        "uq_settlement_line_settled",
        "settlement_line",
        ["item"],
        unique=True,
        postgresql_where="resolved_at IS NOT NULL AND item <> ''",
    )


def downgrade() -> None:
    op.drop_index(
        "uq_settlement_line_settled",
        table_name="settlement_line",
        postgresql_where="resolved_at IS NOT NULL AND item <> ''",
    )
    op.drop_index(
        "ix_settlement_line_open",
        table_name="settlement_line",
        postgresql_where="resolved_at IS NULL",
    )
    op.drop_index("ix_settlement_line_occurred_at", table_name="settlement_line")
    op.drop_table("settlement_line")
    op.drop_table("settlement")
