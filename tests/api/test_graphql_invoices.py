"""Invoices and credit notes in GraphQL: one, those of an order, and the list for finance."""

import pytest

from tests.api import invoice_scenes, scenes
from tests.api.client import Client
from tests.api.fakes import Office
from tests.api.invoice_scenes import FIRST, NOTE

QUERY = """
query ($number: String!) {
  invoice(number: $number) {
    number kind status order subject credits dueOn gross { amount text } open { amount } path
    lines { line name quantity discount { amount } orderDiscount { amount } tax { amount } credits }
    taxes { taxRateBp tax { amount } } creditNotes
  }
}
"""


async def test_an_invoice_in_graphql(office: Office, client: Client):
    office.invoices.add(invoice_scenes.credited_invoice(), invoice_scenes.credit_note())
    answer = await client.graphql(QUERY, {"number": NOTE.lower()}, role="finance")
    found = answer["data"]["invoice"]
    assert (found["kind"], found["status"], found["credits"]) == ("credit_note", "ISSUED", FIRST)
    assert found["gross"] == {"amount": 10_280, "text": "102.80 USD"}
    assert found["lines"][1] == {
        "line": 2,
        "name": invoice_scenes.NAMES["POT-7"],
        "quantity": 1,
        "discount": {"amount": 0},
        "orderDiscount": {"amount": 454},
        "tax": {"amount": 972},
        "credits": 2,
    }
    assert found["path"] == f"/invoices/{NOTE}"
    unseen = await client.graphql(QUERY, {"number": FIRST}, role="channel", name="pos")
    assert unseen == {"data": {"invoice": None}}


async def test_an_order_in_graphql_has_its_invoices(office: Office, client: Client):
    office.reads.add(scenes.completed())
    office.invoices.add(invoice_scenes.credited_invoice(), invoice_scenes.credit_note())
    wanted = "invoices { number status open { amount } }"
    answer = await client.graphql(f'{{ order(number: "{scenes.NUMBER}") {{ {wanted} }} }}')
    assert answer["data"]["order"]["invoices"] == [
        {"number": FIRST, "status": "PARTIALLY_PAID", "open": {"amount": 1_000}},
        {"number": NOTE, "status": "ISSUED", "open": {"amount": 0}},
    ]


async def test_finance_lists_invoices_by_series_date_and_status(office: Office, client: Client):
    wanted = 'series: "inv-2026", status: "paid", issuedFrom: "2026-11-01", issuedTo: "2026-11-30"'
    answer = await client.graphql(
        f"{{ invoices(filter: {{{wanted}}}, first: 5) {{ nodes {{ number }} "
        "pageInfo { hasNextPage } } }",
        role="finance",
    )
    assert answer["data"]["invoices"] == {"nodes": [], "pageInfo": {"hasNextPage": False}}
    [(asked, first, after)] = office.invoices.asked
    assert (asked.series, asked.status, first, after) == ("INV-2026", "PAID", 5, None)
    assert (str(asked.issued_from), str(asked.issued_to)) == ("2026-11-01", "2026-11-30")


@pytest.mark.parametrize(
    ("arguments", "role", "code"),
    [
        ('filter: {status: "LATE"}', "finance", "MALFORMED"),
        ("first: 101", "finance", "MALFORMED"),
        ("first: 5", "agent", "FORBIDDEN"),
    ],
)
async def test_a_list_that_cannot_be_is_refused(client: Client, arguments, role, code):
    answer = await client.graphql(
        f"{{ invoices({arguments}) {{ nodes {{ number }} }} }}", role=role
    )
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
