"""Invoices and credit notes on paper: what they say, in which language, and to whom."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from weasyprint import HTML

from domain.errors import NotInstalled
from domain.ids import TrackingToken
from domain.order import OrderLine, PaymentMethod, share_discount
from domain.quantity import Quantity
from orderloom.roles import Role
from orderloom.server import compose
from orderloom.tokens import issue
from tests.api import invoice_scenes, scenes
from tests.api.fakes import NOW, SERVER_KEY, Office
from tests.api.invoice_scenes import FIRST, NOTE, SELLER
from tests.web.visits import PATH, show, text
from web.invoices.render import to_html, to_pdf
from web.invoices.routes import InvoiceNeeds, invoice_routes
from web.invoices.seller import NOBODY
from web.language import Language

OTHER = "0000-0000-0001"
OTHERS_TOKEN = TrackingToken.derive(b"test", OTHER, 1).text


def words(html: str) -> str:
    """What a person reads, in one line."""
    body = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def bearer(role: str, name: str = "ana") -> dict[str, str]:
    token = issue(SERVER_KEY, name=name, roles=[Role(role)], at=NOW, valid_for=timedelta(hours=1))
    return {"Authorization": f"Bearer {token}"}


def test_an_invoice_says_what_was_not_paid_in_money_and_what_was_written_off():
    paid = invoice_scenes.paid_invoice()
    summary = replace(paid.summary, paid=19_000, written_off=297)
    told = replace(paid, summary=summary, by_points=1_000, by_store_credit=500)
    english = words(to_html(told, SELLER, Language.ENGLISH))
    assert (
        "Paid -$190.00 Of which with points -$10.00 Of which with store credit -$5.00 "
        "Written off -$2.97 Still to be paid $0.00" in english
    )
    chinese = words(to_html(told, SELLER, Language.CHINESE))
    assert "其中积分支付 -US$10.00 其中储值余额支付 -US$5.00 已核销 -US$2.97" in chinese
    assert "Of which with" not in words(to_html(paid, SELLER, Language.ENGLISH))


@pytest_asyncio.fixture(loop_scope="session")
async def shop(office: Office):
    """The pages of a shop that has a name and prefers Chinese; with an order and its papers."""
    show(office, scenes.completed())
    office.invoices.add(invoice_scenes.credited_invoice(), invoice_scenes.credit_note())
    app = compose(office.books, office.doors, SELLER, Language.CHINESE)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def test_an_invoice_shows_seller_buyer_lines_discounts_taxes_and_totals():
    told = words(to_html(invoice_scenes.paid_invoice(), SELLER, Language.ENGLISH))
    assert "Lakeside Tea &amp; Co. 12 Harbor Road Portland, ME 04101 Tax ID US 12-3456789" in told
    assert "Invoice INV-2026-000042 Paid Bill to Ana Ruiz 1 Main St Boston, MA 02108" in told
    assert "Issued on November 22, 2026 Due on At once Order number 7K3M-9QXT-2AVB" in told
    assert (
        "Dragon Well green tea, spring harvest, 100 g TEA-001 Discount -$2.00 "
        "Share of the order's discount -$2.96 3 $19.99 6% $55.01" in told
    )
    assert "Shipping 1 $7.00 6% $7.00 Prices include tax" in told
    assert "13% $115.89 $15.07 $130.96 6% $58.50 $3.51 $62.01" in told
    assert (
        "Goods $197.97 Discounts -$2.00 Order discount -$10.00 Shipping $7.00 Total $192.97 "
        "Of which tax $18.58 Paid -$192.97 Still to be paid $0.00" in told
    )
    assert "How to pay" not in told


def test_names_are_text_and_never_markup():
    html = to_html(invoice_scenes.paid_invoice(), SELLER, Language.ENGLISH)
    assert "紫砂茶壶 Clay teapot &lt;b&gt;0.5 l&lt;/b&gt;" in html


def test_tax_that_comes_on_top_is_added_below_the_goods():
    of = invoice_scenes.order(taxed=False, payment_method=PaymentMethod.CREDIT_TERMS)
    detail = invoice_scenes.invoice(of, due_days=14)
    told = words(to_html(detail, SELLER, Language.ENGLISH))
    assert "Due on December 6, 2026" in told
    assert "Prices do not include tax" in told
    assert "Shipping $7.00 Tax $20.75 Total $213.72 Still to be paid $213.72" in told
    assert "How to pay First Harbor Bank IBAN DE02 1203 0000 0000 2020 51" in told
    assert "Please name 7K3M-9QXT-2AVB in your transfer." in told


def test_who_pays_by_card_is_not_asked_for_a_transfer_as_well():
    told = words(to_html(invoice_scenes.invoice(), SELLER, Language.ENGLISH))
    assert "To be paid" in told
    assert "How to pay" not in told


def test_a_credit_note_is_red_names_its_invoice_and_takes_back():
    html = to_html(invoice_scenes.credit_note(), SELLER, Language.ENGLISH)
    told = words(html)
    assert '<article class="sheet red">' in html
    assert "Credit note CN-2026-000007 Bill to" in told
    assert "Corrects invoice INV-2026-000042 Return number 7K3M-9QXT-2AVB-R1" in told
    assert "-1 $89.00 13% -$84.46" in told
    assert "Credited -$102.80 Of which tax -$10.76" in told
    assert "Still to be paid" not in told


def test_an_invoice_in_chinese_has_no_english_words_of_ours():
    told = words(to_html(invoice_scenes.credited_invoice(), NOBODY, Language.CHINESE))
    assert "发票 INV-2026-000042 部分付款 购买方" in told
    assert "开具日期 2026年11月22日 付款期限 2026年12月22日" in told
    assert "已冲销 CN-2026-000007 -US$102.80 已付款 -US$80.17 待付金额 US$10.00" in told
    assert "Total" not in told


@pytest.mark.parametrize(
    ("currency", "total"), [("JPY", "¥19,297"), ("KWD", "KWD19.297"), ("CNY", "CN¥192.97")]
)
def test_amounts_are_written_as_their_currency_has_it(currency, total):
    detail = invoice_scenes.invoice(invoice_scenes.order(currency=currency))
    told = words(to_html(detail, SELLER, Language.ENGLISH)).replace("\xa0", "")
    assert f"Total {total}" in told


def test_who_may_not_see_people_sees_an_invoice_to_nobody():
    detail = replace(invoice_scenes.paid_invoice(), buyer=None)
    told = words(to_html(detail, SELLER, Language.ENGLISH))
    assert "Bill to – Issued on" in told
    assert "Ana" not in told


def pages(html: str) -> int:
    return len(HTML(string=html).render().pages)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("scene", [invoice_scenes.credited_invoice, invoice_scenes.credit_note])
def test_a_document_is_one_page_of_pdf_with_its_fonts_in_it(scene, language):
    html = to_html(scene(), SELLER, language)
    assert pages(html) == 1
    plain = HTML(string=html).write_pdf(uncompressed_pdf=True)
    assert re.search(rb"/FontName /\w+\+Noto-Sans-CJK", plain)  # for the teapot's Chinese name
    assert to_pdf(scene(), SELLER, language).startswith(b"%PDF-")


def test_two_hundred_lines_take_several_pages():
    many = [OrderLine(n, "TEA-001", Quantity(n), 1_999, 0, 600) for n in range(1, 201)]
    of = replace(invoice_scenes.order(), lines=share_discount(many, 5_000))
    assert pages(to_html(invoice_scenes.invoice(of), SELLER, Language.ENGLISH)) > 5


def test_a_document_loads_nothing_from_anywhere():
    html = to_html(invoice_scenes.paid_invoice(), SELLER, Language.ENGLISH)
    assert re.findall(r"""(?:src|href)=|url\(|@import""", html) == []


def test_without_the_extra_it_says_what_to_install():
    """In a process of its own, where importing it fails."""
    script = (
        "import sys; sys.modules['weasyprint'] = None; sys.path.insert(0, '.')\n"
        "from tests.api import invoice_scenes as s\n"
        "from web.invoices.render import to_pdf\n"
        "from web.language import Language\n"
        "try: to_pdf(s.paid_invoice(), s.SELLER, Language.ENGLISH)\n"
        "except Exception as refusal: print(type(refusal).__name__, refusal)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("NotInstalled PDF needs the extra [pdf] (pip install")


async def test_the_customer_finds_the_papers_on_the_tracking_page(shop):
    page = await shop.get(PATH, params={"lang": "en"})
    told = text(page)
    assert "Invoices Invoice INV-2026-000042 $192.97 Credit note CN-2026-000007 -$102.80" in told
    assert f'href="{PATH}/invoices/{FIRST}?lang=en"' in page.text
    paper = await shop.get(f"{PATH}/invoices/{FIRST}", params={"lang": "en"})
    assert paper.status_code == 200
    assert "Invoice INV-2026-000042 Partially paid Bill to Ana Ruiz" in text(paper)
    assert paper.headers["cache-control"] == "no-store"
    assert f'href="{PATH}/invoices/{FIRST}.pdf?lang=en"' in paper.text
    file = await shop.get(f"{PATH}/invoices/{NOTE}.pdf")
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"] == 'inline; filename="CN-2026-000007.pdf"'
    assert file.content.startswith(b"%PDF-")


async def test_the_shops_language_is_for_those_who_name_none(shop):
    path = f"{PATH}/invoices/{FIRST}"
    assert "购买方" in text(await shop.get(path))
    assert "Bill to" in text(await shop.get(path, headers={"accept-language": "en-GB,en"}))
    assert "购买方" in text(await shop.get(path, headers={"accept-language": "fi"}))


@pytest.mark.parametrize("suffix", ["", ".pdf"])
async def test_another_customers_link_leads_to_no_paper(shop, office, suffix):
    other = scenes.received()
    office.reads.add(
        replace(
            other,
            summary=replace(other.summary, number=OTHER),
            tracking_token=OTHERS_TOKEN,
        )
    )
    assert (await shop.get(f"/t/{OTHERS_TOKEN}")).status_code == 200
    refused = await shop.get(f"/t/{OTHERS_TOKEN}/invoices/{FIRST}{suffix}")
    unknown = await shop.get(f"{PATH}/invoices/INV-2026-999999{suffix}")
    nobody = await shop.get(f"/t/{'0' * 32}/invoices/{FIRST}{suffix}")
    assert {refused.status_code, unknown.status_code, nobody.status_code} == {404}
    assert refused.content == unknown.content == nobody.content
    assert "Ana" not in refused.text


@pytest.mark.parametrize("suffix", ["", ".pdf"])
async def test_staff_needs_a_token(shop, suffix):
    path = f"/invoices/{FIRST}{suffix}"
    assert (await shop.get(path)).status_code == 401
    assert (await shop.get(path, headers={"authorization": "Bearer x"})).status_code == 401


async def test_staff_gets_page_and_file_and_a_channel_only_its_own(shop):
    path = f"/invoices/{FIRST}"
    page = await shop.get(path, params={"lang": "en"}, headers=bearer("finance"))
    assert "Invoice INV-2026-000042 Partially paid" in text(page)
    assert "Back to the order" not in text(page)
    file = await shop.get(f"{path}.pdf", headers=bearer("finance"))
    assert file.content.startswith(b"%PDF-")
    other = await shop.get(path, headers=bearer("channel", "pos"))
    assert (other.status_code, other.json()["type"]) == (404, "/problems/not-found")
    assert "Ana" not in other.text


async def test_where_pdf_is_not_installed_the_page_has_no_link_to_it_and_still_shows(office):
    show(office, scenes.completed())
    office.invoices.add(invoice_scenes.paid_invoice())

    def nothing(*_given: object) -> bytes:
        raise NotInstalled("no PDF here")

    needs = InvoiceNeeds(
        office.invoices, office.reads, office.doors.tokens.principal, to_pdf=nothing, has_pdf=False
    )
    transport = httpx.ASGITransport(Starlette(routes=invoice_routes(needs)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        page = await client.get(f"{PATH}/invoices/{FIRST}")
        assert (page.status_code, ".pdf" in page.text) == (200, False)
        assert (await client.get(f"{PATH}/invoices/{FIRST}.pdf")).status_code == 404
