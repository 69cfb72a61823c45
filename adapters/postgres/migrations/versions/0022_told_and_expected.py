"""news of stock: who was told of it; supply: who expects it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "stock_news",
        sa.Column("told", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column("supply", sa.Column("expected_by", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("supply", "expected_by")
    op.drop_column("stock_news", "told")
