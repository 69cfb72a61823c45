"""What a customer sends by a form of the tracking page."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from domain.errors import Malformed
from domain.order import ORDER_LINES_MAX, LineUnits, PlacedOrder

FIELDS_MAX = ORDER_LINES_MAX + 10
_LINE = "line-"


@dataclass(frozen=True, slots=True)
class ReturnForm:
    """`key` was made for one rendering of the form: sending it twice asks once."""

    key: str
    lines: list[LineUnits]
    reason: str


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a urlencoded form. Refuses (`Malformed`) what is none."""
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise Malformed("this is not a form") from error
    return dict(pairs)


def return_form(
    fields: Mapping[str, str], order: PlacedOrder, reasons: Mapping[str, str]
) -> ReturnForm:
    """Refuses (`Malformed`) a form without a unit, or with a reason that was not offered."""
    lines = [
        LineUnits(line.line, line.sku, quantity)
        for line in order.lines
        if (quantity := _quantity(fields.get(f"{_LINE}{line.line}", "0")))
    ]
    reason = fields.get("reason", "")
    if not lines or reason not in reasons:
        raise Malformed("choose at least one unit and a reason")
    return ReturnForm(fields.get("key", ""), lines, reason)


def _quantity(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Malformed("a quantity is a whole number")
    return int(text)
