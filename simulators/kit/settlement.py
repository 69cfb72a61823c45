"""What a party paid out, as the file that it would send: CSV, with mistakes on demand.

`POST /v1/settlements` answers the CSV of everything so far. `leave_out`, `wrong` and `double` name
references whose line is missing, is a whole unit short, or stands twice; `fee_bp` is what the party
keeps, in hundredths of a percent of what customers paid.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from simulators.kit.wire import Body

DECIMALS = {"JPY": 0, "KRW": 0, "BHD": 3, "KWD": 3}  # else 2
COLUMNS = ("kind", "reference", "gross", "fee", "net", "currency", "occurred_at", "payout")


class SettlementBody(Body):
    payout: Annotated[str, Field(min_length=1, max_length=100)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    fee_bp: Annotated[int, Field(ge=0, le=10_000)] = 0
    leave_out: list[str] = Field(default_factory=list)
    wrong: list[str] = Field(default_factory=list)
    double: list[str] = Field(default_factory=list)
    collected: dict[str, int] = Field(default_factory=dict)  # by fulfillment order: carrier only


@dataclass(frozen=True, slots=True)
class Paid:
    """`amount` in minor units, negative for what went back to customers."""

    kind: str
    reference: str
    amount: int
    currency: str
    at: str


def statement(paid: Iterable[Paid], asked: SettlementBody) -> Response:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    decimals = DECIMALS.get(asked.currency, 2)
    for each in paid:
        if each.currency != asked.currency or each.reference in asked.leave_out:
            continue
        gross = each.amount - 10**decimals * (each.reference in asked.wrong)
        fee = max(0, gross) * asked.fee_bp // 10_000
        sums = (_major(sum_, decimals) for sum_ in (gross, fee, gross - fee))
        row = (each.kind, each.reference, *sums, each.currency, each.at, asked.payout)
        writer.writerows([row] * (1 + (each.reference in asked.double)))
    return Response(file.getvalue(), media_type="text/csv")


def _major(minor: int, decimals: int) -> str:
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{'-' * (minor < 0)}{whole}{f'.{rest:0{decimals}d}' if decimals else ''}"
