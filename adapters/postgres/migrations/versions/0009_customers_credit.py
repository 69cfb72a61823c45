"""customers credit: their limits, and what of an order counts against them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "customer", sa.Column("credit_limit", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "customer", sa.Column("credit_currency", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "customer", sa.Column("terms_days", sa.Integer(), server_default="30", nullable=False)
    )
    op.add_column(
        "order_view", sa.Column("committed", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_customer_credit"), "customer", "credit_limit >= 0 AND terms_days >= 0"
    )
    op.create_index(
        "ix_order_view_committed",
        "order_view",
        ["customer_ref"],
        unique=False,
        postgresql_where="committed > 0",
    )


def downgrade() -> None:
    op.drop_index(
        "ix_order_view_committed", table_name="order_view", postgresql_where="committed > 0"
    )
    op.drop_column("order_view", "committed")
    op.drop_constraint(op.f("ck_customer_credit"), "customer")
    op.drop_column("customer", "terms_days")
    op.drop_column("customer", "credit_currency")
    op.drop_column("customer", "credit_limit")
