"""The front door: bearer key, latency, and the faults of calls; faults know nothing of routes.

The program behind it answers at once and truly. The door holds the answer back until the journal
is on disk, and then lets it out or, by the weather, does not.
"""

import asyncio
import hmac
from typing import Any, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulators.kit.journal import Journal
from simulators.kit.weather import Weather
from simulators.kit.wire import Answer, Refused

BODY_BYTES_MAX = 16 * 1024 * 1024

Fate = Literal["fault_after", "hang", "reset"]


class FrontDoor:
    def __init__(
        self, program: ASGIApp, journal: Journal, weather: Weather[Any], api_key: str
    ) -> None:
        self._program = program
        self._journal = journal
        self._weather = weather
        self._authorization = f"Bearer {api_key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/healthz":
            await self._program(scope, receive, send)
        elif refusal := self._refusal(scope):
            await refusal.answer().response()(scope, receive, send)
        elif scope["path"].startswith("/v1/"):
            await self._call(scope, receive, send)
        else:  # /_control must work in any weather
            await self._program(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refused | None:
        headers = dict(scope["headers"])
        given = headers.get(b"authorization", b"")
        if not hmac.compare_digest(given, self._authorization):
            return Refused(401, "unauthorized", "the bearer key is wrong")
        if int(headers.get(b"content-length", b"0")) > BODY_BYTES_MAX:
            return Refused(413, "too_large", f"the limit is {BODY_BYTES_MAX} bytes")
        return None

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._weather.latency()
        if status := self._weather.settings.refuse_key:
            await _fault(status, "unauthorized")(scope, receive, send)
            return
        if self._weather.strikes(self._weather.settings.fault_before):
            await _fault(503, "unavailable")(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._program(scope, receive, hold)
        await self._journal.synced()
        match self._fate():
            case "fault_after":
                await _fault(504, "timed_out")(scope, receive, send)
                return
            case "reset":
                await _drop(receive, send)
                return
            case "hang":
                await asyncio.sleep(self._weather.settings.hang_seconds)
            case None:
                pass
        for message in held:
            await send(message)

    def _fate(self) -> Fate | None:
        settings = self._weather.settings
        fates: tuple[Fate, ...] = ("fault_after", "reset", "hang")
        return next(
            (fate for fate in fates if self._weather.strikes(getattr(settings, fate))), None
        )


def _fault(status: int, code: str) -> ASGIApp:
    return Answer(status, {"error": code, "message": "a fault by setting"}).response()


async def _drop(receive: Receive, send: Send) -> None:
    """Cuts the line without an answer, which ASGI has no word for: uvicorn's `send` is a method of
    the request's cycle, and that holds the transport.
    """
    cycle: Any = getattr(send, "__self__")  # noqa: B009  # not declared on Send
    cycle.transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass  # returning earlier would make uvicorn try a 500
