"""Naming of constraints, and the column kinds that all tables share."""

from typing import Any

from sqlalchemy import Column, DateTime, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def text(name: str, *args: Any, **options: Any) -> Column[str]:
    return Column(name, Text, *args, **{"nullable": False, **options})


def moment(name: str, **options: Any) -> Column[Any]:
    return Column(name, DateTime(timezone=True), **{"nullable": False, **options})


def now(name: str) -> Column[Any]:
    """When the row was written, by the database's clock."""
    return moment(name, server_default=func.clock_timestamp())


def document(name: str, **options: Any) -> Column[Any]:
    return Column(name, JSONB(none_as_null=True), **{"nullable": False, **options})
