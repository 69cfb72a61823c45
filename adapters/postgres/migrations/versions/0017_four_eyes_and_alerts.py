"""four eyes and alerts: what people did alone; stock alerts by transaction"""

from collections.abc import Sequence
from importlib import import_module

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Called when the transaction ends, once for each of its statements that passed a level: what has
# come of the row by then is compared with what was told last, so that the first call does all.
# `crossings` makes each crossing an event and a task of its own.
STOCK_ALERT = """
    CREATE FUNCTION stock_alert() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        place text := NEW.sku || '@' || NEW.location;
        row stock%ROWTYPE;
        free int;
        coming int;
        number int;
        name text;
        level int;
        is_low bool;
        was_told bool;
        event text;
    BEGIN
        SELECT * INTO row FROM stock WHERE sku = NEW.sku AND location = NEW.location;
        free := row.on_hand - row.reserved;
        number := row.crossings;
        FOREACH name IN ARRAY ARRAY['stock.safety_reached', 'stock.reorder_reached'] LOOP
            IF name = 'stock.safety_reached' THEN
                level := row.safety;
                was_told := row.safety_told;
            ELSE
                level := row.reorder_point;
                was_told := row.reorder_told;
            END IF;
            is_low := level > 0 AND free <= level;
            IF is_low AND NOT was_told THEN
                number := number + 1;
                event := 'stock/' || place || '/' || number;
                SELECT coalesce(sum(quantity - received - reserved), 0) INTO coming FROM supply
                WHERE sku = NEW.sku AND location = NEW.location AND kind = 'inbound'
                  AND received < quantity;
                INSERT INTO outbox (event_id, kind, subject, payload) VALUES (
                    event, name, place, jsonb_build_object(
                        'at', clock_timestamp(), 'data', jsonb_build_object(
                            'sku', NEW.sku, 'location', NEW.location,
                            'free', free, 'level', level, 'coming', coming,
                            'suggested', greatest(0, row.reorder_to - free - coming))));
                INSERT INTO task (id, kind, subject, reason, owner, data, deadline) VALUES (
                    event, name, place,
                    CASE name WHEN 'stock.safety_reached'
                    THEN 'only safety stock is left: ' || free || ' units, ' || coming || ' to come'
                    ELSE 'reorder: ' || free || ' units are free, ' || coming || ' to come, '
                         || greatest(0, row.reorder_to - free - coming) || ' suggested' END,
                    'warehouse', '{}', clock_timestamp() + interval '1 day');
            ELSIF was_told AND NOT is_low THEN
                UPDATE task SET closed_at = clock_timestamp(), closed_by = 'system',
                                closed_why = free || ' units are free again'
                WHERE subject = place AND kind = name AND closed_at IS NULL;
            END IF;
            IF name = 'stock.safety_reached' THEN
                row.safety_told := is_low;
            ELSE
                row.reorder_told := is_low;
            END IF;
        END LOOP;
        UPDATE stock SET crossings = number, safety_told = row.safety_told,
                         reorder_told = row.reorder_told
        WHERE sku = NEW.sku AND location = NEW.location
          AND (safety_told, reorder_told) <> (row.safety_told, row.reorder_told);
        RETURN NULL;
    END $$
    """
LOW = (
    "({row}.safety > 0 AND {row}.on_hand - {row}.reserved <= {row}.safety)",
    "({row}.reorder_point > 0 AND {row}.on_hand - {row}.reserved <= {row}.reorder_point)",
)
CROSSED = " OR ".join(
    f"{low.format(row='OLD')} IS DISTINCT FROM {low.format(row='NEW')}" for low in LOW
)
OPENED = " OR ".join(low.format(row="NEW") for low in LOW)
TRIGGER = """
    CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON stock DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION stock_alert()
    """
TOLD = f"""
    UPDATE stock SET safety_told = {LOW[0].format(row="stock")},
                     reorder_told = {LOW[1].format(row="stock")}
    WHERE {" OR ".join(low.format(row="stock") for low in LOW)}
    """  # noqa: S608 - our own words


def upgrade() -> None:
    op.create_table(
        "lone_act",
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_lone_act_size")),
        sa.ForeignKeyConstraint(["command"], ["command.id"], name=op.f("fk_lone_act_command")),
        sa.PrimaryKeyConstraint("command", name=op.f("pk_lone_act")),
    )
    op.create_index("ix_lone_act_sum", "lone_act", ["person", "what", "subject", "at"])
    for name in ("safety_told", "reorder_told"):
        op.add_column(
            "stock", sa.Column(name, sa.Boolean(), server_default="false", nullable=False)
        )
    op.execute("DROP TRIGGER crossed ON stock")
    op.execute("DROP TRIGGER opened ON stock")
    op.execute("DROP FUNCTION stock_alert()")
    op.execute(TOLD)
    op.execute(STOCK_ALERT)
    op.execute(TRIGGER.format(name="stock_crossed", event="UPDATE", condition=CROSSED))
    op.execute(TRIGGER.format(name="stock_opened", event="INSERT", condition=OPENED))


def downgrade() -> None:
    op.drop_table("lone_act")
    op.execute("DROP TRIGGER stock_crossed ON stock")
    op.execute("DROP TRIGGER stock_opened ON stock")
    op.execute("DROP FUNCTION stock_alert()")
    before = import_module("adapters.postgres.migrations.versions.0010_stock_supply")
    op.execute(before.STOCK_ALERT)
    for trigger in before.TRIGGERS[:2]:
        op.execute(trigger)
    op.drop_column("stock", "reorder_told")
    op.drop_column("stock", "safety_told")
