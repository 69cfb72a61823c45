"""Amounts, rates and times as the visitor's language writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_percent
from markupsafe import Markup

from domain.currency import exponent
from web.language import Language


def formats(language: Language) -> dict[str, Any]:
    return {
        "money": partial(money, language),
        "moment": partial(moment, language),
        "day": partial(day, language),
        "percent": partial(percent, language),
    }


def money(language: Language, amount: int, currency: str) -> str:
    whole = Decimal(amount).scaleb(-exponent(currency))
    return format_currency(whole, currency, locale=language.value)


def percent(language: Language, rate_bp: int) -> str:
    """`rate_bp` in hundredths of a percent."""
    return format_percent(Decimal(rate_bp).scaleb(-4), "#,##0.##%", locale=language.value)


def day(language: Language, on: date) -> str:
    return format_date(on, "long", locale=language.value)


def moment(language: Language, at: datetime) -> Markup:
    """In UTC; `tracking.js` shows it in the visitor's own time zone."""
    text = format_datetime(at.astimezone(UTC), "MMM d, HH:mm", locale=language.value)
    if language is Language.CHINESE:
        text = format_datetime(at.astimezone(UTC), "M月d日 HH:mm", locale=language.value)
    return Markup('<time datetime="{}">{} UTC</time>').format(at.isoformat(), text)
