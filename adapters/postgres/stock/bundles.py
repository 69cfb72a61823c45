"""What a SKU is made of, inside a statement: itself, or the components of a bundle."""

# A common table expression of a statement whose `claims` have a column `sku`: a row for each
# (whole, part), with how many units of the part are in one unit of the whole. No component is a
# bundle itself.
PARTS = """
    parts AS (
        SELECT whole, coalesce(component, whole) AS part, coalesce(quantity, 1) AS per_unit
        FROM (SELECT DISTINCT sku AS whole FROM claims) AS wholes
        LEFT JOIN bundle_component ON bundle = whole
    )
    """.strip()
