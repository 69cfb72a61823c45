"""Invoices and credit notes: append-only, which triggers enforce, and their series of numbers."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from adapters.postgres.tables.base import metadata, moment, text

# The hottest row of all that are locked: every transaction takes it last.
number_series = Table(
    "number_series",
    metadata,
    text("series", primary_key=True),  # as INV-2026
    Column("last", Integer, nullable=False),
    Column("issued_on", Date, nullable=False),  # of the last: dates rise with the numbers
)

invoice = Table(
    "invoice",
    metadata,
    text("number", primary_key=True),  # as INV-2026-000001
    text("series", ForeignKey("number_series.series")),
    Column("ordinal", Integer, nullable=False),
    text("kind"),  # domain.invoices.DocumentKind
    text("operation", unique=True),
    text("order_number", ForeignKey("customer_order.number"), index=True),
    text("subject"),  # the parcel, order or return that it is about
    text("credits", ForeignKey("invoice.number"), nullable=True, index=True),
    text("currency"),
    moment("issued_at"),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    UniqueConstraint("series", "ordinal"),
    CheckConstraint("(kind = 'credit_note') = (credits IS NOT NULL)", name="credits"),
    Index("ix_invoice_newest", "issued_at", "number"),
)

# domain.invoices.DocumentLine. A trigger refuses credits beyond the line that they credit.
invoice_line = Table(
    "invoice_line",
    metadata,
    text("invoice", ForeignKey("invoice.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("line", Integer, nullable=False),  # of the order; 0 is shipping
    text("sku"),
    Column("first", Integer, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", BigInteger, nullable=False),
    Column("discount", BigInteger, nullable=False),
    Column("order_discount", BigInteger, nullable=False),
    Column("tax_rate_bp", Integer, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("credits", Integer, nullable=True),  # a position of the credited invoice
    CheckConstraint("quantity > 0 AND first >= 0", name="units"),
    CheckConstraint("net >= 0 AND tax >= 0 AND net + tax = gross", name="amounts"),
)
