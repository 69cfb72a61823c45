"""Receivables in GraphQL: by age, item by item, and the act that gives one up; for finance."""

from datetime import date

import pytest

from domain.acts import ActKind
from domain.aging import Age, OpenItem
from ports.receivables import CustomerReceivables

AGES = """query($after: String) { receivables(first: 1, after: $after) {
  nodes { customer currency notDue { amount } days1To30 { amount } days31To60 { amount }
          days61To90 { amount } over90 { amount } total { text } }
  pageInfo { hasNextPage endCursor } } }"""
ITEMS = """query($customer: String!) { openReceivables(customerRef: $customer) {
  nodes { order invoice amount { text } dueOn daysOverdue } } }"""
WRITE_OFF = """mutation { receivableWriteOff(input: {
  subject: "INV-2026-000001", amount: 500, idempotencyKey: "k", reason: "bankrupt" }) {
  result approval userErrors { code } } }"""


async def test_what_customers_owe_is_told_by_age_page_by_page(client, office):
    by_age = {age: 100 * n for n, age in enumerate(Age)}
    office.receivables.sums = [CustomerReceivables(ref, "USD", by_age) for ref in ("C-1", "C-2")]
    answer = await client.graphql(AGES, role="finance")
    assert answer["data"]["receivables"] == {
        "nodes": [
            {
                "customer": "C-1",
                "currency": "USD",
                "notDue": {"amount": 0},
                "days1To30": {"amount": 100},
                "days31To60": {"amount": 200},
                "days61To90": {"amount": 300},
                "over90": {"amount": 400},
                "total": {"text": "10.00 USD"},
            }
        ],
        "pageInfo": {"hasNextPage": True, "endCursor": "1"},
    }
    rest = await client.graphql(AGES, {"after": "1"}, role="supervisor")
    assert [node["customer"] for node in rest["data"]["receivables"]["nodes"]] == ["C-2"]


async def test_open_items_name_their_invoice_or_none(client, office):
    invoiced = OpenItem("O-1", "C-1", "USD", 500, "INV-1", "O-1-F1", date(2026, 11, 1), 21)
    office.receivables.open_items = {"C-1": [invoiced, OpenItem("O-2", "C-1", "USD", 70)]}
    answer = await client.graphql(ITEMS, {"customer": "C-1"}, role="finance")
    assert answer["data"]["openReceivables"]["nodes"] == [
        {"order": "O-1", "invoice": "INV-1", "amount": {"text": "5.00 USD"},
         "dueOn": "2026-11-01", "daysOverdue": 21},
        {"order": "O-2", "invoice": None, "amount": {"text": "0.70 USD"}, "dueOn": None,
         "daysOverdue": 0},
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["agent", "warehouse", "developer"])
async def test_receivables_are_not_for_everybody(client, role):
    for query, asked in ((AGES, {}), (ITEMS, {"customer": "C-1"})):
        answer = await client.graphql(query, asked, role=role)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_debt_is_given_up_by_an_act_of_finance(client, office):
    answer = await client.graphql(WRITE_OFF, role="finance")
    assert answer["data"]["receivableWriteOff"]["userErrors"] == []
    [done] = office.back_office.done.values()
    assert done == (
        ActKind.RECEIVABLE_WRITE_OFF, "INV-2026-000001", {"amount": 500}, "bankrupt"
    )  # fmt: skip
    refused = await client.graphql(WRITE_OFF, role="agent")
    [error] = refused["data"]["receivableWriteOff"]["userErrors"]
    assert error["code"] == "FORBIDDEN"


ACCEPT = """
    mutation { chargebackAccept(input: {
        chargeback: "7K3M-9QXT-2AVB-F1/capture/1/chargeback/dp_1", idempotencyKey: "k",
        reason: "lost"
    }) { approval userErrors { code } } }
    """


async def test_a_chargeback_is_accepted_by_an_act_of_finance(client, office):
    answer = await client.graphql(ACCEPT, role="finance")
    assert answer["data"]["chargebackAccept"] == {"approval": None, "userErrors": []}
    [done] = office.back_office.done.values()
    chargeback = "7K3M-9QXT-2AVB-F1/capture/1/chargeback/dp_1"
    assert done == (ActKind.CHARGEBACK_ACCEPT, chargeback, {}, "lost")
    for role in ("agent", "warehouse", "developer"):
        refused = await client.graphql(ACCEPT, role=role)
        [error] = refused["data"]["chargebackAccept"]["userErrors"]
        assert error["code"] == "FORBIDDEN"
