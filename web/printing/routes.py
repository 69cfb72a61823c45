"""`/print/{fulfillment order}/{until}/{signature}`: what staff prints, by a link that expires."""

from collections.abc import Sequence
from dataclasses import dataclass

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.errors import NotFound
from domain.order import LineUnits
from ports.floor import FloorReads, PrintedPickList
from web.formats import formats
from web.language import Language, language_of
from web.templating import page

_ADDRESS = ("name", "line1", "city", "region", "postal_code", "country", "phone")


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Slip:
    """Of one package; before packing, of everything, without a `package`."""

    package: str
    carrier: str
    tracking_number: str
    rows: list[Row]


def printing_routes(floor: FloorReads) -> list[BaseRoute]:
    async def show(request: Request) -> Response:
        """A wrong link and an expired one get the same page, which reveals nothing."""
        language, given = language_of(request), request.path_params
        try:
            paper = await floor.printed(given["parcel"], given["until"], given["signature"])
        except NotFound:
            return page("printing/no_such_paper.html", language, {}, status=404)
        return page("printing/pick_list.html", language, _values(paper, language, request.url.path))

    return [Route("/print/{parcel}/{until}/{signature}", show)]


def _values(paper: PrintedPickList, language: Language, path: str) -> dict[str, object]:
    pick = paper.pick
    return {
        "pick": pick,
        "location_name": paper.location_name,
        "created_at": paper.created_at,
        "rows": _rows(paper, pick.lines),
        "slips": _slips(paper),
        "ship_to": [part for name in _ADDRESS if (part := paper.ship_to.get(name))],
        "code": _code(pick.fulfillment_order),
        "path": path,
        "language": language.value,
        **formats(language),
    }


def _slips(paper: PrintedPickList) -> list[Slip]:
    if not paper.pick.boxes:
        return [Slip("", "", "", _rows(paper, paper.pick.picked or paper.pick.lines))]
    return [
        Slip(box.package, box.carrier, box.tracking_number, _rows(paper, box.lines))
        for box in paper.pick.boxes
    ]


def _rows(paper: PrintedPickList, units: Sequence[LineUnits]) -> list[Row]:
    return [
        Row(each.line, each.sku, paper.names.get(each.sku, each.sku), each.quantity)
        for each in units
    ]


def _code(text: str) -> Markup:
    """As a QR code for scanners: the fulfillment order's name, nothing of the customer."""
    drawn = segno.make(text, error="m").svg_inline(omitsize=True, border=1, svgclass="qr")
    return Markup(drawn)  # noqa: S704 - drawn by segno: numbers and fixed names only
