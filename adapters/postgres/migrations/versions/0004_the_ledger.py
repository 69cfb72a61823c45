"""the ledger: append-only and balanced by the database's own hand"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# One call a statement, not a row: a posting is one statement, so what it adds has to add up.
BALANCED = """
    CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM added GROUP BY transaction_id HAVING sum(amount) <> 0) THEN
            RAISE EXCEPTION 'debits and credits of a ledger transaction differ'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """
APPEND_ONLY = """
    CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only: post the reverse instead'
            USING ERRCODE = 'restrict_violation';
    END $$
    """


def upgrade() -> None:
    op.alter_column("ledger_transaction", "order_number", existing_type=sa.TEXT(), nullable=True)
    op.add_column("ledger_entry", sa.Column("party", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_ledger_entry_party",
        "ledger_entry",
        ["party", "account"],
        unique=False,
        postgresql_where="party <> ''",
    )
    op.execute(BALANCED)
    op.execute(APPEND_ONLY)
    op.execute(
        "CREATE TRIGGER balanced AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_balances()"
    )
    for table in ("ledger_transaction", "ledger_entry"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
        )


def downgrade() -> None:
    for table in ("ledger_transaction", "ledger_entry"):
        op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute("DROP TRIGGER balanced ON ledger_entry")
    op.execute("DROP FUNCTION ledger_is_append_only")
    op.execute("DROP FUNCTION ledger_balances")
    op.drop_index(
        "ix_ledger_entry_party", table_name="ledger_entry", postgresql_where="party <> ''"
    )
    op.drop_column("ledger_entry", "party")
    op.alter_column("ledger_transaction", "order_number", existing_type=sa.TEXT(), nullable=False)
