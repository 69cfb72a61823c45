"""Strawberry's decorators, typed: what they decorate keeps its type (theirs are untyped)."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


class _Same(Protocol):
    def __call__(self, resolver: F, /) -> F: ...


def resolved(description: str) -> _Same:
    """A field that the method below answers."""
    return cast("_Same", strawberry.field(description=description))


def mutation(description: str) -> _Same:
    return cast("_Same", strawberry.mutation(description=description))
