"""`/` and `/problems/<slug>`. In English, for developers and operators."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from web.language import Language
from web.templating import page


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """A kind of problem that an answer names as its `type`."""

    slug: str
    status: int
    title: str
    advice: str


def site_routes(problems: Sequence[ProblemPage]) -> list[BaseRoute]:
    by_slug = {problem.slug: problem for problem in problems}

    async def index(_request: Request) -> Response:
        return page("site/index.html", Language.ENGLISH, {})

    async def catalog(_request: Request) -> Response:
        return page("site/problems.html", Language.ENGLISH, {"problems": problems})

    async def problem(request: Request) -> Response:
        known = by_slug.get(request.path_params["slug"])
        if known is None:
            return page("site/no_such_page.html", Language.ENGLISH, {}, status=404)
        return page("site/problem.html", Language.ENGLISH, {"problem": known})

    return [
        Route("/", index),
        Route("/problems", catalog),
        Route("/problems/{slug}", problem),
    ]
