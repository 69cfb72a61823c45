"""Statements that are written with SQLAlchemy, once, and given to the driver as they are."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import CompilerElement

from adapters.postgres.transactions import Driver

_DIALECT = dialect()  # type: ignore[no-untyped-call]
_compact = partial(json.dumps, separators=(",", ":"))


class ForDriver:
    """Every parameter is to be given. Of their types, JSONB alone needs more than the driver knows
    by itself.
    """

    def __init__(self, statement: CompilerElement) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler), "it is a query, not a definition"  # noqa: S101
        self._text = str(compiled).encode()
        self._documents = tuple(
            name for name, wanted in compiled.binds.items() if isinstance(wanted.type, JSONB)
        )

    async def execute(self, driver: Driver, values: Mapping[str, Any]) -> None:
        documents = {
            name: Jsonb(values[name], _compact)
            for name in self._documents
            if values[name] is not None
        }
        await driver.execute(self._text, {**values, **documents})
