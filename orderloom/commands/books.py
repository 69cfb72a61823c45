"""The books of this home, for commands that ask the database itself."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from orderloom.errors import Refused

if TYPE_CHECKING:
    from adapters.postgres.engine import Engine
    from domain.access import Principal

T = TypeVar("T")


@asynccontextmanager
async def opened(books: "Callable[[Engine], T]") -> AsyncIterator[T]:
    """What `books` makes of the database, on one connection. What it refuses is told in its words;
    who has better ones catches the refusal inside.
    """
    from adapters.postgres.engine import create_engine
    from domain.errors import Refusal
    from orderloom.settings import part_settings

    engine = create_engine(part_settings().database_url, pool_size=1)
    try:
        yield books(engine)
    except Refusal as refusal:
        raise Refused(f"{refusal.message}.") from refusal
    finally:
        await engine.dispose()


def reader() -> "Principal":
    """Whoever may read the database may ask."""
    from domain.access import Principal, Role

    return Principal("cli", frozenset({Role.DEVELOPER}))
