"""invoices"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# What was issued stays as it was issued: a correction is a credit note.
APPEND_ONLY = """
    CREATE FUNCTION invoice_is_issued() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
    END $$
    """
STAYS = """
    CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION invoice_is_issued()
    """

# Lines come with their document, in its transaction. Those of a credit note never add up to more
# than the line that they credit, which is locked, so that no two of them race past it.
LINE_FITS = """
    CREATE FUNCTION invoice_line_fits() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE document invoice; billed invoice_line; credited record;
    BEGIN
        SELECT * INTO document FROM invoice
        WHERE number = NEW.invoice AND xmin = pg_current_xact_id()::xid;
        IF NOT FOUND THEN
            RAISE EXCEPTION '% was issued without this line', NEW.invoice
            USING ERRCODE = 'restrict_violation';
        END IF;
        IF document.credits IS NULL AND NEW.credits IS NULL THEN RETURN NULL; END IF;
        SELECT * INTO billed FROM invoice_line
        WHERE invoice = document.credits AND position = NEW.credits FOR UPDATE;
        SELECT sum(quantity) AS quantity, sum(net) AS net, sum(tax) AS tax INTO credited
        FROM invoice_line JOIN invoice ON number = invoice
        WHERE invoice.credits = document.credits AND invoice_line.credits = NEW.credits;
        IF billed IS NULL OR billed.line <> NEW.line OR credited.quantity > billed.quantity
           OR credited.net > billed.net OR credited.tax > billed.tax THEN
            RAISE EXCEPTION 'line % of % credits more than line % of % has',
                NEW.position, NEW.invoice, NEW.credits, document.credits
            USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """
LINE_CHECKED = """
    CREATE TRIGGER line_fits AFTER INSERT ON invoice_line
    FOR EACH ROW EXECUTE FUNCTION invoice_line_fits()
    """


def upgrade() -> None:
    op.create_table(
        "number_series",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_number_series")),
    )
    op.create_table(
        "invoice",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("credits", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (credits IS NOT NULL)", name=op.f("ck_invoice_credits")
        ),
        sa.ForeignKeyConstraint(["credits"], ["invoice.number"], name=op.f("fk_invoice_credits")),
        sa.ForeignKeyConstraint(
            ["order_number"], ["customer_order.number"], name=op.f("fk_invoice_order_number")
        ),
        sa.ForeignKeyConstraint(
            ["series"], ["number_series.series"], name=op.f("fk_invoice_series")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_invoice")),
        sa.UniqueConstraint("operation", name=op.f("uq_invoice_operation")),
        sa.UniqueConstraint("series", "ordinal", name=op.f("uq_invoice_series_ordinal")),
    )
    op.create_index(op.f("ix_invoice_credits"), "invoice", ["credits"], unique=False)
    op.create_index("ix_invoice_newest", "invoice", ["issued_at", "number"], unique=False)
    op.create_index(op.f("ix_invoice_order_number"), "invoice", ["order_number"], unique=False)
    op.create_table(
        "invoice_line",
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("order_discount", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate_bp", sa.Integer(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "net >= 0 AND tax >= 0 AND net + tax = gross", name=op.f("ck_invoice_line_amounts")
        ),
        sa.CheckConstraint("quantity > 0 AND first >= 0", name=op.f("ck_invoice_line_units")),
        sa.ForeignKeyConstraint(
            ["invoice"], ["invoice.number"], name=op.f("fk_invoice_line_invoice")
        ),
        sa.PrimaryKeyConstraint("invoice", "position", name=op.f("pk_invoice_line")),
    )
    op.execute(APPEND_ONLY)
    for table in ("invoice", "invoice_line"):
        op.execute(STAYS.format(table=table))
    op.execute(LINE_FITS)
    op.execute(LINE_CHECKED)


def downgrade() -> None:
    op.drop_table("invoice_line")
    op.drop_index(op.f("ix_invoice_order_number"), table_name="invoice")
    op.drop_index("ix_invoice_newest", table_name="invoice")
    op.drop_index(op.f("ix_invoice_credits"), table_name="invoice")
    op.drop_table("invoice")
    op.drop_table("number_series")
    op.execute("DROP FUNCTION invoice_line_fits")
    op.execute("DROP FUNCTION invoice_is_issued")
