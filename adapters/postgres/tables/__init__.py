"""Every table, by subject. `metadata` is what migrations are compared with."""

from adapters.postgres.tables.base import metadata
from adapters.postgres.tables.catalog import (
    bundle_component,
    customer,
    location,
    place,
    price,
    price_list,
    product,
    tax_rate,
)
from adapters.postgres.tables.exchange import command, fact, outbox, step
from adapters.postgres.tables.floor import pick_list
from adapters.postgres.tables.invoices import invoice, invoice_line, number_series
from adapters.postgres.tables.money import (
    bank_transfer,
    ledger_entry,
    ledger_transaction,
    payment_transaction,
)
from adapters.postgres.tables.office import approval, lone_act, task
from adapters.postgres.tables.orders import (
    audit,
    channel_order,
    customer_order,
    fulfillment_order,
    journal,
    order_view,
    payment_source,
    person,
    return_order,
)
from adapters.postgres.tables.points import points_account, points_entry
from adapters.postgres.tables.settlements import settlement, settlement_line
from adapters.postgres.tables.stock import movement, reservation, stock, stock_news, supply

__all__ = [
    "approval",
    "audit",
    "bank_transfer",
    "bundle_component",
    "channel_order",
    "command",
    "customer",
    "customer_order",
    "fact",
    "fulfillment_order",
    "invoice",
    "invoice_line",
    "journal",
    "ledger_entry",
    "ledger_transaction",
    "location",
    "lone_act",
    "metadata",
    "movement",
    "number_series",
    "order_view",
    "outbox",
    "payment_source",
    "payment_transaction",
    "person",
    "pick_list",
    "place",
    "points_account",
    "points_entry",
    "price",
    "price_list",
    "product",
    "reservation",
    "return_order",
    "settlement",
    "settlement_line",
    "step",
    "stock",
    "stock_news",
    "supply",
    "task",
    "tax_rate",
]
