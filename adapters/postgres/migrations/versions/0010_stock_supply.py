"""stock supply"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# (table, name, before, after); None where there was, or will be, none.
CHECKS = (
    ("stock", "levels", None, "0 <= reorder_point AND 0 <= reorder_to"),
    (
        "movement",
        "bucket",
        None,
        "bucket IN ('damaged', 'quarantined') OR (bucket = '' AND bucket_units = 0)",
    ),
    (
        "reservation",
        "quantity",
        "quantity > 0",
        "quantity > 0 AND per_unit > 0 AND quantity % per_unit = 0",
    ),
    (
        "reservation",
        "state",
        "state IN ('HARD', 'CONSUMED', 'RELEASED')",
        "state IN ('SOFT', 'HARD', 'EXPIRED', 'CONSUMED', 'RELEASED', 'BROKEN')",
    ),
    (
        "reservation",
        "soft_or_hard",
        None,
        (
            "(state = 'SOFT') <= (expires_at IS NOT NULL AND fulfillment_order IS NULL)"
            " AND (state = 'HARD') <= (fulfillment_order IS NOT NULL)"
        ),
    ),
)

# Raised in the transaction that crosses a level, whoever writes the row; closed by the one that
# crosses it back. `crossings` makes each crossing an event and a task of its own.
STOCK_ALERT = """
    CREATE FUNCTION stock_alert() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        place text := NEW.sku || '@' || NEW.location;
        free int := NEW.on_hand - NEW.reserved;
        coming int;
        name text;
        level int;
        was_low bool;
        is_low bool;
        event text;
    BEGIN
        FOREACH name IN ARRAY ARRAY['stock.safety_reached', 'stock.reorder_reached'] LOOP
            level := CASE name WHEN 'stock.safety_reached' THEN NEW.safety
                     ELSE NEW.reorder_point END;
            is_low := level > 0 AND free <= level;
            was_low := TG_OP = 'UPDATE' AND CASE name
                WHEN 'stock.safety_reached'
                THEN OLD.safety > 0 AND OLD.on_hand - OLD.reserved <= OLD.safety
                ELSE OLD.reorder_point > 0 AND OLD.on_hand - OLD.reserved <= OLD.reorder_point END;
            IF is_low AND NOT was_low THEN
                NEW.crossings := NEW.crossings + 1;
                event := 'stock/' || place || '/' || NEW.crossings;
                SELECT coalesce(sum(quantity - received - reserved), 0) INTO coming FROM supply
                WHERE sku = NEW.sku AND location = NEW.location AND kind = 'inbound'
                  AND received < quantity;
                INSERT INTO outbox (event_id, kind, subject, payload) VALUES (
                    event, name, place, jsonb_build_object(
                        'at', clock_timestamp(), 'data', jsonb_build_object(
                            'sku', NEW.sku, 'location', NEW.location,
                            'free', free, 'level', level, 'coming', coming,
                            'suggested', greatest(0, NEW.reorder_to - free - coming))));
                INSERT INTO task (id, kind, subject, reason, owner, data, deadline) VALUES (
                    event, name, place,
                    CASE name WHEN 'stock.safety_reached'
                    THEN 'only safety stock is left: ' || free || ' units, ' || coming || ' to come'
                    ELSE 'reorder: ' || free || ' units are free, ' || coming || ' to come, '
                         || greatest(0, NEW.reorder_to - free - coming) || ' suggested' END,
                    'warehouse', '{}', clock_timestamp() + interval '1 day');
            ELSIF was_low AND NOT is_low THEN
                UPDATE task SET closed_at = clock_timestamp(), closed_by = 'system',
                                closed_why = free || ' units are free again'
                WHERE subject = place AND kind = name AND closed_at IS NULL;
            END IF;
        END LOOP;
        RETURN NEW;
    END $$
    """
LOW = (
    "({row}.safety > 0 AND {row}.on_hand - {row}.reserved <= {row}.safety)",
    "({row}.reorder_point > 0 AND {row}.on_hand - {row}.reserved <= {row}.reorder_point)",
)
CROSSED = " OR ".join(
    f"{low.format(row='OLD')} IS DISTINCT FROM {low.format(row='NEW')}" for low in LOW
)
APPEND_ONLY = """
    CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """
TRIGGERS = (
    (
        f"CREATE TRIGGER crossed BEFORE UPDATE ON stock FOR EACH ROW WHEN ({CROSSED})"
        " EXECUTE FUNCTION stock_alert()"
    ),
    (
        f"CREATE TRIGGER opened BEFORE INSERT ON stock FOR EACH ROW"
        f" WHEN ({' OR '.join(low.format(row='NEW') for low in LOW)}) EXECUTE FUNCTION stock_alert()"
    ),
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON movement FOR EACH ROW"
        " EXECUTE FUNCTION append_only()"
    ),
)


def upgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table(
        "supply",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("available_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('inbound', 'presale')", name=op.f("ck_supply_kind")),
        sa.CheckConstraint(
            "0 <= reserved AND 0 <= received AND reserved + received <= quantity",
            name=op.f("ck_supply_reserved_within_quantity"),
        ),
        sa.ForeignKeyConstraint(["location"], ["location.id"], name=op.f("fk_supply_location")),
        sa.ForeignKeyConstraint(["sku"], ["product.sku"], name=op.f("fk_supply_sku")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply")),
        sa.UniqueConstraint(
            "kind",
            "reference",
            "sku",
            "location",
            name=op.f("uq_supply_kind_reference_sku_location"),
        ),
    )
    op.create_index(
        "ix_supply_open", "supply", ["sku"], unique=False, postgresql_where="received < quantity"
    )
    op.add_column("movement", sa.Column("bucket", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(
        op.f("uq_movement_reason_reference_line_location"), "movement", type_="unique"
    )
    op.create_unique_constraint(
        op.f("uq_movement_reason_reference_line_sku_location"),
        "movement",
        ["reason", "reference", "line", "sku", "location"],
    )
    op.add_column(
        "reservation", sa.Column("per_unit", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column("reservation", sa.Column("supply", sa.BigInteger(), nullable=True))
    op.add_column("reservation", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("reservation", "fulfillment_order", existing_type=sa.TEXT(), nullable=True)
    op.create_index(
        "ix_reservation_soft",
        "reservation",
        ["expires_at"],
        unique=False,
        postgresql_where="state = 'SOFT'",
    )
    op.create_index(
        "ix_reservation_supply",
        "reservation",
        ["supply"],
        unique=False,
        postgresql_where="supply IS NOT NULL AND state = 'HARD'",
    )
    op.create_foreign_key(
        op.f("fk_reservation_supply"), "reservation", "supply", ["supply"], ["id"]
    )
    op.add_column(
        "stock", sa.Column("reorder_point", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "stock", sa.Column("reorder_to", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("stock", sa.Column("crossings", sa.Integer(), server_default="0", nullable=False))
    op.drop_index("ix_reservation_active", table_name="reservation")
    op.create_index(
        "ix_reservation_active",
        "reservation",
        ["sku", "location"],
        postgresql_where="state IN ('SOFT', 'HARD')",
    )
    for table, name, before, after in CHECKS:
        if before:
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, after)
    for statement in (STOCK_ALERT, APPEND_ONLY, *TRIGGERS):
        op.execute(statement)
    # ### end Alembic commands ###


def downgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    for trigger in ("crossed ON stock", "opened ON stock", "append_only ON movement"):
        op.execute(f"DROP TRIGGER {trigger}")
    op.execute("DROP FUNCTION stock_alert()")
    op.execute("DROP FUNCTION append_only()")
    for table, name, before, _ in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        if before:
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, before)
    op.drop_index("ix_reservation_active", table_name="reservation")
    op.create_index(
        "ix_reservation_active",
        "reservation",
        ["sku", "location"],
        postgresql_where="state = 'HARD'",
    )
    op.drop_column("stock", "crossings")
    op.drop_column("stock", "reorder_to")
    op.drop_column("stock", "reorder_point")
    op.drop_constraint(op.f("fk_reservation_supply"), "reservation", type_="foreignkey")
    op.drop_index(
        "ix_reservation_supply",
        table_name="reservation",
        postgresql_where="supply IS NOT NULL AND state = 'HARD'",
    )
    op.drop_index(
        "ix_reservation_soft", table_name="reservation", postgresql_where="state = 'SOFT'"
    )
    op.alter_column("reservation", "fulfillment_order", existing_type=sa.TEXT(), nullable=False)
    op.drop_column("reservation", "expires_at")
    op.drop_column("reservation", "supply")
    op.drop_column("reservation", "per_unit")
    op.drop_constraint(
        op.f("uq_movement_reason_reference_line_sku_location"), "movement", type_="unique"
    )
    op.create_unique_constraint(
        op.f("uq_movement_reason_reference_line_location"),
        "movement",
        ["reason", "reference", "line", "location"],
    )
    op.drop_column("movement", "bucket")
    op.drop_index("ix_supply_open", table_name="supply", postgresql_where="received < quantity")
    op.drop_table("supply")
    # ### end Alembic commands ###
