"""The journal entries of a return; `domain.journal` lists them with those of an order."""

from dataclasses import dataclass

from domain.order import LineUnits


@dataclass(frozen=True, slots=True)
class ReturnRequested:
    lines: tuple[LineUnits, ...]
    reason: str
    amount: int


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
    """`disposition` is restock, quarantine, scrap or send_back; sent-back units get no refund."""

    line: int
    sku: str
    quantity: int
    disposition: str


@dataclass(frozen=True, slots=True)
class ReturnInspected:
    units: tuple[InspectedUnits, ...]
    refund: int


@dataclass(frozen=True, slots=True)
class RefundRetried:
    """Finance wants a failed refund to be tried again."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReturnCompleted:
    """The goods are dealt with and the refund is executed."""


@dataclass(frozen=True, slots=True)
class ReturnCanceled:
    reason: str
