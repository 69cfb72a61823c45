"""Alembic's entry: migrates the database whose connection `adapters.postgres.migrate` hands in."""

from alembic import context

from adapters.postgres.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
