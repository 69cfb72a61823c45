"""disputed captures: found by the provider's payment"""

from collections.abc import Sequence

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_payment_transaction_captured",
        "payment_transaction",
        ["provider_payment"],
        unique=False,
        postgresql_where="operation = 'capture'",
    )


def downgrade() -> None:
    op.drop_index("ix_payment_transaction_captured", table_name="payment_transaction")
