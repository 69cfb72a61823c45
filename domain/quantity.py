"""Quantities of goods: whole units now; the type is kept so that fractional units can come."""

from typing import Self

from domain.errors import BadQuantity

QUANTITY_MAX = 100_000


class Quantity(int):
    """Units of one SKU on one line, 1 … `QUANTITY_MAX`. Refuses everything else, once, here."""

    def __new__(cls, units: int) -> Self:
        if type(units) not in (int, cls) or not 1 <= units <= QUANTITY_MAX:
            raise BadQuantity(f"a quantity is a whole number from 1 to {QUANTITY_MAX:,}: {units!r}")
        return super().__new__(cls, units)
