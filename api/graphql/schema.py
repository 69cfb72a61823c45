"""The schema: what can be asked and done, and its limits."""

from collections.abc import Callable

import strawberry
from graphql import GraphQLError
from strawberry.extensions import (
    MaskErrors,
    MaxAliasesLimiter,
    MaxTokensLimiter,
    QueryDepthLimiter,
    SchemaExtension,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from api.graphql.errors import is_unexpected, log_unexpected
from api.graphql.mutations.acts import ActMutations
from api.graphql.mutations.catalog import CatalogMutations
from api.graphql.mutations.money import MoneyMutations
from api.graphql.mutations.orders import OrderMutations
from api.graphql.mutations.pick_lists import PickListMutations
from api.graphql.mutations.place import PlaceMutation
from api.graphql.mutations.points import PointsMutations
from api.graphql.mutations.returns import ReturnMutations
from api.graphql.mutations.settlements import SettlementMutations
from api.graphql.mutations.stock import StockMutations
from api.graphql.queries import Query
from api.graphql.scalars import SCALARS

DEPTH_MAX = 8  # the deepest query that there is needs 6; introspection is not counted
ALIASES_MAX = 30
TOKENS_MAX = 2_000
MASKED = "Something went wrong on our side; the log has more under this response's X-Request-Id."


@strawberry.type(description="What can be done. Every input has its idempotency key.")
class Mutation(
    PlaceMutation,
    OrderMutations,
    ReturnMutations,
    ActMutations,
    MoneyMutations,
    PickListMutations,
    CatalogMutations,
    StockMutations,
    SettlementMutations,
    PointsMutations,
):
    pass


class Schema(strawberry.Schema):
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Logs what is ours to mend; a caller's mistakes are the caller's."""
        del execution_context
        log_unexpected(errors)


EXTENSIONS: list[Callable[[], SchemaExtension]] = [  # made anew for each request
    lambda: MaskErrors(should_mask_error=is_unexpected, error_message=MASKED),
    lambda: QueryDepthLimiter(max_depth=DEPTH_MAX),
    lambda: MaxAliasesLimiter(max_alias_count=ALIASES_MAX),
    lambda: MaxTokensLimiter(max_token_count=TOKENS_MAX),
]

schema = Schema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=EXTENSIONS,
)
