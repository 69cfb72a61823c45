"""price lists: whose prices and when, by which tax; tax rates by category of product"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STANDARD = "standard"  # the list for everybody, and the tax category of what has no other


def upgrade() -> None:
    price_list = op.create_table(
        "price_list",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), server_default="", nullable=False),
        sa.Column("tax_included", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_price_list_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_list")),
    )
    op.bulk_insert(price_list, [{"id": STANDARD, "tax_included": True}])
    op.add_column("price", _standard("list"))
    op.create_foreign_key(op.f("fk_price_list"), "price", "price_list", ["list"], ["id"])
    _key("price", "sku", "currency", "list")
    op.add_column("product", _standard("tax_category"))
    op.add_column("tax_rate", _standard("category"))
    _key("tax_rate", "country", "region", "category")


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM tax_rate WHERE category <> 'standard'"))
    _key("tax_rate", "country", "region")
    op.drop_column("tax_rate", "category")
    op.drop_column("product", "tax_category")
    op.execute(sa.text("DELETE FROM price WHERE list <> 'standard'"))
    _key("price", "sku", "currency")
    op.drop_column("price", "list")
    op.drop_table("price_list")


def _standard(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=STANDARD, nullable=False)


def _key(table: str, *columns: str) -> None:
    op.drop_constraint(op.f(f"pk_{table}"), table, type_="primary")
    op.create_primary_key(op.f(f"pk_{table}"), table, list(columns))
