"""The customer's page: what it says, what it lets the customer do, and what it never reveals."""

import re
from dataclasses import replace

import pytest

from domain.order import share_discount
from domain.points_rules import PointsProgram, PointsRate
from tests.api import scenes
from tests.api.scenes import NUMBER, TOKEN
from tests.web.visits import PATH, show, text
from web.formats import money
from web.language import Language


async def test_the_page_says_what_is_happening_and_until_when(http, office):
    show(office, scenes.processing())
    page = await http.get(PATH)
    assert page.status_code == 200
    words = text(page)
    assert "A part of your order is on its way" in words
    assert "The warehouse packs your goods and hands them to the carrier. Until Nov 24" in words
    assert "The carrier delivers the parcel. Until Dec 2" in words


async def test_each_parcel_shows_its_way_node_by_node_with_times_and_tracking_number(http, office):
    show(office, scenes.processing())
    words = text(await http.get(PATH))
    assert (
        "Parcel 1 of 2 2 × 1082185 Ordered Nov 22, 10:00 UTC Packed Nov 22, 16:00 UTC "
        "Shipped Nov 22, 19:00 UTC In transit Nov 23, 06:00 UTC Delivered ups 1Z-1" in words
    )
    assert "Ordered Nov 22, 10:00 UTC Packed Nov 22, 19:00 UTC Shipped In transit" in words


async def test_lines_have_quantities_and_amounts_and_the_total_is_the_orders(http, office):
    show(office, scenes.processing())
    words = text(await http.get(PATH))
    assert "1082185 $2.00 off × 2 $37.98" in words
    assert "Shipping $5.00 Total $87.98 Of which tax $2.15" in words


@pytest.mark.parametrize(
    ("language", "sums"),
    [
        ("en", "Discount -$10.00 Shipping $5.00 Tax $2.15 Total $80.13"),
        ("zh_CN", "优惠 -US$10.00 运费 US$5.00 税额 US$2.15 合计 US$80.13"),
    ],
)
async def test_a_discount_of_the_order_and_tax_on_top_are_rows_that_add_up_to_the_total(
    http, office, language, sums
):
    shown = scenes.processing()
    order = replace(
        shown.order,
        lines=share_discount(shown.order.lines, 1_000),
        shipping_tax_rate_bp=300,
        tax_included=False,
    )
    show(office, replace(shown, order=order))
    words = text(await http.get(PATH, params={"lang": language}))
    assert "$37.98" in words
    assert "$45.00" in words
    assert sums in words


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["Paid with 1000 points -$10.00", "You have earned 71 points with this order."]),
        ("zh_CN", ["使用 1000 积分支付 -US$10.00", "此订单已为您赢得 71 积分。"]),
    ],
)
async def test_points_that_were_spent_and_earned_are_shown(http, office, language, told):
    shown = scenes.completed()
    order = replace(shown.order, customer_ref="C-1", points=1_000, points_worth=1_000)
    program = PointsProgram((PointsRate(order.currency, 1, 1),))
    process = replace(shown.process, points=program)
    show(office, replace(shown, order=order, process=process))
    words = text(await http.get(PATH, params={"lang": language}))
    assert [each for each in told if each not in words] == []
    show(office, shown)
    assert "points" not in text(await http.get(PATH))


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Paid with store credit -$5.00"), ("zh_CN", "储值余额支付 -US$5.00")],
)
async def test_store_credit_that_paid_is_shown(http, office, language, told):
    shown = scenes.completed()
    order = replace(shown.order, customer_ref="C-1", store_credit=500)
    show(office, replace(shown, order=order))
    assert told in text(await http.get(PATH, params={"lang": language}))
    show(office, shown)
    assert "store credit" not in text(await http.get(PATH))


@pytest.mark.parametrize(
    ("shares", "english", "chinese"),
    [
        ({"provider": 200, "store_credit": 300},
         "Refunded · $2.00 · $3.00 as store credit",
         "已退款 · US$2.00 · US$3.00 转为储值余额"),
        ({"receivable": 450, "bad_debt": 50}, "Settled · $5.00 no longer owed",
         "已结清 · US$5.00 无需支付"),
        ({}, "Refunded · $5.00", "已退款 · US$5.00"),
    ],
)  # fmt: skip
async def test_a_refund_says_how_it_goes_back(http, office, shares, english, chinese):
    granted = [{"tender": tender, "amount": amount} for tender, amount in shares.items()]
    read = replace(scenes.requested_return(status="COMPLETED"), refund=500, refunded=500)
    show(office, scenes.completed([replace(read, lines=[], shares=granted)]))
    for language, says in (("en", english), ("zh_CN", chinese)):
        assert f"{says} {NUMBER}-R1 " in text(await http.get(PATH, params={"lang": language}))


@pytest.mark.parametrize(
    ("status", "kept", "last"),
    [
        ("LOST", 0, "Lost"),
        ("RETURNED_TO_SENDER", 0, "Sent back to us"),
        ("LOST", 1, "Arrived in part"),
    ],
)
async def test_the_way_of_a_parcel_that_was_given_up_ends_with_what_became_of_it(
    http, office, status, kept, last
):
    shown = show(office, scenes.completed())
    process = scenes.process(shown.view)
    parcel = process.parcels[0]
    at = {name: when for name, when in parcel.at.items() if name != "delivered"}
    at[status.lower()] = parcel.at["delivered"]
    process.parcels[0] = replace(parcel, status=status, kept=kept, at=at)
    office.desk.answer = process
    words = text(await http.get(PATH))
    assert f"In transit Nov 23, 06:00 UTC {last} Nov 25, " in words
    assert words.count("Delivered") == 1  # the other one


