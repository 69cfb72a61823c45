"""authorizations: what a payment draws on, and when an authorization expires"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE, INDEX = "payment_transaction", "ix_payment_transaction_authorization_key"


def upgrade() -> None:
    drawn_on = sa.Column("authorization_key", sa.Text(), server_default="", nullable=False)
    op.add_column(TABLE, drawn_on)
    op.add_column(TABLE, sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(INDEX, TABLE, ["authorization_key"])
    op.execute(
        """
        UPDATE payment_transaction AS drawing SET authorization_key = promise.key
        FROM payment_transaction AS promise
        WHERE promise.order_number = drawing.order_number AND promise.operation = 'authorize'
          AND promise.status <> 'FAILED' AND drawing.operation <> 'authorize'
        """
    )


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, "expires_at")
    op.drop_column(TABLE, "authorization_key")
