"""Every refusal of the domain. Each edge translates them once, by `code`.

Refusal
├── Malformed            the input is no order, amount or quantity at all
│   ├── UnknownCurrency
│   ├── CurrencyMismatch
│   ├── BadQuantity
│   ├── BadAmount
│   ├── BadTime
│   └── TooManyLines
├── UnknownSku           the catalog has no such SKU
├── NotFound             no such thing, or none that the asker may see
├── Forbidden            the asker's roles do not allow it
├── StepRefused          the state does not allow this event
├── KeyConflict          the idempotency key, or a channel's reference, came with another body
├── CommandExpired       it could not be delivered in time and will never fire
├── OutOfStock           no plan covers every line
├── LimitExceeded        more than was captured, delivered or ordered
├── NotInstalled         it needs an optional part that this installation does not have
└── Unbalanced           a ledger transaction whose debits are not its credits
"""


class Refusal(Exception):
    """Something was asked that is not allowed; `code` is stable, the text is for people."""

    code = "REFUSED"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Malformed(Refusal):
    code = "MALFORMED"


class UnknownCurrency(Malformed):
    code = "UNKNOWN_CURRENCY"

    def __init__(self, currency: str) -> None:
        super().__init__(f"{currency!r} is no active ISO 4217 currency code, such as USD")


class CurrencyMismatch(Malformed):
    code = "CURRENCY_MISMATCH"


class BadQuantity(Malformed):
    code = "BAD_QUANTITY"


class BadAmount(Malformed):
    code = "BAD_AMOUNT"


class BadTime(Malformed):
    """`field` is where the time stood, as its sender wrote it."""

    code = "BAD_TIME"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class TooManyLines(Malformed):
    code = "TOO_MANY_LINES"


class UnknownSku(Refusal):
    code = "UNKNOWN_SKU"

    def __init__(self, skus: list[str]) -> None:
        super().__init__(f"not in the catalog: {', '.join(sorted(skus)[:10])}")
        self.skus = skus


class NotFound(Refusal):
    code = "NOT_FOUND"


class Forbidden(Refusal):
    code = "FORBIDDEN"


class StepRefused(Refusal):
    code = "STEP_REFUSED"


class KeyConflict(Refusal):
    """`name` is the key, or the channel's own name for the order: there no new key helps."""

    code = "KEY_CONFLICT"

    def __init__(self, name: str, *, is_reference: bool = False) -> None:
        super().__init__(
            f"the channel has placed an order {name!r} before, with other content; a new order "
            "needs a new reference"
            if is_reference
            else f"idempotency key {name!r} was used before with another body; use a new key"
        )


class CommandExpired(Refusal):
    code = "COMMAND_EXPIRED"


class OutOfStock(Refusal):
    code = "OUT_OF_STOCK"


class LimitExceeded(Refusal):
    code = "LIMIT_EXCEEDED"


class NotInstalled(Refusal):
    code = "NOT_INSTALLED"


class Unbalanced(Refusal):
    code = "UNBALANCED"


def refusal_of(code: str, message: str) -> Refusal:
    """A refusal that was decided elsewhere and comes back by its code."""
    refusal = Refusal(message)
    refusal.code = code
    return refusal
