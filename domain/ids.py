"""Names of things. Those shown to people are not guessable from one another."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import NewType

OrderNumber = NewType("OrderNumber", str)
FulfillmentOrderId = NewType("FulfillmentOrderId", str)  # <order number>-F<n>
ReturnNumber = NewType("ReturnNumber", str)  # <order number>-R<n>

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U to misread
NUMBER_ENTROPY_BYTES = 8


def order_number(entropy: bytes) -> OrderNumber:
    """Twelve characters (60 bits) in three groups, as `7K3M-9QXT-2AVB`, from 8 random bytes."""
    bits = int.from_bytes(entropy[:NUMBER_ENTROPY_BYTES], "big")
    chars = [_ALPHABET[(bits >> (5 * i)) & 31] for i in range(12)]
    return OrderNumber("-".join("".join(chars[i : i + 4]) for i in (0, 4, 8)))


def fulfillment_order_id(order: str, ordinal: int) -> FulfillmentOrderId:
    return FulfillmentOrderId(f"{order}-F{ordinal}")


def return_number(order: str, ordinal: int) -> ReturnNumber:
    return ReturnNumber(f"{order}-R{ordinal}")


@dataclass(frozen=True, slots=True)
class PrintLink:
    """The way to the printed form of a pick list, for a browser that has no bearer token: signed
    with a server key, good until `until` (seconds of the Unix epoch).
    """

    parcel: str
    until: int
    signature: str

    @classmethod
    def derive(cls, key: bytes, parcel: str, until: int) -> "PrintLink":
        signed = hmac.new(key, f"print/{parcel}/{until}".encode(), hashlib.sha256).hexdigest()
        return cls(parcel, until, signed[:40])

    @property
    def path(self) -> str:
        return f"/print/{self.parcel}/{self.until}/{self.signature}"

    def opens(self, key: bytes, at: float) -> bool:
        right = self.derive(key, self.parcel, self.until)
        return hmac.compare_digest(right.signature, self.signature) and at < self.until


@dataclass(frozen=True, slots=True)
class TrackingToken:
    """The secret part of a tracking link: 160 bits derived from a server key, so that the same
    link can be written into a mail again. Looked up by hash; raising `version` revokes it.
    """

    text: str

    @classmethod
    def derive(cls, key: bytes, order: str, version: int) -> "TrackingToken":
        digest = hmac.new(key, f"tracking/{order}/{version}".encode(), hashlib.sha256).digest()
        bits = int.from_bytes(digest[:20], "big")
        return cls("".join(_ALPHABET[(bits >> (5 * i)) & 31] for i in range(32)).lower())

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()
