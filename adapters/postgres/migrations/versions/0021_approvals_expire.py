"""approvals expire"""

from collections.abc import Sequence

from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

CHECK = "ck_approval_status"


def upgrade() -> None:
    op.drop_constraint(op.f(CHECK), "approval", type_="check")
    op.create_check_constraint(
        op.f(CHECK), "approval", "status IN ('PENDING', 'APPROVED', 'DECLINED', 'EXPIRED')"
    )


def downgrade() -> None:
    op.execute("UPDATE approval SET status = 'DECLINED' WHERE status = 'EXPIRED'")
    op.drop_constraint(op.f(CHECK), "approval", type_="check")
    op.create_check_constraint(CHECK, "approval", "status IN ('PENDING', 'APPROVED', 'DECLINED')")
