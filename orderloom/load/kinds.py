"""The kinds of CSV file that `orderloom load` knows, each recognised by the names of its columns.

  products   sku, name, category, weight_g, length_mm, width_mm, height_mm, tax_category
  bundles    bundle, component, quantity        units of the component in one bundle
  price lists  id, tax_included, tier, valid_from, valid_until
  prices     sku, currency, unit_price, list    list price of one unit, in minor units
  locations  id, name, country, region, latitude, longitude, priority, active, fulfilled_by, kind,
             capacity, timezone, cutoff, weekdays, holidays, closed_on
  stock      sku, location, on_hand, safety, reorder_point, reorder_to
             the first load opens, a later one is a count
  supply     kind, reference, sku, location, available_on, quantity    units that are to come
  customers  ref, tier, blocked, credit_limit, credit_currency, terms_days
  tax rates  country, region, rate_bp, category  hundredths of a percent
  places     country, region, city, latitude, longitude

Columns come in any order. The optional ones may be missing, and what is there then stays as it is;
or empty, and then they mean what docs/operator.md says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.prices import STANDARD_LIST
from domain.tax_rates import STANDARD
from orderloom.load import fields
from orderloom.load.fields import BadCell, Parser, Value

Row = tuple[Value, ...]

# What a file of refused rows has besides; ignored, so that it can be corrected and loaded again.
VERDICT_COLUMNS = ("line", "reason", "advice")


@dataclass(frozen=True, eq=False)
class Kind:
    """`table` is where its rows go; `key` the columns that make a row unique."""

    name: str
    table: str
    required: dict[str, Parser]
    optional: dict[str, Parser]
    key: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)

    def fits(self, header: Sequence[str]) -> bool:
        return set(self.required) <= set(header) <= {*self.columns, *VERDICT_COLUMNS}

    def parse(self, cells: dict[str, str]) -> Row:
        """The row's values in the order of `columns`. Raises `BadCell`, naming the column."""
        row = []
        for name, parser in (*self.required.items(), *self.optional.items()):
            try:
                row.append(parser(cells.get(name, "").strip()))
            except BadCell as bad:
                raise BadCell(f"{name} {bad.reason}", bad.advice) from None
        return tuple(row)

    def key_of(self, row: Row) -> Row:
        return tuple(row[self.columns.index(name)] for name in self.key)


def _units_or_none(cell: str) -> int:
    return fields.units(cell or "0")


# In the order in which they need one another.
KINDS = (
    Kind(
        "products",
        "product",
        {"sku": fields.text, "name": fields.text},
        {
            "category": fields.optional_text,
            "weight_g": fields.optional_positive,
            "length_mm": fields.optional_positive,
            "width_mm": fields.optional_positive,
            "height_mm": fields.optional_positive,
            "tax_category": lambda cell: fields.optional_text(cell or STANDARD),
        },
        ("sku",),
    ),
    Kind(
        "bundles",
        "bundle_component",
        {"bundle": fields.text, "component": fields.text, "quantity": fields.positive},
        {},
        ("bundle", "component"),
    ),
    Kind(
        "locations",
        "location",
        {"id": fields.text, "name": fields.text, "country": fields.country},
        {
            "region": fields.optional_text,
            "latitude": fields.optional_latitude,
            "longitude": fields.optional_longitude,
            "priority": fields.priority,
            "active": fields.yes_unless_no,
            "fulfilled_by": fields.warehouse,
            "kind": fields.location_kind,
            "capacity": fields.optional_positive,
            "timezone": fields.timezone,
            "cutoff": fields.cutoff,
            "weekdays": fields.weekdays,
            "holidays": fields.holidays,
            "closed_on": fields.closed_on,
        },
        ("id",),
    ),
    Kind(
        "price lists",
        "price_list",
        {"id": fields.text, "tax_included": fields.yes_or_no},
        {
            "tier": fields.optional_text,
            "valid_from": fields.optional_moment,
            "valid_until": fields.optional_moment,
        },
        ("id",),
    ),
    Kind(
        "prices",
        "price",
        {"sku": fields.text, "currency": fields.currency, "unit_price": fields.amount},
        {"list": lambda cell: fields.optional_text(cell or STANDARD_LIST)},
        ("sku", "currency", "list"),
    ),
    Kind(
        "stock",
        "stock",
        {"sku": fields.text, "location": fields.text, "on_hand": fields.units},
        dict.fromkeys(("safety", "reorder_point", "reorder_to"), _units_or_none),
        ("sku", "location"),
    ),
    Kind(
        "supply",
        "supply",
        {
            "kind": fields.supply_kind,
            "reference": fields.reference,
            "sku": fields.text,
            "location": fields.text,
            "available_on": fields.day,
            "quantity": fields.supply_units,
        },
        {},
        ("kind", "reference", "sku", "location"),
    ),
    Kind(
        "customers",
        "customer",
        {"ref": fields.text},
        {
            "tier": fields.optional_text,
            "blocked": fields.no_unless_yes,
            "credit_limit": fields.optional_amount,
            "credit_currency": fields.optional_currency,
            "terms_days": fields.terms_days,
        },
        ("ref",),
    ),
    Kind(
        "tax rates",
        "tax_rate",
        {"country": fields.country, "rate_bp": fields.rate_bp},
        {
            "region": fields.optional_text,
            "category": lambda cell: fields.optional_text(cell or STANDARD),
        },
        ("country", "region", "category"),
    ),
    Kind(
        "places",
        "place",
        {
            "country": fields.country,
            "region": fields.optional_text,
            "city": fields.lower_text,
            "latitude": fields.latitude,
            "longitude": fields.longitude,
        },
        {},
        ("country", "region", "city"),
    ),
)


def recognise(header: Sequence[str]) -> Kind | None:
    return next((kind for kind in KINDS if kind.fits(header)), None)


def known_kinds() -> str:
    return "; ".join(f"{kind.name} ({', '.join(kind.columns)})" for kind in KINDS)
