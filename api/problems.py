"""`application/problem+json` (RFC 9457) for every REST error, from one exception."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.problem_kinds import (
    BAD_REQUEST,
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    NO_SUCH_PAGE,
    ProblemKind,
)
from api.refusals import InvalidInput, problem_of
from domain.errors import BadTime, Refusal, UnknownSku

MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {404: NO_SUCH_PAGE, 405: METHOD_NOT_ALLOWED, 500: INTERNAL_ERROR}


class Problem(Exception):
    """What the edge itself refuses. `more` are further members of the answer."""

    def __init__(self, kind: ProblemKind, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.more = more


def problem_response(
    kind: ProblemKind, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    body = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        **more,
        **({"request_id": request_id} if request_id else {}),
    }
    given = dict(headers or {})
    if kind.status == 401:
        given["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, kind.status, given, MEDIA_TYPE)


def translate_problems(app: FastAPI) -> None:
    """From now on `Problem`, every `Refusal` and the framework's own errors answer in this form."""
    app.add_exception_handler(Problem, _of_problem)
    app.add_exception_handler(Refusal, _of_refusal)
    app.add_exception_handler(HTTPException, _of_http_exception)


async def _of_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class
    return problem_response(error.kind, error.detail, **error.more)


async def _of_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - as above
    more: dict[str, Any] = {}
    if isinstance(error, UnknownSku):
        more["skus"] = sorted(error.skus)
    if isinstance(error, BadTime):
        more["errors"] = [{"field": error.field, "message": error.message}]
    if isinstance(error, InvalidInput):
        more["errors"] = [{"field": e.field, "message": e.message} for e in error.errors]
    return problem_response(problem_of(error), error.message, **more)


async def _of_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    kind = _BY_STATUS.get(error.status_code, BAD_REQUEST)
    return problem_response(kind, kind.title, error.headers)
