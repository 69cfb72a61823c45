"""What tests of the tracking page share: an order to look at, and what a person reads of it."""

import re

import httpx

from ports.desk import DeskUnavailable
from ports.reads import OrderDetail
from tests.api import scenes
from tests.api.fakes import Office
from tests.api.scenes import TOKEN

PATH = f"/t/{TOKEN}"


def show(office: Office, detail: OrderDetail, *, live: bool = True) -> OrderDetail:
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
