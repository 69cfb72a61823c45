"""Writing CSV files and loading them into a database of the test's own."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from orderloom.load.loading import load_files, look_through_all

BEGUN = datetime(2026, 11, 22, 10, tzinfo=UTC)
PRODUCTS = "sku,name,category\nA,Apple sauce,Fruit\nB,Bread,\n"
LOCATIONS = "id,name,country,region,latitude,longitude\nL1,Boston,US,MA,42.4,-71.1\n"


class Shop:
    """A database, and texts that are loaded into it as files, run after run."""

    products = PRODUCTS
    locations = LOCATIONS

    def __init__(self, folder, database_url):
        self.folder = folder
        self.database_url = database_url
        self._runs = 0

    def file(self, text, name=None):
        path = self.folder / (name or f"file-{len(list(self.folder.iterdir()))}.csv")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def load(self, *texts, **options):
        self._runs += 1
        files = look_through_all([self.file(text) for text in texts])
        at = BEGUN + timedelta(seconds=self._runs)
        return load_files(files, self.database_url, at=at, **options)

    def verdicts(self, text):
        """The counts of a load that are not zero, and the refusals by line."""
        (report,) = self.load(text)
        counts = {verdict: count for verdict, count in report.counts.items() if count}
        return counts, {row.line: row.reason for row in report.refused}

    def rows(self, query):
        with psycopg.connect(self.database_url.replace("+psycopg", "")) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statement):
        with psycopg.connect(self.database_url.replace("+psycopg", "")) as connection:
            connection.execute(statement)


@pytest.fixture
def shop(tmp_path, database_url):
    folder = tmp_path / "files"
    folder.mkdir()
    return Shop(folder, database_url)


@pytest.fixture
def stocked(shop):
    """Ten of A in Boston, two of them safety stock, and four of B."""
    shop.load(PRODUCTS, LOCATIONS, "sku,location,on_hand,safety\nA,L1,10,2\nB,L1,4,0\n")
    return shop