async def test_what_came_from_outside_is_escaped(http, office):
    show(office, scenes.processing())
    page = (await http.get(PATH)).text
    assert "&lt;b&gt;SKU &amp; Söhne&lt;/b&gt;" in page
    assert "<b>" not in page


async def test_the_page_is_private_and_loads_only_from_us(http, office):
    show(office, scenes.processing())
    page = await http.get(PATH)
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "://" not in page.text
    assert re.search(r"<script>|<style|\son[a-z]+=|\sstyle=", page.text) is None


async def test_personal_data_and_our_inner_reasons_stay_away_from_the_page(http, office):
    show(office, scenes.in_review())
    page = (await http.get(PATH)).text
    assert "One of us takes a look at the order." in page
    for hidden in ("Ana Ruiz", "Main St", "ana@example.com", "deviates", "agent", "C-17"):
        assert hidden not in page


@pytest.mark.parametrize(
    "token", ["nope", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "0" * 32, "..%2f..%2fetc"]
)
async def test_a_wrong_link_reveals_nothing(http, office, token):
    show(office, scenes.processing())
    answers = [await http.get(f"/t/{token}"), await http.get(f"/t/{token}/now")]
    answers.append(await http.post(f"/t/{token}/cancel", data={"key": "k"}))
    answers.append(await http.post(f"/t/{token}/return", data={"key": "k"}))
    assert [answer.status_code for answer in answers] == [404] * 4
    assert all(NUMBER not in answer.text for answer in answers)
    assert office.commands.stored == {}


async def test_a_revoked_link_looks_like_a_wrong_one(http, office):
    show(office, scenes.processing())
    office.reads.tokens.clear()
    revoked = await http.get(PATH)
    wrong = await http.get("/t/" + "0" * 32)
    assert (revoked.status_code, revoked.text) == (404, wrong.text)


async def test_when_the_workflow_does_not_answer_the_page_says_that_it_is_last_known(http, office):
    show(office, scenes.processing(), live=False)
    assert "This is what we last knew." in text(await http.get(PATH))


async def test_a_live_page_does_not_say_so(http, office):
    show(office, scenes.processing())
    assert "last knew" not in text(await http.get(PATH))


# The fragment


async def test_the_fragment_is_sent_only_when_something_has_changed(http, office):
    detail = show(office, scenes.processing())
    page = await http.get(PATH)
    found = re.search(r'hx-get="([^"]+)"', page.text)
    assert found
    path = found[1].replace("&amp;", "&")
    assert (await http.get(path)).status_code == 204
    later = scenes.completed()
    office.desk.answer = scenes.process(later.view)
    office.monotonic.seconds += 2
    office.reads.add(replace(detail, view=detail.view))
    changed = await http.get(path)
    assert changed.status_code == 200
    assert changed.text.lstrip().startswith('<div id="now"')
    assert "Everything has arrived" in changed.text


async def test_when_other_forms_become_possible_the_whole_page_is_loaded_anew(http, office):
    show(office, scenes.completed())
    answer = await http.get(f"{PATH}/now?seen=x&acts=")
    assert (answer.status_code, answer.headers["hx-refresh"]) == (204, "true")


async def test_a_page_of_an_ended_order_asks_no_more(http, office):
    show(office, scenes.canceled())
    page = await http.get(PATH)
    assert "This order was canceled" in page.text
    assert "hx-get" not in page.text


# Language


@pytest.mark.parametrize(
    ("query", "header", "chinese"),
    [
        ("", "", False),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", True),
        ("", "en;q=0.5,zh-Hans;q=0.9", True),
        ("", "en-GB,zh;q=0.9", False),
        ("", "fr,zh;q=0.1", True),
        ("", "fr", False),
        ("", "zh;q=x", False),
        ("", "zh-TW,zh;q=0.9", True),
        ("", "zh-TW", True),
        ("", "zhx,en;q=0.5", False),
        ("?lang=zh-TW", "en", True),
        ("?lang=zh_Hant_HK", "en", True),
        ("?lang=zh_CN", "en", True),
        ("?lang=en", "zh-CN", False),
        ("?lang=../../etc", "zh-CN", False),
    ],
)
async def test_the_page_speaks_the_visitors_language(http, office, query, header, chinese):
    show(office, scenes.processing())
    page = await http.get(PATH + query, headers={"accept-language": header})
    assert ("部分商品已在途中" in page.text) is chinese
    assert ('<html lang="zh-CN">' in page.text) is chinese
    assert ("US$87.98" in page.text) is chinese


def test_amounts_follow_the_currencys_own_decimals():
    assert money(Language.ENGLISH, 1999, "USD") == "$19.99"
    assert money(Language.ENGLISH, 1999, "JPY") == "¥1,999"
    assert money(Language.ENGLISH, 1999, "KWD") == "KWD1.999"
    assert money(Language.CHINESE, 123456, "CNY") == "¥1,234.56"
