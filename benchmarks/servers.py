"""PostgreSQL and Temporal for a benchmark, as durable as `orderloom up` has them, and a shop."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from adapters.postgres.migrate import upgrade
from orderloom.demo.stack import ELSEWHERE
from orderloom.embedded.guardian import start_guardian
from orderloom.embedded.postgres import EmbeddedPostgres
from orderloom.embedded.temporal import EmbeddedTemporal

SKUS, CITIES = 200, 8  # enough that orders seldom wait for one another's stock
UNITS = 1_000_000

_SHOP = """
INSERT INTO product (sku, name) SELECT 'SKU-' || n, 'Thing ' || n FROM generate_series(1, :skus) n;
INSERT INTO price SELECT sku, 'USD', 500 FROM product;
INSERT INTO place SELECT 'US', 'S' || n, 'city ' || n, 30 + n, -70 - 5 * n
  FROM generate_series(1, :cities) n;
INSERT INTO location (id, name, country, latitude, longitude)
  SELECT 'L' || n, 'Warehouse ' || n, 'US', 30 + n, -70 - 5 * n
  FROM generate_series(1, :cities) n;
INSERT INTO tax_rate VALUES ('US', '', 700);
INSERT INTO stock (sku, location, on_hand, opening)
  SELECT sku, id, :units, :units FROM product, location;
"""


@dataclass(frozen=True)
class Servers:
    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Gone afterwards, with everything that runs in it, even if this process is killed."""
    for name in ELSEWHERE:  # nothing is measured in a database or an engine of the operator's own
        os.environ.pop(name, None)
    folder = Path(tempfile.mkdtemp(prefix="orderloom-bench-"))
    guardian = start_guardian(folder)
    try:
        yield folder
    finally:
        guardian.communicate(timeout=60)


@contextmanager
def running_servers(folder: Path) -> Iterator[Servers]:
    """With the tables, and a shop that has plenty of everything everywhere."""
    temporal = EmbeddedTemporal(folder / "temporal", ui=False)
    with running_postgres(folder) as postgres:
        try:
            temporal.start()
            yield Servers(postgres, temporal)
        finally:
            temporal.stop()


@contextmanager
def running_postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(folder / "postgres", password="bench", durable=True)  # noqa: S106
    try:
        postgres.start()
        upgrade(postgres.url())
        _stock_up(postgres.url())
        yield postgres
    finally:
        postgres.stop()


def _stock_up(url: str) -> None:
    engine = create_engine(url)
    values = {"skus": SKUS, "cities": CITIES, "units": UNITS}
    with engine.begin() as connection:
        for statement in filter(str.strip, _SHOP.split(";")):
            connection.execute(text(statement), values)
    engine.dispose()
