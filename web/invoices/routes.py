"""Invoices over HTTP: for the customer below the tracking link, for staff with a bearer token; each
as a page and, with `.pdf`, as a file.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.access import Principal
from domain.errors import NotFound, NotInstalled
from ports.invoice_reads import InvoiceDetail, InvoiceReads
from ports.reads import Reads
from web.invoices.render import TEMPLATE, to_pdf, values
from web.invoices.seller import NOBODY, Seller
from web.language import Language, language_of
from web.templating import PAGE_HEADERS, page

PDF_AT_ONCE = 1  # rendering holds a processor; the others wait their turn

Authenticate = Callable[[str | None], Principal]  # raises for what is no valid Authorization


@dataclass(frozen=True, slots=True)
class InvoiceNeeds:
    """`language` is for visitors who name none that we have. `to_pdf` may refuse (`NotInstalled`)
    where there is no PDF.
    """

    invoices: InvoiceReads
    reads: Reads
    authenticate: Authenticate
    seller: Seller = NOBODY
    language: Language = Language.ENGLISH
    to_pdf: Callable[[InvoiceDetail, Seller, Language], bytes] = to_pdf
    has_pdf: bool = find_spec("weasyprint") is not None


def invoice_routes(needs: InvoiceNeeds) -> list[BaseRoute]:
    desk = _InvoiceDesk(needs)
    return [
        Route("/t/{token}/invoices/{number}.pdf", desk.of_customer(desk.pdf)),
        Route("/t/{token}/invoices/{number}", desk.of_customer(desk.show)),
        Route("/invoices/{number}.pdf", desk.of_staff(desk.pdf)),
        Route("/invoices/{number}", desk.of_staff(desk.show)),
    ]


_Answer = Callable[[Request, Principal], Awaitable[Response]]
_Endpoint = Callable[[Request], Awaitable[Response]]


class _InvoiceDesk:
    def __init__(self, needs: InvoiceNeeds) -> None:
        self._needs = needs
        self._rendering = asyncio.Semaphore(PDF_AT_ONCE)

    def of_customer(self, answer: _Answer) -> _Endpoint:
        """A wrong link, and a number that is not of its order, get the page that reveals nothing.
        So does PDF where it is not installed: the page has no link to it then.
        """

        async def endpoint(request: Request) -> Response:
            try:
                token = request.path_params["token"]
                customer, _detail = await self._needs.reads.order_by_token(token)
                return await answer(request, customer)
            except (NotFound, NotInstalled):
                return page("tracking/no_such_order.html", self._language(request), {}, status=404)

        return endpoint

    def of_staff(self, answer: _Answer) -> _Endpoint:
        async def endpoint(request: Request) -> Response:
            principal = self._needs.authenticate(request.headers.get("authorization"))
            return await answer(request, principal)

        return endpoint

    async def show(self, request: Request, principal: Principal) -> Response:
        detail = await self._needs.invoices.invoice(principal, request.path_params["number"])
        language = self._language(request)
        given = values(detail, self._needs.seller, language)
        return page(TEMPLATE, language, {**given, "links": self._links(request, language)})

    async def pdf(self, request: Request, principal: Principal) -> Response:
        number = request.path_params["number"]
        detail = await self._needs.invoices.invoice(principal, number)
        language = self._language(request)
        async with self._rendering:
            content = await asyncio.to_thread(
                self._needs.to_pdf, detail, self._needs.seller, language
            )
        headers = {**PAGE_HEADERS, "Content-Disposition": f'inline; filename="{number}.pdf"'}
        return Response(content, media_type="application/pdf", headers=headers)

    def _language(self, request: Request) -> Language:
        return language_of(request, self._needs.language)

    def _links(self, request: Request, language: Language) -> Mapping[str, str]:
        path = request.url.path
        token = request.path_params.get("token")
        return {
            "path": path,
            "back": f"/t/{token}?lang={language}" if token else "",
            "pdf": f"{path}.pdf?lang={language}" if self._needs.has_pdf else "",
        }
