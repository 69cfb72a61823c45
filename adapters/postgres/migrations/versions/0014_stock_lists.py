"""stock lists: what runs low, and what is expected when"""

from collections.abc import Sequence

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_stock_levels",
        "stock",
        ["sku", "location"],
        unique=False,
        postgresql_where="safety > 0 OR reorder_point > 0",
    )
    op.create_index(
        "ix_supply_expected",
        "supply",
        ["available_on", "id"],
        unique=False,
        postgresql_where="received < quantity",
    )


def downgrade() -> None:
    op.drop_index("ix_supply_expected", table_name="supply")
    op.drop_index("ix_stock_levels", table_name="stock")
