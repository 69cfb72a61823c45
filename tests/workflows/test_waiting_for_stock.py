"""Orders that wait for stock: they look again when some comes, and before they give up."""

from datetime import timedelta
from typing import Any

from adapters.postgres.stock.waiting import PostgresStockNews
from domain.acts import ActKind
from domain.facts import Fact, FactKind
from domain.order import LineUnits
from ports.front_office import RequestedLine


async def _waits(shop: Any, reference: str, units: int) -> str:
    """An order for more tea than there is, on hold; its number."""
    number: str = await shop.place(reference, lines=(RequestedLine("TEA", units, 500),))

    async def held() -> bool:
        return "stock" in (await shop.view(number)).holds

    await shop.until(held)
    return number


async def _comes(shop: Any, units: int) -> None:
    await shop.act(ActKind.STOCK_ADJUST, "TEA", location="BOS", units=units)


async def _news(shop: Any) -> list[str]:
    """What the relay does: who was told."""
    await PostgresStockNews(shop.engine, grace_seconds=0).tell(500)
    await shop.run("UPDATE fact SET due_at = now() WHERE due_at IS NOT NULL")
    await shop.relay()
    told = await shop.rows(
        "SELECT subject FROM fact WHERE kind = 'stock.came' ORDER BY received_at"
    )
    return [subject for (subject,) in told]


async def test_when_stock_comes_the_oldest_order_that_it_is_enough_for_gets_it(shop: Any) -> None:
    first, second = await _waits(shop, "OLD", 40), await _waits(shop, "YOUNG", 40)
    await _news(shop)  # of the opening stock, which is too little
    await _comes(shop, 30)

    assert await _news(shop) == [first]
    await shop.until_submitted(f"{first}-F1")

    assert "stock" not in (await shop.view(first)).holds
    assert list((await shop.view(second)).holds) == ["stock"]
    assert (await shop.view(second)).parcels == {}
    assert await shop.rows("SELECT 1 FROM stock_news WHERE at < now()") == []


async def test_an_order_that_looked_in_vain_still_gives_up_in_time(shop: Any) -> None:
    number = await _waits(shop, "WEB-1", 40)
    since = (await shop.view(number)).holds["stock"].since
    await shop.env.sleep(timedelta(hours=30))
    came = Fact("stock:came/1", FactKind.STOCK_CAME, number, await shop.now())
    await shop.facts.store("stock", "came/1", came, {})  # and somebody else took it
    assert await _news(shop) == [number]

    async def looked() -> bool:
        return (await shop.view(number)).holds["stock"].news == 1

    await shop.until(looked)
    assert (await shop.view(number)).holds["stock"].since == since
    await shop.env.sleep(timedelta(hours=19))
    await shop.until_status(number, "EXPIRED")


async def test_before_an_order_gives_up_it_is_sourced_once_more(shop: Any) -> None:
    number = await _waits(shop, "WEB-1", 40)
    await _comes(shop, 30)  # and nobody tells it

    await shop.env.sleep(timedelta(hours=49))
    await shop.until_submitted(f"{number}-F1")

    view = await shop.view(number)
    assert (view.holds, view.canceled_units) == ({}, {})
    kinds = [row[0] for row in await shop.rows("SELECT kind FROM journal ORDER BY seq")]
    assert kinds[:4] == ["Reviewed", "HoldPlaced", "HoldReleased", "Sourced"]


async def test_units_that_a_parcel_lacks_are_sent_after_it_when_they_come(shop: Any) -> None:
    number = await shop.place(lines=(RequestedLine("TEA", 30, 500),))
    for n in (1, 2, 3):
        await shop.until_submitted(f"{number}-F{n}")
    lines = shop.warehouse.parcels[f"{number}-F1"].lines
    await shop.tell(f"{number}-F1", FactKind.PICKED, lines=(LineUnits(1, "TEA", 8),))
    assert lines == (LineUnits(1, "TEA", 10),)

    async def held() -> bool:
        return "stock" in (await shop.view(number)).holds

    await shop.until(held)
    await _comes(shop, 5)
    assert await _news(shop) == [number]
    await shop.until_submitted(f"{number}-F4")
    assert shop.warehouse.parcels[f"{number}-F4"].lines == (LineUnits(1, "TEA", 2),)
