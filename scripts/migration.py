"""`make migration TOPIC=words`: writes the migration that the tables now need, to be read and kept.

It starts a PostgreSQL of its own, migrates it to the newest revision, and compares.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from adapters.postgres.migrate import alembic_config
from orderloom.embedded.guardian import start_guardian
from orderloom.embedded.postgres import EmbeddedPostgres


def main(topic: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="olm-", dir="/tmp"))
    guardian = start_guardian(folder)
    server = EmbeddedPostgres(folder / "postgres", password="migration", durable=False)  # noqa: S106 - thrown away
    server.start()
    engine = create_engine(server.url())
    try:
        with engine.begin() as connection:
            settings = alembic_config()
            settings.attributes["connection"] = connection
            newest = ScriptDirectory.from_config(settings).get_current_head() or "0000"
            command.upgrade(settings, "head")
            command.revision(settings, topic, autogenerate=True, rev_id=f"{int(newest) + 1:04}")
    finally:
        engine.dispose()
        server.stop()
        guardian.communicate(timeout=30)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
