"""Queries: an order with all that belongs to it, lists, and what may be seen."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import Malformed
from ports.desk import DeskUnavailable
from ports.reads import OrderFilter, Page, TaskRead, TimelineEntry
from tests.api import scenes
from tests.api.scenes import NUMBER, PLACED, TOKEN

ORDER = """
query($number: ID!) { order(number: $number) {
  number channel channelRef customerRef status paymentStatus placedAt trackingUrl processVersion
  total { amount currency text } shipping { text }
  lines { line sku quantity unitPrice { amount } discount { amount } amount { text }
          canceled shipped delivered }
  parcels { fulfillmentOrder location status replaces trouble lines { line sku quantity }
            packages { carrier trackingNumber lines { quantity } } }
  payments { key operation status amount { amount } reason actionUrl }
  returns { number status lines { line quantity } refund { amount }
            shares { tender amount { text } } }
  customer { name city email }
} }
"""
PROCESS = """
query($number: ID!) { order(number: $number) { process {
  live status paymentStatus doing possible seq
  waits { key reason owner since deadline queued level }
  parcels { fulfillmentOrder status units trackingNumbers stages { stage at } trouble }
} } }
"""


@pytest.fixture
def detail(office):
    share = {"tender": "store_credit", "amount": 300}
    given = replace(scenes.requested_return(f"{NUMBER}-R2", "GRANTED"), refund=300, shares=[share])
    found = scenes.completed([scenes.requested_return(), replace(given, lines=[])])
    office.reads.add(found)
    office.desk.answer = scenes.process(found.view)
    return found


async def test_an_order_has_its_lines_parcels_payments_returns_and_customer(client, detail):
    answer = await client.graphql(ORDER, {"number": NUMBER})
    order = answer["data"]["order"]
    assert order["number"] == NUMBER
    assert order["trackingUrl"] == f"https://shop.example/t/{TOKEN}"
    assert order["processVersion"] == "standard/1"
    assert order["placedAt"] == PLACED.isoformat()
    assert order["total"] == {"amount": 8798, "currency": "USD", "text": "87.98 USD"}
    assert order["lines"][0] == {
        "line": 1,
        "sku": "1082185",
        "quantity": 2,
        "unitPrice": {"amount": 1999},
        "discount": {"amount": 200},
        "amount": {"text": "37.98 USD"},
        "canceled": 0,
        "shipped": 2,
        "delivered": 2,
    }
    assert order["parcels"][0] == {
        "fulfillmentOrder": f"{NUMBER}-F1",
        "location": "BOS",
        "status": "DELIVERED",
        "replaces": None,
        "trouble": None,
        "lines": [{"line": 1, "sku": "1082185", "quantity": 2}],
        "packages": [{"carrier": "ups", "trackingNumber": "1Z-1", "lines": [{"quantity": 2}]}],
    }
    assert [p["key"] for p in order["payments"]] == [f"{NUMBER}/authorize/1"]
    assert order["returns"] == [
        {
            "number": f"{NUMBER}-R1",
            "status": "REQUESTED",
            "lines": [{"line": 1, "quantity": 1}],
            "refund": {"amount": 0},
            "shares": [],
        },
        {
            "number": f"{NUMBER}-R2",
            "status": "GRANTED",
            "lines": [],
            "refund": {"amount": 300},
            "shares": [{"tender": "store_credit", "amount": {"text": "3.00 USD"}}],
        },
    ]
    assert order["customer"] == {"name": "Ana Ruiz", "city": "Boston", "email": "ana@example.com"}


async def test_personal_data_and_the_link_are_null_where_the_read_side_withholds_them(
    client, office, detail
):
    office.reads.add(scenes.without_person(detail))
    order = (await client.graphql(ORDER, {"number": NUMBER}))["data"]["order"]
    assert order["customer"] is None
    assert order["trackingUrl"] is None


async def test_the_process_is_told_by_the_live_workflow(client, office, detail):
    process = (await client.graphql(PROCESS, {"number": NUMBER}))["data"]["order"]["process"]
    assert (process["live"], process["status"]) == (True, "COMPLETED")
    assert process["seq"] == detail.view.seq
    asked = [wait for wait in process["waits"] if wait["owner"] != "payment provider"]
    (wait,) = asked  # beside the captures, which the scene has none of
    assert (wait["key"], wait["owner"], wait["level"]) == ("return_window", "customer", 0)
    closes = PLACED + timedelta(hours=73, days=30)
    assert wait["deadline"] == closes.isoformat()
    stages = [stage["stage"] for stage in process["parcels"][0]["stages"]]
    assert [s for s in stages if s in ("accepted", "packed", "in_transit", "delivered")] == [
        "accepted",
        "packed",
        "in_transit",
        "delivered",
    ]


async def test_an_order_is_found_by_its_number_as_people_write_it(client, detail):
    for written in (NUMBER.lower(), f" {NUMBER} "):
        answer = await client.graphql(
            "query($n: ID!) { order(number: $n) { number } }", {"n": written}
        )
        assert answer["data"]["order"] == {"number": NUMBER}


async def test_an_order_says_what_is_paid_in_money_and_what_is_not(client, office, detail):
    paid = replace(detail.order, customer_ref="C-1", points=5, points_worth=300, store_credit=1_000)
    office.reads.add(replace(detail, order=paid))
    query = "query($n: ID!) { order(number: $n) { storeCredit { amount } due { amount } } }"
    answer = await client.graphql(query, {"n": NUMBER})
    assert answer["data"]["order"] == {
        "storeCredit": {"amount": 1_000}, "due": {"amount": paid.total - 1_300}
    }  # fmt: skip


async def test_the_process_is_last_known_when_nobody_answers(client, office, detail):
    office.desk.down = DeskUnavailable("slow")
    process = (await client.graphql(PROCESS, {"number": NUMBER}))["data"]["order"]["process"]
    assert (process["live"], process["status"]) == (False, "COMPLETED")


async def test_a_query_of_an_order_alone_does_not_disturb_its_workflow(client, office, detail):
    await client.graphql(ORDER, {"number": NUMBER})
    assert office.desk.queries == 0


async def test_the_timeline_says_why(client, office, detail):
    data = {"rule": "price", "inputs": {"total": "8798"}}
    office.reads.entries = [
        TimelineEntry(PLACED, "journal", "Reviewed", "system", NUMBER, data, seq=1)
    ]
    query = "query($n: ID!) { order(number: $n) { timeline { at kind by subject data seq } } }"
    answer = await client.graphql(query, {"n": NUMBER})
    (entry,) = answer["data"]["order"]["timeline"]
    assert (entry["kind"], entry["data"], entry["seq"]) == ("Reviewed", data, 1)


@pytest.mark.parametrize("number", ["NOPE-NOPE-NOPE", "", "' OR 1=1"])
async def test_an_order_that_is_not_there_is_null(client, detail, number):
    assert await client.graphql(ORDER, {"number": number}) == {"data": {"order": None}}


async def test_another_channels_order_is_as_if_it_did_not_exist(client, detail):
    answer = await client.graphql(ORDER, {"number": NUMBER}, role="channel", name="pos")
    assert answer == {"data": {"order": None}}


async def test_an_exception_is_masked(client, office, detail):
    office.reads.fails = RuntimeError("postgresql://user:secret@db/orders")
    answer = await client.graphql(ORDER, {"number": NUMBER})
    assert answer["data"] == {"order": None}
    (error,) = answer["errors"]
    assert error["path"] == ["order"]
    assert "secret" not in str(answer)
    assert "X-Request-Id" in error["message"]


ORDERS = """
query($first: Int!, $after: String, $filter: OrderFilter) {
  orders(first: $first, after: $after, filter: $filter) {
    edges { cursor node { number } } nodes { number total { text } parcels }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def test_orders_come_page_by_page(client, office, detail):
    office.reads.page = Page([detail.summary, detail.summary], ["first", "second"], more=True)
    wanted = {"first": 2, "after": "before", "filter": {"status": "COMPLETED"}}
    orders = (await client.graphql(ORDERS, wanted))["data"]["orders"]
    assert orders["pageInfo"] == {"hasNextPage": True, "endCursor": "second"}
    assert [edge["cursor"] for edge in orders["edges"]] == ["first", "second"]
    assert orders["nodes"][0] == {"number": NUMBER, "total": {"text": "87.98 USD"}, "parcels": 2}
    assert office.reads.asked == [("ana", OrderFilter(status="COMPLETED"), 2, "before")]


async def test_an_empty_page_is_the_end(client):
    orders = (await client.graphql(ORDERS, {"first": 20}))["data"]["orders"]
    assert orders == {
        "edges": [],
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "endCursor": None},
    }


async def test_a_status_may_be_written_in_any_case(client, office):
    await client.graphql(ORDERS, {"first": 1, "filter": {"status": "in_Review"}})
    assert office.reads.asked == [("ana", OrderFilter(status="IN_REVIEW"), 1, None)]


async def test_a_status_that_there_is_not_is_refused_with_those_there_are(client, office):
    answer = await client.graphql(ORDERS, {"first": 1, "filter": {"status": "NOPE"}})
    assert answer["errors"][0]["extensions"] == {"code": "MALFORMED"}
    assert answer["errors"][0]["message"] == (
        "`status` is one of RECEIVED, IN_REVIEW, APPROVED, PROCESSING, COMPLETED, CLOSED, "
        "REJECTED, CANCELED, EXPIRED; not 'NOPE'"
    )
    assert office.reads.asked == []


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
async def test_a_page_has_1_to_100_items(client, office, first):
    answer = await client.graphql(ORDERS, {"first": first})
    assert answer["errors"][0]["extensions"] == {"code": "MALFORMED"}
    assert office.reads.asked == []


async def test_a_refusal_of_a_query_keeps_its_words_and_its_code(client, office, monkeypatch):
    async def refuses(*_given: object) -> Page:
        raise Malformed("this is no cursor")

    monkeypatch.setattr(office.reads, "orders", refuses)
    answer = await client.graphql(ORDERS, {"first": 1, "after": "x"})
    assert answer["errors"][0]["message"] == "this is no cursor"
    assert answer["errors"][0]["extensions"] == {"code": "MALFORMED"}


TASKS = '{ tasks(owner: "agent") { nodes { id reason owner level order } } }'


async def test_tasks_are_the_queue_of_staff(client, office):
    task = TaskRead("t1", NUMBER, NUMBER, "look", "agent", PLACED, PLACED, 1)
    office.reads.page = Page([task], ["only"], more=False)
    tasks = (await client.graphql(TASKS))["data"]["tasks"]
    expected = {"id": "t1", "reason": "look", "owner": "agent", "level": 1, "order": NUMBER}
    assert tasks == {"nodes": [expected]}
    assert office.reads.asked == [("ana", "agent", 20, None)]


async def test_an_owner_that_is_no_staff_role_is_refused_with_those_there_are(client, office):
    answer = await client.graphql(TASKS.replace("agent", "king"))
    assert answer["errors"][0]["extensions"] == {"code": "MALFORMED"}
    assert answer["errors"][0]["message"] == (
        "`owner` is one of agent, finance, supervisor, warehouse; not 'king'"
    )
    assert office.reads.asked == []


async def test_tasks_are_refused_to_a_channel(client):
    answer = await client.graphql(TASKS, role="channel")
    assert answer["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


async def test_orders_are_counted_by_status(client):
    answer = await client.graphql("{ orderCounts { status orders } }")
    assert answer["data"]["orderCounts"] == [
        {"status": "CLOSED", "orders": 40},
        {"status": "RECEIVED", "orders": 2},
    ]
