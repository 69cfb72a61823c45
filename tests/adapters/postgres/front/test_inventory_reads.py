"""Locations, products, stock and movements as staff read them, page by page."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.cursors import write_names
from adapters.postgres.inventory_reads import PostgresInventoryReads
from domain.errors import Forbidden, Malformed
from ports.inventory_reads import (
    ComponentRead,
    ProductFilter,
    ProductRead,
    PromiseRead,
    StockFilter,
    StockRead,
    SupplyRead,
)
from ports.reads import PAGE_MAX

ALL, ANY = ProductFilter(), StockFilter()


@pytest_asyncio.fixture
async def reads(shop: Any) -> PostgresInventoryReads:
    await shop.run("INSERT INTO location (id, name, country) VALUES ('NYC', 'New York', 'US')")
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, reserved, safety, damaged, quarantined)"
        " VALUES ('TEA', 'BOS', 10, 4, 2, 1, 3), ('TEA', 'NYC', 1, 0, 5, 0, 0),"
        " ('CUP', 'BOS', 7, 0, 0, 0, 0)"
    )
    return PostgresInventoryReads(shop.engine)


async def every(read: Any) -> list[Any]:
    """All items, two a page; every page but the last is full."""
    found, cursor = [], None
    while True:
        page = await read(2, cursor)
        found += page.items
        if not page.more:
            return found
        assert len(page.items) == 2
        cursor = page.cursors[-1]


async def test_stock_is_read_by_bucket_and_what_is_available_of_it(shop: Any, reads: Any) -> None:
    page = await reads.stock(shop.agent, StockFilter("TEA", ""), 10, None)
    assert page.items == [
        StockRead("TEA", "BOS", 10, 4, 2, 1, 3, 4),
        StockRead("TEA", "NYC", 1, 0, 5, 0, 0, -4, low=True),
    ]
    there = await reads.stock(shop.agent, StockFilter(location="BOS"), 10, None)
    assert [s.sku for s in there.items] == ["CUP", "TEA"]
    assert (await reads.stock(shop.agent, StockFilter("CUP", "NYC"), 10, None)).items == []
    found = await every(lambda first, after: reads.stock(shop.agent, ANY, first, after))
    assert [(s.sku, s.location) for s in found] == [
        ("CUP", "BOS"), ("TEA", "BOS"), ("TEA", "NYC"),
    ]  # fmt: skip


async def expect(shop: Any, kind: str, reference: str, day: str, units: int, **more: Any) -> None:
    values = {"sku": "TEA", "location": "BOS", "received": 0, "reserved": 0, **more}
    await shop.run(
        "INSERT INTO supply (kind, reference, sku, location, available_on, quantity, received,"
        " reserved) VALUES (:kind, :reference, :sku, :location, CAST(:day AS date), :units,"
        " :received, :reserved)",
        kind=kind, reference=reference, day=day, units=units, **values,
    )  # fmt: skip


async def test_stock_says_what_is_to_come_and_when_it_is_to_be_reordered(
    shop: Any, reads: Any
) -> None:
    await shop.run(
        "UPDATE stock SET reorder_point = 6, reorder_to = 20 WHERE (sku, location) = ('TEA', 'BOS')"
    )
    await expect(shop, "inbound", "PO-1", "2026-12-03", 10, received=4, reserved=1)
    await expect(shop, "inbound", "PO-2", "2026-12-01", 5)
    await expect(shop, "inbound", "PO-0", "2026-11-01", 5, received=5)
    await expect(shop, "presale", "LAUNCH", "2026-11-30", 7)
    page = await reads.stock(shop.agent, StockFilter("TEA", "BOS"), 10, None)
    assert page.items == [
        StockRead(
            "TEA", "BOS", 10, 4, 2, 1, 3, 4,
            reorder_point=6, reorder_to=20, low=True,
            inbound=11, expected_on=date(2026, 12, 1), presale=7,
        )
    ]  # fmt: skip


async def test_only_stock_that_has_reached_a_level_is_low(shop: Any, reads: Any) -> None:
    async def low(**wanted: str) -> list[tuple[str, str]]:
        asked = StockFilter(**wanted, low=True)
        found = await every(lambda first, after: reads.stock(shop.agent, asked, first, after))
        return [(each.sku, each.location) for each in found]

    assert await low() == [("TEA", "NYC")]
    await shop.run("UPDATE stock SET reorder_point = 7")
    assert await low() == [("CUP", "BOS"), ("TEA", "BOS"), ("TEA", "NYC")]
    assert await low(sku="TEA", location="BOS") == [("TEA", "BOS")]
    await shop.run("UPDATE stock SET safety = 0, reorder_point = 0, on_hand = 0, reserved = 0")
    assert await low() == []


async def test_what_is_to_come_is_listed_by_day_with_the_orders_it_is_promised_to(
    shop: Any, reads: Any
) -> None:
    order = (await shop.place("WEB-1")).number
    await expect(shop, "inbound", "PO-1", "2026-12-03", 10, received=4, reserved=3)
    await expect(shop, "presale", "LAUNCH", "2026-12-03", 7, sku="CUP")
    await expect(shop, "inbound", "PO-2", "2026-12-01", 5, location="NYC")
    await expect(shop, "inbound", "PO-0", "2026-11-01", 5, received=5)
    await shop.run(
        "INSERT INTO fulfillment_order (id, order_number, location) VALUES ('F1', :order, 'BOS')",
        order=order,
    )
    await shop.run(
        "INSERT INTO reservation (order_number, fulfillment_order, line, sku, location, quantity,"
        " supply, state) SELECT :order, 'F1', 1, 'TEA', 'BOS', units, id, state FROM supply,"
        " (VALUES (3, 'HARD'), (2, 'BROKEN')) AS r(units, state) WHERE reference = 'PO-1'",
        order=order,
    )
    found = await every(lambda first, after: reads.supplies(shop.agent, "", "", first, after))
    assert [each.reference for each in found] == ["PO-2", "PO-1", "LAUNCH"]
    assert found[1] == SupplyRead(
        found[1].id, "inbound", "PO-1", "TEA", "BOS", date(2026, 12, 3), 10, 4, 3,
        (PromiseRead(order, "F1", 1, 3),),
    )  # fmt: skip
    there = await reads.supplies(shop.agent, "TEA", "NYC", 10, None)
    assert [each.reference for each in there.items] == ["PO-2"]
    assert (await reads.supplies(shop.agent, "a\0", "", 10, None)).items == []
    with pytest.raises(Malformed):
        await reads.supplies(shop.agent, "", "", 1, write_names("soon", "1"))


async def test_products_have_their_measures_and_a_bundle_its_components(
    shop: Any, reads: Any
) -> None:
    await shop.run("INSERT INTO bundle_component VALUES ('POT', 'TEA', 2), ('POT', 'CUP', 4)")
    await shop.run("UPDATE product SET weight_g = 180, length_mm = 9 WHERE sku = 'POT'")
    pot = ProductRead(
        "POT", "Pot", "", 180, 9, None, None,
        (ComponentRead("CUP", "Cup", 4), ComponentRead("TEA", "Tea", 2)),
    )  # fmt: skip
    found = await every(lambda first, after: reads.products(shop.agent, ALL, first, after))
    assert [product.sku for product in found] == ["CUP", "POT", "TEA"]
    assert found[1] == pot
    bundles = ProductFilter(bundles_only=True)
    assert (await reads.products(shop.agent, bundles, 10, None)).items == [pot]


@pytest.mark.parametrize(
    ("search", "skus"),
    [("TEA", ["TEA"]), ("cu", ["CUP"]), ("P", ["CUP", "POT"]), ("%", []), ("a\0b", [])],
)
async def test_products_are_found_by_sku_or_part_of_a_name(
    shop: Any, reads: Any, search: str, skus: list[str]
) -> None:
    page = await reads.products(shop.agent, ProductFilter(search=search), 10, None)
    assert [product.sku for product in page.items] == skus


async def test_names_in_any_script_page_without_loss(shop: Any, reads: Any) -> None:
    await shop.run("INSERT INTO product (sku, name) VALUES ('茶-1', 'Tea'), ('a\"\\', 'Odd')")
    found = await every(lambda first, after: reads.products(shop.agent, ALL, first, after))
    assert sorted(product.sku for product in found) == sorted(["CUP", "POT", "TEA", "茶-1", 'a"\\'])


async def test_locations_say_when_the_next_parcel_leaves_inactive_ones_too(
    shop: Any, reads: Any
) -> None:
    await shop.run(
        "UPDATE location SET active = false, kind = 'store', capacity = 9, cutoff = '16:30',"
        " timezone = 'Asia/Shanghai', closed_on = ARRAY[CURRENT_DATE] WHERE id = 'NYC'"
    )
    page = await reads.locations(shop.developer, 10, None)
    bos, nyc = page.items
    assert (bos.id, bos.name, bos.kind, bos.active, bos.capacity, bos.taken, bos.delay) == (
        "BOS", "Boston", "warehouse", True, None, 0, "",
    )  # fmt: skip
    assert bos.departs_on == datetime.now(UTC).date()
    assert (nyc.kind, nyc.active, nyc.capacity, nyc.cutoff.isoformat(), nyc.timezone) == (
        "store", False, 9, "16:30:00", "Asia/Shanghai",
    )  # fmt: skip
    assert await every(lambda first, after: reads.locations(shop.agent, first, after))


async def test_movements_come_newest_first_with_reason_and_reference(shop: Any, reads: Any) -> None:
    for line in range(5):
        await shop.run(
            "INSERT INTO movement (reason, reference, line, sku, location, units)"
            " VALUES ('ship', 'O-F1', :line, 'TEA', 'BOS', -1)",
            line=line,
        )
    await shop.run(
        "INSERT INTO movement (reason, reference, line, sku, location, units, bucket, bucket_units)"
        " VALUES ('quarantine', 'O-R1', 1, 'TEA', 'NYC', 0, 'quarantined', 2),"
        " ('ship', 'O-F1', 9, 'CUP', 'BOS', -1, '', 0)"
    )
    found = await every(lambda first, after: reads.movements(shop.agent, "TEA", "", first, after))
    assert [
        (m.reason, m.reference, m.line, m.location, m.units, m.bucket, m.bucket_units)
        for m in found
    ] == [
        ("quarantine", "O-R1", 1, "NYC", 0, "quarantined", 2),
        *(("ship", "O-F1", line, "BOS", -1, "", 0) for line in (4, 3, 2, 1, 0)),
    ]
    there = await reads.movements(shop.agent, "TEA", "NYC", 10, None)
    assert [m.reason for m in there.items] == ["quarantine"]
    assert (await reads.movements(shop.agent, "a\0", "", 10, None)).items == []


def lists(reads: Any, by: Any, first: int = 1, after: str | None = None) -> list[Any]:
    return [
        reads.locations(by, first, after),
        reads.products(by, ALL, first, after),
        reads.stock(by, ANY, first, after),
        reads.movements(by, "TEA", "", first, after),
        reads.supplies(by, "", "", first, after),
    ]


async def test_channels_and_customers_read_none_of_it(shop: Any, reads: Any) -> None:
    for by in (shop.web, shop.customer("7K3M-9QXT-2AVB")):
        for asked in lists(reads, by):
            with pytest.raises(Forbidden):
                await asked


@pytest.mark.parametrize("first", [0, -1, PAGE_MAX + 1])
async def test_a_page_has_its_limit(shop: Any, reads: Any, first: int) -> None:
    for asked in lists(reads, shop.agent, first):
        with pytest.raises(Malformed):
            await asked


@pytest.mark.parametrize("cursor", ["", "x", "W10=", "WzFd", "WyJhXHUwMDAwYiJd", "bnVsbA==", "é"])
async def test_a_cursor_that_no_page_gave_is_refused(shop: Any, reads: Any, cursor: str) -> None:
    for asked in lists(reads, shop.agent, 1, cursor):
        with pytest.raises(Malformed):
            await asked
