"""The database's clock in statements: one clock for all writers."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, DateTime, func

START_GRACE_SECONDS = 0.15  # whoever commits an order or a return starts it; then the relay does


def now() -> ColumnElement[datetime]:
    """The moment itself, not the beginning of the transaction."""
    return func.clock_timestamp(type_=DateTime(timezone=True))


def after(seconds: float) -> ColumnElement[datetime]:
    """`seconds` from now; ago when negative."""
    return now() + timedelta(seconds=seconds)


def start_due() -> ColumnElement[datetime]:
    """When the relay starts a process that nobody else has started."""
    return after(START_GRACE_SECONDS)
