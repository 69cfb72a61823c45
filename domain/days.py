"""Days as people write them, wherever they do: in an act, in a file."""

from datetime import date

from domain.errors import Malformed

# Whatever is reckoned from a day of ours, such as a deadline, is a day that every reader knows.
DAY_MIN, DAY_MAX = date(2000, 1, 1), date(2199, 12, 31)


def day_of(text: str) -> date:
    """Refuses (`Malformed`) what is not as 2026-11-30, and what is out of all reason."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{text[:20]!r} is no day") from error
    if not DAY_MIN <= day <= DAY_MAX:
        raise Malformed(f"{text[:20]!r} is not from {DAY_MIN.year} to {DAY_MAX.year}")
    return day
