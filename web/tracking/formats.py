"""Amounts and times as the visitor's language writes them."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_currency
from markupsafe import Markup

from domain.currency import exponent
from web.language import Language


def formats(language: Language) -> dict[str, Any]:
    return {
        "money": partial(money, language),
        "moment": partial(moment, language),
    }


def money(language: Language, amount: int, currency: str) -> str:
    whole = Decimal(amount).scaleb(-exponent(currency))
    return format_currency(whole, currency, locale=language.value)


def moment(language: Language, at: datetime) -> Markup:
    """In UTC; `tracking.js` shows it in the visitor's own time zone."""
    text = format_datetime(at.astimezone(UTC), "MMM d, HH:mm", locale=language.value)
    if language is Language.CHINESE:
        text = format_datetime(at.astimezone(UTC), "M月d日 HH:mm", locale=language.value)
    return Markup('<time datetime="{}">{} UTC</time>').format(at.isoformat(), text)
