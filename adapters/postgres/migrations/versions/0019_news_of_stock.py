"""news of stock: there may be more of a SKU than before"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# What is reserved, kept back or promised is not there for others. An order that is not disturbed
# only takes: it pays two comparisons.
STOCK_CAME = """
    CREATE FUNCTION stock_came() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO stock_news (sku) VALUES (NEW.sku);
        RETURN NULL;
    END $$
    """
TRIGGER = """
    CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW WHEN ({more})
    EXECUTE FUNCTION stock_came()
    """
FREE = "{row}.on_hand - {row}.reserved - {row}.safety"
UNPROMISED = "{row}.quantity - {row}.received - {row}.reserved"


def _triggers(table: str, units: str) -> list[str]:
    after, before = units.format(row="NEW"), units.format(row="OLD")
    return [
        TRIGGER.format(name="came", event="INSERT", table=table, more=f"{after} > 0"),
        TRIGGER.format(name="more", event="UPDATE", table=table, more=f"{after} > {before}"),
    ]


def upgrade() -> None:
    op.create_table(
        "stock_news",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_news")),
    )
    op.execute(STOCK_CAME)
    for statement in (*_triggers("stock", FREE), *_triggers("supply", UNPROMISED)):
        op.execute(statement)


def downgrade() -> None:
    for table in ("stock", "supply"):
        for name in ("came", "more"):
            op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute("DROP FUNCTION stock_came")
    op.drop_table("stock_news")
