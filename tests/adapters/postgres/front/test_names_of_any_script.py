"""Names are in whatever script people write: lists, filters and cursors take them as they are."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.reads_floor import PostgresFloorReads
from adapters.postgres.settlements import PostgresSettlements
from adapters.postgres.tasks import NewTask, raise_task
from domain.access import Principal, Role
from domain.codec import to_json
from domain.errors import Malformed
from domain.ledger import Account, Leg, Posting
from domain.order import LineUnits
from domain.pick_list import PickList
from ports.floor import PickListFilter

FIN = Principal("fin", frozenset({Role.FINANCE}))
NUMBERS_THAT_ARE_NONE = ("9" * 30, "-1", "x", "", "٣", "²")


def cursor(identity: str) -> str:
    plain = json.dumps([datetime(2026, 11, 22, tzinfo=UTC).isoformat(), identity])
    return base64.urlsafe_b64encode(plain.encode()).decode()


async def test_a_page_of_tasks_that_ends_at_a_name_outside_ascii_has_a_next_page(shop: Any) -> None:
    names = [f"stock/茶@BOS/{n}" for n in (1, 2, 3)]
    async with shop.engine.begin() as connection:
        for name in names:
            await raise_task(connection, NewTask(name, "stock", "茶", "low", Role.WAREHOUSE))
    page = await shop.reads.tasks(shop.agent, "", 2, None)
    rest = await shop.reads.tasks(shop.agent, "", 2, page.cursors[-1])
    assert [each.id for each in page.items] == names[:2]
    assert [each.id for each in rest.items] == names[2:]
    assert (page.more, rest.more) == (True, False)


async def test_pick_lists_are_found_by_a_location_of_any_name(shop: Any) -> None:
    await shop.run("INSERT INTO location (id, name, country) VALUES ('上海', 'Shanghai', 'CN')")
    order = (await shop.place()).number
    parcel = await shop.source(order)
    pick = PickList(parcel, order, "上海", (LineUnits(1, "TEA", 3),))
    await shop.run(
        "INSERT INTO pick_list (fulfillment_order, location, status, list)"
        " VALUES (:id, '上海', 'SUBMITTED', CAST(:list AS json))",
        id=parcel,
        list=json.dumps(to_json(pick)),
    )
    floor = PostgresFloorReads(shop.engine, b"a key of the server, 32 bytes at")
    page = await floor.pick_lists(shop.warehouse, PickListFilter(location="上海"), 9, None)
    assert [each.pick.fulfillment_order for each in page.items] == [parcel]
    assert (await floor.pick_lists(shop.warehouse, PickListFilter("\0"), 9, None)).items == []


async def test_store_credit_is_told_of_a_customer_of_any_name(shop: Any) -> None:
    legs = (Leg(Account.BANK, 700), Leg(Account.STORE_CREDIT, -700, "张三"))
    async with shop.engine.begin() as connection:
        await PostgresLedger(connection).post(Posting("gift", "", "USD", legs))
    accounts = PostgresAccounts(shop.engine)
    assert await accounts.store_credit(FIN, "张三") == {"USD": 700}
    assert await accounts.store_credit(FIN, "李四") == await accounts.store_credit(FIN, "\0") == {}


@pytest.mark.parametrize("identity", NUMBERS_THAT_ARE_NONE)
async def test_a_cursor_whose_number_is_none_is_malformed(shop: Any, identity: str) -> None:
    settlements = PostgresSettlements(shop.engine)
    with pytest.raises(Malformed):
        await shop.office.approvals(shop.supervisor, "", 9, cursor(identity))
    with pytest.raises(Malformed):
        await settlements.lines(FIN, "", 9, cursor(identity))
