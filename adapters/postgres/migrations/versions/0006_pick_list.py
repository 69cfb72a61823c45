"""pick lists of the built-in warehouse"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "pick_list",
        sa.Column("fulfillment_order", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "list", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_order"],
            ["fulfillment_order.id"],
            name=op.f("fk_pick_list_fulfillment_order"),
        ),
        sa.PrimaryKeyConstraint("fulfillment_order", name=op.f("pk_pick_list")),
    )
    op.create_index(
        "ix_pick_list_oldest", "pick_list", ["created_at", "fulfillment_order"], unique=False
    )
    op.create_index(
        "ix_pick_list_status_oldest",
        "pick_list",
        ["status", "created_at", "fulfillment_order"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_pick_list_status_oldest", table_name="pick_list")
    op.drop_index("ix_pick_list_oldest", table_name="pick_list")
    op.drop_table("pick_list")
