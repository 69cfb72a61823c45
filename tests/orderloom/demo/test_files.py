"""The demo's files: loaded as anybody's are, and handed in as a web shop does."""

import csv
from collections import Counter
from datetime import UTC, datetime

import pytest

from api.intake.order import read_order
from orderloom.demo.files import STORES, DemoFiles
from orderloom.demo.geography import Country
from orderloom.demo.stories import PERIOD, Story, story_of
from orderloom.load.loading import load_files, look_through_all

BASKETS = 2 * PERIOD


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    found = DemoFiles(tmp_path_factory.mktemp("demo") / "files")
    assert found.prepare(baskets=BASKETS, seed=1)
    return found


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_is_loaded_and_none_refused(files, database_url):
    reports = load_files(
        look_through_all(files.csv_files()), database_url, at=datetime(2026, 11, 22, tzinfo=UTC)
    )
    assert {report.file.kind.name for report in reports} == {
        "products",
        "prices",
        "locations",
        "stock",
        "customers",
        "tax rates",
        "places",
    }
    for report in reports:
        assert report.counts["refused"] == 0
        assert report.counts["added"] == report.file.lines


def test_files_that_are_there_are_not_written_again(files):
    written = files.stock_file.stat().st_mtime_ns
    assert not files.prepare(baskets=BASKETS, seed=1)
    assert files.stock_file.stat().st_mtime_ns == written


def test_the_intake_reads_every_basket_as_an_order(files):
    for basket in files.baskets():
        order = read_order("web", basket.body)
        assert order.channel_ref == basket.reference
        assert order.payment_method == (
            "paid_at_channel" if basket.story is Story.PAID_AT_CHANNEL else "card"
        )


def test_small_orders_pay_for_shipping(files):
    for basket in files.baskets():
        goods = sum(
            line["unit_price"] * line["quantity"] - line["discount"]
            for line in basket.body["lines"]
        )
        assert basket.body["shipping"] == (0 if goods >= 3_500 else 599)


def test_baskets_can_be_read_from_the_middle(files):
    assert [basket.place for basket in files.baskets(10, 13)] == [10, 11, 12]


def test_stock_covers_every_basket_but_those_that_are_to_run_short(files):
    on_hand = Counter()
    for row in rows(files.stock_file):
        on_hand[row["sku"]] += int(row["on_hand"])
    for basket in files.baskets():
        wanted = Counter()
        for line in basket.body["lines"]:
            wanted[line["sku"]] += line["quantity"]
        short = {sku for sku, units in wanted.items() if on_hand[sku] < units}
        assert len(short) <= (basket.story is Story.SHORT)


def test_most_baskets_can_come_from_one_location_and_some_need_two(files):
    sources = Counter(basket.sources for basket in files.baskets())
    assert sources[1] > BASKETS / 2
    assert sources[2] >= 2
    assert max(sources) <= STORES


def test_the_locations_are_in_states_of_their_own(files):
    found = rows(files.stock_file.with_name("locations.csv"))
    assert [row["id"] for row in found] == files.locations()
    assert len({row["region"] for row in found}) == STORES


def test_a_household_lives_where_its_seed_says_and_mostly_in_large_cities():
    country, again = Country.read(seed=1), Country.read(seed=1)
    homes = [country.home_of(household) for household in range(100)]
    assert homes == [again.home_of(household) for household in range(100)]
    middle = sorted(city.population for city in country.cities)[len(country.cities) // 2]
    assert sum(home.population > middle for home in homes) > 75


def test_of_forty_orders_every_story_is_told():
    assert {story_of(place) for place in range(PERIOD)} == set(Story)
    assert Counter(story_of(place) for place in range(PERIOD))[Story.STRAIGHT] == 27
