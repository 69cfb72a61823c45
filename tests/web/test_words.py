"""The customer's words: complete, translated, and made for every state there is."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

import web
from domain.returns import ReturnStatus
from domain.waits import waits
from ports.desk import LiveWait
from tests.api import scenes
from web.language import Language, translations
from web.tracking import words

FOLDER = Path(web.__file__).parent


def plain(message: str) -> str:
    return message


def messages() -> set[str]:
    methods = [
        ("**.py", "python"),
        *((f"**/{each}/**.html", "jinja2") for each in ("tracking", "printing", "invoices")),
    ]
    found = extract_from_dir(FOLDER, method_map=methods)
    return {message for _file, _line, message, _comments, _context in found}


def test_every_message_is_translated_into_chinese():
    gettext = translations(Language.CHINESE).gettext
    assert [message for message in messages() if gettext(message) == message] == []


def test_a_translation_keeps_the_placeholders():
    gettext = translations(Language.CHINESE).gettext
    for message in messages():
        names = sorted(re.findall(r"%\(\w+\)s", message))
        assert sorted(re.findall(r"%\(\w+\)s", gettext(message))) == names


@pytest.mark.parametrize(
    ("scene", "says", "tone"),
    [
        (scenes.received, "We are checking your order", "busy"),
        (scenes.in_review, "We are checking your order", "busy"),
        (scenes.confirming, "Please confirm your payment", "act"),
        (scenes.declined, "Your payment was declined", "act"),
        (scenes.processing, "A part of your order is on its way", "moving"),
        (scenes.completed, "Everything has arrived", "done"),
        (scenes.canceled, "This order was canceled", "stopped"),
    ],
)
def test_every_state_has_its_headline(scene, says, tone):
    found = words.headline(scenes.process(scene().view), plain)
    assert (found.text, found.tone) == (says, tone)


@pytest.mark.parametrize("status", list(ReturnStatus))
def test_every_state_of_a_return_has_its_words(status):
    read = scenes.requested_return(status=status.value)
    assert words.return_status(read, plain)
    undelivered = replace(read, kind="lost")
    assert "please send" not in words.return_status(undelivered, plain)


def test_what_a_bank_did_not_take_is_not_said_to_be_refunded():
    done = replace(scenes.requested_return(status="COMPLETED"), refund=500, refunded=500)
    owed_no_more = [{"tender": "receivable", "amount": 500}]
    assert words.return_status(replace(done, shares=owed_no_more), plain) == "Settled"
    assert words.return_status(done, plain) == "Refunded"
    assert words.return_status(replace(done, refunded=0), plain) == (
        "Your bank did not take the refund; you get it once more"
    )


@pytest.mark.parametrize("scene", [scenes.in_review, scenes.processing, scenes.completed])
def test_every_wait_that_concerns_a_customer_has_its_words(scene):
    view = scene().view
    concern = [w for w in waits(view, scenes.PROCESS) if w.owner != "payment provider"]
    assert len(concern) == len(words.waiting(scenes.process(view), plain))


@pytest.mark.parametrize("scene", [scenes.confirming, scenes.declined])
def test_while_the_customer_has_to_pay_no_warehouse_is_promised(scene):
    (found,) = words.waiting(scenes.process(scene().view), plain)
    assert "warehouse" not in found.text


def wait(key: str, owner: str = "warehouse", level: int = 0, hours: int = 1) -> LiveWait:
    until = scenes.PLACED + timedelta(hours=hours)
    return LiveWait(key, "inner words", owner, scenes.PLACED, until, level > 0, level)


def test_two_parcels_that_wait_alike_are_said_once_with_the_later_time():
    process = scenes.process(scenes.processing().view)
    process.waits[:] = [wait("parcel/A/ship"), wait("parcel/B/accept", hours=5)]
    (found,) = words.waiting(process, plain)
    assert found.text.startswith("The warehouse packs")
    assert found.until == wait("x", hours=5).deadline


def test_an_escalated_wait_makes_no_new_promise():
    process = scenes.process(scenes.processing().view)
    process.waits[:] = [wait("parcel/A/ship", owner="agent", level=1)]
    (found,) = words.waiting(process, plain)
    assert found.text == "This takes longer than planned; we are looking into it."
    assert found.until is None


def test_what_is_between_us_and_the_provider_is_not_the_customers_worry():
    process = scenes.process(scenes.processing().view)
    process.waits[:] = [wait("payment/X/capture/1", owner="finance")]
    assert words.waiting(process, plain) == []


def test_of_a_parcel_that_was_lost_in_part_it_is_said_that_a_part_has_arrived():
    process = scenes.process(scenes.completed().view)
    first = replace(process.parcels[0], status="LOST", trouble="lost")
    process.parcels[0] = replace(first, kept=1)
    said = words.headline(process, plain)
    assert (said.text, said.tone) == ("A part of your order was not delivered", "done")
    assert words.trouble(process.parcels[0], plain) == (
        "A part of this parcel has arrived; the rest was not delivered."
    )
    assert words.trouble(first, plain).startswith("The carrier has lost the parcel")
    process.parcels[:] = [first]
    assert words.headline(process, plain).text == "Your order was not delivered"


def test_a_trouble_that_was_told_before_the_parcel_arrived_is_over():
    arrived = scenes.process(scenes.completed().view).parcels[0]
    when = arrived.at["delivered"]
    early = replace(arrived, trouble="lost", at={**arrived.at, "trouble": when})
    late = replace(early, at={**arrived.at, "trouble": when + timedelta(hours=1)})
    assert words.trouble(early, plain) == ""
    assert words.trouble(late, plain).startswith("The carrier has lost the parcel")


def test_nobody_is_promised_a_parcel_that_the_carrier_will_not_deliver():
    process = scenes.process(scenes.processing().view)
    parcel = process.parcels[0].fulfillment_order
    process.waits[:] = [wait(f"parcel/{parcel}/deliver", owner="carrier")]
    process.parcels[0] = replace(process.parcels[0], trouble="exception")
    assert [each.text for each in words.waiting(process, plain)] == [
        "The carrier delivers the parcel."
    ]
    for trouble in ("lost", "returned_to_sender"):
        process.parcels[0] = replace(process.parcels[0], trouble=trouble)
        assert words.waiting(process, plain) == []
