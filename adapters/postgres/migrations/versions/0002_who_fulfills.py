"""who fulfills: which warehouse adapter serves a location, and has a fulfillment order"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

CHECK = "ck_location_fulfilled_by"


def upgrade() -> None:
    fulfilled_by = sa.Column("fulfilled_by", sa.Text(), server_default="", nullable=False)
    op.add_column("location", fulfilled_by)
    op.create_check_constraint(op.f(CHECK), "location", "fulfilled_by IN ('', 'built_in', 'http')")
    op.add_column("fulfillment_order", sa.Column("fulfilled_by", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("fulfillment_order", "fulfilled_by")
    op.drop_constraint(op.f(CHECK), "location", type_="check")
    op.drop_column("location", "fulfilled_by")
