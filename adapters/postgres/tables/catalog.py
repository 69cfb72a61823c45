"""What is sold, at which price and tax, from where, to whom: loaded from CSV."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Integer,
    Table,
)

from adapters.postgres.tables.base import metadata, text

product = Table(
    "product",
    metadata,
    text("sku", primary_key=True),
    text("name"),
    text("category", server_default=""),
)

price = Table(
    "price",
    metadata,
    text("sku", ForeignKey("product.sku"), primary_key=True),
    text("currency", primary_key=True),
    Column("unit_price", BigInteger, nullable=False),  # list price, minor units
    CheckConstraint("unit_price >= 0", name="unit_price"),
)

location = Table(
    "location",
    metadata,
    text("id", primary_key=True),
    text("name"),
    text("country"),
    text("region", server_default=""),
    Column("latitude", Float, nullable=True),
    Column("longitude", Float, nullable=True),
    Column("priority", Integer, nullable=False, server_default="100"),
    Column("active", Boolean, nullable=False, server_default="true"),
    # Whose hands pack there: the built-in warehouse's or a WMS's; empty: as the settings say.
    text("fulfilled_by", server_default=""),
    CheckConstraint("fulfilled_by IN ('', 'built_in', 'http')", name="fulfilled_by"),
)

customer = Table(
    "customer",
    metadata,
    text("ref", primary_key=True),
    text("tier", server_default=""),
    Column("blocked", Boolean, nullable=False, server_default="false"),
)

# Tax included in prices; an empty region applies to the whole country.
tax_rate = Table(
    "tax_rate",
    metadata,
    text("country", primary_key=True),
    text("region", primary_key=True),
    Column("rate_bp", Integer, nullable=False),
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
