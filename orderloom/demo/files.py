"""The demo's data as files in a folder: CSV for `orderloom load`, and the baskets to hand in.

Written once, in a second or two; a home that has them needs the data set no more.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from orderloom.demo.assortment import Stock, sources_needed, stock_for
from orderloom.demo.geography import City, Country
from orderloom.demo.intake import customer_ref, intake_body, sku
from orderloom.demo.journey import Journey, read_journey
from orderloom.demo.stories import Story, story_of
from orderloom.home import read_json, write_json

FORMAT = 1  # of these files; raise it when they change, and old ones are written anew
STORES = 8
TAX_RATE_BP = 700  # one for the whole country, for show
STOCK_FILE, LOCATIONS_FILE = "stock.csv", "locations.csv"


@dataclass(frozen=True)
class Handed:
    """A basket as it is handed in; `place` counts from 0, `sources` says how few locations can
    send it.
    """

    place: int
    story: Story
    sources: int
    body: dict[str, Any]

    @property
    def reference(self) -> str:
        return str(self.body["order"])


class DemoFiles:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._baskets = folder / "baskets.jsonl"
        self._done = folder / "demo.json"

    def prepare(self, *, baskets: int, seed: int) -> bool:
        """Writes the files, unless they are there for as many baskets and the same seed: False."""
        wanted = {"format": FORMAT, "baskets": baskets, "seed": seed}
        if read_json(self._done) == wanted:
            return False
        self._folder.mkdir(parents=True, exist_ok=True)
        self._done.unlink(missing_ok=True)
        journey = read_journey(baskets=baskets, stores=STORES, seed=seed)
        country = Country.read(seed)
        stories = [story_of(place) for place in range(baskets)]
        self._write_catalog(journey, country)
        stock = stock_for(journey.baskets, stories, journey.stores, seed)
        self._write_csv(
            STOCK_FILE,
            "sku location on_hand safety",
            (
                (sku(product), _location(store), units, 0)
                for (product, store), units in stock.items()
            ),
        )
        self._write_baskets(journey, stories, country, stock, seed)
        write_json(self._done, wanted)
        return True

    def csv_files(self) -> list[Path]:
        return sorted(self._folder.glob("*.csv"))

    @property
    def stock_file(self) -> Path:
        return self._folder / STOCK_FILE

    def locations(self) -> list[str]:
        with (self._folder / LOCATIONS_FILE).open(encoding="utf-8", newline="") as file:
            return [row["id"] for row in csv.DictReader(file)]

    def baskets(self, start: int = 0, stop: int | None = None) -> Iterator[Handed]:
        with self._baskets.open(encoding="utf-8") as lines:
            for place, line in enumerate(islice(lines, start, stop), start):
                found = json.loads(line)
                yield Handed(place, Story(found["story"]), found["sources"], found["body"])

    def _write_catalog(self, journey: Journey, country: Country) -> None:
        products = [(sku(each.id), each) for each in journey.products.values()]
        self._write_csv(
            "products.csv",
            "sku name category",
            ((key, each.name, each.category) for key, each in products),
        )
        self._write_csv(
            "prices.csv",
            "sku currency unit_price",
            ((key, "USD", each.list_price) for key, each in products),
        )
        self._write_csv(
            LOCATIONS_FILE,
            "id name country region latitude longitude priority active",
            map(_location_row, country.places_of(journey.stores).items()),
        )
        self._write_csv(
            "places.csv",
            "country region city latitude longitude",
            (("US", city.state, city.name, city.latitude, city.longitude)
             for city in country.cities),
        )  # fmt: skip
        households = sorted({basket.household for basket in journey.baskets})
        customers = ((customer_ref(household), "", False) for household in households)
        self._write_csv("customers.csv", "ref tier blocked", customers)
        self._write_csv("tax-rates.csv", "country region rate_bp", [("US", "", TAX_RATE_BP)])

    def _write_baskets(
        self,
        journey: Journey,
        stories: Sequence[Story],
        country: Country,
        stock: Stock,
        seed: int,
    ) -> None:
        with self._baskets.open("w", encoding="utf-8") as file:
            for basket, story in zip(journey.baskets, stories, strict=True):
                home = country.home_of(basket.household)
                sources = sources_needed(basket, stock, journey.stores)
                body = intake_body(basket, story, home, seed)
                file.write(json.dumps({"story": story, "sources": sources, "body": body}) + "\n")

    def _write_csv(self, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        with (self._folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns.split())
            writer.writerows(rows)


def _location(store: int) -> str:
    return f"S{store}"


def _location_row(placed: tuple[int, City]) -> Sequence[Any]:
    store, city = placed
    name = f"{city.name} ({_location(store)})"
    return (_location(store), name, "US", city.state, city.latitude, city.longitude, 100, True)
