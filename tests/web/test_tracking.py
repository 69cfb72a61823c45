"""The customer's page: what it says, what it lets the customer do, and what it never reveals."""

import re
from dataclasses import replace

import httpx
import pytest

from domain.commands import CommandKind
from domain.errors import LimitExceeded, StepRefused
from domain.order import LineUnits
from ports.desk import DeskUnavailable
from tests.api import scenes
from tests.api.fakes import Office
from tests.api.scenes import NUMBER, TOKEN
from web.language import Language
from web.tracking.formats import money

PATH = f"/t/{TOKEN}"


def show(office: Office, detail, *, live: bool = True):
    office.reads.add(detail)
    office.desk.answer = scenes.process(detail.view)
    if not live:
        office.desk.down = DeskUnavailable("slow")
    return detail


def text(answer: httpx.Response) -> str:
    """What a person reads, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def key_of(page: httpx.Response) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.text)
    assert found
    return found[1]


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
    assert "1082185 × 2 $37.98" in words
    assert "Shipping $5.00 Total $87.98" in words


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


# Paying and canceling


async def test_a_cardholder_is_led_to_the_bank(http, office):
    show(office, scenes.confirming())
    page = await http.get(PATH)
    assert "Please confirm your payment" in page.text
    assert 'href="https://bank.example/confirm" rel="noopener noreferrer"' in page.text


async def test_only_a_web_address_is_ever_linked(http, office):
    detail = scenes.confirming()
    payment = replace(detail.payments[0], action_url="javascript:alert(1)")
    show(office, replace(detail, payments=[payment]))
    assert "javascript:" not in (await http.get(PATH)).text


async def test_a_customer_cancels_once_however_often_the_form_is_sent(http, office):
    show(office, scenes.in_review())
    key = key_of(await http.get(PATH))
    for _ in range(2):
        answer = await http.post(f"{PATH}/cancel?lang=en", data={"key": key})
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{PATH}?lang=en&done=canceled"
    ((who, given),) = office.commands.stored
    assert (who, given) == (f"customer:{NUMBER}", key)
    assert office.commands.bodies[who, given] == (
        CommandKind.CANCEL,
        NUMBER,
        {"reason": "customer"},
    )
    assert "Your order was canceled." in text(await http.get(answer.headers["location"]))


async def test_every_rendering_of_a_form_has_a_key_of_its_own(http, office):
    show(office, scenes.in_review())
    assert key_of(await http.get(PATH)) != key_of(await http.get(PATH))


async def test_an_order_with_the_warehouse_offers_no_cancel_button(http, office):
    show(office, scenes.processing())
    assert "Cancel this order" not in (await http.get(PATH)).text


async def test_a_refused_cancel_says_so_in_the_customers_words(http, office):
    show(office, scenes.in_review())
    office.desk.outcome = StepRefused("a parcel was handed to the warehouse; …")
    answer = await http.post(f"{PATH}/cancel", data={"key": "k"})
    assert answer.status_code == 409
    assert "This is no longer possible: the order has moved on." in text(answer)
    assert "handed to the warehouse; " not in text(answer)


async def test_a_cancel_that_could_not_be_delivered_is_not_lost(http, office):
    show(office, scenes.in_review(), live=False)
    answer = await http.post(f"{PATH}/cancel?lang=en", data={"key": "k"})
    assert answer.headers["location"] == f"{PATH}?lang=en&done=stored"
    assert len(office.commands.stored) == 1


async def test_a_result_is_one_of_ours_and_never_what_the_link_says(http, office):
    show(office, scenes.in_review())
    assert "pwned" not in (await http.get(f"{PATH}?done=pwned")).text


# Returning


async def test_a_customer_asks_for_a_return_of_what_has_arrived(http, office):
    show(office, scenes.completed())
    page = await http.get(PATH)
    assert "Send something back" in page.text
    form = {"key": key_of(page), "line-1": "1", "line-2": "0", "reason": "damaged"}
    answer = await http.post(f"{PATH}/return?lang=en", data=form)
    assert answer.headers["location"] == f"{PATH}?lang=en&done=returned"
    lines = [LineUnits(1, "1082185", 1)]
    assert office.commands.returns == [(form["key"], NUMBER, lines, "damaged")]
    await office.background.drain()
    assert office.desk.started == [f"return/{NUMBER}-R1"]


async def test_what_is_in_a_return_already_is_not_offered_again(http, office):
    show(office, scenes.completed([scenes.requested_return()]))
    page = await http.get(PATH)
    assert 'name="line-1" value="0" min="0" max="1"' in page.text
    assert "Requested; we will decide soon" in text(page)


async def test_units_of_a_declined_return_are_offered_again(http, office):
    show(office, scenes.completed([scenes.requested_return(status="DECLINED")]))
    assert 'name="line-1" value="0" min="0" max="2"' in (await http.get(PATH)).text


async def test_after_the_window_nothing_can_be_returned(http, office, monkeypatch):
    detail = scenes.completed()
    closed = replace(detail, process=replace(detail.process, return_window=-1e9))
    show(office, closed)
    assert "Send something back" not in (await http.get(PATH)).text


async def test_before_anything_has_arrived_nothing_can_be_returned(http, office):
    show(office, scenes.processing())
    assert "Send something back" not in (await http.get(PATH)).text


@pytest.mark.parametrize(
    "change",
    [
        {"line-1": "0"},
        {"line-1": "-1"},
        {"line-1": "1.5"},
        {"line-1": "x"},
        {"line-1": "9" * 30},
        {"line-1": "²"},
        {"reason": ""},
        {"reason": "I am Ana Ruiz"},
        {"key": ""},
    ],
)
async def test_a_form_that_makes_no_sense_asks_for_nothing(http, office, change):
    show(office, scenes.completed())
    form = {"key": "k", "line-1": "1", "reason": "damaged", **change}
    answer = await http.post(f"{PATH}/return", data=form)
    assert answer.status_code == 409
    assert "Please choose at least one unit and a reason." in text(answer)
    assert office.commands.returns == []


async def test_more_than_has_arrived_is_refused(http, office):
    show(office, scenes.completed())
    office.commands.fails = LimitExceeded("line 1: 9 units asked, 2 can be returned")
    form = {"key": "k", "line-1": "9", "reason": "damaged"}
    answer = await http.post(f"{PATH}/return", data=form)
    assert answer.status_code == 409
    assert "That is more than can be returned." in text(answer)


async def test_a_body_that_is_no_form_asks_for_nothing(http, office):
    show(office, scenes.completed())
    answer = await http.post(f"{PATH}/return", content=b"\xff\xfe&" * 10)
    assert answer.status_code == 409
    assert office.commands.returns == []


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
