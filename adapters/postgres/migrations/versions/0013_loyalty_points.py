"""loyalty points: a ledger of their own, which the database keeps as it is"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DIRECTION = """
        CASE kind
          WHEN 'RESERVE' THEN points < 0 AND reserved = -points
          WHEN 'SPEND' THEN points = 0 AND reserved < 0
          WHEN 'RELEASE' THEN points >= 0 AND reserved <= 0
          WHEN 'ADJUST' THEN reserved = 0
          ELSE reserved = 0 AND (points > 0) = (kind IN ('EARN', 'RESTORE'))
        END
        """
APPEND_ONLY = """
    CREATE FUNCTION points_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger of points is append-only: adjust the points instead'
            USING ERRCODE = 'restrict_violation';
    END $$
    """


def upgrade() -> None:
    op.create_table(
        "points_account",
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_ref", name=op.f("pk_points_account")),
    )
    op.create_table(
        "points_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            DIRECTION,
            name=op.f("ck_points_entry_direction"),
        ),
        sa.CheckConstraint(
            "kind IN ('EARN', 'RESERVE', 'SPEND', 'RELEASE',"
            " 'REVERSE', 'RESTORE', 'EXPIRE', 'ADJUST')",
            name=op.f("ck_points_entry_kind"),
        ),
        sa.CheckConstraint("points <> 0 OR reserved <> 0", name=op.f("ck_points_entry_moves")),
        sa.ForeignKeyConstraint(
            ["customer_ref"],
            ["points_account.customer_ref"],
            name=op.f("fk_points_entry_customer_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"], ["customer_order.number"], name=op.f("fk_points_entry_order_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_entry")),
        sa.UniqueConstraint("operation", "line", name=op.f("uq_points_entry_operation_line")),
    )
    op.create_index(
        "ix_points_entry_customer_ref", "points_entry", ["customer_ref", "id"], unique=False
    )
    op.create_index(
        "ix_points_entry_expires_on", "points_entry", ["expires_on", "customer_ref"], unique=False
    )
    op.create_index(
        op.f("ix_points_entry_order_number"), "points_entry", ["order_number"], unique=False
    )
    op.execute(APPEND_ONLY)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION points_are_append_only()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER append_only ON points_entry")
    op.execute("DROP FUNCTION points_are_append_only")
    op.drop_index(op.f("ix_points_entry_order_number"), table_name="points_entry")
    op.drop_index("ix_points_entry_expires_on", table_name="points_entry")
    op.drop_index("ix_points_entry_customer_ref", table_name="points_entry")
    op.drop_table("points_entry")
    op.drop_table("points_account")
