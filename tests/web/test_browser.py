"""The tracking page in a real browser: it fits a phone, refreshes itself, and its forms work.

Screenshots are kept in pytest's temporary folder.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from orderloom.server import compose
from tests.api import invoice_scenes, scenes
from tests.api.fakes import Office
from tests.api.scenes import TOKEN

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1200, "height": 900}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="make browser installs chromium")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def address(office: Office) -> AsyncIterator[str]:
    """Of the application over `office`, on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            compose(office.books, office.doors), log_config=None, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


@asynccontextmanager
async def visit(browser: Browser, url: str, size: dict[str, int], **more: str):
    """Fails when the page reports an error: a script, a blocked resource, a broken policy."""
    errors: list[str] = []
    context = await browser.new_context(viewport=size, timezone_id="Asia/Shanghai", **more)
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    await page.goto(url)
    yield page
    await context.close()
    assert errors == []


async def overflow(page: Page) -> int:
    return await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def show(office: Office, detail) -> None:
    office.reads.add(detail)
    office.desk.answer = scenes.process(detail.view)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_parcels_are_visible_and_nothing_overflows(
    browser, address, office, tmp_path, size, scheme, lang
):
    show(office, scenes.processing())
    url = f"{address}/t/{TOKEN}?lang={lang}"
    async with visit(browser, url, size, color_scheme=scheme) as page:
        assert await overflow(page) == 0
        parcels = page.locator(".parcel")
        assert await parcels.count() == 2
        assert [await parcels.nth(n).is_visible() for n in range(2)] == [True, True]
        assert await page.locator(".way li").count() == 10
        await page.screenshot(path=tmp_path / f"{lang}-{scheme}.png", full_page=True)


async def test_times_are_shown_in_the_visitors_own_zone(browser, address, office):
    show(office, scenes.processing())
    async with visit(browser, f"{address}/t/{TOKEN}?lang=en", PHONE) as page:
        assert await page.locator(".way time").first.inner_text() == "Nov 22, 18:00"


async def test_the_page_brings_itself_up_to_date(browser, address, office):
    show(office, scenes.processing())
    async with visit(browser, f"{address}/t/{TOKEN}", PHONE) as page:
        assert await page.locator("h1").inner_text() == "A part of your order is on its way"
        show(office, scenes.completed())
        office.monotonic.seconds += 2
        await page.get_by_text("Everything has arrived").wait_for(timeout=8_000)
        await page.get_by_text("Send something back").wait_for(timeout=8_000)


async def test_a_customer_sends_a_return_with_a_thumb(browser, address, office):
    show(office, scenes.completed())
    async with visit(browser, f"{address}/t/{TOKEN}?lang=en", PHONE) as page:
        await page.get_by_text("Send something back").click()
        await page.fill('[name="line-1"]', "1")
        await page.select_option("select", "damaged")
        await page.get_by_role("button", name="Ask for the return").click()
        await page.get_by_text("Your return was requested.").wait_for()
        assert await overflow(page) == 0
    assert [(lines[0].quantity, reason) for _, _, lines, reason in office.commands.returns] == [
        (1, "damaged")
    ]


async def test_canceling_takes_two_taps(browser, address, office):
    show(office, scenes.in_review())
    async with visit(browser, f"{address}/t/{TOKEN}?lang=en", PHONE) as page:
        assert not await page.get_by_role("button", name="Yes, cancel it").is_visible()
        await page.get_by_text("Cancel this order").click()
        await page.get_by_role("button", name="Yes, cancel it").click()
        await page.get_by_text("Your order was canceled.").wait_for()
    assert len(office.commands.stored) == 1


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_an_invoice_is_opened_from_the_tracking_page_and_fits(
    browser, address, office, tmp_path, size, lang
):
    show(office, scenes.completed())
    office.invoices.add(invoice_scenes.credited_invoice(), invoice_scenes.credit_note())
    async with visit(browser, f"{address}/t/{TOKEN}?lang={lang}", size) as page:
        for number in (invoice_scenes.FIRST, invoice_scenes.NOTE):
            await page.get_by_role("link", name=number).click()
            await page.locator(".sheet .number", has_text=number).wait_for()
            assert await overflow(page) == 0
            await page.screenshot(path=tmp_path / f"{number}-{lang}.png", full_page=True)
            await page.locator(".bar a").first.click()


async def test_graphiql_starts_without_any_other_host(browser, address):
    asked: list[str] = []
    context = await browser.new_context(viewport=DESK)
    ide = await context.new_page()
    ide.on("request", lambda request: asked.append(request.url))
    await ide.goto(f"{address}/graphql")
    await ide.locator(".graphiql-execute-button").wait_for()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    await context.close()
