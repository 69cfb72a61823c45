"""The journal entries of a return; `domain.journal` lists them with those of an order."""

from dataclasses import dataclass

from domain.order import LineUnits
from domain.tenders import Tender


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a refund, by the tender that it goes back by; minor units."""

    tender: Tender
    amount: int


@dataclass(frozen=True, slots=True)
class ReturnRequested:
    """`kind` is one of `domain.returns`. A refund without goods is granted from the start, and has
    its `plan`, unless a second person has to approve it first; `store_credit` is how much of it is
    to be that; `approved_by` is the second person, where there had to be one before. Of a `parcel`
    that was not delivered, `shipping` says that the order's shipping was sold with it, and goes
    back with it. Of kind refund_failed it gives back again what the refund that it `replaces`, by
    its key, had given back before it failed.
    """

    lines: tuple[LineUnits, ...]
    reason: str
    amount: int
    kind: str = "return"
    plan: tuple[Share, ...] = ()
    store_credit: int = 0
    parcel: str = ""
    shipping: bool = False
    approved_by: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class ReturnApproved:
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReturnDeclined:
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnReceived:
    lines: tuple[LineUnits, ...]
    location: str


@dataclass(frozen=True, slots=True)
class InspectedUnits:
    """`disposition` is restock, quarantine, scrap or send_back; sent-back units get no refund. Of a
    parcel that was not delivered, what did not come back is lost; line 0 is the shipping.
    """

    line: int
    sku: str
    quantity: int
    disposition: str


@dataclass(frozen=True, slots=True)
class ReturnInspected:
    """`plan` and `store_credit` as in `ReturnRequested`; `credit_back` of the refund had been paid
    with store credit, and comes back as that.
    """

    units: tuple[InspectedUnits, ...]
    refund: int
    plan: tuple[Share, ...] = ()
    store_credit: int = 0
    credit_back: int = 0


@dataclass(frozen=True, slots=True)
class RefundApproved:
    """By a second person, over the threshold."""

    plan: tuple[Share, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefundTransferred:
    """Finance has transferred it; `reference` is the bank's."""

    amount: int
    reference: str


@dataclass(frozen=True, slots=True)
class RefundRetried:
    """Finance wants a failed refund to be tried again; by another `plan`, where the customer has
    come to owe something meanwhile, or takes store credit instead.
    """

    reason: str = ""
    plan: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnCompleted:
    """The goods are dealt with and the refund is executed."""


@dataclass(frozen=True, slots=True)
class ReturnCanceled:
    """Nothing comes back; of a refund without goods, nothing is given back."""

    reason: str
