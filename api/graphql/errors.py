"""Errors in GraphQL: refusals of queries with their code, and a mask over everything unexpected."""

import structlog
from graphql import GraphQLError

from domain.errors import Refusal

log = structlog.get_logger(__name__)


class Refused(GraphQLError):
    """A query that the domain refuses; mutations answer `userErrors` instead."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message, extensions={"code": str(refusal.code)})


def is_unexpected(error: GraphQLError) -> bool:
    """True for an exception of ours, whose text must not leave; false for what is the caller's to
    mend: syntax, validation, variables, limits, and refusals.
    """
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause is not None and not isinstance(cause, GraphQLError)


def log_unexpected(errors: list[GraphQLError]) -> None:
    for error in filter(is_unexpected, errors):
        log.error("graphql.failed", path=error.path, exc_info=error.original_error)
