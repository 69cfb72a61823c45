"""`localstripe` on 127.0.0.1, at a free port that is printed: its app only, which keeps what it is
told in memory. As it comes it listens on all interfaces, writes to the temporary folder at each
change, captures what is canceled, and knows neither idempotency keys nor how much was captured.

A door in front of it keeps keys as Stripe documents it: the first answer of a key is the answer to
every repetition, faults included, but not what never began, as with a wrong API key; another
request under the key is refused, and so is the same one while the first is worked on. `POST
/_config/weather` says what the next call of an effect meets: `lost` (done, and the connection
drops), `fault` (not done; a 500, which is kept) or `held` (begun, and done only when the weather
changes); `GET` answers once a call has met it. `POST /_config/refund_failures` has a refund
that succeeded fail, by its reference, as a bank may for weeks afterwards.
"""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from localstripe import resources, server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FAULT = b'{"error": {"type": "api_error", "message": "our fault"}}'

UNAUTHORIZED = 401
WRONG_STATE = (
    b'{"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state",'
    b' "message": "the intent is in another state"}}'
)


OTHER_REQUEST = (
    b'{"error": {"type": "idempotency_error",'
    b' "message": "Keys can only be used with the same parameters they were first used with"}}'
)
IN_USE = b'{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}'


class Door:
    def __init__(self) -> None:
        self.weather = ""
        self.changed, self.met = asyncio.Event(), asyncio.Event()
        self.begun: dict[str, tuple[str, bytes]] = {}  # by key: path and body
        self.answers: dict[str, tuple[int, bytes]] = {}

    async def change(self, request: web.Request) -> web.Response:
        self.weather = (await request.json())["next"]
        self.changed.set()
        self.changed, self.met = asyncio.Event(), asyncio.Event()
        return web.json_response({})

    async def wait_until_met(self, _: web.Request) -> web.Response:
        await self.met.wait()
        return web.json_response({})

    @property
    def middleware(self) -> Any:
        @web.middleware
        async def at_the_door(request: web.Request, handler: Handler) -> web.StreamResponse:
            key = request.headers.get("Idempotency-Key", "")
            if request.method != "POST" or not key or request.path.startswith("/_config"):
                return await handler(request)
            return await self._keyed(request, handler, key)

        return at_the_door

    async def _keyed(self, request: web.Request, handler: Handler, key: str) -> web.StreamResponse:
        asked = (request.path, await request.read())
        if self.begun.setdefault(key, asked) != asked:
            return _answer(400, OTHER_REQUEST, {})
        if key in self.answers:
            return _answer(*self.answers[key], {"Idempotent-Replayed": "true"})
        if self.begun[key] is not asked:
            return _answer(409, IN_USE, {})
        weather, self.weather = self.weather, ""
        self.met.set()
        if weather == "held":
            await self.changed.wait()
        answer = await self._first(request, handler, weather)
        if answer[0] == UNAUTHORIZED:
            del self.begun[key]
            return _answer(*answer, {})
        self.answers[key] = answer
        if weather == "lost":
            assert request.transport is not None
            request.transport.close()
        return _answer(*answer, {})

    async def _first(
        self, request: web.Request, handler: Handler, weather: str
    ) -> tuple[int, bytes]:
        if weather == "fault":
            return 500, FAULT
        if not _is_possible(request):
            return 400, WRONG_STATE
        done = await handler(request)
        assert isinstance(done, web.Response)
        assert isinstance(done.body, bytes)
        return done.status, done.body


async def fail_refund(request: web.Request) -> web.Response:
    asked = await request.json()
    refunds = [each for key, each in resources.store.items() if key.startswith("refund:")]
    [failed] = [each for each in refunds if each.metadata.get("reference") == asked["reference"]]
    failed.status, failed.failure_reason = "failed", asked["reason"]
    return web.json_response({})


def _is_possible(request: web.Request) -> bool:
    """It would capture what is canceled, and stumble over what was never confirmed."""
    if not request.path.endswith("/capture"):
        return True
    intent = resources.store.get("payment_intent:" + request.path.split("/")[3])
    return intent is None or intent.status == "requires_capture"


def _answer(status: int, body: bytes, headers: dict[str, str]) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _forget(_: resources.Store) -> None:
    """In place of writing to disk."""


def _received(intent: Any) -> int:
    """What it lacks: the amount captured. It books what was not captured as a refund."""
    charge = intent.latest_charge
    if charge is None or not charge.captured:
        return 0
    freed = [refund.amount for refund in charge.refunds._list if not refund.metadata]
    return int(charge.amount - sum(freed))


def main() -> None:
    resources.PaymentIntent.amount_received = property(_received)
    resources.Store.dump_to_disk = _forget
    door = Door()
    server.app.middlewares.insert(0, door.middleware)
    server.app.router.add_post("/_config/weather", door.change)
    server.app.router.add_get("/_config/weather", door.wait_until_met)
    server.app.router.add_post("/_config/refund_failures", fail_refund)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        web.run_app(server.app, sock=listening, print=None)


if __name__ == "__main__":
    main()
