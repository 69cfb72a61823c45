"""reserving: a function of the database, which locks the stock last"""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Writes the fulfillment orders and the reservations, and gives back what the order had reserved
# softly; then changes the rows of stock and of supply, each by one conditional update, in the order
# in which everybody locks them. What came out even locks nothing. A row that falls short takes
# everything back, and whatever else the transaction has done.
RESERVE = """
    CREATE FUNCTION reserve_units(of_order text, until timestamptz, claimed jsonb) RETURNS void
    LANGUAGE plpgsql AS $$
    DECLARE
        change record;
    BEGIN
        FOR change IN
            WITH claims AS (
                SELECT * FROM ROWS FROM (jsonb_to_recordset(claimed) AS (
                    parcel text, line int, sku text, location text, units int, supply bigint,
                    expected_on date
                )) WITH ORDINALITY AS c(parcel, line, sku, location, units, supply, expected_on,
                                        place)
            ), parts AS (
                SELECT whole, coalesce(component, whole) AS part, coalesce(quantity, 1) AS per_unit
                FROM (SELECT DISTINCT sku AS whole FROM claims) AS wholes
                LEFT JOIN bundle_component ON bundle = whole
            ), lines AS (
                SELECT parcel, line, part AS sku, location, units * per_unit AS units, per_unit,
                       supply, expected_on
                FROM claims JOIN parts ON parts.whole = claims.sku ORDER BY place, part
            ), given_back AS (
                UPDATE reservation SET state = 'RELEASED', updated_at = clock_timestamp()
                WHERE order_number = of_order AND state = 'SOFT'
                RETURNING sku, location, quantity
            ), parcels AS (
                INSERT INTO fulfillment_order (id, order_number, location)
                SELECT DISTINCT parcel, of_order, location FROM lines WHERE parcel <> ''
            ), reservations AS (
                INSERT INTO reservation (order_number, fulfillment_order, line, sku, location,
                                         quantity, per_unit, supply, state, expires_at)
                SELECT of_order, nullif(parcel, ''), line, sku, location, units, per_unit, supply,
                       CASE parcel WHEN '' THEN 'SOFT' ELSE 'HARD' END, until
                FROM lines
            )
            SELECT supply, sku, location, sum(units)::int AS units, min(expected_on) AS expected_on
            FROM (
                SELECT supply, sku, location, units, expected_on FROM lines
                UNION ALL SELECT NULL, sku, location, -quantity, NULL FROM given_back
            ) AS both_ways
            GROUP BY supply, sku, location HAVING sum(units) <> 0
            ORDER BY supply NULLS FIRST, sku COLLATE "C", location COLLATE "C"
        LOOP
            IF change.supply IS NULL THEN
                UPDATE stock SET reserved = reserved + change.units
                WHERE sku = change.sku AND location = change.location
                  AND (change.units <= 0 OR on_hand - reserved - safety >= change.units);
            ELSE
                UPDATE supply SET reserved = reserved + change.units, updated_at = clock_timestamp()
                WHERE id = change.supply AND quantity - received - reserved >= change.units
                  AND available_on <= change.expected_on;
            END IF;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'units of % at % are gone', change.sku, change.location
                USING ERRCODE = 'OL001';
            END IF;
        END LOOP;
    END $$
    """


def upgrade() -> None:
    op.execute(RESERVE)


def downgrade() -> None:
    op.execute("DROP FUNCTION reserve_units")
