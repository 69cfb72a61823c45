"""Who sells: what stands at the head and the foot of every invoice, from the settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seller:
    """`address` and `bank` as lines of text; what is empty is left out."""

    name: str = ""
    address: tuple[str, ...] = ()
    tax_id: str = ""
    bank: tuple[str, ...] = ()


NOBODY = Seller()  # as long as the settings name none
