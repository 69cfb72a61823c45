"""Payment transactions and the double-entry ledger: append-only, integer minor units."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
)

from adapters.postgres.tables.base import metadata, moment, now, text

# One row a business operation, unique by its derived key; moved by conditional transitions only;
# and one for what a cardholder's bank took back, or gave back, by dispute, and for each refund that
# it did not take.
payment_transaction = Table(
    "payment_transaction",
    metadata,
    text("key", primary_key=True),
    text("subject", index=True),  # the order, or the return for a refund
    text("order_number", ForeignKey("customer_order.number"), index=True),
    text("operation"),
    Column("ordinal", Integer, nullable=False),
    text("status"),
    Column("amount", BigInteger, nullable=False),
    text("currency"),
    text("fulfillment_order"),
    text("provider_payment"),
    text("reason"),
    text("action_url"),
    text(
        "authorization_key", server_default="", index=True
    ),  # of what it draws on; an authorization has none
    Column("expires_at", DateTime(timezone=True)),  # of an authorization
    now("created_at"),
    now("updated_at"),
    CheckConstraint("amount > 0", name="amount"),
    # A provider that captures its payments once tells of a dispute by the payment.
    Index(
        "ix_payment_transaction_captured",
        "provider_payment",
        postgresql_where="operation = 'capture'",
    ),
)

# What finance has registered: a positive amount came in, a negative one went out for a refund. One
# that came in and is about no order that we know stands without. A reference stands once: what was
# registered by mistake is withdrawn, and then it may be registered again, under the next ordinal.
bank_transfer = Table(
    "bank_transfer",
    metadata,
    text("reference", primary_key=True),  # the bank's
    Column("ordinal", Integer, primary_key=True, autoincrement=False, server_default="1"),
    text("item", server_default=""),  # the posting that put what came in at the bank
    text("order_number", ForeignKey("customer_order.number"), index=True, nullable=True),
    Column("amount", BigInteger, nullable=False),
    text("currency"),
    now("at"),
    moment("withdrawn_at", nullable=True),
    CheckConstraint("amount <> 0", name="amount"),
    Index(
        "ix_bank_transfer_standing", "reference", unique=True,
        postgresql_where="withdrawn_at IS NULL",
    ),
)  # fmt: skip

ledger_transaction = Table(
    "ledger_transaction",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("operation", unique=True),
    # NULL for what is about no single order
    text("order_number", ForeignKey("customer_order.number"), index=True, nullable=True),
    text("currency"),
    now("at"),
)

# A positive amount is a debit, a negative one a credit; each transaction adds up to zero. Triggers
# (migration 0004) hold that, and that neither of the two tables is ever changed.
ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("transaction_id", BigInteger, ForeignKey("ledger_transaction.id"), primary_key=True),
    Column("leg", Integer, primary_key=True),
    text("account", index=True),
    Column("amount", BigInteger, nullable=False),
    text("party", server_default=""),  # the customer, in an account that is kept per customer
    CheckConstraint("amount <> 0", name="amount"),
    Index("ix_ledger_entry_party", "party", "account", postgresql_where="party <> ''"),
)
