"""Schema migrations: forward to the newest, and what the database and the code stand at."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

_LOCK = 7_362_011  # advisory: two processes that migrate at once wait for one another


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(database_url: str) -> None:
    """Brings the schema to the newest revision; does nothing when it is there."""
    engine = create_engine(database_url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK})
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def heads(database_url: str) -> tuple[str | None, str | None]:
    """(revision of the database, revision of the code)."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return _current(connection), ScriptDirectory.from_config(
                alembic_config()
            ).get_current_head()
    finally:
        engine.dispose()


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
