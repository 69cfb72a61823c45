"""What is told when the stock of a SKU at a location falls to a level of its own.

The trigger `stock_alert` of the database raises it when the transaction ends that crosses it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StockAlert:
    """In units: `free` is on hand − reserved, `coming` what is ordered and promised to nobody yet,
    `suggested` what reaches the reorder-to level together with both.
    """

    sku: str
    location: str
    free: int
    level: int
    coming: int
    suggested: int


STOCK_ALERTS: dict[str, type[StockAlert]] = {
    "stock.safety_reached": StockAlert,
    "stock.reorder_reached": StockAlert,
}
