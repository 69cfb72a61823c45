"""`/healthz` says that the process is up, `/readyz` whether it can take orders."""

import asyncio

import structlog
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api.books import Check, Doors
from api.problem_kinds import NOT_READY
from api.problems import Problem

ANSWER_SECONDS = 2.0

log = structlog.get_logger(__name__)


def health_router(doors: Doors) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"status": "up"})

    @router.get("/readyz")
    async def readyz() -> Response:
        """Orders are placed without the engine: it is reported, and not required."""
        database, engine = await asyncio.gather(
            _answers("database", doors.database_answers),
            _answers("temporal", doors.engine_answers),
        )
        state = {"database": _word(database), "temporal": _word(engine)}
        if not database:
            raise Problem(NOT_READY, "The database does not answer.", **state)
        return JSONResponse({"status": "ready", **state})

    return router


async def _answers(what: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is no
        log.warning("health.no_answer", what=what, error=type(error).__name__)
        return False
    return True


def _word(answers: bool) -> str:
    return "answers" if answers else "does not answer"
