"""submissions that were begun"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("fulfillment_order", sa.Column("begun_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("fulfillment_order", "begun_at")
