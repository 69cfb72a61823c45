"""The FastAPI application: routes, and what surrounds them. Composed by `orderloom.server`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from api.books import Books, Doors
from api.graphql.router import graphql_router
from api.health import health_router
from api.intake.routes import intake_router
from api.middleware import BodyLimit, RequestFrame
from api.problems import translate_problems
from api.webhooks.routes import webhooks_router

DRAIN_SECONDS = 1.0  # for what follows requests; the relay does again what is lost


def create_app(books: Books, doors: Doors, pages: Sequence[BaseRoute] = ()) -> FastAPI:
    """`pages` are the routes of `web`."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await books.background.drain(DRAIN_SECONDS)

    app = FastAPI(
        title="Orderloom",
        openapi_url=None,  # its pages load from a CDN; docs/contracts.md and GraphiQL tell more
        lifespan=lifespan,
        middleware=[Middleware(RequestFrame), Middleware(BodyLimit)],
    )
    for router in _routers(books, doors):
        app.include_router(router)
    app.router.routes.extend(pages)
    translate_problems(app)
    return app


def _routers(books: Books, doors: Doors) -> list[APIRouter]:
    return [
        health_router(doors),
        intake_router(books, doors),
        webhooks_router(books, doors),
        graphql_router(books, doors),
    ]
