"""The one table that translates the domain's refusals for both edges: each `code` has its member
in the GraphQL schema and its problem type. A test proves that no refusal is missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from api.problem_kinds import EDGE_PROBLEMS, ProblemKind
from domain.errors import Malformed, Refusal


class UserErrorCode(StrEnum):
    """Why a mutation did not do what was asked. Stable; messages are for people."""

    REFUSED = "REFUSED"
    MALFORMED = "MALFORMED"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    BAD_QUANTITY = "BAD_QUANTITY"
    BAD_AMOUNT = "BAD_AMOUNT"
    BAD_TIME = "BAD_TIME"
    TOO_MANY_LINES = "TOO_MANY_LINES"
    UNKNOWN_SKU = "UNKNOWN_SKU"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    STEP_REFUSED = "STEP_REFUSED"
    KEY_CONFLICT = "KEY_CONFLICT"
    COMMAND_EXPIRED = "COMMAND_EXPIRED"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    UNBALANCED = "UNBALANCED"
    NOT_INSTALLED = "NOT_INSTALLED"
    TRY_AGAIN = "TRY_AGAIN"  # no refusal: the command is stored and will be delivered


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field` is a path into the input, as `lines.0.quantity`."""

    field: str
    message: str


class InvalidInput(Malformed):
    """Input whose shape is wrong, field by field."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(f"{each.field}: {each.message}" for each in self.errors))


_FIX_INPUT = "Correct the named field and send again, with a new idempotency key."
_C = UserErrorCode

PROBLEM_OF: Mapping[UserErrorCode, ProblemKind] = {
    _C.REFUSED: ProblemKind(
        "refused", 422, "This is not allowed", "Read the detail: it says what stands against it."
    ),
    _C.MALFORMED: ProblemKind(
        "malformed", 422, "The input is not what this address takes", _FIX_INPUT
    ),
    _C.UNKNOWN_CURRENCY: ProblemKind(
        "unknown-currency",
        422,
        "There is no such currency",
        "Use an active ISO 4217 code, such as USD.",
    ),
    _C.CURRENCY_MISMATCH: ProblemKind(
        "currency-mismatch", 422, "Two currencies do not add up", "Use one currency per order."
    ),
    _C.BAD_QUANTITY: ProblemKind(
        "bad-quantity", 422, "A quantity is out of range", "Use whole units from 1 to 100,000."
    ),
    _C.BAD_AMOUNT: ProblemKind(
        "bad-amount",
        422,
        "An amount is out of range",
        "Use whole minor units from 0; a discount is at most the price of its line.",
    ),
    _C.BAD_TIME: ProblemKind(
        "bad-time",
        422,
        "A time is too long ago, or in the future",
        "Send when it happened, with its zone: from the year 2000 to 24 hours from now. Check the "
        "clock of the sending machine.",
    ),
    _C.TOO_MANY_LINES: ProblemKind(
        "too-many-lines",
        422,
        "The number of order lines is out of range",
        "An order has 1 to 200 lines; divide larger ones.",
    ),
    _C.UNKNOWN_SKU: ProblemKind(
        "unknown-sku",
        422,
        "The catalog does not have a SKU of this order",
        "Correct the SKUs named in `skus`, or have them added to the catalog; then send the order "
        "under a new message id.",
    ),
    _C.NOT_FOUND: ProblemKind(
        "not-found", 404, "There is no such thing, or none that you may see", "Check the number."
    ),
    _C.FORBIDDEN: ProblemKind(
        "forbidden", 403, "Your roles do not allow this", "Ask somebody who has the named role."
    ),
    _C.STEP_REFUSED: ProblemKind(
        "step-refused",
        409,
        "The state does not allow this now",
        "Look at `process.possible`: it lists what the state allows.",
    ),
    _C.KEY_CONFLICT: ProblemKind(
        "key-conflict",
        409,
        "The idempotency key or the order's reference was used before with another body",
        "Send the body that you sent before. For a new one use a new key or a new reference, "
        "whichever the detail names.",
    ),
    _C.COMMAND_EXPIRED: ProblemKind(
        "command-expired",
        409,
        "The command could not be delivered in time and will never take effect",
        "If it is still wanted, send it again with a new key.",
    ),
    _C.OUT_OF_STOCK: ProblemKind(
        "out-of-stock", 409, "No location has every unit", "Wait for stock, or order fewer units."
    ),
    _C.LIMIT_EXCEEDED: ProblemKind(
        "limit-exceeded",
        422,
        "This is more than was ordered, delivered or captured",
        "Ask for no more than the detail says is left.",
    ),
    _C.UNBALANCED: ProblemKind(
        "unbalanced",
        422,
        "Debits and credits differ",
        "Nothing was booked. Tell the operator the request_id.",
    ),
    _C.NOT_INSTALLED: ProblemKind(
        "not-installed",
        501,
        "This installation lacks an optional part",
        "Read the detail: it names what the operator can install, and what works without it.",
    ),
    _C.TRY_AGAIN: ProblemKind(
        "try-again",
        503,
        "The order's process did not answer in time",
        "The command is stored and will be delivered. The same key gives its outcome.",
    ),
}


def problem_of(refusal: Refusal) -> ProblemKind:
    return PROBLEM_OF[UserErrorCode(refusal.code)]


def all_problems() -> list[ProblemKind]:
    return sorted([*EDGE_PROBLEMS, *PROBLEM_OF.values()], key=lambda kind: kind.slug)
