"""The paper of the warehouse: pick list and packing slips, by a link that expires."""

from datetime import UTC, datetime

import pytest

from domain.order import LineUnits
from domain.pick_acts import Accept, Pack, ReportPicked, Ship, perform
from domain.pick_list import PickList
from domain.pick_units import Label, Units
from ports.floor import PrintedPickList
from tests.web.visits import text

PATH = "/print/7K3M-9QXT-2AVB-F1/1795341600/abc"
AT = datetime(2026, 11, 22, 11, tzinfo=UTC)
NEW = PickList(
    "7K3M-9QXT-2AVB-F1",
    "7K3M-9QXT-2AVB",
    "BOS",
    (LineUnits(1, "TEA", 3), LineUnits(2, "CUP", 12)),
)
SHIP_TO = {
    "name": "Ana <b>Ruiz",
    "line1": "1 Main St",
    "city": "Boston",
    "region": "",
    "postal_code": "02108",
    "country": "US",
    "phone": "",
}


def put(office, pick: PickList = NEW) -> None:
    names = {"TEA": "Green tea", "CUP": "Cup, white"}
    paper = PrintedPickList(pick, AT, names, "Boston", SHIP_TO)
    office.floor.papers["7K3M-9QXT-2AVB-F1", "1795341600", "abc"] = paper


def packed() -> PickList:
    pick = NEW
    found = (Units(1, 3), Units(2, 10))
    for act in (
        Accept(),
        ReportPicked(found),
        Pack((found[:1], found[1:])),
        Ship((Label("P2", "ups", "1Z9"),)),
    ):
        pick, _ = perform(pick, act)
    return pick


async def test_a_pick_list_has_what_to_pick_and_a_slip_of_everything(http, office):
    put(office)
    answer = await http.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    read = text(answer)
    assert "Pick list 7K3M-9QXT-2AVB-F1 Boston (BOS)" in read
    assert "Line SKU Item Units Found 1 TEA Green tea 3 2 CUP Cup, white 12" in read
    assert "Ship to Ana &lt;b&gt;Ruiz 1 Main St Boston 02108 US SKU Item Units TEA" in read
    assert answer.text.count("<svg") == answer.text.count('class="sheet') == 2


async def test_each_package_has_its_slip(http, office):
    put(office, packed())
    read = text(await http.get(PATH))
    slips = read.split("Packing slip")[1:]
    assert len(slips) == 2
    assert "F1 · P1 Delivered by the shop · 7K3M-9QXT-2AVB-F1-P1" in slips[0]
    assert "TEA Green tea 3 Order" in slips[0]
    assert "F1 · P2 ups · 1Z9" in slips[1]
    assert "CUP Cup, white 10 Order" in slips[1]
    assert "$" not in read


async def test_the_paper_is_chinese_for_those_who_read_it(http, office):
    put(office)
    read = text(await http.get(f"{PATH}?lang=zh_CN"))
    assert "拣货单 7K3M-9QXT-2AVB-F1" in read
    assert "装箱单" in read
    assert "收货人" in read


@pytest.mark.parametrize("path", [f"{PATH}d", PATH.replace("F1", "F2"), "/print/a/b/c"])
async def test_a_wrong_link_reveals_nothing(http, office, path):
    put(office)
    answer = await http.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert "Ruiz" not in answer.text
