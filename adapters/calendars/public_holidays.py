"""Public holidays by country and subdivision, from the `holidays` library: no network, no files.

A code is an ISO 3166 country, as US, or a country and its subdivision, as US-MA.
"""

from datetime import date
from functools import lru_cache

CACHED_YEARS = 1_024  # of all codes together; a country's first year takes some 0.2 s


def keeps_holidays(code: str) -> bool:
    """Whether the library knows the country, and the subdivision within it."""
    import holidays  # noqa: PLC0415 - 0.15 s, and most processes never ask

    country, _, subdivision = code.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    return country in known and (
        code == country or (subdivision != "" and subdivision in known[country])
    )


@lru_cache(maxsize=CACHED_YEARS)
def public_holidays(code: str, year: int) -> frozenset[date]:
    """Of one year. A code that the library does not know (any more) has none."""
    import holidays  # noqa: PLC0415 - as above

    country, _, subdivision = code.partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdivision or None, years=year))
    except NotImplementedError:
        return frozenset()
