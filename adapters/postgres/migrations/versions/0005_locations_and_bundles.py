"""locations and bundles: when a location works, what a unit measures, what a bundle is made of"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MEASURES = ("weight_g", "length_mm", "width_mm", "height_mm")


def upgrade() -> None:
    for name in MEASURES:
        op.add_column("product", sa.Column(name, sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_product_measures"),
        "product",
        "weight_g > 0 AND length_mm > 0 AND width_mm > 0 AND height_mm > 0",
    )
    op.create_table(
        "bundle_component",
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_bundle_component_quantity")),
        sa.CheckConstraint(
            "bundle <> component", name=op.f("ck_bundle_component_other_than_itself")
        ),
        sa.ForeignKeyConstraint(
            ["bundle"], ["product.sku"], name=op.f("fk_bundle_component_bundle")
        ),
        sa.ForeignKeyConstraint(
            ["component"], ["product.sku"], name=op.f("fk_bundle_component_component")
        ),
        sa.PrimaryKeyConstraint("bundle", "component", name=op.f("pk_bundle_component")),
    )
    op.create_index(
        op.f("ix_bundle_component_component"), "bundle_component", ["component"], unique=False
    )
    _when_a_location_works()
    op.create_index(
        "ix_fulfillment_order_taken", "fulfillment_order", ["location", "created_at"], unique=False
    )


def _when_a_location_works() -> None:
    columns: list[sa.Column[object]] = [
        sa.Column("kind", sa.Text(), server_default="warehouse", nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("cutoff", sa.Time(), nullable=True),
        sa.Column(
            "weekdays", sa.ARRAY(sa.Integer()), server_default="{1,2,3,4,5,6,7}", nullable=False
        ),
        sa.Column("holidays", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_on", sa.ARRAY(sa.Date()), server_default="{}", nullable=False),
    ]
    for column in columns:
        op.add_column("location", column)
    checks = {
        "kind": "kind IN ('warehouse', 'store', 'supplier')",
        "capacity": "capacity > 0",
        "weekdays": "cardinality(weekdays) > 0 AND weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_location_{name}"), "location", condition)


def downgrade() -> None:
    op.drop_index("ix_fulfillment_order_taken", table_name="fulfillment_order")
    for name in ("kind", "capacity", "timezone", "cutoff", "weekdays", "holidays", "closed_on"):
        op.drop_column("location", name)  # and its check with it
    op.drop_index(op.f("ix_bundle_component_component"), table_name="bundle_component")
    op.drop_table("bundle_component")
    for name in MEASURES:
        op.drop_column("product", name)
