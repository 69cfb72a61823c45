"""What is said over HTTP: JSON bodies, answers, refusals, and commands (a POST with its key)."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response

Json = dict[str, Any]
Params = dict[str, Any]
BodyT = TypeVar("BodyT", bound=BaseModel)


class Body(BaseModel):
    """A request body: exact types and no unknown fields, so that a drifting caller is noticed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Refused(Exception):  # the contract calls it a refusal
    """A call that has no effect: `status`, the contract's error `code`, and words for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"error": code, "message": message}

    def answer(self) -> "Answer":
        return Answer(self.status, self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json

    def response(self) -> Response:
        return Response(dumps(self.body), self.status, media_type="application/json")


@dataclass(frozen=True)
class Command:
    """One keyed POST. The same `key` must always come with the same `fingerprint`."""

    key: str
    path: str
    params: Params
    body: Json

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint({"path": self.path, "body": self.body})

    @classmethod
    async def read(cls, request: Request) -> "Command":
        key = request.headers.get("idempotency-key")
        if not key:
            raise Refused(400, "idempotency_key_missing", "every POST carries Idempotency-Key")
        body = await read_json(request)
        if not isinstance(body, dict):
            raise Refused(400, "malformed", "the body must be a JSON object")
        return cls(key, request.url.path, dict(request.path_params), body)


def parse(model: type[BodyT], body: Any) -> BodyT:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "body"
        raise Refused(400, "malformed", f"{place}: {first['msg']}") from error


async def read_json(request: Request) -> Any:
    """The body, `{}` when there is none."""
    raw = await request.body()
    try:
        return json.loads(raw) if raw else {}
    except ValueError as error:
        raise Refused(400, "malformed", f"the body is not JSON: {error}") from error


def fingerprint(content: Json) -> str:
    """The same for the same content, however its JSON was written."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


dumps: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":")).encode


def now() -> datetime:
    return datetime.now(UTC)
