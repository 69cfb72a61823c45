"""All pages, for the composition root."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from ports.floor import FloorReads
from web.invoices.routes import InvoiceNeeds, invoice_routes
from web.printing.routes import printing_routes
from web.site.pages import ProblemPage, site_routes
from web.static_files import static_routes
from web.tracking.needs import Clock, TrackingNeeds
from web.tracking.routes import tracking_routes


def page_routes(
    needs: TrackingNeeds,
    invoices: InvoiceNeeds,
    floor: FloorReads,
    problems: Sequence[ProblemPage],
    clock: Clock,
) -> list[BaseRoute]:
    return [
        *site_routes(problems),
        *static_routes(),
        *tracking_routes(needs, clock),
        *invoice_routes(invoices),
        *printing_routes(floor),
    ]
