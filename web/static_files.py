"""`/static`: what pages load, all of it served by us."""

from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).with_name("static")
CACHE = "public, max-age=3600"  # vendored files carry their version in their name


class _Files(StaticFiles):
    def file_response(self, *given: Any, **named: Any) -> Response:
        response = super().file_response(*given, **named)
        response.headers["Cache-Control"] = CACHE
        return response


def static_routes() -> list[BaseRoute]:
    return [Mount("/static", _Files(directory=FOLDER), name="static")]
