"""`POST /intake/{channel}`: orders from channel systems, signed by Standard Webhooks."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.auth import channel_principal
from api.books import Books, Doors
from api.intake.order import read_order
from api.json_body import read_object
from api.placing import place
from api.problem_kinds import UNKNOWN_CHANNEL
from api.signatures import signed_message


def intake_router(books: Books, doors: Doors) -> APIRouter:
    router = APIRouter()

    @router.post("/intake/{channel}")
    async def take_order(channel: str, request: Request) -> Response:
        message, body = await signed_message(
            request, channel, doors.channel_secrets, UNKNOWN_CHANNEL, doors.clock()
        )
        order = read_order(channel, read_object(body))
        placed = await place(books, channel_principal(channel), message, order, "webhook-id")
        answer = {
            "order": order.channel_ref,
            "number": placed.number,
            "tracking_url": books.tracking_url(placed.tracking_token),
        }
        return JSONResponse(answer, 200 if placed.repeated else 201)

    return router
