"""What a customer can do on the tracking page: pay, cancel once, and send goods back."""

from dataclasses import replace

import pytest

from domain.commands import CommandKind
from domain.errors import LimitExceeded, StepRefused
from domain.order import LineUnits
from tests.api import scenes
from tests.api.scenes import NUMBER
from tests.web.visits import PATH, key_of, show, text

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


async def test_who_has_sent_everything_back_is_not_told_that_more_can_be(http, office):
    whole = [{"line": line.line, "sku": line.sku, "quantity": int(line.quantity)}
             for line in scenes.completed().order.lines]  # fmt: skip
    show(office, scenes.completed([replace(scenes.requested_return(), lines=whole)]))
    page = text(await http.get(PATH))
    assert "Send something back" not in page
    assert "You can send goods back." not in page


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
