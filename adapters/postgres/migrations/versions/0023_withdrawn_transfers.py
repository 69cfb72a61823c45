"""bank transfers that were registered by mistake: withdrawn, and registered again"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What came in was put at the bank by its own posting, or by the one with which it stood unmatched.
_ITEMS = """
    UPDATE bank_transfer SET item = 'bank/' || reference || '/' || CASE WHEN EXISTS (
        SELECT FROM ledger_transaction WHERE operation = 'bank/' || reference || '/'
    ) THEN '' ELSE COALESCE(order_number, '') END
    WHERE amount > 0
    """


def upgrade() -> None:
    op.add_column(
        "bank_transfer",
        sa.Column("ordinal", sa.Integer(), server_default="1", nullable=False),
    )
    op.add_column("bank_transfer", sa.Column("item", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "bank_transfer", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.drop_constraint("pk_bank_transfer", "bank_transfer", type_="primary")
    op.create_primary_key("pk_bank_transfer", "bank_transfer", ["reference", "ordinal"])
    op.create_index(
        "ix_bank_transfer_standing",
        "bank_transfer",
        ["reference"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.execute(_ITEMS)


def downgrade() -> None:
    op.execute("DELETE FROM bank_transfer WHERE withdrawn_at IS NOT NULL")
    op.drop_index("ix_bank_transfer_standing", table_name="bank_transfer")
    op.drop_constraint("pk_bank_transfer", "bank_transfer", type_="primary")
    op.drop_column("bank_transfer", "withdrawn_at")
    op.drop_column("bank_transfer", "item")
    op.drop_column("bank_transfer", "ordinal")
    op.create_primary_key("pk_bank_transfer", "bank_transfer", ["reference"])
