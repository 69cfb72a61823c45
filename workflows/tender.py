"""How the money of an order comes in: what every payment method can be asked to do, and when."""


class Tender:
    """One instance an order; a method overrides what it has something to do for. While it waits,
    each raises `OrderStopped` when the order stops, but for `settle`, which is how an order that
    was stopped gives back what it has taken.
    """

    async def secure(self) -> None:
        """Once stock is reserved: until the money of the order is promised or paid."""

    async def secure_parcel(self, parcel: str) -> None:
        """Before a parcel is handed to its warehouse."""

    async def collect(self, parcel: str) -> None:
        """Once a parcel is shipped, and booked."""

    async def watch(self) -> None:
        """Beside everything else, from the beginning; ends when the order stops."""

    async def settle(self) -> None:
        """When the order is complete or was stopped: until nothing is held or kept that is not
        ours. Idempotent, and safe when nothing was ever taken.
        """
