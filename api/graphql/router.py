"""`/graphql` by the GraphQL-over-HTTP specification, which Strawberry's own router leaves halfway:
media type and status are negotiated here, and a request error has no `data`.
"""

from pathlib import Path
from typing import Any

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import WebSocketRoute
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.types import QueryParams
from strawberry.types import ExecutionResult

from api.books import Books, Doors
from api.graphql.context import Context
from api.graphql.media_type import LEGACY, RESPONSE, preferred
from api.graphql.schema import schema
from api.json_body import holds_unstorable_text
from api.problem_kinds import BAD_REQUEST
from api.problems import Problem
from domain.access import Principal

IDE_PAGE = Path(__file__).with_name("ide.html")
IDE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; "
    "font-src data:; connect-src 'self'; frame-ancestors 'none'"
)
NOBODY = Principal("nobody", frozenset())


class Router(GraphQLRouter[Context, None]):
    def should_render_graphql_ide(self, request: Any) -> bool:
        return wants_ide(request)

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        del request
        return HTMLResponse(IDE_PAGE.read_text(), headers={"Content-Security-Policy": IDE_POLICY})

    def parse_json(self, data: str | bytes) -> Any:
        """An object. Refuses (`HTTPException`, 400) everything else."""
        try:
            value = self.decode_json(data)
        except RecursionError as error:
            raise HTTPException(400, "The JSON is nested too deeply.") from error
        except ValueError as error:  # no JSON, no UTF-8, or a number of too many digits
            raise HTTPException(400, f"That is not JSON: {error}") from error
        if isinstance(value, list):
            raise HTTPException(400, "Batches are not supported.")
        if not isinstance(value, dict):
            raise HTTPException(400, "The JSON must be an object.")
        return value

    def parse_query_params(self, params: QueryParams) -> dict[str, Any]:
        absent = {name for name in ("variables", "extensions") if params.get(name) == "null"}
        return super().parse_query_params(
            {name: value for name, value in params.items() if name not in absent}
        )

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        data = await super().parse_http_body(request)
        if isinstance(data, list):  # batches are off
            raise HTTPException(400, "Batches are not supported.")
        if not isinstance(data.operation_name, str | None):
            raise HTTPException(400, "`operationName` must be a string or null, if provided.")
        if holds_unstorable_text(data.operation_name):  # no answer could repeat it
            raise HTTPException(400, "`operationName` has a NUL or half a surrogate pair.")
        return data

    async def run(self, request: Any, context: Any = None, root_value: Any = None) -> Any:
        try:
            return await super().run(request, context, root_value)
        except HTTPException as error:
            raise Problem(BAD_REQUEST, error.reason) from error

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        result = await super().execute_single(
            request, request_adapter, sub_response, context, root_value, request_data
        )
        media_type = preferred(request.headers.get("accept", ""))
        sub_response.headers["content-type"] = f"{media_type}; charset=utf-8"
        if media_type == RESPONSE and is_request_error(result):
            sub_response.status_code = 400
        return result

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        answer = await super().process_result(request, result)
        if is_request_error(result):
            del answer["data"]
        return answer

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        return Response(
            self.encode_json(response_data),
            sub_response.status_code or 200,
            {"content-type": sub_response.headers.get("content-type", LEGACY)},
        )


def wants_ide(request: Any) -> bool:
    """A browser that opens the address, and not a program that asks a query by GET."""
    return (
        request.method == "GET"
        and "query" not in request.query_params
        and "text/html" in request.headers.get("accept", "")
    )


def is_request_error(result: ExecutionResult) -> bool:
    """Nothing was executed: syntax, validation, or variables."""
    errors = result.errors or []
    return result.data is None and bool(errors) and all(error.path is None for error in errors)


def graphql_router(books: Books, doors: Doors) -> Router:
    async def context(connection: HTTPConnection) -> Context:
        if isinstance(connection, Request) and wants_ide(connection):
            return Context(books, NOBODY)  # for the page alone: it executes nothing
        return Context(books, doors.tokens.principal(connection.headers.get("authorization")))

    router = Router(schema, "/graphql", context_getter=context, subscription_protocols=())
    router.routes = [
        route for route in router.routes if not isinstance(route, WebSocketRoute)
    ]  # there are no subscriptions
    return router
