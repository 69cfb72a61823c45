"""`POST /webhooks/{source}`: facts from payment provider, warehouse and carrier."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.books import Books, Doors
from api.json_body import read_object
from api.problem_kinds import UNKNOWN_SOURCE
from api.signatures import signed_message
from api.webhooks.event import KINDS, read_event
from domain.codec import Json
from domain.facts import Fact
from ports.front_office import StoredFact


def webhooks_router(books: Books, doors: Doors) -> APIRouter:
    router = APIRouter()
    if secret := doors.webhook_secrets.get("stripe"):
        router.include_router(stripe_router(books, doors, secret))
    secrets = {source: doors.webhook_secrets.get(source) for source in KINDS}
    known = {source: secret for source, secret in secrets.items() if secret}

    @router.post("/webhooks/{source}")
    async def take_fact(source: str, request: Request) -> Response:
        at = doors.clock()
        message, body = await signed_message(request, source, known, UNKNOWN_SOURCE, at)
        raw = read_object(body)
        fact = read_event(source, message, raw, at)
        return await _take(books, source, message, fact, raw)

    return router


def stripe_router(books: Books, doors: Doors, secret: str) -> APIRouter:
    """Stripe signs in its own way. Its SDK takes half a second to load: only where it is used."""
    from api.webhooks.stripe_event import SOURCE, read_stripe_event  # noqa: PLC0415

    router = APIRouter()

    @router.post(f"/webhooks/{SOURCE}")
    async def take_stripe_event(request: Request) -> Response:
        body = await request.body()
        event, raw, fact = read_stripe_event(
            secret, request.headers, body, doors.clock(), doors.minor_units
        )
        if fact is None:
            return JSONResponse({"id": event, "repeated": False})
        return await _take(books, SOURCE, event, fact, raw)

    return router


async def _take(books: Books, source: str, message: str, fact: Fact, raw: Json) -> Response:
    stored = await books.facts.store(source, message, fact, raw)
    if stored.signal:
        books.background.start("tell", _tell(books, stored), order=stored.order, fact=fact.id)
    return JSONResponse({"id": message, "repeated": stored.repeated})


async def _tell(books: Books, stored: StoredFact) -> None:
    await books.desk.tell(stored.order, stored.fact)
    await books.facts.told([stored.fact.id])
