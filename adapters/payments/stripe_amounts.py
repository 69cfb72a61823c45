"""Amounts as Stripe counts them, where that is not as ISO 4217 has it.

Source: docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special case" currencies.
"""

from domain.currency import exponent

_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}  # Stripe's, where they differ
_IN_TENS = ("BHD", "JOD", "KWD", "OMR", "TND")  # its partners know no third decimal


class NotExpressible(ValueError):
    """Stripe has no number for so much of the currency."""


def to_stripe(amount: int, currency: str) -> int:
    """`amount` in minor units as ISO 4217 has them. Raises `NotExpressible`."""
    if currency in _IN_TENS and amount % 10:
        raise NotExpressible(f"{amount} {currency}: Stripe takes no third decimal")
    return _scaled(amount, currency, _decimals(currency) - exponent(currency))


def from_stripe(amount: int, currency: str) -> int:
    """In minor units as ISO 4217 has them. Raises `NotExpressible`."""
    return _scaled(amount, currency, exponent(currency) - _decimals(currency))


def _decimals(currency: str) -> int:
    return _DECIMALS.get(currency, exponent(currency))


def _scaled(amount: int, currency: str, places: int) -> int:
    if places >= 0:
        return int(amount * 10**places)
    whole, rest = divmod(amount, int(10**-places))
    if rest:
        raise NotExpressible(f"{amount} {currency} is no whole number of units")
    return int(whole)
