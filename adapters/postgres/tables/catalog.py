"""What is sold, at which price and tax, from where, to whom: loaded from CSV."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Integer,
    Table,
    Time,
)

from adapters.postgres.tables.base import metadata, moment, text
from domain.prices import EVERYBODY, STANDARD_LIST
from domain.tax_rates import STANDARD

product = Table(
    "product",
    metadata,
    text("sku", primary_key=True),
    text("name"),
    text("category", server_default=""),
    text("tax_category", server_default=STANDARD),
    Column("weight_g", Integer, nullable=True),  # of one unit, packed; NULL is unknown
    Column("length_mm", Integer, nullable=True),
    Column("width_mm", Integer, nullable=True),
    Column("height_mm", Integer, nullable=True),
    CheckConstraint(
        "weight_g > 0 AND length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="measures"
    ),
)

# Whose prices, and when. An empty tier is everybody's; a bound that is null is open.
price_list = Table(
    "price_list",
    metadata,
    text("id", primary_key=True),
    text("tier", server_default=EVERYBODY),
    Column("tax_included", Boolean, nullable=False),
    moment("valid_from", nullable=True),
    moment("valid_until", nullable=True),
    CheckConstraint("valid_from < valid_until", name="validity"),
)

# A bundle is a product that has rows here, and no stock of its own: its components have. They may
# be bundles in turn, but nothing contains itself.
bundle_component = Table(
    "bundle_component",
    metadata,
    text("bundle", ForeignKey("product.sku"), primary_key=True),
    text("component", ForeignKey("product.sku"), primary_key=True, index=True),
    Column("quantity", Integer, nullable=False),  # units in one bundle
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("bundle <> component", name="other_than_itself"),
)

price = Table(
    "price",
    metadata,
    text("sku", ForeignKey("product.sku"), primary_key=True),
    text("currency", primary_key=True),
    Column("unit_price", BigInteger, nullable=False),  # minor units
    text("list", ForeignKey("price_list.id"), primary_key=True, server_default=STANDARD_LIST),
    CheckConstraint("unit_price >= 0", name="unit_price"),
)

# When it works is `domain.departure.WorkingDays`.
location = Table(
    "location",
    metadata,
    text("id", primary_key=True),
    text("name"),
    text("kind", server_default="warehouse"),
    text("country"),
    text("region", server_default=""),
    Column("latitude", Float, nullable=True),
    Column("longitude", Float, nullable=True),
    Column("priority", Integer, nullable=False, server_default="100"),
    Column("active", Boolean, nullable=False, server_default="true"),
    # Whose hands pack there: the built-in warehouse's or a WMS's; empty: as the settings say.
    text("fulfilled_by", server_default=""),
    Column("capacity", Integer, nullable=True),  # parcels a day; NULL is without limit
    text("timezone", server_default="UTC"),
    Column("cutoff", Time, nullable=True),  # by that time zone; NULL is the end of the day
    Column("weekdays", ARRAY(Integer), nullable=False, server_default="{1,2,3,4,5,6,7}"),
    text("holidays", server_default=""),  # whose public holidays it keeps, as US-MA; empty: none
    Column("closed_on", ARRAY(Date), nullable=False, server_default="{}"),
    CheckConstraint("fulfilled_by IN ('', 'built_in', 'http')", name="fulfilled_by"),
    CheckConstraint("kind IN ('warehouse', 'store', 'supplier')", name="kind"),
    CheckConstraint("capacity > 0", name="capacity"),
    CheckConstraint(
        "cardinality(weekdays) > 0 AND weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]", name="weekdays"
    ),
)

customer = Table(
    "customer",
    metadata,
    text("ref", primary_key=True),
    text("tier", server_default=""),
    Column("blocked", Boolean, nullable=False, server_default="false"),
    Column("credit_limit", BigInteger, nullable=False, server_default="0"),  # minor units
    text("credit_currency", server_default=""),
    Column("terms_days", Integer, nullable=False, server_default="30"),
    CheckConstraint("credit_limit >= 0 AND terms_days >= 0", name="credit"),
)

# An empty region applies to the whole country; the category is a product's, or `shipping`.
tax_rate = Table(
    "tax_rate",
    metadata,
    text("country", primary_key=True),
    text("region", primary_key=True),
    Column("rate_bp", Integer, nullable=False),
    text("category", primary_key=True, server_default=STANDARD),
    CheckConstraint("0 <= rate_bp AND rate_bp < 10000", name="rate_bp"),
)

# Coordinates of cities, to find the nearest location.
place = Table(
    "place",
    metadata,
    text("country", primary_key=True),
    text("region", primary_key=True),
    text("city", primary_key=True),  # lower case
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
)
