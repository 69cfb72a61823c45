"""invoice lines of this transaction, whatever it did before"""

from collections.abc import Sequence

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# Lines come with their document, in its transaction. Of what is not committed yet only our own is
# seen: a document whose transaction is in progress is ours, also when a subtransaction wrote it.
# Those of a credit note never add up to more than the line that they credit, which is locked, so
# that no two of them race past it.
LINE_FITS = """
    CREATE OR REPLACE FUNCTION invoice_line_fits() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE document invoice; billed invoice_line; credited record;
    BEGIN
        SELECT * INTO document FROM invoice WHERE number = NEW.invoice AND {ours};
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
# xmin has 32 bits; its distance from our own transaction makes it whole.
UNCOMMITTED = """
    pg_xact_status((pg_current_xact_id()::text::bigint - age(xmin))::text::xid8) = 'in progress'
    """
SAME_TRANSACTION = "xmin = pg_current_xact_id()::xid"


def upgrade() -> None:
    op.execute(LINE_FITS.format(ours=UNCOMMITTED))


def downgrade() -> None:
    op.execute(LINE_FITS.format(ours=SAME_TRANSACTION))
