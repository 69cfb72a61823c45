"""bank transfers: what came in, and what went out for refunds"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "bank_transfer",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_bank_transfer_amount")),
        sa.ForeignKeyConstraint(
            ["order_number"], ["customer_order.number"], name=op.f("fk_bank_transfer_order_number")
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_bank_transfer")),
    )
    op.create_index(
        op.f("ix_bank_transfer_order_number"), "bank_transfer", ["order_number"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_bank_transfer_order_number"), table_name="bank_transfer")
    op.drop_table("bank_transfer")
