"""`/t/{token}`: the page, the fragment that keeps it current, and its two forms."""

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from domain.access import Principal
from domain.commands import CommandKind
from domain.errors import NotFound, Refusal
from ports.desk import DeskUnavailable
from ports.reads import OrderDetail
from web.formats import formats
from web.language import Gettext, Language, language_of, translations
from web.templating import PAGE_HEADERS, page
from web.tracking import words
from web.tracking.forms import read_form, return_form
from web.tracking.needs import Clock, TrackingNeeds
from web.tracking.page import TrackingPage, tracking_page

_TOKEN = re.compile(r"[0-9a-z]{32}")


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request by the holder of a link."""

    token: str
    language: Language
    customer: Principal
    detail: OrderDetail
    page: TrackingPage

    @property
    def path(self) -> str:
        return f"/t/{self.token}"

    @property
    def seen(self) -> str:
        """Names what the visitor sees; it changes when that changes."""
        return hashlib.sha256(repr(self.page).encode()).hexdigest()[:16]


_Answer = Callable[[Request, _Visit], Awaitable[Response]]


def tracking_routes(needs: TrackingNeeds, clock: Clock) -> list[BaseRoute]:
    desk = _TrackingDesk(needs, clock)
    return [
        Route("/t/{token}", desk.visited(desk.show)),
        Route("/t/{token}/now", desk.visited(desk.show_now)),
        Route("/t/{token}/cancel", desk.visited(desk.cancel), methods=["POST"]),
        Route("/t/{token}/return", desk.visited(desk.ask_return), methods=["POST"]),
    ]


class _TrackingDesk:
    def __init__(self, needs: TrackingNeeds, clock: Clock) -> None:
        self._needs = needs
        self._clock = clock

    def visited(self, answer: _Answer) -> Callable[[Request], Awaitable[Response]]:
        """A wrong link and a revoked one get the same page, which reveals nothing."""

        async def endpoint(request: Request) -> Response:
            language = language_of(request)
            try:
                visit = await self._visit(request.path_params["token"], language)
            except NotFound:
                return page("tracking/no_such_order.html", language, {}, status=404)
            return await answer(request, visit)

        return endpoint

    async def show(self, request: Request, visit: _Visit) -> Response:
        done = words.result(request.query_params.get("done", ""), _gettext(visit))
        return _page(visit, done=done)

    async def show_now(self, request: Request, visit: _Visit) -> Response:
        """204 while nothing has changed; the whole page anew when its forms have."""
        if request.query_params.get("acts") != visit.page.acts:
            return Response(status_code=204, headers={**PAGE_HEADERS, "HX-Refresh": "true"})
        if request.query_params.get("seen") == visit.seen:
            return Response(status_code=204, headers=PAGE_HEADERS)
        return page("tracking/now.html", visit.language, _values(visit))

    async def cancel(self, request: Request, visit: _Visit) -> Response:
        async def deed() -> None:
            fields = await read_form(request)
            await self._needs.carry_out(
                visit.customer,
                fields.get("key", ""),
                CommandKind.CANCEL,
                visit.detail.summary.number,
                {"reason": "customer"},
            )

        return await _done(visit, deed, "canceled")

    async def ask_return(self, request: Request, visit: _Visit) -> Response:
        async def deed() -> None:
            reasons = words.return_reasons(_gettext(visit))
            form = return_form(await read_form(request), visit.detail.order, reasons)
            number = visit.detail.summary.number
            await self._needs.request_return(
                visit.customer, form.key, number, form.lines, form.reason
            )

        return await _done(visit, deed, "returned")

    async def _visit(self, token: str, language: Language) -> _Visit:
        if not _TOKEN.fullmatch(token):
            raise NotFound("no token has this form")
        customer, detail = await self._needs.reads.order_by_token(token)
        process = await self._needs.live(detail)
        invoices = await self._needs.invoices.of_order(customer, detail.summary.number)
        gettext = translations(language).gettext
        shown = tracking_page(detail, process, invoices, self._clock(), gettext)
        return _Visit(token, language, customer, detail, shown)


async def _done(visit: _Visit, deed: Callable[[], Awaitable[None]], done: str) -> Response:
    """Back to the page by GET, so that reloading does not ask again; or the page with why not."""
    try:
        await deed()
    except DeskUnavailable:
        done = "stored"
    except Refusal as refusal:
        return _page(visit, wrong=words.refusal(refusal.code, _gettext(visit)), status=409)
    return RedirectResponse(f"{visit.path}?lang={visit.language}&done={done}", 303, PAGE_HEADERS)


def _page(visit: _Visit, *, done: str = "", wrong: str = "", status: int = 200) -> Response:
    more = {"done": done, "wrong": wrong}
    return page("tracking/page.html", visit.language, {**_values(visit), **more}, status=status)


def _values(visit: _Visit) -> dict[str, object]:
    return {
        "page": visit.page,
        "path": visit.path,
        "seen": visit.seen,
        "language": visit.language.value,
        "reasons": words.return_reasons(_gettext(visit)),
        "new_key": secrets.token_urlsafe,
        **formats(visit.language),
    }


def _gettext(visit: _Visit) -> Gettext:
    return translations(visit.language).gettext
