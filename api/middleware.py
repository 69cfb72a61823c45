"""What surrounds every request: a request id, a limit to the body, security headers, and an end to
exceptions, whose text goes to the log and never to the client.
"""

import secrets

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_kinds import BODY_TOO_LARGE, INTERNAL_ERROR
from api.problems import Problem, problem_response

BODY_MAX_BYTES = 1024 * 1024

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

log = structlog.get_logger(__name__)


class RequestFrame:
    """Outermost. A route that wants other values of the security headers sets them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        started = False

        async def send_framed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_framed)
            except Exception:
                # Without the path: a tracking link is a secret.
                log.exception("request.failed", method=scope["method"])
                if started:
                    raise
                answer = problem_response(INTERNAL_ERROR, "The log has more under this request_id.")
                await answer(scope, receive, send_framed)


class BodyLimit:
    """Refuses (`Problem`, 413) while the body arrives, so that a large one is never read whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > BODY_MAX_BYTES:
            answer = problem_response(BODY_TOO_LARGE, f"Content-Length is {announced}.")
            await answer(scope, receive, send)
            return
        read = 0

        async def receive_limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > BODY_MAX_BYTES:
                raise Problem(BODY_TOO_LARGE, f"More than {BODY_MAX_BYTES} bytes came.")
            return message

        await self._app(scope, receive_limited, send)
