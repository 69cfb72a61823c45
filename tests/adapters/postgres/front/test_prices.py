"""What an order costs by the books: price lists, tax rates, discounts, and the rounding rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.postgres.cursors import Cursor
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.reads_prices import PostgresPriceReads
from domain.charge import Charge
from domain.errors import BadAmount, Forbidden, Malformed
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from domain.rounding import Rounding
from ports.front_office import RequestedLine
from ports.price_reads import PriceQuestion
from tests.adapters.postgres.conftest import SERVER_KEY

TEA = (RequestedLine("TEA", 3),)


async def list_of(shop: Any, name: str, unit_price: int, sku: str = "TEA", **rest: Any) -> None:
    values = {"tier": "", "tax": True, "since": None, "until": None, **rest}
    await shop.run(
        "INSERT INTO price_list VALUES (:name, :tier, :tax, :since, :until) ON CONFLICT DO NOTHING",
        name=name,
        **values,
    )
    await shop.run(
        "INSERT INTO price VALUES (:sku, 'USD', :price, :name)",
        sku=sku,
        price=unit_price,
        name=name,
    )


async def order_of(shop: Any, reference: str = "WEB-1", **changes: Any) -> PlacedOrder:
    placed = await shop.place(reference, **changes)
    return (await shop.reads.order(shop.web, placed.number)).order


async def test_a_customer_pays_the_price_of_their_tier_and_the_line_says_which_list_it_was(
    shop: Any,
) -> None:
    await shop.run("INSERT INTO customer VALUES ('C-17', 'gold'), ('C-18', 'silver')")
    await list_of(shop, "gold-2026", 450, tier="gold")
    gold = await order_of(shop, "1", lines=(*TEA, RequestedLine("CUP", 1)))
    assert [(line.unit_price, line.list_price, line.price_list) for line in gold.lines] == [
        (450, 450, "gold-2026"),
        (900, 900, "standard"),
    ]
    others = [await order_of(shop, ref, lines=TEA, customer_ref=ref) for ref in ("C-18", "nobody")]
    assert [(o.lines[0].unit_price, o.lines[0].price_list) for o in others] == [
        (500, "standard"),
        (500, "standard"),
    ]


async def test_a_list_counts_from_its_beginning_until_just_before_its_end(shop: Any) -> None:
    since = datetime.now(UTC) - timedelta(days=3)
    until = since + timedelta(days=1)
    await list_of(shop, "campaign", 300, since=since, until=until)
    second = timedelta(seconds=1)
    found = {
        at: (await order_of(shop, str(at), lines=TEA, placed_at=at)).lines[0].price_list
        for at in (since - second, since, until - second, until, None)
    }
    assert list(found.values()) == ["standard", "campaign", "campaign", "standard", "standard"]


async def test_a_price_that_the_channel_names_stands_beside_that_of_the_list(shop: Any) -> None:
    order = await order_of(shop, lines=(RequestedLine("TEA", 1, 400), RequestedLine("POT", 1, 7)))
    assert [(line.unit_price, line.list_price, line.price_list) for line in order.lines] == [
        (400, 500, "standard"),
        (7, None, ""),
    ]


async def test_a_list_without_tax_makes_an_order_with_tax_on_top_of_goods_and_shipping(
    shop: Any,
) -> None:
    await shop.run("INSERT INTO customer VALUES ('C-17', 'trade')")
    await list_of(shop, "trade", 400, tier="trade", tax=False)
    order = await order_of(shop, lines=TEA, discount=100)
    assert (order.tax_included, order.shipping_tax_rate_bp) == (False, 625)
    assert order.charge(order.lines[0]) == Charge(1_100, 69)  # 68.75
    assert order.charged == Charge(1_100 + 300, 69 + 19)  # 18.75
    ((total,),) = await shop.rows("SELECT total FROM customer_order")
    assert total == order.total == 1_488


async def test_a_list_without_tax_has_no_price_for_an_order_that_says_it_is_with_tax(
    shop: Any,
) -> None:
    await list_of(shop, "net", 4_000, sku="POT", tax=False)
    with pytest.raises(Malformed, match="POT has no list price in USD"):
        await shop.place(lines=(RequestedLine("POT", 1),), tax_included=True)
    order = await order_of(shop, lines=(RequestedLine("POT", 1),))
    assert (order.tax_included, order.lines[0].unit_price) == (False, 4_000)


async def test_the_channel_may_say_itself_that_its_amounts_are_without_tax(shop: Any) -> None:
    order = await order_of(shop, lines=(RequestedLine("TEA", 1, 500),), tax_included=False)
    assert (order.tax_included, order.lines[0].list_price) == (False, None)
    assert order.total == 500 + 31 + 300 + 19  # 31.25 and 18.75


async def test_products_are_taxed_by_their_category_and_shipping_by_its_own(shop: Any) -> None:
    await shop.run("UPDATE product SET tax_category = 'reduced' WHERE sku = 'TEA'")
    await shop.run("UPDATE product SET tax_category = 'zero' WHERE sku = 'CUP'")
    await shop.run(
        "INSERT INTO tax_rate VALUES ('US', '', 200, 'reduced'), ('US', 'MA', 0, 'zero'),"
        " ('US', 'MA', 300, 'shipping')"
    )
    order = await order_of(shop)
    assert [(line.tax_category, line.tax_rate_bp) for line in order.lines] == [
        ("reduced", 200),
        ("zero", 0),
    ]
    assert order.shipping_tax_rate_bp == 300


async def test_the_discount_of_an_order_is_shared_by_its_lines_and_stored_with_them(
    shop: Any,
) -> None:
    order = await order_of(shop, discount=1_000)
    assert [line.order_discount for line in order.lines] == [667, 333]  # of 1500 and 750
    ((stored,),) = await shop.rows("SELECT placed->'lines' FROM customer_order")
    assert [line["order_discount"] for line in stored] == [667, 333]
    assert order.total == 1_500 + 750 - 1_000 + 300


@pytest.mark.parametrize("discount", [-1, 2_251])
async def test_a_discount_beyond_the_goods_is_refused_and_nothing_is_written(
    shop: Any, discount: int
) -> None:
    with pytest.raises(BadAmount):
        await shop.place(discount=discount)
    assert await shop.count("command") == 0


async def test_another_total_than_ours_is_taken_for_review_and_never_refused(shop: Any) -> None:
    order = await order_of(shop, total=99)
    assert (order.stated_total, order.total) == (99, 2_550)


async def test_the_rounding_rule_of_the_process_is_stamped_on_the_order(shop: Any) -> None:
    process = ProcessDefinition(rounding=Rounding.HALF_EVEN)
    intake = PostgresIntake(shop.engine, SERVER_KEY, process)
    await shop.run("UPDATE tax_rate SET rate_bp = 500")
    request = replace(shop.request, lines=(RequestedLine("TEA", 1, 490),), tax_included=False)
    placed = await intake.place(shop.web, "key", request)
    order = (await shop.reads.order(shop.web, placed.number)).order
    assert order.rounding is Rounding.HALF_EVEN
    assert order.charge(order.lines[0]) == Charge(490, 24)  # 24.5


async def test_an_order_keeps_its_prices_when_the_list_and_the_rates_change(shop: Any) -> None:
    before = await order_of(shop)
    await shop.run("UPDATE price SET unit_price = unit_price * 2")
    await shop.run("UPDATE tax_rate SET rate_bp = 9999")
    detail = await shop.reads.order(shop.web, before.number)
    assert detail.order == before


async def test_a_price_is_told_as_an_order_would_have_it(shop: Any) -> None:
    since = datetime.now(UTC) + timedelta(days=3)
    await list_of(shop, "gold", 450, tier="gold")
    await list_of(shop, "campaign", 300, since=since)
    await list_of(shop, "trade", 10, tier="trade", tax=False)

    async def told(currency: str = "USD", **question: Any) -> dict[str, tuple[int, str]]:
        asked = PriceQuestion(["TEA", "CUP", "NIX", "a\0b"], currency, **question)
        found = await PostgresPriceReads(shop.engine).prices(shop.web, asked)
        return {sku: (each.unit_price, each.price_list) for sku, each in found.by_sku.items()}

    cup = {"CUP": (900, "standard")}
    assert await told() == {"TEA": (500, "standard"), **cup}
    assert await told(tier="gold") == {"TEA": (450, "gold"), **cup}
    assert await told(tier="no\0ne", at=since) == {"TEA": (300, "campaign"), **cup}
    assert await told(tier="trade") == {"TEA": (10, "trade")}
    assert await told(tier="trade", tax_included=True) == {"TEA": (500, "standard"), **cup}
    assert await told("EUR") == {"TEA": (450, "standard")}


@pytest.mark.parametrize(
    "question",
    [
        PriceQuestion([], "USD"),
        PriceQuestion(["TEA"] * 201, "USD"),
        PriceQuestion(["TEA"], "XXX"),
        PriceQuestion(["TEA"], "USD", at=datetime(2026, 11, 22)),  # noqa: DTZ001 - as it may come
    ],
)
async def test_a_question_that_is_none_is_refused(shop: Any, question: PriceQuestion) -> None:
    with pytest.raises(Malformed):
        await PostgresPriceReads(shop.engine).prices(shop.agent, question)


async def test_a_customer_asks_for_no_prices_of_others(shop: Any) -> None:
    reads, customer = PostgresPriceReads(shop.engine), shop.customer("7K3M-9QXT-2AVB")
    with pytest.raises(Forbidden):
        await reads.prices(customer, PriceQuestion(["TEA"], "USD"))
    with pytest.raises(Forbidden):
        await reads.price_lists(customer, 10, None)


async def test_price_lists_are_pages_by_name_whatever_their_names_are(shop: Any) -> None:
    reads = PostgresPriceReads(shop.engine)
    for name in ("会员价", "a list", "100%"):
        await list_of(shop, name, 1)
    seen, after = [], None
    while True:
        page = await reads.price_lists(shop.developer, 1, after)
        seen += [(each.id, each.prices) for each in page.items]
        after = page.cursors[-1]
        if not page.more:
            break
    assert sorted(seen) == [("100%", 1), ("a list", 1), ("standard", 3), ("会员价", 1)]
    for cursor in ("nonsense", Cursor(datetime.now(UTC), "%00").write()):
        with pytest.raises(Malformed):
            await reads.price_lists(shop.developer, 1, cursor)
