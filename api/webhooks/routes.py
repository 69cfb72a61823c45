"""`POST /webhooks/{source}`: facts from payment provider, warehouse and carrier."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.books import Books, Doors
from api.json_body import read_object
from api.problem_kinds import UNKNOWN_SOURCE
from api.signatures import signed_message
from api.webhooks.event import KINDS, read_event
from ports.front_office import StoredFact


def webhooks_router(books: Books, doors: Doors) -> APIRouter:
    router = APIRouter()
    secrets = {source: doors.webhook_secrets.get(source) for source in KINDS}
    known = {source: secret for source, secret in secrets.items() if secret}

    @router.post("/webhooks/{source}")
    async def take_fact(source: str, request: Request) -> Response:
        at = doors.clock()
        message, body = await signed_message(request, source, known, UNKNOWN_SOURCE, at)
        raw = read_object(body)
        fact = read_event(source, message, raw, at)
        stored = await books.facts.store(source, message, fact, raw)
        if stored.signal:
            books.background.start("tell", _tell(books, stored), order=stored.order, fact=fact.id)
        return JSONResponse({"id": message, "repeated": stored.repeated})

    return router


async def _tell(books: Books, stored: StoredFact) -> None:
    await books.desk.tell(stored.order, stored.fact)
    await books.facts.told([stored.fact.id])
